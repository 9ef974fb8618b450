"""An NVIDIA GPU through CuPy: the one module that imports it."""

from __future__ import annotations

from functools import cache
from typing import Any

import cupy
import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.gpu.device import Function

Array = Any

MEMORY_SHARE = 0.9
"""Share of the GPU's memory that runs may take; the rest is for the screen and other programs."""
BLOCKS_PER_PROCESSOR = 32
OPTIONS = ("-std=c++17", "--fmad=false")
"""Without fused multiply-adds formulas round as NumPy's do; these kernels wait for memory anyway."""


class CudaDevice:
    """The current CUDA device.

    Its work is queued in the order in which it is asked for; only :meth:`download` waits for it.
    """

    xp = cupy
    threads = 256
    failures = (
        cupy.cuda.runtime.CUDARuntimeError,
        cupy.cuda.driver.CUDADriverError,
        cupy.cuda.compiler.CompileException,
        cupy.cuda.cublas.CUBLASError,
    )

    def __init__(self) -> None:
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name: str = properties["name"].decode()
        self.most_blocks = BLOCKS_PER_PROCESSOR * int(properties["multiProcessorCount"])
        self.memory = int(properties["totalGlobalMem"])
        cupy.get_default_memory_pool().set_limit(fraction=MEMORY_SHARE)

    def function(self, source: str, name: str) -> Function:
        """See ``Device.function``; CuPy keeps what it has compiled on disk."""
        kernel = _module(source).get_function(name)

        def start(blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
            kernel((blocks,), (threads,), arguments)

        return start

    def matmul(self, a: Array, b: Array, out: Array) -> None:
        """See ``Device.matmul``; ``dot`` costs less of Python's time than ``matmul``."""
        if a.ndim == 2:
            cupy.dot(a, b, out=out)
        else:
            cupy.matmul(a, b, out=out)

    def upload(self, array: NDArray[Any]) -> Array:
        """See ``Device.upload``."""
        return cupy.asarray(np.ascontiguousarray(array))

    def download(self, array: Array, out: NDArray[Any]) -> None:
        """See ``Device.download``."""
        array.get(out=out)

    def free(self) -> None:
        """See ``Device.free``."""
        cupy.get_default_memory_pool().free_all_blocks()


def available() -> bool:
    """CuPy finds a GPU and a driver."""
    return bool(cupy.cuda.is_available())


@cache
def cuda_device() -> CudaDevice:
    """The device, once an allocation there has worked: a driver too old, or a full GPU, shows so."""
    cupy.zeros(1)
    return CudaDevice()


@cache
def _module(source: str) -> Any:
    return cupy.RawModule(code=source, options=OPTIONS)
