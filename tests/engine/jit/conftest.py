"""Kernels for the tests, compiled once per machine and kept in pytest's own cache."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

pytest.importorskip("numba")

from nnstudio.engine.ops.jit import build
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.machine import AVX2, NoFastPath, require_target


@pytest.fixture(scope="session")
def kernels(request: pytest.FixtureRequest) -> Iterator[Kernels]:
    """The kernels of this machine."""
    before = os.environ.get("NNSTUDIO_CACHE")
    os.environ["NNSTUDIO_CACHE"] = str(request.config.cache.mkdir("kernels"))
    try:
        require_target()
    except NoFastPath as error:
        pytest.skip(str(error))
    try:
        yield build.load(wait=True)
    finally:
        os.environ.pop("NNSTUDIO_CACHE")
        if before is not None:
            os.environ["NNSTUDIO_CACHE"] = before


@pytest.fixture(scope="session")
def avx2_kernels(kernels: Kernels) -> Kernels:
    """Kernels of the smaller instruction set, whatever this machine has."""
    from nnstudio.engine.ops.jit.kernels.objects import compile_object, load_object

    target = require_target(AVX2)
    return load_object(target, compile_object(target))
