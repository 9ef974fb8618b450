"""A new run that begins where another one was: its weights carried over as far as the change allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.network import Network
from nnstudio.engine.state import Parent, TrainerState
from nnstudio.engine.update import Update
from nnstudio.optim import Loss

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Fork:
    """A forked state, and what of the old one could not go with it.

    Attributes:
        state: Where the new run begins.
        fresh: Layers that begin anew, because they or their shapes weren't there before.
        fresh_optimizer: The optimizer is another one and has seen nothing yet.
    """

    state: TrainerState
    fresh: tuple[str, ...]
    fresh_optimizer: bool


def fork(state: TrainerState, before: ProjectSpec, after: ProjectSpec, samples: int, parent: Parent) -> Fork:
    """The state from which a changed recipe goes on.

    Every array that the new network has under the same name and with the same shape keeps its
    values, and so do the optimizer's vectors for it if the optimizer is the same. The others begin as
    in a fresh run. Steps are counted in batches of the new size, as if the epochs had had it.

    Args:
        state: A state of the old run. One within an epoch begins that epoch anew, with its weights.
        before: The old recipe.
        after: The new recipe.
        samples: Training samples of the new run.
        parent: What to record as the new run's origin.
    """
    old, new = _network(before), _network(after)
    weights = new.initial_weights(after.train.seed)
    fresh = _carry(old, state.weights, new, weights)
    update = Update(new, after.train)
    slots = update.fresh_slots()
    same_optimizer = after.train.optimizer == before.train.optimizer
    if same_optimizer:
        for name, slot in slots.items():
            _carry(old, state.slots[name], new, slot)
    same_network = not fresh and old.size == new.size
    best = state.best_weights if same_network else None
    best_weights: Vector | None = None
    if best is not None:
        best_weights = np.empty_like(weights)
        _carry(old, best, new, best_weights)
    batch = min(after.train.batch_size, samples)
    forked = TrainerState(
        weights,
        slots,
        epoch=state.epoch,
        step=state.epoch * math.ceil(samples / batch),
        history=list(state.history),
        best_epoch=state.best_epoch if best is not None else 0,
        best_weights=best_weights,
        seconds=state.seconds,
        parent=parent,
    )
    return Fork(forked, fresh, not same_optimizer)


def _network(project: ProjectSpec) -> Network:
    return Network(project.network, cast(Loss, project.train.loss))


def _carry(old: Network, source: Vector, new: Network, target: Vector) -> tuple[str, ...]:
    """Copies what both networks have; returns the layers of the new one that something is missing of.

    The vectors may be as long as the weights, or as the trainable ones.
    """
    known, wanted = old.views(source), new.views(target)
    missing = []
    for layer, arrays in wanted.items():
        for name, array in arrays.items():
            found = known.get(layer, {}).get(name)
            if found is not None and found.shape == array.shape:
                array[...] = found
            elif layer not in missing:
                missing.append(layer)
    return tuple(missing)
