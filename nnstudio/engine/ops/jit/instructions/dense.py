"""Dense layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.gemm import panel_size
from nnstudio.engine.ops.jit.kernels.packing import packed_size
from nnstudio.engine.ops.jit.operands import Matrix, require
from nnstudio.engine.ops.jit.program import Program


def affine(
    program: Program,
    x: Matrix,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    out: Matrix,
    *,
    rectify: bool = False,
    packed: NDArray[np.float32] | None = None,
) -> None:
    """``out = x @ kernel + bias``.

    Args:
        program: Where this is added.
        x: The layer's input.
        kernel: ``(inputs, units)``.
        bias: ``(units,)``, or None.
        out: Its output.
        rectify: It is cut at 0.
        packed: What :func:`pack` has made of the kernel; None to read it as it lies.
    """
    program.need_scratch(panel_size(x.width))
    program.add(
        codes.AFFINE,
        *program.place_samples(x),
        program.vector(kernel, x.width * out.width),
        0 if bias is None else program.vector(bias, out.width),
        *program.place(out),
        x.width,
        out.width,
        int(rectify),
        0 if packed is None else program.vector(packed, packed_size(x.width, out.width)),
    )


def affine_input(
    program: Program, dz: Matrix, kernel: NDArray[np.float32], dx: Matrix, x: Matrix | None = None
) -> None:
    """``dx = dz @ kernelᵀ``.

    Args:
        program: Where this is added.
        dz: The gradient of the layer's output.
        kernel: ``(inputs, units)``.
        dx: Gets the gradient of its input.
        x: Its input where that is a ReLU's output, to undo that ReLU and the scaling behind it; or None.
    """
    program.need_scratch(panel_size(dz.width))
    weights = program.vector(kernel, dx.width * dz.width)
    places = (*program.place(dz), weights, *program.place(dx))
    output, factor = 0, 1.0
    if x is not None:
        require((x.width, x.row) == (dx.width, dx.row) and x.address != dx.address, "dense")
        output, factor = program.place(x)[0], x.factor
        dx.undone = dx.scaled = True
    program.add(codes.AFFINE_INPUT, *places, dx.width, dz.width, output, reals=(factor,))


def pack(
    program: Program, kernel: NDArray[np.float32], packed: NDArray[np.float32], *, first: bool = False
) -> None:
    """Copies a kernel as the panels that products with it read; in front of all others with ``first``."""
    inputs, units = kernel.shape
    places = program.vector(kernel, inputs * units), program.vector(packed, packed_size(inputs, units))
    write = program.prepare if first else program.add
    write(codes.PACK_KERNEL, *places, inputs, units)
