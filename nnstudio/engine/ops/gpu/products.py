"""Primitives that are matrix products: dense layers, and convolutions over columns of pixels.

The columns of a whole batch are made by one kernel, so that a convolution is one product, and each of
its gradients is one, too. Only where they would take more than :data:`COLUMN_BYTES` it goes by parts of
the batch. Letters in comments: ``P = n·oH·oW`` positions, ``K = kh·kw·C/G``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.window import Window
from nnstudio.engine.ops.gpu.winograd import WIDTH, WinogradOps

Array = Any

COLUMN_BYTES = 512 * 2**20
_COLUMNS, _PRODUCT, _KERNEL, _POSITIONS = 1, 2, 3, 4  # scratch slots


class ProductOps(WinogradOps):
    """Dense layers and convolutions, with their bias and activation in one pass behind the product."""

    column_bytes = COLUMN_BYTES

    def affine(self, x: Array, kernel: Array, bias: Array | None, out: Array) -> Array:
        """``out = x @ kernel + bias``: ``(n, N) @ (N, U) + (U,) -> (n, U)``."""
        return self.affine_activate(LINEAR, x, kernel, bias, out, out)

    def affine_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """``d_kernel = xᵀ @ dz``, ``d_bias = Σ dz``, ``dx = dz @ kernelᵀ``."""
        self.affine_activate_backward(LINEAR, dz, dz, None, x, kernel, d_kernel, d_bias, dx)

    def affine_activate(
        self,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x @ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        self.launch.matmul(x, kernel, z)
        return self.finish(function, z, bias, z, out)

    def affine_activate_backward(
        self,
        function: ActivationFunction,
        dy: Array,
        y: Array,
        z: Array | None,
        x: Array,
        kernel: Array,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`affine_activate`; what is None is left out. ``dy`` becomes ``dz``."""
        dz = self.activate_and_sum(function, dy, y, z, d_bias)
        if d_kernel is not None:
            self.launch.matmul(x.T, dz, d_kernel)  # (N, n) @ (n, U) -> (N, U)
        if dx is not None:
            self.launch.matmul(dz, kernel.T, dx)  # (n, U) @ (U, N) -> (n, N)

    def convolve(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out = x ∗ kernel + bias``, ``(n, H, W, C) -> (n, oH, oW, F)``; kernel ``(kh, kw, C/G, F)``."""
        return self.convolve_activate(LINEAR, x, kernel, bias, window, out, out)

    def convolve_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`convolve`; what is None is left out."""
        self.convolve_activate_backward(LINEAR, dz, dz, None, x, kernel, window, d_kernel, d_bias, dx)

    def convolve_activate(
        self,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        window: Window,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x ∗ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        groups = x.shape[3] // kernel.shape[2]
        if self.winograd_fits(kernel, window, z.shape):
            for part in self._tile_parts(x, z):
                self.winograd(x[part], kernel, _before(window, x), z[part])
            return self.finish(function, z, bias, z, out)
        matrices = self._by_group(kernel.reshape(-1, kernel.shape[3]), groups, _KERNEL)
        for part in self._parts(x, z, window, groups):
            columns = self._columns(x[part], z[part], window, groups)
            positions = z[part].reshape(-1, z.shape[3])  # (P, F)
            if groups == 1:
                self.launch.matmul(columns, matrices, positions)  # (P, K) @ (K, F) -> (P, F)
                continue
            product = self.scratch(_PRODUCT, (groups, len(positions), z.shape[3] // groups), z.dtype)
            self.launch.matmul(columns, matrices, product)  # (G, P, K) @ (G, K, F/G) -> (G, P, F/G)
            self.launch.copy(product.swapaxes(0, 1), positions.reshape(len(positions), groups, -1))
        return self.finish(function, z, bias, z, out)

    def convolve_activate_backward(
        self,
        function: ActivationFunction,
        dy: Array,
        y: Array,
        z: Array | None,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`convolve_activate`; what is None is left out. ``dy`` becomes ``dz``."""
        dz = self.activate_and_sum(function, dy, y, z, d_bias)
        groups = x.shape[3] // kernel.shape[2]
        if self.winograd_fits(kernel, window, dz.shape):
            self._winograd_backward(dz, x, kernel, window, d_kernel, dx)
            return
        for number, part in enumerate(self._parts(x, dz, window, groups)):
            positions = self._by_group(dz[part].reshape(-1, dz.shape[3]), groups, _POSITIONS)
            if d_kernel is not None:
                columns = self._columns(x[part], dz[part], window, groups)
                self._kernel_gradient(columns, positions, d_kernel, groups, first=number == 0)
            if dx is not None:
                self._input_gradient(positions, kernel, window, dz[part], dx[part], groups)

    def _winograd_backward(
        self, dz: Array, x: Array, kernel: Array, window: Window, d_kernel: Array | None, dx: Array | None
    ) -> None:
        """Gradients of a convolution by way of :mod:`.winograd`; that of the input is one as well."""
        before = _before(window, x)
        turned = (WIDTH - 1 - before[0], WIDTH - 1 - before[1])
        for number, part in enumerate(self._tile_parts(x, dz)):
            if d_kernel is not None:
                self.winograd_kernel_gradient(x[part], dz[part], before, d_kernel, more=number > 0)
            if dx is not None:
                self.winograd(dz[part], kernel, turned, dx[part], turned=True)

    def _kernel_gradient(
        self, columns: Array, positions: Array, d_kernel: Array, groups: int, *, first: bool
    ) -> None:
        """``d_kernel = columnsᵀ @ dz``, or that added to what the parts in front gave."""
        total = d_kernel.reshape(-1, d_kernel.shape[3])  # (K, F)
        if first and groups == 1:
            self.launch.matmul(columns.T, positions, total)
            return
        shape = total.shape if groups == 1 else (groups, len(total), total.shape[1] // groups)
        product = self.scratch(_PRODUCT, shape, total.dtype)
        self.launch.matmul(columns.swapaxes(-1, -2), positions, product)
        if groups > 1:  # (G, K, F/G) -> (K, G, F/G)
            by_filter = self.scratch(_KERNEL, (len(total), groups, total.shape[1] // groups), total.dtype)
            self.launch.copy(product.swapaxes(0, 1), by_filter)
            product = by_filter
        if first:
            self.launch.copy(product.reshape(total.shape), total)
        else:
            self.add(total, product.reshape(total.shape), total)

    def _input_gradient(
        self, positions: Array, kernel: Array, window: Window, dz: Array, dx: Array, groups: int
    ) -> None:
        """``dx = dz @ kernelᵀ`` for every tap, gathered pixel by pixel."""
        matrices = self._by_group(kernel.reshape(-1, kernel.shape[3]), groups, _KERNEL)
        transposed = matrices.swapaxes(-1, -2)  # (F, K) or (G, F/G, K)
        if window.is_pointwise and groups == 1:
            self.launch.matmul(positions, transposed, dx.reshape(-1, dx.shape[3]))
            return
        shape = (*positions.shape[:-1], transposed.shape[-1])  # (P, K) or (G, P, K)
        columns = self.scratch(_COLUMNS, shape, dx.dtype)
        self.launch.matmul(positions, transposed, columns)
        self._slide("col2im", dx.size, columns, dx, dx.shape, dz.shape, window, groups)

    def _columns(self, x: Array, out: Array, window: Window, groups: int) -> Array:
        """The pixels under the window at each position: ``(P, K)``, or ``(G, P, K)`` with groups."""
        if window.is_pointwise and groups == 1:
            return x.reshape(-1, x.shape[3])
        positions, width = out.size // out.shape[3], window.taps * x.shape[3] // groups
        shape = (positions, width) if groups == 1 else (groups, positions, width)
        columns = self.scratch(_COLUMNS, shape, x.dtype)
        self._slide("im2col", columns.size, x, columns, x.shape, out.shape, window, groups)
        return columns

    def _slide(
        self,
        name: str,
        count: int,
        source: Array,
        target: Array,
        image: tuple[int, ...],
        out: tuple[int, ...],
        window: Window,
        groups: int,
    ) -> None:
        """Starts a kernel between images and columns, four channels at a time where they allow it."""
        if image[3] // groups % 4 == 0:
            name, count, image = f"{name}_quads", count // 4, (*image[:3], image[3] // 4)
        self.launch.each(name, count, source, target, *geometry(image, out, window, groups))

    def _by_group(self, matrix: Array, groups: int, slot: int) -> Array:
        """``(rows, G·f)`` as ``(G, rows, f)``, copied, since products take no other strides."""
        if groups == 1:
            return matrix
        by_group = matrix.reshape(len(matrix), groups, -1).swapaxes(0, 1)
        copy = self.scratch(slot, by_group.shape, matrix.dtype)
        self.launch.copy(by_group, copy)
        return copy

    def _tile_parts(self, x: Array, out: Array) -> Iterator[slice]:
        """Parts of the batch whose transformed tiles take no more than about ``column_bytes``."""
        pixels = max(x.shape[1] * x.shape[2], out.shape[1] * out.shape[2])
        sample = 4 * pixels * max(x.shape[3], out.shape[3]) * x.dtype.itemsize
        return self.parts(len(x), sample, self.column_bytes)

    def _parts(self, x: Array, out: Array, window: Window, groups: int) -> Iterator[slice]:
        """Parts of the batch whose columns take no more than ``column_bytes``."""
        if window.is_pointwise and groups == 1:
            return iter((slice(0, len(x)),))
        sample = out.shape[1] * out.shape[2] * window.taps * x.shape[3] * x.dtype.itemsize
        return self.parts(len(x), sample, self.column_bytes)


def _before(window: Window, x: Array) -> tuple[int, int]:
    rows, columns = window.axes(*x.shape[1:3])
    return rows.before, columns.before


@lru_cache(maxsize=1024)
def geometry(
    image: tuple[int, ...], out: tuple[int, ...], window: Window, groups: int = 1
) -> tuple[np.int32, ...]:
    """The kernels' parameters ``GEOMETRY``, for images ``(n, H, W, C)`` and positions ``(n, oH, oW, ·)``."""
    rows, columns = window.axes(*image[1:3])
    numbers = (
        *image,
        *out[1:3],
        *window.kernel,
        *window.strides,
        *window.dilation,
        rows.before,
        columns.before,
        groups,
    )
    return tuple(np.int32(number) for number in numbers)
