"""From gradients to new weights: penalties, clipping and the optimizer, over flat vectors."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import TrainSpec
from nnstudio.engine.crew import Crew
from nnstudio.engine.memory import aligned
from nnstudio.engine.network import Network
from nnstudio.optim import Optimizer

Vector = NDArray[np.float32]

CHUNK = 131_072
"""Weights per pass of the optimizer. Its vectors should stay near a core, but on several threads passes must
be long: between two of them, Python lets only one thread go on."""


@dataclass(frozen=True)
class Penalty:
    """The penalty ``l1·Σ|w| + l2·Σw²`` on one kernel.

    Attributes:
        start: Where the kernel begins in the flat vectors.
        stop: First position behind it.
        l1: λ of Σ|w|.
        l2: λ of Σw².
    """

    start: int
    stop: int
    l1: float
    l2: float


class Update:
    """Applies one step's gradients to the trainable weights, without allocating.

    In this order, as Keras does: the penalties' gradients are added, the gradients clipped by value
    and then by norm, and the optimizer decays the weights, where it does that, and takes its step.

    Args:
        network: The network.
        spec: The training recipe.
        crew: The threads that share out the optimizer's work; None for the calling one alone.
    """

    def __init__(self, network: Network, spec: TrainSpec, crew: Crew | None = None) -> None:
        self._network, self._crew = network, crew or Crew(1)
        self._size = network.trainable
        self._scratch = _Scratch()
        self.configure(spec)

    def configure(self, spec: TrainSpec) -> None:
        """Takes over a changed recipe (the optimizer stays the same during a run)."""
        self._clip_norm, self._clip_value = spec.clip_norm, spec.clip_value
        self._optimizer = cast(Optimizer, spec.optimizer)
        self._penalties = penalties(self._network, spec)
        self.decayed = [(0, self._size)] if self._optimizer.decays == "all" else []
        if self._optimizer.decays == "kernels":
            self.decayed = [(view.start, view.stop) for view, _ in self._network.kernels()]

    @property
    def slot_names(self) -> tuple[str, ...]:
        """Names of the vectors the optimizer keeps."""
        return self._optimizer.slots

    def fresh_slots(self) -> dict[str, Vector]:
        """The optimizer's vectors at the start of a run."""
        start = self._optimizer.initial_slot
        slots = {name: aligned(self._size) for name in self.slot_names}
        for name, slot in slots.items():
            slot[...] = start(name)
        return slots

    def apply(
        self, weights: Vector, gradients: Vector, slots: dict[str, Vector], step: int, rate: float
    ) -> None:
        """Changes ``weights`` and ``slots`` in place; ``gradients`` are used up.

        Args:
            weights: Flat weights; those behind the trainable ones stay as they are.
            gradients: Flat gradients of the data loss with respect to the trainable weights.
            slots: The optimizer's vectors, by name.
            step: Number of the step, from 1.
            rate: Learning rate of the step.
        """
        for penalty in self._penalties:
            self._add(penalty, weights, gradients)
        if self._clip_value is not None:
            np.clip(gradients, -self._clip_value, self._clip_value, out=gradients)
        if self._clip_norm is not None:
            clip_by_norm(gradients, self._clip_norm)
        for start, stop in self.decayed:
            self._optimizer.decay(np, weights[start:stop], rate)
        vectors = [weights[: self._size], gradients, *(slots[name] for name in self.slot_names)]
        chunks = [
            partial(self._take_step, [vector[a : a + CHUNK] for vector in vectors], rate, step)
            for a in range(0, self._size, CHUNK)
        ]
        self._crew.run(chunks)

    def _take_step(self, vectors: list[Vector], rate: float, step: int) -> None:
        """The optimizer's step on a chunk of the weights, the gradients and each slot."""
        weights, gradients, *slots = vectors
        scratch = self._scratch.array[: len(weights)]
        self._optimizer.update(np, weights, gradients, slots, scratch, rate, step)

    def _add(self, penalty: Penalty, weights: Vector, gradients: Vector) -> None:
        """Adds ``∂(l1·Σ|w| + l2·Σw²)/∂w = l1·sign(w) + 2·l2·w`` to a kernel's gradients."""
        for a in range(penalty.start, penalty.stop, CHUNK):
            b = min(a + CHUNK, penalty.stop)
            w, g, t = weights[a:b], gradients[a:b], self._scratch.array[: b - a]
            if penalty.l2 > 0:
                np.multiply(w, np.float32(2 * penalty.l2), out=t)
                np.add(g, t, out=g)
            if penalty.l1 > 0:
                np.sign(w, out=t)  # 0 at 0, the subgradient that lets a weight rest there
                np.multiply(t, np.float32(penalty.l1), out=t)
                np.add(g, t, out=g)


class _Scratch(threading.local):
    """An array for a chunk, of which each thread has its own."""

    def __init__(self) -> None:
        self.array = np.empty(CHUNK, dtype=np.float32)


def penalties(network: Network, spec: TrainSpec) -> list[Penalty]:
    """The penalties on a network's kernels: a layer's own λ, or else the recipe's."""
    found = []
    for view, layer in network.kernels():
        l1, l2 = getattr(layer, "l1", None), getattr(layer, "l2", None)
        l1, l2 = spec.l1 if l1 is None else l1, spec.l2 if l2 is None else l2
        if l1 > 0 or l2 > 0:
            found.append(Penalty(view.start, view.stop, l1, l2))
    return found


def clip_by_norm(gradients: Vector, limit: float) -> None:
    """Scales the whole vector down to L2 norm ``limit`` if it is longer (Pascanu et al., 2013)."""
    norm = math.sqrt(float(np.dot(gradients, gradients)))
    if norm == math.inf:  # the squares were too large for float32; the norm itself may not be
        norm = float(np.linalg.norm(gradients.astype(np.float64)))
    if norm > limit and math.isfinite(norm):
        np.multiply(gradients, np.float32(limit / norm), out=gradients)
