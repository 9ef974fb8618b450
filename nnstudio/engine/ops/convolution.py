"""Convolution as matrix products over columns (Chellapilla, Puri & Simard, 2006).

The pixels under the kernel at each of ``P`` output positions are a row of a matrix, so
``y = columns @ kernel``: ``(P, kh·kw·C) @ (kh·kw·C, F) -> (P, F)``. Blocks of columns are used while they
are in the cache; the backward pass makes them anew rather than keep them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from nnstudio.core.window import Window
from nnstudio.engine.ops.columns import Block, ColumnOps

Array = Any

_KERNELS, _BIASES = 5, 6  # scratch slots, beside those of the columns


class ConvolutionOps(ColumnOps):
    """Convolution and its gradients."""

    def convolve(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out = x ∗ kernel + bias``.

        Args:
            x: ``(n, H, W, C)``.
            kernel: ``(kh, kw, C/G, F)``; with fewer channels than ``x`` there are ``G`` groups, of
                which each makes ``F/G`` filters.
            bias: ``(F,)``, or None.
            window: How the kernel slides.
            out: ``(n, oH, oW, F)``.
        """
        groups = x.shape[3] // kernel.shape[2]
        matrix = _by_group(kernel.reshape(-1, kernel.shape[3]), groups)  # (G, K, F/G)
        row_bias = None if bias is None else self.xp.tile(bias, out.shape[2])  # (oW·F,), for long runs

        def compute(samples: slice) -> None:
            for block in self.blocks(x, out, window, samples):
                y = out[block.samples, block.rows].reshape(-1, out.shape[3])  # (P, F)
                columns = self.columns(x, window, block, groups)  # (G, P, K)
                self.xp.matmul(columns, matrix, out=_by_group(y, groups))  # (G, P, F/G)
                if row_bias is not None:
                    rows = y.reshape(-1, len(row_bias))  # (b·rows, oW·F)
                    self.xp.add(rows, row_bias, out=rows)

        self.share(compute, self.shares(x, out, window, groups))
        return out

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
        shares = self.shares(x, dz, window, x.shape[3] // kernel.shape[2])
        d_kernels = self._parts_of(len(shares), d_kernel, _KERNELS)  # (shares, kh, kw, C/G, F)
        d_biases = self._parts_of(len(shares), d_bias, _BIASES)  # (shares, F)

        def compute(number: int, samples: slice) -> None:
            if dx is not None:
                dx[samples] = 0
            for block in self.blocks(x, dz, window, samples):
                d_positions = dz[block.samples, block.rows].reshape(-1, dz.shape[3])  # (P, F)
                if d_kernels is not None:
                    self._add_kernel_gradient(d_positions, x, window, block, d_kernels[number])
                if d_biases is not None:
                    d_biases[number] += self.row_sum(d_positions, 0)
                if dx is not None:
                    self.add_columns(d_positions, kernel, window, block, dx)

        self.crew.run([partial(compute, number, samples) for number, samples in enumerate(shares)])
        for gradient, parts in ((d_kernel, d_kernels), (d_bias, d_biases)):
            if parts is not None:
                self.xp.add.reduce(parts, axis=0, out=gradient)

    def _parts_of(self, shares: int, gradient: Array | None, slot: int) -> Array | None:
        """Zeros, for each share of the batch to add up its part of a gradient; None for None."""
        if gradient is None:
            return None
        parts = self.scratch(slot, (shares, *gradient.shape), gradient.dtype)
        parts[...] = 0
        return parts

    def _add_kernel_gradient(
        self, d_positions: Array, x: Array, window: Window, block: Block, d_kernel: Array
    ) -> None:
        """``d_kernel += columnsᵀ @ dz`` for one block."""
        groups = x.shape[3] // d_kernel.shape[2]
        total = _by_group(d_kernel.reshape(-1, d_kernel.shape[3]), groups)  # (G, K, F/G)
        columns = self.columns(x, window, block, groups)  # (G, P, K)
        part = self.scratch(0, total.shape, d_kernel.dtype)
        self.xp.matmul(columns.swapaxes(1, 2), _by_group(d_positions, groups), out=part)
        self.xp.add(total, part, out=total)


def _by_group(matrix: Array, groups: int) -> Array:
    """``(rows, G·f)`` as ``(G, rows, f)``, without copying."""
    return matrix.reshape(len(matrix), groups, -1).swapaxes(0, 1)
