"""Raw samples to scaled float32 values, as LLVM IR.

A panel of features is converted for all samples in turn, so that their offsets and scales stay in
registers. A panel of bytes is a cache line of a sample. Samples lie anywhere in memory, so meanwhile the
line of one that comes later is fetched.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, Emitter, Value

ARGUMENTS = 11
FROM_OCTETS, FROM_FLOATS = "convert_octets", "convert_floats"
PANELS = 4, 2, 1
"""Registers of a panel's width: as many as there are left."""


def emit_conversion(module: ir.Module, lanes: int, name: str) -> None:
    """Writes the kernel that computes ``(x − offset)·scale`` of some features of some samples.

    The kernel's arguments, strides in bytes: address of the first of the features in the first of all
    samples; stride by sample; address of the chosen samples' numbers, int64; how many they are; how much
    later the one is that is fetched, and how many there are up to the last such one; address of the target;
    its stride by row; how many features; addresses of their offsets and of their scales.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.
        name: Which kernel: from uint8 values or from float32 ones.
    """
    e = Emitter(module, name, ARGUMENTS, lanes)
    place, left = e.integer(0), e.arguments[8]
    for registers in PANELS:
        size = e.integer(registers * lanes)
        panels, left = e.builder.sdiv(left, size), e.builder.srem(left, size)
        with e.repeat(panels) as panel:
            there = e.add(place, e.times(panel, FLOAT * registers * lanes))
            _convert_panel(e, name, there, registers, None)
        place = e.add(place, e.times(panels, FLOAT * registers * lanes))
    with e.when(e.is_set(left)):
        _convert_panel(e, name, place, 1, e.mask(left))
    e.finish()


def _convert_panel(e: Emitter, name: str, place: Value, registers: int, mask: Value | None) -> None:
    """Some registers of features from a place on, in bytes of the target."""
    source, size, rows, count, later, most, target, target_row, _, offsets, scales = e.arguments
    itemsize, load = (1, e.load_octets) if name == FROM_OCTETS else (FLOAT, e.load)
    step = FLOAT * e.lanes
    places = [e.add(place, step * i) for i in range(registers)]
    each = [(e.load(e.add(offsets, there), mask), e.load(e.add(scales, there), mask)) for there in places]
    source = e.add(source, place if itemsize == FLOAT else e.builder.sdiv(place, e.integer(FLOAT)))
    target, last = e.add(target, place), e.add(most, -1)
    into = e.variable(target)

    def sample(number: Value) -> Value:
        row = e.load_integer(e.add(rows, e.times(number, 8)))
        return e.add(source, e.builder.mul(row, size))

    with e.repeat(count) as i:
        ahead = e.add(i, later)
        e.prefetch(sample(e.builder.select(e.builder.icmp_signed("<", ahead, last), ahead, last)))
        begin = sample(i)
        for number, (offset, scale) in enumerate(each):
            value = load(e.add(begin, number * itemsize * e.lanes), mask)
            scaled = e.builder.fmul(e.builder.fsub(value, offset), scale)
            e.store(scaled, e.add(e.get(into), number * step), mask)
        e.set(into, e.add(e.get(into), target_row))
