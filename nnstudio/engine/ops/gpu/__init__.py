"""The GPU path: training steps on an NVIDIA GPU, through CuPy.

Read in this order:

- ``detect``: whether there is a GPU, and why not
- ``device``: the seam to the hardware; ``cuda`` and ``cublas`` are the hardware, and alone import CuPy
- ``kernels/*.cu``: what CuPy has no fast way for, in CUDA; every sum comes out the same each time
- ``formulas`` and ``sources``: activations and optimizers become kernels, from the formulas they have
- ``strips``: how sums down columns are shared out
- ``pointwise``, ``winograd``, ``products``, ``windows``, ``normalise``, ``losses``: the primitives that
  layers are written in, as calls of kernels and matrix products; ``ops`` puts them together
- ``feed``, ``update``: where a step begins and ends
- ``evaluator``: passes without training
- ``clock``, ``stepper``: steps that are started as a whole, without a word from the device until a block of
  them is done
- ``problems``: what to say when the GPU is full or fails

Nothing in it but ``detect`` is imported before somebody asks for a GPU: CuPy takes a second to import.
"""
