"""Training steps on the GPU.

Weights, the optimizer's vectors and the data lie there during a run. The second step of a batch size is
captured, and all further ones are started as a whole: what changes from one to the next lies in tables on
the device (see ``clock``). A block of steps is queued without a word from the device; then its losses and
hits are read, in one go. A loss that is not finite ends all changes on the device itself, since the host
hears of it only afterwards.
"""

from __future__ import annotations

import time
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu.clock import Clock, ClockNoise
from nnstudio.engine.ops.gpu.device import Call, Device
from nnstudio.engine.ops.gpu.evaluator import GpuEvaluator
from nnstudio.engine.ops.gpu.feed import Feed, Residents
from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.gpu.problems import problems_explained
from nnstudio.engine.ops.gpu.update import GpuUpdate
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import Rates
from nnstudio.engine.update import Update
from nnstudio.optim import Optimizer
from nnstudio.optim.targets import Targets

Array = Any

AT_ONCE = 32
"""Steps whose numbers are worked out and sent together, while the device is busy with those before."""
LEAST_SECONDS = 0.02
"""A block of steps is this long at least, since the device idles for a moment when it is read."""


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
        self._seconds_per_step, self._stale = 0.0, True
        with self._explained():
            self._ops = GpuOps(device)
            self._weights = device.upload(state.weights)
            self._slots = [device.upload(state.slots[name]) for name in self._slot_names]
            self._gradients = device.xp.zeros(network.trainable, np.float32)
            vary, seed = project.data.augmentation, project.train.seed
            parts = (data.train, data.scaling, batch, self._residents)
            self._feed = Feed(self._ops, *parts, augmentation=vary, seed=seed)
            self._clock = Clock(device)
            self._totals = device.xp.empty((self._feed.most_batches, 2), np.float64)
            self._workspace = network.workspace(self._weights, batch, self._gradients, ops=self._ops)
        self._evaluator = GpuEvaluator(network, self._weights, data.scaling, device, self._residents)

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """See ``Stepper.configure``."""
        self._spec = spec
        self._update = GpuUpdate(self._ops, self._network, spec, self._update_rule.decayed)
        weights = None if targets is None or targets.weights is None else self._device.upload(targets.weights)
        self._targets = None if targets is None else Targets(targets.smoothing, weights)
        width = len(self._update.numbers(spec.learning_rate, 1))
        self._numbers = self._device.xp.empty((self._feed.most_batches, width), np.float64)
        self._noise = ClockNoise(spec.seed, self._clock)
        self._queued: set[int] = set()  # numbers of samples of steps that were taken
        self._captured: dict[int, Call] = {}  # the step of each

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """See ``Stepper.steps``."""
        started = time.perf_counter()
        count = min(len(rates), self._affordable(seconds), self._feed.most_batches)
        taken, done = positions[: count * self._batch], self._state.step
        with self._explained():
            self._take_over()
            self._feed.begin(taken, epoch)
            self._clock.begin(done)
            for number in range(count):
                if number % AT_ONCE == 0:
                    self._send_numbers(rates[number : min(number + AT_ONCE, count)], number, done + 1)
                if self._feed.from_host:
                    self._feed.fetch(number)
                self._step(min(self._batch, len(taken) - number * self._batch))
            found = np.empty((count, 2))
            self._device.download(self._totals[:count], found)
        self._seconds_per_step = (time.perf_counter() - started) / count
        losses, hits = found.T
        finite = np.isfinite(losses)
        kept = count if finite.all() else int(finite.argmin()) + 1
        return losses[:kept].tolist(), [int(right) for right in hits[:kept]]

    def _send_numbers(self, rates: Rates, first: int, step: int) -> None:
        """Fills the optimizer's table from line ``first`` on; ``step`` is the number of line 0, from 1."""
        lines = [self._update.numbers(float(rate), step + first + k) for k, rate in enumerate(rates)]
        table = self._device.upload(np.array(lines, np.float64).reshape(len(lines), -1))
        self._numbers[first : first + len(lines)] = table

    def _step(self, n: int) -> None:
        """Queues the next step, for ``n`` samples."""
        if n in self._captured:
            self._captured[n]()
        elif n in self._queued:
            self._captured[n] = self._device.capture(lambda: self._queue(n))
            self._captured[n]()
        else:
            self._queue(n)
            self._queued.add(n)

    def _queue(self, n: int) -> None:
        """The calls of a step."""
        workspace, clock = self._workspace, self._clock.now
        logits = workspace.forward(self._feed.samples(n, clock), self._noise)
        assert workspace.d_logits is not None
        gradient, link = workspace.d_logits[:n], self._network.loss.link
        scale = 1 / n if self._spec.gradient == "mean" else 1.0
        arrays = (logits, self._feed.labels, gradient, self._totals)
        self._ops.cross_entropy(link, *arrays, self._targets, scale, clock=clock, batch=self._batch)
        workspace.backward(gradient)
        self._update.apply(self._weights, self._gradients, self._slots, self._numbers, clock)

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
