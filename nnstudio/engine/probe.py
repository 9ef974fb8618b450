"""A look inside a run: statistics from one step over a few training samples, on copies.

Nothing of the run is touched: weights and the optimizer's vectors are copied, the step's noise is a
function of its number, and the samples are always the same ones. So a run is the same bit for bit
whether or not, and how often, somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.batches import Gather, part_order
from nnstudio.engine.network import Network, Workspace
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.plan import Step
from nnstudio.engine.statistics import (
    LayerStatistics,
    RunStatistics,
    ValueStatistics,
    dead_share,
    l2_norm,
    saturated_share,
    summarise,
)
from nnstudio.engine.threads import one_blas_thread
from nnstudio.engine.update import Update
from nnstudio.optim.targets import Targets, targets_for

if TYPE_CHECKING:
    from nnstudio.engine.trainer import Trainer

SAMPLES = 256
"""Enough to tell a dead unit from a rare one (a unit that fires for 2 % is silent once in 200 looks), and
few beside an epoch."""
LOOK_BYTES = 256 * 2**20
"""Memory that the activations of a look may take; deep networks on images get fewer samples."""
LEAST_SAMPLES = 32
"""But with so many at least: channels of images have many positions to show themselves at."""

Vector = NDArray[Any]
TakeStep = Callable[[Vector, Vector], None]
"""Changes weights in place by one step, given the mean gradient of the trainable ones."""


def look(trainer: Trainer) -> RunStatistics:
    """A look at the present state of a run, over samples spread evenly through its training data.

    They are taken as they are, without augmentation, so that looks can be compared.
    """
    rows = _rows(trainer)
    x, labels = _samples(trainer, rows)
    return _look(trainer, x, labels, trainer.state.step)


def look_at_last_batch(trainer: Trainer) -> RunStatistics:
    """A look at the batch of the last step, for a run whose loss or weights are no longer finite."""
    state, size = trainer.state, trainer.batch_size
    order = part_order(trainer.data.train, trainer.spec.seed, state.epoch + 1)
    rows = order[max(0, state.batch - 1) * size : max(1, state.batch) * size]
    x, labels = _samples(trainer, rows, trainer.project.data.augmentation)
    return _look(trainer, x, labels, max(0, state.step - 1))


def fresh_loss(trainer: Trainer) -> float:
    """Mean loss of the run's initial weights over the samples of :func:`look`."""
    network = trainer.network
    x, labels = _samples(trainer, _rows(trainer))
    gradients = np.empty(network.trainable, dtype=np.float32)  # in training mode, as the losses of a run
    workspace = network.workspace(network.initial_weights(trainer.spec.seed), len(x), gradients)
    with one_blas_thread(), np.errstate(all="ignore"):
        logits = workspace.forward(x, Noise(trainer.spec.seed, 0))
        return workspace.loss(logits, labels, backward=False)[0] / len(x)


def _rows(trainer: Trainer) -> NDArray[np.int64]:
    samples = len(trainer.data.train)
    fitting = max(LEAST_SAMPLES, LOOK_BYTES // max(1, trainer.network.activation_bytes))
    chosen = min(SAMPLES, samples, fitting)
    return np.arange(chosen) * samples // chosen


def _samples(
    trainer: Trainer, rows: NDArray[np.int64], vary: AugmentationSpec | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    data, seed = trainer.data, trainer.spec.seed
    gather = Gather(data.train, data.scaling, len(rows), augmentation=vary, seed=seed)
    return gather.x(rows, trainer.state.epoch + 1), gather.labels(rows)


def _look(trainer: Trainer, x: Vector, labels: NDArray[np.int64], step: int) -> RunStatistics:
    state, spec, data = trainer.state, trainer.spec, trainer.data
    counts = np.asarray(data.train.class_counts(len(data.classes)))
    update = Update(trainer.network, spec)
    slots = {name: slot.copy() for name, slot in state.slots.items()}

    def take_step(weights: Vector, gradients: Vector) -> None:
        if spec.gradient == "sum":
            gradients *= np.float32(trainer.batch_size)
        update.apply(weights, gradients, slots, step + 1, trainer.learning_rate)

    with one_blas_thread():  # as in training
        return collect(
            trainer.network,
            state.weights,
            x,
            labels,
            take_step,
            targets=targets_for(spec, counts),
            noise=Noise(spec.seed, step),
            epoch=state.epoch,
            batch=state.batch,
        )


def collect(
    network: Network,
    weights: Vector,
    x: NDArray[Any],
    labels: NDArray[np.int64],
    take_step: TakeStep | None = None,
    *,
    targets: Targets | None = None,
    noise: Noise | None = None,
    epoch: int = 0,
    batch: int = 0,
) -> RunStatistics:
    """Statistics of one training step, taken on copies.

    Batch normalisation uses the samples' own statistics, as in training, so that outputs and
    gradients are those that training works with.

    Args:
        network: The network.
        weights: Its flat weight vector; left as it is.
        x: Scaled samples, ``(n, *input_shape)``.
        labels: Their class numbers, ``(n,)``.
        take_step: What a step does, to measure the change of the weights; None leaves that out.
        targets: What the gradient aims at instead of the plain labels.
        noise: Random numbers of the step, for dropout.
        epoch: Epochs completed, to be noted.
        batch: Steps completed in the epoch under way, to be noted.
    """
    after, n = weights.copy(), len(x)
    gradients = np.zeros(network.trainable, dtype=weights.dtype)
    workspace = network.workspace(after, n, gradients)
    with np.errstate(all="ignore"):  # a look at a run that overflows is what finds out where
        logits = workspace.forward(x, noise or Noise(0))
        loss = workspace.loss(logits, labels, backward=True, targets=targets)[0] / n
        layers = _outputs(workspace)
        assert workspace.d_logits is not None
        workspace.backward(workspace.d_logits[:n] / weights.dtype.type(n))
        before = weights[: network.trainable]
        slopes = _by_layer(network, gradients)
        sizes = _by_layer(network, before)
        changes: dict[str, float] = {}
        if take_step is not None:
            take_step(after, gradients)
            change = network.views(after[: network.trainable] - before)
            changes = {name: l2_norm(*parts.values()) for name, parts in change.items() if parts}
    rows = (
        LayerStatistics(
            name=step.layer.name,
            kind=step.layer.type_name(),
            activation=step.activation.name,
            outputs=outputs,
            weights=sizes.get(step.layer.name),
            gradients=slopes.get(step.layer.name),
            update_norm=changes.get(step.layer.name),
            dead=dead,
            saturated=saturated,
        )
        for step, outputs, dead, saturated in layers
    )
    return RunStatistics(epoch, batch, n, loss, summarise(x), tuple(rows))


_Outputs = tuple[Step, ValueStatistics, float | None, float | None]


def _outputs(workspace: Workspace) -> list[_Outputs]:
    """Every computed layer with what its outputs hold and the shares of dead and saturated ones."""
    rows: list[_Outputs] = []
    for step, y in workspace.chain.outputs():
        if step.layer.category == "input":
            continue
        function = step.activation.name
        dead = dead_share(y) if function == "relu" else None
        saturated = saturated_share(function, y) if function in ("sigmoid", "tanh") else None
        rows.append((step, summarise(y), dead, saturated))
    return rows


def _by_layer(network: Network, vector: Vector) -> dict[str, ValueStatistics]:
    """What a vector of the trainable weights' length holds, for each layer that has a part of it."""
    return {name: summarise(*parts.values()) for name, parts in network.views(vector).items() if parts}
