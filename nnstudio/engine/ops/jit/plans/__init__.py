"""Plans: what the compiled convolutions are told of windows, strides and sizes, as integers.

- ``windows``: images in bytes, padding, and which pixels meet which taps
- ``convolution``, ``winograd``, ``depthwise``: the plans of each kind
"""
