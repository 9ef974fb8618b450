"""The fast path on the CPU: a training step as a table of operations that compiled code runs.

Read in this order:

- ``kernels.microkernel``: the register block at the heart of every matrix product, as LLVM IR
- ``kernels.pieces``, ``kernels.gemm``, ``kernels.near_products``: products of any size made of such blocks
- ``plans``, ``kernels.convolution``, ``kernels.convolution_gradient``: convolutions as such batches
- ``kernels.winograd_transforms``, ``kernels.winograd``, ``kernels.winograd_gradients``: 3×3 convolutions with
  fewer multiplications
- ``kernels.pooled_norm_kernels``: BatchNorm and the pooling behind it in one loop
- ``kernels.elementwise``, ``kernels.losses``, ``kernels.updates``: everything else a step computes
- ``kernels.operations``: the operations made of them, a family of them per module
- ``kernels.interpreter``: runs the operations of a step on all threads
- ``operands``, ``program`` and ``instructions``: the table of operations, and what may be written into it
- ``lowering``: from a network and its recipe to that table, a module for each kind of layer
- ``stepper``, ``evaluation`` and ``team``: what the training loop sees; how many threads pay
- ``machine``, ``store``, ``build``: where there are kernels, and their cache on disk

A layer gets onto this path by an operation (a code in ``kernels.codes``, a function in a module of
``kernels.operations``), an instruction that writes it, and a lowering that is listed in
``lowering.chain``.

Nothing outside this package knows about addresses. Nothing in it is imported before a run needs it:
Numba takes a third of a second to import.
"""
