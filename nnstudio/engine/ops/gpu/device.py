"""Where kernels run: the seam between this package and the hardware.

Everything here but :mod:`.cuda` and :mod:`.cublas` is written against :class:`Device`. So the tests run it
all on the host, with NumPy for the arrays and the kernels compiled by the C++ compiler, and only
:class:`.cuda.CudaDevice` needs a GPU to be tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.strips import Strips
from nnstudio.errors import TrainingError

Array = Any
Call = Callable[[], None]
Function = Callable[[int, int, tuple[Any, ...]], None]
"""Starts a kernel: number of blocks, threads per block, arguments."""

_MOST_COUNT = 2**31 - 1
_CONVERSIONS: dict[type, Callable[[Any], Any]] = {
    int: np.int32,
    bool: np.int32,
    float: np.float64,
    type(None): lambda _: np.int64(0),  # the null pointer
}


class Device(Protocol):
    """A GPU, or what stands in for one."""

    @property
    def xp(self) -> Any:
        """CuPy, or NumPy on the host."""
        ...

    @property
    def name(self) -> str:
        """What it is called ("NVIDIA GeForce RTX 4070")."""
        ...

    @property
    def memory(self) -> int:
        """Its memory in bytes."""
        ...

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What it raises when it fails, besides ``MemoryError``."""
        ...

    @property
    def threads(self) -> int:
        """Threads of a block, a power of two up to 256."""
        ...

    @property
    def most_blocks(self) -> int:
        """Blocks that are started at most; each then does the work of several."""
        ...

    def function(self, source: str, name: str) -> Function:
        """A kernel of a source, compiled at its first use.

        Arguments are arrays, as the address of their first value, and NumPy scalars.
        """
        ...

    def matmul(self, a: Array, b: Array, out: Array) -> None:
        """``out = a @ b`` for matrices, or for equally many of them along a first axis."""
        ...

    def copy(self, x: Array, out: Array) -> None:
        """``out = x``, with any strides."""
        ...

    def capture(self, work: Call) -> Call:
        """Takes down what some work starts, without doing it.

        Args:
            work: Starts kernels, products and copies, and nothing else. It has run once before.

        Returns:
            Does it, on the same arrays, as often as it is called.
        """
        ...

    def upload(self, array: NDArray[Any]) -> Array:
        """A copy of a host array on the device."""
        ...

    def download(self, array: Array, out: NDArray[Any]) -> None:
        """Copies a device array to a host array, when all work on it is done."""
        ...

    def free(self) -> None:
        """Gives memory that nothing uses any more back to the system."""
        ...


class Launcher:
    """Starts the kernels of :mod:`.sources` on a device, for float32 or float64.

    Args:
        device: Where.
        dtype: Type of the values.
    """

    def __init__(self, device: Device, dtype: DTypeLike = np.float32) -> None:
        self.device = device
        self.dtype = np.dtype(dtype)
        self.matmul, self.copy = device.matmul, device.copy
        self._functions: dict[tuple[str, str], Function] = {}

    def each(self, name: str, count: int, *arguments: Any, source: str = "") -> None:
        """Runs a kernel whose threads share ``count`` independent elements.

        Args:
            name: Its name.
            count: How many elements.
            *arguments: Arrays, Python numbers (as int and double), NumPy scalars; None for no array.
            source: Kernels that it is one of, if it isn't in the library.

        Raises:
            TrainingError: There are more elements than the kernels can count.
        """
        if count > _MOST_COUNT:
            raise TrainingError(
                "an array of this run is too large for the GPU",
                allowed=f"{_MOST_COUNT:,} values",
                received=f"{count:,}",
                fix="use a smaller batch, or train on the CPU",
            )
        if count > 0:
            self._start(name, -(-count // self.device.threads), self.device.threads, arguments, source)

    def rows(self, name: str, rows: int, width: int, *arguments: Any, source: str = "") -> None:
        """Runs a kernel with a block per row, whose threads work on its ``width`` columns together."""
        threads = self.device.threads
        while threads >= 64 and threads >= 2 * width:
            threads //= 2
        if rows > 0:
            self._start(name, rows, threads, arguments, source)

    def strips(self, name: str, strips: Strips, *arguments: Any, source: str = "") -> None:
        """Runs a kernel with a block per strip of a matrix."""
        self._start(name, strips.count, self.device.threads, arguments, source)

    def blocks(self, count: int) -> int:
        """How many blocks :meth:`each` takes for ``count`` elements."""
        return min(-(-count // self.device.threads), self.device.most_blocks)

    def _start(self, name: str, blocks: int, threads: int, arguments: tuple[Any, ...], source: str) -> None:
        function = self._functions.get((source, name))
        if function is None:
            function = self._functions[source, name] = self._find(source, name)
        given = tuple([convert(a) if (convert := _CONVERSIONS.get(type(a))) else a for a in arguments])
        function(min(blocks, self.device.most_blocks), threads, given)

    def _find(self, source: str, name: str) -> Function:
        return self.device.function(sources.whole(self.dtype, source or sources.library()), name)
