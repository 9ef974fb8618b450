"""cuBLAS, called so that its products can be part of a CUDA graph.

CuPy's own way to cuBLAS refuses to be captured, and costs twice as much of the host's time. The library is
the one that CuPy has loaded.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import cupy
import numpy as np

Array = Any

WORKSPACE_BYTES = 32 * 2**20
"""What NVIDIA recommends for its newest GPUs: with room of its own, cuBLAS gives the same bits each time."""
_TF32 = 3  # CUBLAS_TF32_TENSOR_OP_MATH


class CublasError(RuntimeError):
    """cuBLAS can't do what it was asked for."""


class Cublas:
    """Matrix products on one stream.

    Args:
        stream: The stream; its address.
        tf32: Products may round their factors to 10 bits.

    Raises:
        OSError: The library isn't where it should be.
        CublasError: It doesn't work.
    """

    def __init__(self, stream: int, *, tf32: bool = False) -> None:
        self._library = ctypes.CDLL(_name())
        self._handle = ctypes.c_void_p()
        self._workspace = cupy.empty(WORKSPACE_BYTES, np.uint8)
        self._numbers = {
            np.dtype(kind): (function, ctypes.byref(number(1)), ctypes.byref(number(0)))
            for kind, function, number in (
                (np.float32, self._library.cublasSgemmStridedBatched, ctypes.c_float),
                (np.float64, self._library.cublasDgemmStridedBatched, ctypes.c_double),
            )
        }
        room = (ctypes.c_void_p(self._workspace.data.ptr), ctypes.c_size_t(WORKSPACE_BYTES))
        self._call("cublasCreate_v2", ctypes.byref(self._handle))
        self._call("cublasSetStream_v2", self._handle, ctypes.c_void_p(stream))
        self._call("cublasSetWorkspace_v2", self._handle, *room)  # the stream before it takes it away
        if tf32:
            self._call("cublasSetMathMode", self._handle, _TF32)

    def matmul(self, a: Array, b: Array, out: Array) -> None:
        """``out = a @ b``, ``(m, k) @ (k, n)``, or equally many of them along a first axis.

        cuBLAS counts down columns. So it is asked for ``outᵀ = bᵀ @ aᵀ``.

        Args:
            a: The factors, whose rows or columns are contiguous.
            b: See above.
            out: The contiguous product.

        Raises:
            CublasError: It failed.
        """
        function, one, zero = self._numbers[out.dtype]
        (*batch, m, n), k = out.shape, a.shape[-1]
        a_turned, a_lead, a_step = _layout(a)
        b_turned, b_lead, b_step = _layout(b)
        long, size = ctypes.c_longlong, ctypes.c_int
        status = function(
            *(self._handle, size(b_turned), size(a_turned), size(n), size(m), size(k), one),
            *(ctypes.c_void_p(b.data.ptr), size(b_lead), long(b_step)),
            *(ctypes.c_void_p(a.data.ptr), size(a_lead), long(a_step), zero),
            *(ctypes.c_void_p(out.data.ptr), size(n), long(m * n), size(batch[0] if batch else 1)),
        )
        if status:
            raise CublasError(f"a matrix product failed on the GPU (cuBLAS status {status})")

    def _call(self, name: str, *arguments: Any) -> None:
        if status := getattr(self._library, name)(*arguments):
            raise CublasError(f"{name} failed (cuBLAS status {status})")


def _layout(x: Array) -> tuple[int, int, int]:
    """Whether columns are contiguous, values from one row (or column) to the next, and to the next matrix."""
    *batch, rows, columns = x.shape
    *far, down, right = (stride // x.dtype.itemsize for stride in x.strides)
    turned = right != 1 and columns > 1
    if turned and down != 1 and rows > 1:
        raise CublasError(f"a factor has neither contiguous rows nor columns (strides {x.strides})")
    lead = max(right, rows) if turned else max(down, columns)
    return int(turned), lead, far[0] if batch else 0


def _name() -> str:
    """The file that CuPy has loaded, as the system finds it again."""
    major = cupy.cuda.cublas.getVersion(cupy.cuda.device.get_cublas_handle()) // 10_000
    return f"cublas64_{major}.dll" if sys.platform == "win32" else f"libcublas.so.{major}"
