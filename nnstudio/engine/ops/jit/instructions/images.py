"""Borders of images, and sums over their pixels."""

from __future__ import annotations

from nnstudio.core.window import Pads
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.plans.windows import Image
from nnstudio.engine.ops.jit.program import Program


def pad(program: Program, x: Matrix, image: Image, pads: Pads, out: Matrix) -> None:
    """Images inside larger ones, whose borders are left as they are."""
    inside, row = _inside(image, pads, x, out)
    (address, stride), (target, target_stride) = program.place(x), program.place(out)
    run = image[1] * image[2]
    places = (address, stride, FLOAT * run, target + inside, target_stride, row)
    program.add(codes.COPY_ROWS, *places, image[0], run)


def crop(program: Program, out: Matrix, image: Image, pads: Pads, x: Matrix) -> None:
    """Images without their borders."""
    inside, row = _inside(image, pads, x, out)
    (address, stride), (target, target_stride) = program.place(out), program.place(x)
    run = image[1] * image[2]
    places = (address + inside, stride, row, target, target_stride, FLOAT * run)
    program.add(codes.COPY_ROWS, *places, image[0], run)


def pixel_sums(program: Program, values: Matrix, sums: Matrix) -> None:
    """Sums over the pixels of each image, channel by channel."""
    require(values.width % sums.width == 0, "sums")
    pixels = values.width // sums.width
    program.add(codes.PIXEL_SUMS, *program.place(values), sums.width, pixels, *program.place(sums))


def _inside(image: Image, pads: Pads, x: Matrix, out: Matrix) -> tuple[int, int]:
    """Where an image begins inside its border, and the stride of the rows there, in bytes."""
    (top, bottom), (left, right) = pads
    height, width, channels = image
    row = (left + width + right) * channels
    require(x.width == height * width * channels, "images")
    require(out.width == (top + height + bottom) * row, "images")
    return FLOAT * (top * row + left * channels), FLOAT * row
