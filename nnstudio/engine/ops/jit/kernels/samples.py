"""The scaled features of a batch's samples."""

from __future__ import annotations

from typing import Any

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import call_convert, compiled, integers
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.objects import CONVERSIONS

SOME = 16
"""Samples that are converted together, a cache line of each after the other."""
AHEAD = 32
"""How much later the sample is that is fetched meanwhile."""


@compiled
def convert(
    step: Any, raw: Any, first: int, last: int, left: int, right: int, target: int, target_row: int
) -> None:
    """Writes ``(x − offset)·scale`` of some features of some samples of the batch.

    Args:
        step: The thread's context.
        raw: Features of a sample; bytes of a value; addresses of all features' offsets and scales.
        first: First sample of the batch.
        last: First one not to convert.
        left: First feature.
        right: First one not to convert.
        target: Where they go.
        target_row: Stride by sample, in bytes.
    """
    kernels = integers(step[codes.KERNELS], step[codes.KERNELS_LENGTH])
    width, itemsize, offsets, scales = raw[0], raw[1], raw[2], raw[3]
    for begin in range(first, last, SOME):
        call_convert(
            kernels[CONVERSIONS + (1 if itemsize == FLOAT else 0)],
            (
                step[codes.INPUT] + left * itemsize,
                width * itemsize,
                step[codes.ROWS] + 8 * begin,
                min(SOME, last - begin),
                AHEAD,
                last - begin,
                target + (begin - first) * target_row,
                target_row,
                right - left,
                offsets + FLOAT * left,
                scales + FLOAT * left,
            ),
        )
