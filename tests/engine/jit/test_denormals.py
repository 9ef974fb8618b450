"""Numbers too small for full precision cost nothing on the compiled path, and nobody else notices."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.ops.jit.instructions import dense
from nnstudio.engine.ops.jit.kernels import denormals
from nnstudio.engine.ops.jit.program import Program
from tests.engine.jit.helpers import run_once

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

SMALL = np.array([[1e-30]], np.float32)


def test_kernels_take_denormals_for_zero(kernels):
    program = Program(2)
    x, out = program.matrix(1), program.matrix(1)
    x.array[:, 0] = 1e-10, 1e-5
    dense.affine(program, x, SMALL, None, out)
    run_once(program, kernels, 2, threads=2)
    assert out.array[0, 0] == 0
    assert out.array[1, 0] == pytest.approx(1e-35)
    assert SMALL[0, 0] * np.float32(1e-10) > 0  # here they are still what they are


def test_what_was_set_before_is_restored():
    outer = denormals.flush()
    denormals.restore(denormals.flush())
    tiny = np.full(4, 1e-30, np.float32) * np.float32(1e-10)
    denormals.restore(outer)
    assert not tiny.any()
    assert (np.full(4, 1e-30, np.float32) * np.float32(1e-10)).all()
