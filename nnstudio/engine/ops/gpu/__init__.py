"""The GPU path: training steps on an NVIDIA GPU, through CuPy.

Read in this order:

- ``detect``: whether there is a GPU, and why not
- ``device``: the seam to the hardware; ``cuda`` is the hardware, the only module that imports CuPy
- ``kernels/*.cu``: what CuPy has no fast way for, in CUDA; every sum comes out the same each time
- ``formulas`` and ``sources``: activations and optimizers become kernels, from the formulas they have
- ``pointwise``, ``products``, ``windows``, ``normalise``, ``losses``: the primitives that layers are
  written in, as calls of kernels and matrix products; ``ops`` puts them together
- ``feed``, ``update``: where a step begins and ends
- ``evaluator``: passes without training
- ``tape``, ``stepper``: steps without a word from the device, and with little of Python, until a block of
  them is done
- ``problems``: what to say when the GPU is full or fails

Nothing in it but ``detect`` is imported before somebody asks for a GPU: CuPy takes a second to import.
"""
