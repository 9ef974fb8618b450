"""The steps of gradient descent: what the training loop asks for, and NumPy's way of taking them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.batches import Gather
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.crew import Crew
from nnstudio.engine.measure import measure
from nnstudio.engine.network import Network
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.noise import Noise
from nnstudio.engine.prefetch import Prefetch
from nnstudio.engine.state import TrainerState
from nnstudio.engine.update import Update
from nnstudio.optim.targets import Targets

Rates = Sequence[float] | NDArray[np.float64]


class Stepper(Protocol):
    """Changes the weights and slots of a run's state in place; its counts are the caller's to move."""

    @property
    def name(self) -> str:
        """Name of the path: "numpy" or "jit"."""
        ...

    @property
    def path(self) -> str:
        """What computes, in words."""
        ...

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """Takes over a recipe.

        Args:
            spec: The recipe.
            targets: Its label smoothing and class weights.
        """
        ...

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """Some steps, one at least. Where a loss is not finite, they end, and the weights stay.

        Args:
            positions: Positions of the samples in the training part, batch behind batch.
            rates: Learning rate of each step that may be taken.
            epoch: Number of the epoch, from 1.
            seconds: Roughly when to stop.

        Returns:
            Summed loss of each step's batch before the step, and its hits.
        """
        ...

    def measure(self, part: Part) -> tuple[float, float]:
        """Mean loss and share of hits on a part that isn't empty, in evaluation mode."""
        ...

    def fetch(self) -> None:
        """Brings the state's weights up to date, where steps change a copy of them elsewhere."""
        ...

    def settle(self) -> None:
        """Brings all of the state up to date; what it holds then is where the next step begins."""
        ...


class HostStepper:
    """A stepper that works on the very arrays of the state."""

    def fetch(self) -> None:
        """They are up to date."""

    def settle(self) -> None:
        """They are up to date."""


class NumpyStepper(HostStepper):
    """Steps in NumPy: the reference, on any machine and for any network.

    Args:
        network: The network.
        project: The recipe.
        data: The prepared data.
        state: What the steps change.
        update: Applies gradients.
        batch: Samples per step.
        crew: The threads that compute large products and updates.
    """

    name = "numpy"

    def __init__(
        self,
        network: Network,
        project: ProjectSpec,
        data: Prepared,
        state: TrainerState,
        update: Update,
        batch: int,
        crew: Crew,
    ) -> None:
        self._network, self._scaling, self._crew = network, data.scaling, crew
        self._state, self._update, self._batch = state, update, batch
        self._gradients = np.zeros(network.trainable, dtype=np.float32)
        self._workspace = network.workspace(state.weights, batch, self._gradients, ops=NumpyOps(crew))
        vary, seed = project.data.augmentation, project.train.seed
        gather = partial(
            Gather, data.train, data.scaling, batch, augmentation=vary, seed=seed, share=crew.run
        )
        self._batches = Prefetch(gather, 4 * math.prod(network.input_shape), crew)

    @property
    def path(self) -> str:
        """What computes, in words."""
        threads = self._crew.threads
        return "CPU · NumPy" + (f", {threads} threads" if threads > 1 else "")

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """See :class:`Stepper`."""
        self._spec, self._targets = spec, targets

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """See :class:`Stepper`."""
        started = time.perf_counter()
        losses: list[float] = []
        hits: list[int] = []
        count = self._crew.count
        self._crew.size = count.next_size()
        for number, rate in enumerate(rates):
            rows, following = (
                positions[k * self._batch : (k + 1) * self._batch] for k in (number, number + 1)
            )
            x, labels = self._batches.batch(rows, following, epoch)
            loss, right = self._step(x, labels, float(rate), self._state.step + number)
            losses.append(loss)
            hits.append(right)
            if not math.isfinite(loss) or time.perf_counter() - started >= seconds:
                break
        count.learn(self._crew.size, (time.perf_counter() - started) / len(losses))
        return losses, hits

    def measure(self, part: Part) -> tuple[float, float]:
        """See :class:`Stepper`."""
        return measure(self._network, self._state.weights, part, self._scaling, self._crew)

    def _step(
        self, x: NDArray[np.float32], labels: NDArray[np.int64], rate: float, done: int
    ) -> tuple[float, int]:
        """One step behind ``done`` others: its batch's summed loss before it, and its hits."""
        workspace, n = self._workspace, len(labels)
        logits = workspace.forward(x, Noise(self._spec.seed, done))
        loss, hits = workspace.loss(logits, labels, backward=True, targets=self._targets)
        if not math.isfinite(loss):  # the weights stay those that made it, so that the doctor finds out where
            return loss, hits
        assert workspace.d_logits is not None
        d_logits = workspace.d_logits[:n]
        if self._spec.gradient == "mean":
            np.multiply(d_logits, np.float32(1 / n), out=d_logits)
        with self._crew.deferring():
            workspace.backward(d_logits)
        state = self._state
        self._update.apply(state.weights, self._gradients, state.slots, done + 1, rate)
        return loss, hits
