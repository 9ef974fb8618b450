"""From gradients to new weights: penalties, clipping and the optimizer, over flat vectors."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import TrainSpec
from nnstudio.engine.network import Network
from nnstudio.optim import Optimizer

Vector = NDArray[np.float32]

CHUNK = 16_384
"""Weights per pass of the optimizer: its vectors then stay in the second-level cache."""


class Update:
    """Applies one step's gradients to the weights, without allocating.

    Args:
        network: The network.
        spec: The training recipe.
    """

    def __init__(self, network: Network, spec: TrainSpec) -> None:
        self._network = network
        self._scratch = np.empty(CHUNK, dtype=np.float32)
        self.configure(spec)

    def configure(self, spec: TrainSpec) -> None:
        """Takes over a changed recipe (the optimizer stays the same during a run)."""
        self._rate = spec.learning_rate
        self._clip = spec.clip_norm
        self._optimizer = cast(Optimizer, spec.optimizer)
        self._penalties = []
        for view, layer in self._network.kernels():
            own = getattr(layer, "l2", None)
            strength = spec.l2 if own is None else own
            if strength > 0:
                self._penalties.append((view.start, view.stop, np.float32(2 * strength)))

    @property
    def slot_names(self) -> tuple[str, ...]:
        """Names of the vectors the optimizer keeps."""
        return self._optimizer.slots

    def fresh_slots(self) -> dict[str, Vector]:
        """The optimizer's vectors at the start: zeros."""
        return {name: np.zeros(self._network.trainable, dtype=np.float32) for name in self.slot_names}

    def apply(self, weights: Vector, gradients: Vector, slots: dict[str, Vector], step: int) -> None:
        """Changes ``weights`` and ``slots`` in place; ``gradients`` are used up.

        Args:
            weights: Flat weights.
            gradients: Flat gradients of the data loss.
            slots: The optimizer's vectors, by name.
            step: Number of the step, from 1.
        """
        for start, stop, factor in self._penalties:
            for a in range(start, stop, CHUNK):
                b = min(a + CHUNK, stop)
                t = self._scratch[: b - a]
                np.multiply(weights[a:b], factor, out=t)  # ∂(λΣw²)/∂w = 2λw
                np.add(gradients[a:b], t, out=gradients[a:b])
        if self._clip is not None:
            clip_by_norm(gradients, self._clip)
        vectors = [slots[name] for name in self.slot_names]
        for a in range(0, len(gradients), CHUNK):
            b = min(a + CHUNK, len(gradients))
            parts = [vector[a:b] for vector in vectors]
            scratch = self._scratch[: b - a]
            self._optimizer.update(np, weights[a:b], gradients[a:b], parts, scratch, self._rate, step)


def clip_by_norm(gradients: Vector, limit: float) -> None:
    """Scales the whole vector down to L2 norm ``limit`` if it is longer (Pascanu et al., 2013)."""
    norm = math.sqrt(float(np.dot(gradients, gradients)))
    if norm == math.inf:  # the squares were too large for float32; the norm itself may not be
        norm = float(np.linalg.norm(gradients.astype(np.float64)))
    if norm > limit and math.isfinite(norm):
        np.multiply(gradients, np.float32(limit / norm), out=gradients)
