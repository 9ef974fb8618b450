"""Cross-entropies with their gradients, and running totals that stay on the device."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.gpu.pointwise import PointwiseOps
from nnstudio.optim.targets import Targets

Array = Any

_LOSSES, _HITS = 7, 8  # scratch slots
KERNELS = {"softmax": "softmax_loss", "sigmoid": "sigmoid_loss"}
"""Kernel of each loss, by its link."""


class LossOps(PointwiseOps):
    """The primitives of losses."""

    def softmax_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed loss and hits; fills ``gradient`` with ``∂(sum)/∂logits``. Waits for the device."""
        return self._waited("softmax", logits, labels, gradient)

    def sigmoid_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed loss and hits; fills ``gradient`` with ``∂(sum)/∂logits``. Waits for the device."""
        return self._waited("sigmoid", logits, labels, gradient)

    def cross_entropy(
        self,
        link: str,
        logits: Array,
        labels: Array,
        gradient: Array | None,
        totals: Array,
        targets: Targets | None = None,
        scale: float = 1.0,
        *,
        clock: Array | None = None,
        batch: int = 0,
        fatal: bool = True,
    ) -> None:
        """Loss, hits and gradient of a batch, without waiting for them.

        Args:
            link: Activation of the loss.
            logits: ``(n, outputs)``.
            labels: Class numbers, ``(n,)`` int32; with a clock those of a block of steps.
            gradient: Filled with ``scale`` times the gradient of the sum, unless None.
            totals: Filled with the summed loss and the number of hits, ``(2,)`` float64; with a clock the
                line of its step is, ``(steps, 2)``.
            targets: Label smoothing and class weights, these on the device.
            scale: Factor of the gradient.
            clock: Which step it is (see ``Clock``), and moved on to the next.
            batch: Labels of a step, with a clock.
            fatal: A loss that isn't finite makes ``alive`` 0.
        """
        n, outputs = logits.shape
        smoothing, weights = (targets.smoothing, targets.weights) if targets else (0.0, None)
        losses = self.scratch(_LOSSES, (n,), np.float64)
        right = self.scratch(_HITS, (n,), np.int32)
        arrays = (logits, labels, clock, weights, gradient, losses, right)
        numbers = (n, outputs, batch, float(smoothing), float(scale))
        self.launch.rows(KERNELS[link], n, outputs, *arrays, *numbers)
        alive = self.alive if fatal else None
        self.launch.rows("tally", 1, n, losses, right, totals, alive, clock, n)

    def _waited(self, link: str, logits: Array, labels: Array, gradient: Array | None) -> tuple[float, int]:
        totals = self.xp.empty(2, np.float64)
        small = self.xp.ascontiguousarray(labels.astype(np.int32))
        self.cross_entropy(link, logits, small, gradient, totals, fatal=False)
        return float(totals[0]), int(totals[1])
