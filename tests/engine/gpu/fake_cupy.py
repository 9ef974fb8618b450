"""A module that stands in for CuPy, so that all that is written against it runs: NumPy's arrays, and
kernels on the host. It knows only what ``ops.gpu.cuda`` uses, and takes arguments as CuPy does."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import numpy as np

from tests.engine.gpu.host_device import HostDevice


class ndarray(np.ndarray):  # noqa: N801 - CuPy's name
    """An array that is read with ``get``."""

    def get(self, *, out: np.ndarray) -> np.ndarray:
        """A copy on the host; as CuPy, to a contiguous array of the same kind only."""
        assert out.flags.c_contiguous
        assert (out.shape, out.dtype) == (self.shape, self.dtype)
        out[...] = self
        return out


class Failure(RuntimeError):
    """All errors of CUDA."""


class Pool:
    """The memory pool: it holds a limit, and refuses arrays beyond it."""

    limit: int | None = None
    freed = 0
    memory = 1 << 30

    def set_limit(self, *, fraction: float) -> None:
        """Keeps the limit."""
        self.limit = int(fraction * self.memory)

    def free_all_blocks(self) -> None:
        """Counts."""
        self.freed += 1


def fake_cupy(folder: Path) -> types.ModuleType:
    """The module; kernels are compiled to ``folder``."""
    host, pool = HostDevice(folder), Pool()
    module: Any = types.ModuleType("cupy")

    def allocate(make: Any) -> Any:
        def made(*arguments: Any, **options: Any) -> Any:
            array = make(*arguments, **options).view(ndarray)
            if pool.limit is not None and array.nbytes > pool.limit:
                raise MemoryError("out of memory allocating")
            return array

        return made

    for name in ("empty", "zeros", "ones"):
        setattr(module, name, allocate(getattr(np, name)))
    module.asarray = allocate(np.array)
    module.ascontiguousarray = np.ascontiguousarray
    module.ndarray = ndarray

    module.matmul = lambda a, b, out: host.matmul(a, b, out)
    module.copyto = np.copyto
    module.get_default_memory_pool = lambda: pool

    class RawModule:
        """Compiles at the first kernel that is asked for."""

        def __init__(self, *, code: str, options: tuple[str, ...]) -> None:
            assert all(option.startswith("-") for option in options)
            self._code = code

        def get_function(self, name: str) -> Any:
            """A kernel, which takes grid and block as tuples."""
            function = host.function(self._code, name)
            return lambda grid, block, arguments: function(grid[0], block[0], arguments)

    module.RawModule = RawModule
    properties = {"name": b"NVIDIA Fake", "multiProcessorCount": 1, "totalGlobalMem": pool.memory}
    runtime = types.SimpleNamespace(getDeviceProperties=lambda number: properties)
    device = lambda: types.SimpleNamespace(id=0)  # noqa: E731 - CuPy's is a class
    runtime.CUDARuntimeError = Failure
    errors = {"driver": "CUDADriverError", "compiler": "CompileException", "cublas": "CUBLASError"}
    parts = {part: types.SimpleNamespace(**{name: Failure}) for part, name in errors.items()}
    parts |= {"runtime": runtime, "Device": device}
    parts["cublas"].getVersion = lambda handle: 0  # no such library, so there are no graphs
    parts["device"] = types.SimpleNamespace(get_cublas_handle=lambda: 0)
    module.cuda = types.SimpleNamespace(**parts, is_available=lambda: True)
    module.pool = pool
    return module
