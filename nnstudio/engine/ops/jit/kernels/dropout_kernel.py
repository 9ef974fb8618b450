"""Dropout in one loop over registers, as LLVM IR; the hash of ``ops.noise`` on whole registers of integers.

Left to itself the compiler takes half registers here, and the hash is long enough for that to show.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import I32, Emitter, Value

ARGUMENTS = 6
NAME = "dropout"


def emit_dropout(module: ir.Module, lanes: int) -> str:
    """Writes the kernel that multiplies contiguous values by their mask.

    Its arguments: address of the values; how many; both halves of the layer's random bits, the lower one with
    the number of the first value added to it; a threshold below which a value's bits switch it off; address
    of the factor of the others.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, NAME, ARGUMENTS, lanes)
    b = e.builder
    values, size, *halves, threshold, factor = e.arguments
    low, high, least = (e.spread_integer(number) for number in (*halves, threshold))
    numbers, scale = b.add(low, e.counted()), e.broadcast(factor)

    def switch(place: Value, mask: Value | None) -> None:
        number = b.add(numbers, e.spread_integer(b.lshr(place, e.integer(2))))
        bits = _mixed(e, b.add(_mixed(e, number), high))
        kept = b.select(b.icmp_unsigned(">=", bits, least), scale, e.zeros())
        address = e.add(values, place)
        e.store(b.fmul(e.load(address, mask), kept), address, mask)

    e.by_registers(size, switch)
    e.finish()
    return NAME


def _mixed(e: Emitter, x: Any) -> Any:
    """One round of the hash."""
    b = e.builder
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = b.mul(b.xor(x, b.lshr(x, _all(e, shift))), _all(e, factor))
    return b.xor(x, b.lshr(x, _all(e, 16)))


def _all(e: Emitter, number: int) -> Any:
    return ir.Constant(ir.VectorType(I32, e.lanes), [number] * e.lanes)
