"""An NVIDIA GPU through CuPy: this module and ``cublas`` are the only ones that import it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import cupy
import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.gpu.cublas import Cublas, CublasError
from nnstudio.engine.ops.gpu.device import Call, Function

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
        CublasError,
    )

    def __init__(self) -> None:
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name: str = properties["name"].decode()
        self.most_blocks = BLOCKS_PER_PROCESSOR * int(properties["multiProcessorCount"])
        self.memory = int(properties["totalGlobalMem"])
        cupy.get_default_memory_pool().set_limit(fraction=MEMORY_SHARE)
        self._graphs = _Graphs.made()
        self._thread = _Thread()

    def function(self, source: str, name: str) -> Function:
        """See ``Device.function``; CuPy keeps what it has compiled on disk."""
        kernel = _module(source).get_function(name)

        def start(blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
            self._do(kernel, (blocks,), (threads,), arguments)

        return start

    def matmul(self, a: Array, b: Array, out: Array) -> None:
        """See ``Device.matmul``."""
        if self._graphs is None:
            self._do(cupy.matmul, a, b, out)
        else:
            self._do(self._graphs.products(capturing=self._thread.taken is not None), a, b, out)

    def copy(self, x: Array, out: Array) -> None:
        """See ``Device.copy``."""
        self._do(cupy.copyto, out, x)

    def capture(self, work: Call) -> Call:
        """See ``Device.capture``: a CUDA graph, which starts all at once; else the calls one by one."""
        self._thread.taken = taken = _Taken()
        try:
            if self._graphs is None:
                work()
                return taken.play
            return self._graphs.capture(work, taken)
        finally:
            self._thread.taken = None

    def _do(self, call: Callable[..., Any], *arguments: Any) -> None:
        taken = self._thread.taken
        if taken is not None:
            taken.calls.append(partial(call, *arguments))
        if taken is None or self._graphs is not None:
            call(*arguments)

    def upload(self, array: NDArray[Any]) -> Array:
        """See ``Device.upload``."""
        return cupy.asarray(np.ascontiguousarray(array))

    def download(self, array: Array, out: NDArray[Any]) -> None:
        """See ``Device.download``."""
        array.get(out=out)

    def free(self) -> None:
        """See ``Device.free``."""
        cupy.get_default_memory_pool().free_all_blocks()


class _Taken:
    """The calls that are taken down; they hold the arrays that a graph only knows by address."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def play(self) -> None:
        """Makes them all."""
        for call in self.calls:
            call()


class _Thread(threading.local):
    """What the thread that looks is taking down."""

    taken: _Taken | None = None


class _Graphs:
    """Captures work on a stream of its own; what was captured starts on the usual one, in order.

    Raises:
        OSError: cuBLAS isn't where it should be; without it graphs can hold no products.
        CublasError: It doesn't work.
    """

    def __init__(self) -> None:
        tf32 = os.environ.get("CUPY_TF32", "0") == "1"
        self._usual = Cublas(0, tf32=tf32)
        self._stream = cupy.cuda.Stream(non_blocking=True)
        self._captured = Cublas(self._stream.ptr, tf32=tf32)
        self._one_at_a_time = threading.Lock()

    @classmethod
    def made(cls) -> _Graphs | None:
        """None where there can be none."""
        try:
            return cls()
        except (OSError, CublasError):
            return None

    def products(self, *, capturing: bool) -> Callable[[Array, Array, Array], None]:
        """Matrix products."""
        return self._captured.matmul if capturing else self._usual.matmul

    def capture(self, work: Call, taken: _Taken) -> Call:
        """The graph of some work."""
        with self._one_at_a_time, self._stream as stream:
            stream.begin_capture()
            try:
                work()
            finally:
                graph = stream.end_capture()
        return partial(_start, graph, taken)


def _start(graph: Any, _held: _Taken) -> None:
    graph.launch(cupy.cuda.Stream.null)


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
