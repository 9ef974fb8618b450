"""Dense layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.gemm import panel_size
from nnstudio.engine.ops.jit.program import Matrix, Program


def affine(
    program: Program,
    x: Matrix,
    kernel: NDArray[np.float32],
    bias: NDArray[np.float32] | None,
    out: Matrix,
    *,
    rectify: bool = False,
) -> None:
    """``out = x @ kernel + bias``, cut at 0 with ``rectify``."""
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
    )


def affine_input(program: Program, dz: Matrix, kernel: NDArray[np.float32], dx: Matrix) -> None:
    """``dx = dz @ kernelᵀ``."""
    program.need_scratch(panel_size(dz.width))
    weights = program.vector(kernel, dx.width * dz.width)
    places = (*program.place(dz), weights, *program.place(dx))
    program.add(codes.AFFINE_INPUT, *places, dx.width, dz.width)
