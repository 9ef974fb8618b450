"""From a network and its recipe to the program of one step.

- ``writer``: what the layers' lowerings are given
- ``chain``: layers in a row, and which layers can be lowered
- ``dense``, ``simple`` and others: the lowering of each layer
- ``programs``: whole steps of training, whole passes of evaluation
"""
