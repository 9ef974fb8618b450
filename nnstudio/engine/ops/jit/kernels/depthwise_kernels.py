"""The innermost loops of depthwise convolution, as LLVM IR: vectors of channels, several sums at a time.

No channel meets another one, so there is no matrix product: a tap's number is multiplied with a pixel,
channel by channel. Sums stay in registers, as many as are needed to hide how long a multiply-add takes:
some output pixels side by side in the forward pass, some taps in the kernel's gradient.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import Emitter, Value

MOST_SUMS = 12
"""Sums at a time: 16 registers hold them with their operands."""
ARGUMENTS = 12


def pixels_name(pixels: int) -> str:
    """Name of the function for so many output pixels."""
    return f"depthwise_{pixels}"


def taps_name(taps: int) -> str:
    """Name of the function for so many taps."""
    return f"depthwise_gradient_{taps}"


def emit_pixels(module: ir.Module, pixels: int, lanes: int) -> str:
    """Writes ``out[p] = bias + Σ over taps  x[offset(tap) + p] · kernel[offset(tap)]`` for some pixels p.

    The arguments, strides and offsets in bytes: addresses of x, the kernel and the output; strides by
    pixel of x and of the output; taps; addresses of their offsets in x and in the kernel; channels;
    address of a bias, or 0; whether to cut negative results to 0; one that isn't used.

    Args:
        module: Where the function goes.
        pixels: How many.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, pixels_name(pixels), ARGUMENTS, lanes)
    x, kernel, out, x_step, out_step, taps, x_offsets, kernel_offsets, channels, bias, rectify, _ = (
        e.arguments
    )

    def channel_vector(shift: Value, mask: Value | None) -> None:
        start = e.variable(e.zeros())
        with e.when(e.is_set(bias)):
            e.set(start, e.load(e.add(bias, shift), mask))
        sums = [e.variable(e.get(start)) for _ in range(pixels)]
        with e.repeat(taps) as tap:
            place = e.times(tap, 8)
            under = e.add(e.add(x, shift), e.load_integer(e.add(x_offsets, place)))
            factor = e.load(e.add(e.add(kernel, shift), e.load_integer(e.add(kernel_offsets, place))), mask)
            for pixel, sum_ in enumerate(sums):
                value = e.load(e.add(under, e.times(x_step, pixel)), mask)
                e.set(sum_, e.multiply_add(value, factor, e.get(sum_)))
        with e.when(e.is_set(rectify)):
            for sum_ in sums:
                e.set(sum_, e.rectified(e.get(sum_)))
        for pixel, sum_ in enumerate(sums):
            e.store(e.get(sum_), e.add(e.add(out, shift), e.times(out_step, pixel)), mask)

    e.by_registers(channels, channel_vector)
    e.finish()
    return pixels_name(pixels)


def emit_taps(module: ir.Module, taps: int, lanes: int) -> str:
    """Writes ``out[tap] = Σ over pixels p  x[offset(tap) + p] · dz[p]`` for some taps.

    The arguments: addresses of x, ``dz`` and the output; strides by pixel of x and ``dz``, and by tap of the
    output; address of the taps' offsets in x; channels; rows of pixels; pixels of a row; strides by row of x
    and of ``dz``.

    Args:
        module: Where the function goes.
        taps: How many.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, taps_name(taps), ARGUMENTS, lanes)
    x, dz, out, x_step, dz_step, out_step, offsets, channels, rows, pixels, x_row, dz_row = e.arguments
    places = [e.load_integer(e.add(offsets, 8 * tap)) for tap in range(taps)]

    def channel_vector(shift: Value, mask: Value | None) -> None:
        sums = [e.variable(e.zeros()) for _ in range(taps)]
        with e.repeat(rows) as row:
            under = e.variable(e.add(e.add(x, shift), e.builder.mul(row, x_row)))
            there = e.variable(e.add(e.add(dz, shift), e.builder.mul(row, dz_row)))
            with e.repeat(pixels):
                factor = e.load(e.get(there), mask)
                for place, sum_ in zip(places, sums, strict=True):
                    value = e.load(e.add(e.get(under), place), mask)
                    e.set(sum_, e.multiply_add(value, factor, e.get(sum_)))
                e.set(under, e.add(e.get(under), x_step))
                e.set(there, e.add(e.get(there), dz_step))
        for tap, sum_ in enumerate(sums):
            e.store(e.get(sum_), e.add(e.add(out, shift), e.times(out_step, tap)), mask)

    e.by_registers(channels, channel_vector)
    e.finish()
    return taps_name(taps)
