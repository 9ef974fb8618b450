"""The training loop: one generator that the application, the command line and the tests drive.

A run is a function of its project: the initial weights, the order of the samples and the noise of
dropout are functions of the seed, the epoch and the step, so a run that is stopped at any
batch and resumed from its state goes on bit for bit as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.batches import part_order
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.best import BestKeeper
from nnstudio.engine.crew import Crew
from nnstudio.engine.fast_path import Device, FastPath
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.probe import look_at_last_batch
from nnstudio.engine.state import Block, EpochRecord, Event, TrainerState
from nnstudio.engine.statistics import RunStatistics
from nnstudio.engine.stepper import NumpyStepper, Stepper
from nnstudio.engine.threads import one_blas_thread
from nnstudio.engine.update import Update
from nnstudio.errors import TrainingError
from nnstudio.optim import Loss
from nnstudio.optim.schedules import epoch_rates
from nnstudio.optim.targets import Targets, targets_for

Reason = Literal["finished", "early stopping", "diverged", "stopped"]

BLOCK_SECONDS = 0.01


class Trainer:
    """Trains one network on one prepared data set.

    Args:
        project: The recipe.
        data: The prepared data.
        state: Where to go on; None starts from fresh weights.
        device: Where to compute; "auto" takes the GPU where there is one.

    Raises:
        ShapeError: The network has problems or doesn't fit the data.
        TrainingError: The state is of another network or of other data, or there is nothing to train on,
            or there is no GPU to train on, which was asked for.
    """

    def __init__(
        self,
        project: ProjectSpec,
        data: Prepared,
        state: TrainerState | None = None,
        *,
        device: Device = "auto",
    ) -> None:
        self.project = project
        self.device = device
        self.data = data
        self.spec: TrainSpec = project.train
        self.block_steps: int | None = None
        self.block_seconds = BLOCK_SECONDS
        self.reason: Reason = "stopped"
        self.failure: RunStatistics | None = None
        self._pending: TrainSpec | None = None
        self.network = _network_for(project, data)
        self._set_up(state)

    def _set_up(self, state: TrainerState | None) -> None:
        spec, network, train = self.spec, self.network, self.data.train
        self.batch_size = min(spec.batch_size, len(train))
        self.batches = math.ceil(len(train) / self.batch_size)
        self._crew = Crew()
        self._update = Update(network, spec, self._crew)
        self._targets = self._targets_for(spec)
        if state is None:
            weights = network.initial_weights(spec.seed)
            state = TrainerState(weights, self._update.fresh_slots())
        elif state.weights.shape != (network.size,) or set(state.slots) != set(self._update.slot_names):
            raise TrainingError(
                "the run can't go on with this network or optimizer",
                allowed=f"{network.size:,} weights, slots {', '.join(self._update.slot_names) or 'none'}",
                received=f"{state.weights.size:,} weights, slots {', '.join(state.slots) or 'none'}",
                fix="train from the start, or undo the changes to the network and the optimizer",
            )
        elif state.seen != (expected := min(state.batch * self.batch_size, len(train))):
            raise TrainingError(
                "the run can't go on in the middle of its epoch with other data",
                allowed=f"{expected:,} samples in {state.batch:,} steps",
                received=f"{state.seen:,} samples, of {len(train):,} in an epoch now",
                fix="use the data the run began with, or train from the start",
            )
        self.state = state
        held = self.data.validation
        self.best = BestKeeper(spec.early_stopping, state, validated=held is not None and len(held) > 0)
        parts = (network, self.project, self.data, state, self._update, self.batch_size)
        self._stepper: Stepper = NumpyStepper(*parts, self._crew)
        self._stepper.configure(spec, self._targets)
        self._fast = FastPath(*parts, self._crew, self.device)
        self._good = state.copy()

    @property
    def model(self) -> Model:
        """A model with a copy of the present weights."""
        self._stepper.fetch()
        return self._model_of(self.state.weights)

    @property
    def best_model(self) -> Model:
        """A model with the weights of the best epoch so far, or the present ones before the first."""
        self._stepper.fetch()
        best = self.state.best_weights
        weights = self.state.weights if best is None else best
        return self._model_of(weights)

    def _model_of(self, weights: NDArray[np.float32]) -> Model:
        device: Device = "gpu" if self._stepper.name == "gpu" else "cpu"
        return Model(self.network, weights.copy(), self.data.classes, self.data.scaling, device)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the step that comes next."""
        epoch = min(self.state.epoch, self.spec.epochs - 1)
        rates = epoch_rates(self.spec, self.batches, epoch, self.state.history)
        return float(rates[min(self.state.batch, self.batches - 1)])

    @property
    def samples(self) -> int:
        """Training samples seen over the whole run; the last batch of an epoch may be a smaller one."""
        return self.state.epoch * len(self.data.train) + self.state.seen

    @property
    def path(self) -> str:
        """What computes the steps, and why nothing faster does."""
        reason = self._fast.reason
        return f"{self._stepper.path}: {reason}" if reason else self._stepper.path

    @property
    def no_gpu(self) -> str:
        """Why no GPU computes, once the run has begun; "" where one does, or the processor was asked for."""
        return self._fast.no_gpu

    def apply_at_next_epoch(self, spec: TrainSpec) -> None:
        """Takes over a changed recipe when the next epoch begins.

        Raises:
            TrainingError: A setting changed that a run can't change.
        """
        require_unlocked(self.spec, spec)
        self._pending = spec

    def run(self) -> Generator[Event, None, None]:
        """Trains until the epochs are done, early stopping strikes or the loss diverges.

        Yields:
            A :class:`Block` at least every ``block_seconds`` or ``block_steps`` steps, and an
            :class:`EpochRecord` behind each epoch. Between two of them ``state`` is consistent and
            the caller may stop, save it, or resume another trainer from a copy (:meth:`settle` first,
            where an epoch is under way).
        """
        with one_blas_thread(), self._crew:
            try:
                yield from self._run()
            finally:
                self._stepper.settle()

    def settle(self) -> None:
        """Brings the arrays of ``state`` up to date in the middle of an epoch.

        On the GPU they lie elsewhere; otherwise they always are.
        """
        self._stepper.settle()

    def _run(self) -> Generator[Event, None, None]:
        self.reason = "finished"
        self._take_pending()
        while self.state.epoch < self.spec.epochs:
            finite = yield from self._epoch()
            if not finite:
                self._diverge()
                return
            if self.best.exhausted():
                self.reason = "early stopping"
                break
            self._take_pending()
        self.best.restore(self.state)

    def _take_pending(self) -> None:
        if self._pending is not None:
            self.spec, self._pending = self._pending, None
            self._update.configure(self.spec)
            self._targets = self._targets_for(self.spec)
            self._stepper.configure(self.spec, self._targets)
            self.best.configure(self.spec.early_stopping)

    def _choose_path(self) -> None:
        """An epoch keeps the path that it began on, also when the run is resumed in the middle of it."""
        faster = self._fast.stepper(self.state.path, begun=self.state.batch > 0)
        if faster is not None:
            faster.configure(self.spec, self._targets)
            self._stepper = faster
        self.state.path = self._stepper.name

    def _epoch(self) -> Generator[Event, None, bool]:
        """The rest of the epoch; False as soon as a loss or the weights are not finite."""
        self._choose_path()
        state = self.state
        self._rates = epoch_rates(self.spec, self.batches, state.epoch, state.history)
        order = part_order(self.data.train, self.spec.seed, state.epoch + 1)
        busy = 0.0
        seen_before = state.seen
        while state.batch < self.batches:
            started = time.perf_counter()
            with np.errstate(all="ignore"):  # overflow is found in the loss and dealt with there
                block = self._block(order)
            elapsed = time.perf_counter() - started
            busy += elapsed
            state.seconds += elapsed
            yield block
            if not math.isfinite(block.losses[-1]):
                self._stepper.settle()
                return False
        self._stepper.settle()
        if not np.isfinite(state.weights).all():  # the last update overflowed
            return False
        yield self._finish_epoch((state.seen - seen_before) / max(busy, 1e-9))
        return True

    def _block(self, order: NDArray[np.int64]) -> Block:
        state, first, before = self.state, self.state.step + 1, self.state.batch
        most = min(self.block_steps or self.batches, self.batches - before)
        rows = order[before * self.batch_size : (before + most) * self.batch_size]
        rates = self._rates[before : before + most]
        losses, hits = self._stepper.steps(rows, rates, state.epoch + 1, self.block_seconds)
        sizes = [min(self.batch_size, len(rows) - i * self.batch_size) for i in range(len(losses))]
        for loss, right, n in zip(losses, hits, sizes, strict=True):
            state.batch += 1
            state.step += 1
            state.loss_sum += loss
            state.hits += right
            state.seen += n
        means = tuple(loss / n for loss, n in zip(losses, sizes, strict=True))
        accuracies = tuple(right / n for right, n in zip(hits, sizes, strict=True))
        return Block(state.epoch + 1, first, state.batch, self.batches, means, accuracies)

    def step(self, rows: NDArray[np.int64], rate: float) -> tuple[float, int]:
        """One step of gradient descent; the state's counts are the caller's to move.

        Args:
            rows: Positions of the batch in the training part.
            rate: Learning rate.

        Returns:
            The batch's summed loss before the step, and its hits.
        """
        (loss,), (hits,) = self._stepper.steps(rows, [rate], self.state.epoch + 1, 0.0)
        return loss, hits

    def _finish_epoch(self, samples_per_second: float) -> EpochRecord:
        state, spec = self.state, self.spec
        started = time.perf_counter()
        epoch = state.epoch + 1
        due = epoch % spec.validate_every == 0 or epoch == spec.epochs
        val_loss, val_accuracy = self.evaluate(self.data.validation if due else None)
        exact_loss, exact_accuracy = self.evaluate(self.data.train if due and spec.exact_train else None)
        state.seconds += time.perf_counter() - started
        state.epoch += 1
        record = EpochRecord(
            state.epoch,
            state.loss_sum / state.seen,
            state.hits / state.seen,
            val_loss,
            val_accuracy,
            float(self._rates[-1]),
            state.seconds,
            samples_per_second,
            exact_loss,
            exact_accuracy,
            state.path,
        )
        state.history.append(record)
        state.batch, state.loss_sum, state.hits, state.seen = 0, 0.0, 0, 0
        self.best.see(record, state)
        self._good = state.copy()
        return record

    def _targets_for(self, spec: TrainSpec) -> Targets | None:
        counts = np.bincount(self.data.train.labels, minlength=len(self.data.classes))
        return targets_for(spec, counts)

    def evaluate(self, part: Part | None) -> tuple[float | None, float | None]:
        """Loss and accuracy on a part with the present weights."""
        if part is None or len(part) == 0:
            return None, None
        if self.state.batch == 0:  # an epoch under way keeps the path that it is on
            self._choose_path()
        with np.errstate(all="ignore"):
            return self._stepper.measure(part)

    def _diverge(self) -> None:
        """Back to the state of the last epoch whose weights were finite, after a look at what broke it."""
        self.reason = "diverged"
        self.failure = look_at_last_batch(self)
        good, state = self._good, self.state
        np.copyto(state.weights, good.weights)
        for name, slot in state.slots.items():
            np.copyto(slot, good.slots[name])
        state.batch, state.step = good.batch, good.step
        state.loss_sum, state.hits, state.seen = good.loss_sum, good.hits, good.seen


def require_unlocked(before: TrainSpec, after: TrainSpec) -> None:
    """Checks that a run can take over a changed recipe.

    Raises:
        TrainingError: A setting changed that a run can't change.
    """
    for name in sorted(TrainSpec.locked_while_training):
        if getattr(after, name) != getattr(before, name):
            raise TrainingError(
                f"{name.replace('_', ' ')} can't change during a run",
                fix="stop the run, or train a new one from the start",
            )


def _network_for(project: ProjectSpec, data: Prepared) -> Network:
    from nnstudio.core.shapes import infer_shapes

    infer_shapes(project.network, input_shape=data.shape).require()
    loss = cast(Loss, project.train.loss)
    network = Network(project.network, loss)
    loss.check(network.output_shape, len(data.classes))
    if len(data.train) == 0:
        raise TrainingError("there are no training samples", fix="use a larger share of the data")
    if network.trainable == 0:
        raise TrainingError("the network has nothing to train", fix="add a Dense layer")
    return network
