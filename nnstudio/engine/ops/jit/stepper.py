"""Training steps on the compiled path."""

from __future__ import annotations

import math
import time
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.crew import Crew
from nnstudio.engine.memory import aligned
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.evaluation import JitEvaluator
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.lowering.programs import training_program
from nnstudio.engine.ops.jit.lowering.writer import Recipe
from nnstudio.engine.ops.jit.operands import Samples
from nnstudio.engine.ops.jit.rules import rule_for
from nnstudio.engine.ops.jit.runner import Runner
from nnstudio.engine.ops.jit.team import Team
from nnstudio.engine.ops.jit.varied import VariedSamples
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import HostStepper, Rates
from nnstudio.engine.threads import most_threads
from nnstudio.engine.update import Update
from nnstudio.optim import Optimizer
from nnstudio.optim.targets import Targets

LEAST_SECONDS = 0.05
"""A run of steps is this long at least, where there are as many left: to wake threads and to write down what
they did takes up to half a millisecond. A pause may come as late, and curves be as old."""
TRY = 0.15
"""Share of that time in which another number of threads is tried, which most often is slower."""
REST = 0.2
"""Share of the time that is not worth another run, if it is left."""


class JitStepper(HostStepper):
    """Trains a network's state with compiled kernels; see ``engine.stepper.Stepper``.

    Args:
        network: The network.
        project: The recipe.
        data: The prepared data.
        state: What the steps change, in place.
        update: Says which weights decay.
        batch: Samples per step.
        kernels: Machine code.
        threads: Threads at most; by default as many as there are cores.
        crew: Where they come from; None for some of its own.

    Raises:
        NoFastPath: There are no kernels for something in the network; the message names it.
    """

    name = "jit"

    def __init__(
        self,
        network: Network,
        project: ProjectSpec,
        data: Prepared,
        state: TrainerState,
        update: Update,
        batch: int,
        kernels: Kernels,
        threads: int | None = None,
        crew: Crew | None = None,
    ) -> None:
        self._evaluator = JitEvaluator(network, state.weights, data.scaling, kernels, threads, crew)
        rule_for(cast(Optimizer, project.train.optimizer))
        self._network, self._project, self._data, self._state = network, project, data, state
        self._update, self._batch, self._kernels = update, batch, kernels
        self._team = Team(threads or most_threads(), crew)
        self._gradients = aligned(network.trainable)
        self._seconds_per_step = 0.0
        part, vary, classes = data.train, project.data.augmentation, len(data.classes)
        self._varied: VariedSamples | None = None
        if vary is not None and vary.active:
            self._varied = VariedSamples(part, vary, batch, project.train.seed, classes)
        self._samples = self._varied.samples if self._varied else Samples(part.x, part.y, classes)

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """Writes the program for a recipe."""
        state, scaling = self._state, self._data.scaling
        self._rule = rule_for(cast(Optimizer, spec.optimizer))
        recipe = Recipe(spec, targets, self._gradients, self._update.decayed)
        itemsize = self._samples.x.itemsize
        program = training_program(self._network, state.weights, self._batch, scaling, itemsize, recipe)
        slots = tuple(state.slots[name] for name in self._rule.optimizer.slots)
        self._runner = Runner(program, self._kernels, self._team, self._rule, slots, spec.seed)

    @property
    def path(self) -> str:
        """What computes, in words."""
        threads = self._team.size
        return f"CPU · {self._kernels.target.instructions} kernels, {threads} thread{'s'[: threads > 1]}"

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """See ``Stepper.steps``."""
        seconds = max(seconds, LEAST_SECONDS)
        until = time.perf_counter() + seconds
        losses: list[float] = []
        hits: list[int] = []
        while len(losses) < len(rates):
            done = len(losses)
            steps = min(len(rates) - done, self._affordable(until - time.perf_counter()))
            chosen = positions[done * self._batch : (done + steps) * self._batch]
            found = self._run(chosen, rates[done : done + steps], epoch, self._state.step + done)
            losses += found[0]
            hits += found[1]
            if not math.isfinite(losses[-1]) or until - time.perf_counter() < REST * seconds:
                break
        return losses, hits

    def _run(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, first: int
    ) -> tuple[list[float], list[int]]:
        """Steps in one go, up to one whose loss is not finite."""
        steps, varied = len(rates), self._varied
        # both ways, NumPy checks the positions
        rows = varied.fill(positions, epoch) if varied else self._data.train.rows(positions)
        coefficients = self._rule.coefficients(rates, first + 1)
        tries = self._team.about_to_try
        losses, hits, took = self._runner.run(self._samples, rows, coefficients, first)
        if not tries or self._seconds_per_step == 0:
            self._seconds_per_step = took / steps
        finite = np.isfinite(losses)
        kept = steps if finite.all() else int(finite.argmin()) + 1
        return losses[:kept].tolist(), hits[:kept].tolist()

    def measure(self, part: Part) -> tuple[float, float]:
        """See ``Stepper.measure``."""
        return self._evaluator.measure(part)

    def _affordable(self, seconds: float) -> int:
        """Steps that fit into the time, by the pace of the last ones; one at the very first."""
        seconds *= TRY if self._team.about_to_try else 1.0
        if self._seconds_per_step == 0:
            return 1
        fitting = max(1, int(seconds / self._seconds_per_step))
        return min(fitting, self._varied.batches) if self._varied else fitting
