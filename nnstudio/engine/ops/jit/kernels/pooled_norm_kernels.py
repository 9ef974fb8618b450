"""BatchNorm, ReLU and the max-pooling behind them in one loop, as LLVM IR.

By themselves each would carry a whole batch of images through memory, forward and backward, for a few
operations per value. Here an image is read once and leaves as its quarter::

    z = (x − mean)·factor + shift           for the four pixels under a window
    y = max z, at least 0                   and w, the x that it came from

Backward needs no more than ``w`` to know which pixel won; the ReLU is undone where y is 0, before::

    dz = dy where x = w, the first time; 0 elsewhere
    dx = (dz − shift' − slope'·(x − mean))·factor

The windows are 2×2 and lie side by side. What a channel needs stays in registers along a row of them.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, Emitter, Value

FORWARD, BACKWARD = "pooled_norm", "pooled_norm_backward"
ARGUMENTS = 10


def emit_forward(module: ir.Module, lanes: int) -> None:
    """Writes :data:`FORWARD`, for a row of windows.

    The arguments, strides in bytes: address of the first row of x; stride to the second one; addresses of
    y, of w (or 0 where it isn't needed), and of the channels' means; strides from there to their factors and
    on to their shifts; windows; channels; whether to cut negative results to 0; one that isn't used.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.
    """
    e = Emitter(module, FORWARD, ARGUMENTS, lanes)
    x, x_row, y, winners, means, vector, windows, channels, rectify, _ = e.arguments
    pixel = e.times(channels, FLOAT)
    floor = e.floor(e.is_set(rectify))

    def channel_vector(place: Value, mask: Value | None) -> None:
        mean, factor, shift = _constants(e, e.add(means, place), vector, 3, mask)
        with e.repeat(windows) as window:
            there = e.add(place, e.builder.mul(window, pixel))
            best = winner = None
            for address in _under(e, x, e.add(there, e.builder.mul(window, pixel)), x_row, pixel):
                value = e.load(address, mask)
                z = e.multiply_add(e.builder.fsub(value, mean), factor, shift)
                if best is None:
                    best, winner = z, value
                else:
                    better = e.builder.fcmp_ordered(">", z, best)
                    wins = e.builder.or_(better, e.builder.fcmp_unordered("uno", z, z))  # NaN stays
                    best = e.builder.select(wins, z, best)
                    winner = e.builder.select(wins, value, winner)
            e.store(e.at_least(best, floor), e.add(y, there), mask)
            with e.when(e.is_set(winners)):
                e.store(winner, e.add(winners, there), mask)

    e.by_registers(channels, channel_vector)
    e.finish()


def emit_backward(module: ir.Module, lanes: int) -> None:
    """Writes :data:`BACKWARD`, for a row of windows.

    The arguments, strides in bytes: address of the first row of x; stride to the second one; addresses of w,
    ``dy``, the first row of ``dx``, which lies as x does, the channels' means and their slopes; stride from
    there to their shifts, as from means to factors; windows; channels.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.
    """
    e = Emitter(module, BACKWARD, ARGUMENTS, lanes)
    x, x_row, winners, dy, dx, means, slopes, vector, windows, channels = e.arguments
    pixel, to_dx = e.times(channels, FLOAT), e.builder.sub(dx, x)

    def channel_vector(place: Value, mask: Value | None) -> None:
        mean, factor = _constants(e, e.add(means, place), vector, 2, mask)
        slope, shift = _constants(e, e.add(slopes, place), vector, 2, mask)
        with e.repeat(windows) as window:
            there = e.add(place, e.builder.mul(window, pixel))
            winner, rest = e.load(e.add(winners, there), mask), e.load(e.add(dy, there), mask)
            for address in _under(e, x, e.add(there, e.builder.mul(window, pixel)), x_row, pixel):
                value = e.load(address, mask)
                won = e.builder.fcmp_ordered("==", value, winner)
                dz = e.builder.select(won, rest, e.zeros())
                rest = e.builder.select(won, e.zeros(), rest)
                common = e.multiply_add(slope, e.builder.fsub(value, mean), shift)
                own = e.builder.fmul(e.builder.fsub(dz, common), factor)
                e.store(own, e.add(address, to_dx), mask)

    e.by_registers(channels, channel_vector)
    e.finish()


def _constants(e: Emitter, address: Value, stride: Value, count: int, mask: Value | None) -> list[Value]:
    """Vectors that lie ``stride`` bytes apart."""
    return [e.load(e.add(address, e.times(stride, number)), mask) for number in range(count)]


def _under(e: Emitter, x: Value, place: Value, x_row: Value, pixel: Value) -> list[Value]:
    """Addresses of the four pixels under a window."""
    upper = e.add(x, place)
    lower = e.add(upper, x_row)
    return [upper, e.add(upper, pixel), lower, e.add(lower, pixel)]
