"""Penalties, clipping and the optimizer in one pass over the flat vectors (two passes to clip a norm)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

import numpy as np

from nnstudio.core.spec import TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.update import penalties
from nnstudio.optim import Optimizer

Array = Any


class GpuUpdate:
    """What ``engine.update.Update`` does, in the same order, on the device.

    Args:
        ops: The primitives.
        network: The network.
        spec: The training recipe.
        decayed: Ranges of the flat vector that the optimizer shrinks.
    """

    def __init__(
        self, ops: GpuOps, network: Network, spec: TrainSpec, decayed: Sequence[tuple[int, int]]
    ) -> None:
        self._ops, self._size = ops, network.trainable
        self._optimizer = cast(Optimizer, spec.optimizer)
        self._source = sources.update(self._optimizer, ops.launch.dtype.name)
        self._clip_norm, self._limit = spec.clip_norm, float(spec.clip_value or 0)
        self._cut(network, spec, decayed)
        blocks = ops.launch.blocks(self._size)
        self._squares = ops.xp.empty(blocks, np.float64)
        self._factor = ops.xp.empty(1, np.float32)

    def numbers(self, rate: float, step: int) -> list[float]:
        """What the optimizer's formula needs in the step of that number, from 1."""
        return sources.update_numbers(self._optimizer, self._ops.launch.dtype.name, rate, step)

    def apply(
        self, weights: Array, gradients: Array, slots: Sequence[Array], numbers: Array, clock: Array
    ) -> None:
        """Changes ``weights`` and ``slots`` in place, unless a loss was not finite.

        Args:
            weights: Flat weights; those behind the trainable ones stay as they are.
            gradients: Flat gradients; used up.
            slots: The optimizer's vectors, in its order.
            numbers: See :meth:`numbers`, those of a block of steps, ``(steps, numbers)`` float64.
            clock: Which step it is; see :class:`.clock.Clock`.
        """
        launch, size = self._ops.launch, self._size
        factor = None
        if self._clip_norm is not None:
            factor, blocks = self._factor, len(self._squares)
            arguments = (gradients, weights, *self._table[:3], self._squares, size, self._stretches)
            launch.each("prepare_gradient", size, *arguments, self._limit)
            launch.rows("norm_factor", 1, blocks, self._squares, factor, blocks, float(self._clip_norm))
        arrays = (weights, gradients, *slots, self._ops.alive, factor)
        table = self._table if self._needs_table else (None,) * 4
        arguments = (*arrays, *table, numbers, clock, self._stretches, self._limit, size)
        launch.each("update", size, *arguments, source=self._source)

    def _cut(self, network: Network, spec: TrainSpec, decayed: Sequence[tuple[int, int]]) -> None:
        """Cuts the flat vector into stretches with penalties and decay of their own."""
        found = penalties(network, spec)
        edges = chain(((p.start, p.stop) for p in found), decayed)
        starts = sorted({0, *(edge for pair in edges for edge in pair if edge < self._size)})
        l1, double_l2 = np.zeros(len(starts), np.float32), np.zeros(len(starts), np.float32)
        shrinks = np.zeros(len(starts), np.int32)
        for place, start in enumerate(starts):
            for penalty in found:
                if penalty.start <= start < penalty.stop:
                    l1[place], double_l2[place] = penalty.l1, 2 * penalty.l2
            shrinks[place] = any(a <= start < b for a, b in decayed)
        self._stretches = len(starts)
        self._needs_table = bool(found) or self._limit > 0 or bool(shrinks.any())
        columns = (np.array(starts, np.int32), l1, double_l2, shrinks)
        self._table = tuple(map(self._ops.device.upload, columns))
