"""Pooling: the largest or the mean value under a window, channel by channel.

The taps of the window are gone through one by one, each for a whole block of samples, and only where
it lies on the image: padding is never the largest value and doesn't count in the mean.
"""

from __future__ import annotations

from typing import Any

from nnstudio.core.window import Window
from nnstudio.engine.ops.shared import SharedOps

Array = Any

_WAITING, _HIT, _SHARE = 0, 1, 2  # scratch slots


class PoolingOps(SharedOps):
    """The primitives of pooling layers."""

    def max_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The largest value under the window: ``(n, H, W, C) -> (n, oH, oW, C)``."""
        xp = self.xp
        taps = window.meetings(*x.shape[1:3])

        def compute(part: slice) -> None:
            image, y = x[part], out[part]
            y[...] = -xp.inf
            for tap in taps:
                there = y[:, *tap.outputs]
                xp.maximum(there, image[:, *tap.inputs], out=there)

        self.share(compute, self._pool_parts(x))
        return out

    def max_pool_backward(self, dy: Array, x: Array, y: Array, window: Window, dx: Array) -> Array:
        """The gradient goes to the largest value, and to the first of several equal ones."""
        xp = self.xp
        taps = window.meetings(*x.shape[1:3])

        def compute(part: slice) -> None:
            image, best, gradient, d_image = x[part], y[part], dy[part], dx[part]
            waiting = self.scratch(_WAITING, best.shape, bool)  # no tap has had its gradient yet
            waiting[...] = True
            d_image[...] = 0
            for tap in taps:
                there = (slice(None), *tap.outputs)
                hit = self.scratch(_HIT, best[there].shape, bool)
                xp.equal(image[:, *tap.inputs], best[there], out=hit)
                xp.logical_and(hit, waiting[there], out=hit)
                xp.logical_xor(waiting[there], hit, out=waiting[there])
                share = self.scratch(_SHARE, hit.shape, dy.dtype)
                share[...] = hit  # 1 or 0, since NumPy is slow at numbers times truth values
                xp.multiply(share, gradient[there], out=share)
                self._give(share, window, d_image[:, *tap.inputs])

        self.share(compute, self._pool_parts(x))
        return dx

    def average_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The mean of the pixels under the window: ``(n, H, W, C) -> (n, oH, oW, C)``."""
        size = x.shape[1:3]
        share = self._shares(window, size, x.dtype)

        def compute(part: slice) -> None:
            image, y = x[part], out[part]
            y[...] = 0
            for tap in window.meetings(*size):
                y[:, *tap.outputs] += image[:, *tap.inputs]
            self.xp.multiply(y, share, out=y)

        self.share(compute, self._pool_parts(x))
        return out

    def average_pool_backward(self, dy: Array, window: Window, dx: Array) -> Array:
        """Each pixel under the window gets an equal share of the gradient."""
        size = dx.shape[1:3]
        share = self._shares(window, size, dy.dtype)

        def compute(part: slice) -> None:
            shared = self.scratch(_SHARE, dy[part].shape, dy.dtype)
            self.xp.multiply(dy[part], share, out=shared)
            d_image = dx[part]
            d_image[...] = 0
            for tap in window.meetings(*size):
                self._give(shared[:, *tap.outputs], window, d_image[:, *tap.inputs])

        self.share(compute, self._pool_parts(dx))
        return dx

    def global_average(self, x: Array, out: Array) -> Array:
        """The mean of each channel: ``(n, H, W, C) -> (n, C)``."""
        n, height, width, channels = x.shape
        shares = self.xp.full((1, height * width), 1 / (height * width), x.dtype)
        pixels = x.reshape(n, height * width, channels)
        self.xp.matmul(shares, pixels, out=out[:, None, :])  # (1, H·W) @ (n, H·W, C) -> (n, 1, C)
        return out

    def global_average_backward(self, dy: Array, dx: Array) -> Array:
        """Each pixel gets an equal share of its channel's gradient."""
        _, height, width, _ = dx.shape
        share = dy.dtype.type(1 / (height * width))
        return self.xp.multiply(dy[:, None, None, :], share, out=dx)

    def _give(self, share: Array, window: Window, pixels: Array) -> None:
        """Adds a share of the gradient to the pixels under a tap, of which all are 0 without overlap."""
        if window.overlaps:
            self.xp.add(pixels, share, out=pixels)
        else:
            pixels[...] = share

    def _pool_parts(self, x: Array) -> Any:
        """Parts of the batch that fit into the cache."""
        return self.parts(len(x), x[:1].nbytes)

    def _shares(self, window: Window, size: tuple[int, int], dtype: Any) -> Array:
        """One over the number of pixels under the window at each position, ``(oH, oW, 1)``."""
        pixels = self.xp.zeros((*window.output(*size), 1), dtype)
        for tap in window.meetings(*size):
            pixels[tap.outputs] += 1
        return 1 / pixels
