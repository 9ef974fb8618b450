"""Training steps on the GPU.

Weights, the optimizer's vectors and the data lie there during a run. The first step of a batch size is
recorded, the others are played from its tape. A block of steps is queued as a whole; then its losses and
hits are read, in one go. A loss that is not finite ends all changes on the device itself, since the host
hears of it only afterwards.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.engine.ops.gpu.evaluator import GpuEvaluator
from nnstudio.engine.ops.gpu.feed import Feed, Residents
from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.gpu.problems import problems_explained
from nnstudio.engine.ops.gpu.tape import Late, LateKey, Tape
from nnstudio.engine.ops.gpu.update import GpuUpdate
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import Rates
from nnstudio.engine.update import Update
from nnstudio.optim import Optimizer
from nnstudio.optim.targets import Targets

Array = Any

LEAST_SECONDS = 0.02
"""A block of steps is this long at least, since the device idles for a moment when it is read."""


class _Moment:
    """What belongs to the step under way; the random numbers that it gives out follow it."""

    rows: Array
    labels: Array
    loss: Array
    hits: Array
    noise: Noise
    numbers: list[float]

    def key(self, number: int) -> int:
        """See ``NoiseSource.key``."""
        return LateKey(lambda: self.noise.key(number))

    def late_numbers(self) -> list[Late]:
        """The optimizer's numbers."""
        return [Late(partial(self._number, place)) for place in range(len(self.numbers))]

    def _number(self, place: int) -> np.float64:
        return np.float64(self.numbers[place])


class GpuStepper:
    """Trains a network's state on a device; see ``engine.stepper.Stepper``.

    Args:
        network: The network.
        project: The recipe.
        data: The prepared data.
        state: What the steps change; up to date after :meth:`settle`.
        update: Says which weights decay.
        batch: Samples per step.
        device: Where to compute.

    Raises:
        TrainingError: The device's memory is too small.
    """

    name = "gpu"

    def __init__(
        self,
        network: Network,
        project: ProjectSpec,
        data: Prepared,
        state: TrainerState,
        update: Update,
        batch: int,
        device: Device,
    ) -> None:
        self.path = f"GPU · {device.name}"
        self._network, self._state = network, state
        self._update_rule, self._batch, self._device = update, batch, device
        self._slot_names = cast(Optimizer, project.train.optimizer).slots
        self._residents = Residents(device)
        self._seconds_per_step, self._stale, self._moment = 0.0, True, _Moment()
        with self._explained():
            self._ops = GpuOps(device)
            self._weights = device.upload(state.weights)
            self._slots = [device.upload(state.slots[name]) for name in self._slot_names]
            self._gradients = device.xp.zeros(network.trainable, np.float32)
            vary, seed = project.data.augmentation, project.train.seed
            parts = (data.train, data.scaling, batch, self._residents)
            self._feed = Feed(self._ops, *parts, augmentation=vary, seed=seed)
            self._workspace = network.workspace(self._weights, batch, self._gradients, ops=self._ops)
        self._evaluator = GpuEvaluator(network, self._weights, data.scaling, device, self._residents)

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """See ``Stepper.configure``."""
        self._spec = spec
        self._update = GpuUpdate(self._ops, self._network, spec, self._update_rule.decayed)
        weights = None if targets is None or targets.weights is None else self._device.upload(targets.weights)
        self._targets = None if targets is None else Targets(targets.smoothing, weights)
        self._tapes: dict[int, Tape] = {}  # by number of samples

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """See ``Stepper.steps``."""
        started, count = time.perf_counter(), min(len(rates), self._affordable(seconds))
        with self._explained():
            self._take_over()
            self._feed.begin(positions[: count * self._batch], epoch)
            totals = self._device.xp.empty((2, count), np.float64)
            for number in range(count):
                self._step(number, float(rates[number]), totals)
            found = np.empty((2, count))
            self._device.download(totals, found)
        self._seconds_per_step = (time.perf_counter() - started) / count
        losses, hits = found
        finite = np.isfinite(losses)
        kept = count if finite.all() else int(finite.argmin()) + 1
        return losses[:kept].tolist(), [int(right) for right in hits[:kept]]

    def _step(self, number: int, rate: float, totals: Array) -> None:
        """Queues a step behind ``number`` others; its loss and hits go to ``totals`` ``(2, steps)``."""
        moment, done = self._moment, self._state.step + number
        moment.rows, moment.labels = self._feed.lines(number)
        moment.loss, moment.hits = totals[0, number : number + 1], totals[1, number : number + 1]
        moment.noise = Noise(self._spec.seed, done)
        moment.numbers = self._update.numbers(rate, done + 1)
        if self._feed.from_host:
            self._feed.fetch(number)
        n = len(moment.labels)
        if n in self._tapes:
            self._tapes[n].play()
        else:
            self._tapes[n] = self._ops.launch.record(lambda: self._queue(n))

    def _queue(self, n: int) -> None:
        """Queues a step for ``n`` samples; what changes from step to step is asked of the moment."""
        workspace, moment, spec = self._workspace, self._moment, self._spec
        logits = workspace.forward(self._feed.samples(n, Late(lambda: moment.rows)), moment)
        assert workspace.d_logits is not None
        gradient, link = workspace.d_logits[:n], self._network.loss.link
        labels, loss, hits = (
            Late(lambda: moment.labels),
            Late(lambda: moment.loss),
            Late(lambda: moment.hits),
        )
        scale = 1 / n if spec.gradient == "mean" else 1.0
        self._ops.cross_entropy(link, logits, labels, gradient, loss, hits, self._targets, scale)
        workspace.backward(gradient)
        self._update.apply(self._weights, self._gradients, self._slots, moment.late_numbers())

    def measure(self, part: Part) -> tuple[float, float]:
        """See ``Stepper.measure``."""
        if self._stale:
            with self._explained():
                self._weights[...] = self._device.upload(self._state.weights)
        return self._evaluator.measure(part)

    def fetch(self) -> None:
        """See ``Stepper.fetch``."""
        if not self._stale:
            with self._explained():
                self._device.download(self._weights, self._state.weights)

    def settle(self) -> None:
        """See ``Stepper.settle``."""
        if self._stale:
            return
        self.fetch()
        with self._explained():
            for name, slot in zip(self._slot_names, self._slots, strict=True):
                self._device.download(slot, self._state.slots[name])
        self._stale = True

    def _take_over(self) -> None:
        """Makes the state's arrays those of the device, where others may have changed them."""
        if self._stale:
            self._weights[...] = self._device.upload(self._state.weights)
            for name, slot in zip(self._slot_names, self._slots, strict=True):
                slot[...] = self._device.upload(self._state.slots[name])
            self._ops.alive[...] = 1
            self._stale = False

    def _affordable(self, seconds: float) -> int:
        """Steps that fit into the time, by the pace of the last ones; one at the very first."""
        if self._seconds_per_step == 0:
            return 1
        return max(1, int(max(seconds, LEAST_SECONDS) / self._seconds_per_step))

    def _explained(self) -> Any:
        slots = len(self._slot_names)
        return problems_explained(self._network, self._batch, self._residents.bytes, slots, self._device)
