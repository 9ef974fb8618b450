"""Transposing a small block of a matrix inside vector registers, as LLVM IR.

The gradient with respect to a dense layer's input is a product with the *transposed* kernel matrix,
whose rows the microkernel could only read one float at a time. So panels of it are transposed first,
block by block: registers exchange halves of growing size (Eklundh, "A fast computer method for matrix
transposing", 1972), which takes ``log₂ lanes`` rounds of shuffles for ``lanes × lanes`` values.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import I64, Emitter, Value

ARGUMENTS = 6
NAME = "transpose"


def emit_transposition(module: ir.Module, lanes: int) -> str:
    """Writes the kernel that transposes up to ``lanes × lanes`` values.

    The kernel's arguments: address of the source; its stride by row, in bytes; address of the target;
    its stride by row; rows of the source; columns of the source. Nothing outside those is read.
    Of each row of the target as many values are written as the source has rows, but ``lanes`` rows whatever
    its columns: those beyond may hold anything.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, NAME, ARGUMENTS, lanes)
    source, source_row, target, target_row, rows, columns = e.arguments
    mask, rows_mask = e.mask(columns), e.mask(rows)
    last = e.add(rows, -1)
    block = []
    for row in range(lanes):
        inside = e.builder.icmp_signed("<", I64(row), rows)
        number = e.builder.select(inside, I64(row), last)
        block.append(e.load(e.add(source, e.builder.mul(source_row, number)), mask))
    for row, value in enumerate(_transposed(e, block)):
        e.store(value, e.add(target, e.times(target_row, row)), rows_mask)
    e.finish()
    return NAME


def _transposed(e: Emitter, block: list[Value]) -> list[Value]:
    """Exchanges, for h = 1, 2, 4 ..., the off-diagonal h × h blocks of each 2h × 2h block."""
    lanes = e.lanes
    h = 1
    while h < lanes:
        low = [j if (j // h) % 2 == 0 else lanes + j - h for j in range(lanes)]
        high = [j + h if (j // h) % 2 == 0 else lanes + j for j in range(lanes)]
        after = list(block)
        for i in range(lanes):
            if (i // h) % 2 == 0:
                after[i] = e.shuffled(block[i], block[i + h], low)
                after[i + h] = e.shuffled(block[i], block[i + h], high)
        block, h = after, 2 * h
    return block
