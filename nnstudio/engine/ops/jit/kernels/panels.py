"""Copying a panel of a matrix together, as LLVM IR."""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, I64, Emitter

ARGUMENTS = 6
NAME = "copy_panel"
PANEL = 2
"""Registers of a panel's width."""


def emit_copy(module: ir.Module, lanes: int) -> str:
    """Writes the kernel that copies rows of up to ``PANEL`` registers.

    The kernel's arguments: address of the source; its stride by row, in bytes; address of the target;
    its stride by row; rows; columns. Nothing outside those is read; whole registers are written.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, NAME, ARGUMENTS, lanes)
    source, source_row, target, target_row, rows, columns = e.arguments
    masks = [e.mask(e.add(columns, -lanes * i)) for i in range(PANEL)]
    a, b = e.variable(source), e.variable(target)

    def copy_row() -> None:
        for i, mask in enumerate(masks):
            value = e.load(e.add(e.get(a), FLOAT * lanes * i), mask)
            e.store(value, e.add(e.get(b), FLOAT * lanes * i))
        e.set(a, e.add(e.get(a), source_row))
        e.set(b, e.add(e.get(b), target_row))

    with e.repeat(e.builder.sdiv(rows, I64(4))):
        for _ in range(4):
            copy_row()
    with e.repeat(e.builder.srem(rows, I64(4))):
        copy_row()
    e.finish()
    return NAME
