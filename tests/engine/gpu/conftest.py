"""Devices for the tests: a stand-in on the host, and the GPU where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnstudio.engine.ops.gpu.detect import find_gpu
from tests.engine.gpu.host_device import COMPILER, HostDevice


@pytest.fixture(scope="session")
def kernel_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled kernels, kept from one session to the next where pytest keeps anything."""
    cache = getattr(request.config, "cache", None)
    return cache.mkdir("gpu-kernels") if cache else tmp_path_factory.mktemp("gpu-kernels")


@pytest.fixture(scope="session", params=["host", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest, kernel_folder: Path) -> Any:
    """What the tests run on."""
    if request.param == "host":
        if COMPILER is None:
            pytest.skip("no C++ compiler to run the kernels on the host")
        return HostDevice(kernel_folder)
    if not find_gpu().found:
        pytest.skip(find_gpu().words)
    from nnstudio.engine.ops.gpu.cuda import cuda_device

    return cuda_device()
