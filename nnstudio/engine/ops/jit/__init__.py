"""The fast path on the CPU: a training step as a table of operations that compiled code runs.

Read in this order:

- ``kernels.microkernel``: the register block at the heart of every matrix product, as LLVM IR
- ``kernels.gemm``: products of any size made of such blocks
- ``kernels.elementwise``, ``kernels.losses``, ``kernels.updates``: everything else a step computes
- ``kernels.interpreter``: runs the operations of a step on all threads
- ``program`` and ``lowering``: from a network and its recipe to those operations
- ``stepper`` and ``team``: what the training loop sees; how many threads pay
- ``machine``, ``store``, ``build``: where there are kernels, and their cache on disk

Nothing outside this package knows about addresses. Nothing in it is imported before a run needs it:
Numba takes a third of a second to import.
"""
