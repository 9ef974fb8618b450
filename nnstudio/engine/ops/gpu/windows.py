"""Depthwise convolution, pooling and padding: a window slides over every channel by itself."""

from __future__ import annotations

from typing import Any

from nnstudio.core.window import Pads, Window
from nnstudio.engine.ops.gpu.pointwise import PointwiseOps
from nnstudio.engine.ops.gpu.products import geometry

Array = Any

_PART = 0  # scratch slot


class WindowOps(PointwiseOps):
    """Every output, or every pixel of a gradient, is one thread's."""

    def depthwise(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out[..., c·M + m] = x[..., c] ∗ kernel[..., c, m] + bias``; the kernel is ``(kh, kw, C, M)``."""
        shape = geometry(x.shape, out.shape, window)
        self.launch.each("depthwise", out.size, x, kernel, bias, out, kernel.shape[3], *shape)
        return out

    def depthwise_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`depthwise`; what is None is left out."""
        shape, filters = geometry(x.shape, dz.shape, window), kernel.shape[3]
        if d_bias is not None:
            self.column_sums(dz, d_bias)
        if d_kernel is not None:
            step, chunks = self.chunks(len(x) * dz.shape[1], d_kernel.size)
            part = self.scratch(_PART, (chunks, d_kernel.size), dz.dtype)
            self.launch.each("depthwise_kernel", part.size, x, dz, part, filters, step, *shape)
            size = d_kernel.size
            self.launch.rows("sum_of_chunks", size, chunks, part, d_kernel, chunks, size)
        if dx is not None:
            self.launch.each("depthwise_input", dx.size, dz, kernel, dx, filters, *shape)

    def max_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The largest value under the window, channel by channel."""
        self.launch.each("max_pool", out.size, x, out, *geometry(x.shape, out.shape, window))
        return out

    def max_pool_backward(self, dy: Array, x: Array, y: Array, window: Window, dx: Array) -> Array:
        """The gradient goes to the largest value, and to the first of several equal ones."""
        shape = geometry(x.shape, y.shape, window)
        if _side_by_side(x.shape, y.shape, window):
            self.launch.each("max_pool_input_apart", y.size, dy, x, y, dx, *shape)
        else:
            self.launch.each("max_pool_input", dx.size, dy, x, y, dx, *shape)
        return dx

    def average_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The mean of the pixels under the window, channel by channel; padding doesn't count."""
        self.launch.each("average_pool", out.size, x, out, *geometry(x.shape, out.shape, window))
        return out

    def average_pool_backward(self, dy: Array, window: Window, dx: Array) -> Array:
        """Each pixel under the window gets an equal share of the gradient."""
        self.launch.each("average_pool_input", dx.size, dy, dx, *geometry(dx.shape, dy.shape, window))
        return dx

    def global_average(self, x: Array, out: Array) -> Array:
        """The mean of each channel, ``(n, H, W, C) -> (n, C)``."""
        n, height, width, channels = x.shape
        self.launch.each("global_average", out.size, x, out, n, height * width, channels)
        return out

    def global_average_backward(self, dy: Array, dx: Array) -> Array:
        """Each pixel gets an equal share of its channel's gradient."""
        n, height, width, channels = dx.shape
        self.launch.each("global_average_input", dx.size, dy, dx, n, height * width, channels)
        return dx

    def pad(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` with zeros around it."""
        (top, _), (left, _) = pads
        self.launch.each("shift", out.size, x, out, *x.shape, *out.shape[1:3], top, left)
        return out

    def crop(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` without its border."""
        (top, _), (left, _) = pads
        self.launch.each("shift", out.size, x, out, *x.shape, *out.shape[1:3], -top, -left)
        return out


def _side_by_side(image: tuple[int, ...], out: tuple[int, ...], window: Window) -> bool:
    """Each pixel of images ``(n, H, W, C)`` lies in exactly one window."""
    plain = window.strides == window.kernel and window.dilation == (1, 1)
    return plain and image[1:3] == (out[1] * window.kernel[0], out[2] * window.kernel[1])
