"""Pooling, sample by sample. A pixel's channels lie side by side, so loops run over them.

The window at a position is a rectangle of pixels, cut where it sticks out of the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import Float, compiled, floats, inlined, integers, operation
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.scalars import ONE, ZERO

F = np.float32
HEIGHT, WIDTH, CHANNELS, ROWS, COLUMNS, TALL, WIDE, DOWN, ACROSS, TOP, LEFT = range(11)
"""A plan: size of the image and of the output, of the window, its strides, and padding in front."""
PLAN = 11


@inlined
def _window(plan: Any, row: int, column: int) -> tuple[int, int, int, int]:
    """First and last row and column of the image under the window at a position."""
    top, left = row * plan[DOWN] - plan[TOP], column * plan[ACROSS] - plan[LEFT]
    bottom, right = min(plan[HEIGHT], top + plan[TALL]), min(plan[WIDTH], left + plan[WIDE])
    return max(0, top), bottom, max(0, left), right


@inlined
def _larger(a: Float, b: Float) -> Float:
    """The larger of two; NaN if one is."""
    return b if (b > a) | (b != b) else a


@compiled
def _max_pool(plan: Any, image: int, target: int) -> None:
    channels = plan[CHANNELS]
    pixel, line = FLOAT * channels, FLOAT * channels * plan[WIDTH]
    for row in range(plan[ROWS]):
        for column in range(plan[COLUMNS]):
            top, bottom, left, right = _window(plan, row, column)
            y = target + pixel * (row * plan[COLUMNS] + column)
            corner = image + top * line + left * pixel
            if bottom - top == 2 and right - left == 2:
                _largest_of_four(corner, corner + line, y, channels)
            else:
                _copy(corner, y, channels)
                for i in range(top, bottom):
                    for j in range(left, right):
                        _keep_larger(image + i * line + j * pixel, y, channels)


@compiled
def _largest_of_four(upper: int, lower: int, target: int, channels: int) -> None:
    a, b, y = floats(upper, 2 * channels), floats(lower, 2 * channels), floats(target, channels)
    for c in range(channels):
        y[c] = _larger(_larger(a[c], a[channels + c]), _larger(b[c], b[channels + c]))


@compiled
def _copy(source: int, target: int, size: int) -> None:
    a, b = floats(source, size), floats(target, size)
    for c in range(size):
        b[c] = a[c]


@compiled
def _keep_larger(source: int, target: int, channels: int) -> None:
    x, y = floats(source, channels), floats(target, channels)
    for c in range(channels):
        y[c] = _larger(y[c], x[c])


@compiled
def _max_pool_backward(plan: Any, dy: int, image: int, y: int, d_image: int, scratch: int) -> None:
    """The gradient goes to the largest value, and to the first of several equal ones."""
    channels = plan[CHANNELS]
    pixel, line = FLOAT * channels, FLOAT * channels * plan[WIDTH]
    whole = plan[TALL] == 2 and plan[WIDE] == 2 and plan[DOWN] == 2 and plan[ACROSS] == 2
    if not whole or plan[HEIGHT] % 2 != 0 or plan[WIDTH] % 2 != 0:
        _clear(d_image, channels * plan[WIDTH] * plan[HEIGHT])
    for row in range(plan[ROWS]):
        for column in range(plan[COLUMNS]):
            top, bottom, left, right = _window(plan, row, column)
            place = pixel * (row * plan[COLUMNS] + column)
            corner = top * line + left * pixel
            if whole and bottom - top == 2 and right - left == 2:
                _to_one_of_four(
                    dy + place, image + corner, y + place, d_image + corner, pixel, line, scratch, channels
                )
            else:
                waiting = floats(scratch, channels)  # 1 where no pixel has had the gradient yet
                for c in range(channels):
                    waiting[c] = ONE
                for i in range(top, bottom):
                    for j in range(left, right):
                        there = i * line + j * pixel
                        _to_first(dy + place, image + there, y + place, d_image + there, scratch, channels)


@compiled
def _to_one_of_four(
    dy: int, image: int, y: int, d_image: int, pixel: int, line: int, rest: int, channels: int
) -> None:
    """One loop for each pixel: with more arrays, it would not become vector code."""
    _copy(dy, rest, channels)
    _take(image, y, d_image, rest, channels)
    _take(image + pixel, y, d_image + pixel, rest, channels)
    _take(image + line, y, d_image + line, rest, channels)
    _take(image + line + pixel, y, d_image + line + pixel, rest, channels)


@compiled
def _take(x_: int, y_: int, dx_: int, rest_: int, channels: int) -> None:
    """``dx`` gets the gradient where ``x`` is the largest value; what is left over stays."""
    x, y = floats(x_, channels), floats(y_, channels)
    dx, rest = floats(dx_, channels), floats(rest_, channels)
    for c in range(channels):
        hit = x[c] == y[c]
        g = rest[c]
        dx[c] = g if hit else ZERO
        rest[c] = ZERO if hit else g


@compiled
def _to_first(dy_: int, x_: int, y_: int, dx_: int, waiting_: int, channels: int) -> None:
    dy, x, y = floats(dy_, channels), floats(x_, channels), floats(y_, channels)
    dx, waiting = floats(dx_, channels), floats(waiting_, channels)
    for c in range(channels):
        hit = waiting[c] if x[c] == y[c] else ZERO
        waiting[c] -= hit
        dx[c] += hit * dy[c]


@compiled
def _clear(target: int, size: int) -> None:
    values = floats(target, size)
    for c in range(size):
        values[c] = ZERO


@compiled
def _average_pool(plan: Any, image: int, target: int) -> None:
    """The mean of the pixels under the window; padding doesn't count."""
    channels = plan[CHANNELS]
    pixel, line = FLOAT * channels, FLOAT * channels * plan[WIDTH]
    for row in range(plan[ROWS]):
        for column in range(plan[COLUMNS]):
            top, bottom, left, right = _window(plan, row, column)
            y = target + pixel * (row * plan[COLUMNS] + column)
            _clear(y, channels)
            for i in range(top, bottom):
                for j in range(left, right):
                    _add(image + i * line + j * pixel, ONE, y, channels)
            _scale(y, ONE / F((bottom - top) * (right - left)), channels)


@compiled
def _average_pool_backward(plan: Any, dy: int, d_image: int) -> None:
    """Each pixel under the window gets an equal share of the gradient."""
    channels = plan[CHANNELS]
    pixel, line = FLOAT * channels, FLOAT * channels * plan[WIDTH]
    _clear(d_image, channels * plan[WIDTH] * plan[HEIGHT])
    for row in range(plan[ROWS]):
        for column in range(plan[COLUMNS]):
            top, bottom, left, right = _window(plan, row, column)
            part = ONE / F((bottom - top) * (right - left))
            place = dy + pixel * (row * plan[COLUMNS] + column)
            for i in range(top, bottom):
                for j in range(left, right):
                    _add(place, part, d_image + i * line + j * pixel, channels)


@compiled
def _add(source: int, factor: Float, target: int, channels: int) -> None:
    x, y = floats(source, channels), floats(target, channels)
    for c in range(channels):
        y[c] += x[c] * factor


@compiled
def _scale(target: int, factor: Float, channels: int) -> None:
    y = floats(target, channels)
    for c in range(channels):
        y[c] *= factor


@compiled
def _global_average(image: int, pixels: int, channels: int, target: int) -> None:
    _clear(target, channels)
    for i in range(pixels):
        _add(image + FLOAT * i * channels, ONE, target, channels)
    _scale(target, ONE / F(pixels), channels)


@compiled
def _global_average_backward(dy: int, pixels: int, channels: int, d_image: int) -> None:
    source, part = floats(dy, channels), ONE / F(pixels)
    for i in range(pixels):
        target = floats(d_image + FLOAT * i * channels, channels)
        for c in range(channels):
            target[c] = source[c] * part


@operation
def run(op_: int, real_: int, step_: int, thread: int, threads: int) -> None:
    """The pooling operations, forward and backward."""
    op, step = integers(op_, codes.INTEGERS), integers(step_, codes.CONTEXT)
    first, last = step[codes.FIRST], step[codes.LAST]
    code, plan = op[0], op[9:]
    for i in range(first, last):
        a, b, c, d = op[1] + i * op[2], op[3] + i * op[4], op[5] + i * op[6], op[7] + i * op[8]
        if code == codes.MAX_POOL:
            _max_pool(plan, a, b)
        elif code == codes.MAX_POOL_BACKWARD:
            _max_pool_backward(plan, a, b, c, d, step[codes.SCRATCH])
        elif code == codes.AVERAGE_POOL:
            _average_pool(plan, a, b)
        elif code == codes.AVERAGE_POOL_BACKWARD:
            _average_pool_backward(plan, a, b)
        elif code == codes.GLOBAL_AVERAGE:
            _global_average(a, plan[0], plan[1], b)
        else:
            _global_average_backward(a, plan[0], plan[1], b)
