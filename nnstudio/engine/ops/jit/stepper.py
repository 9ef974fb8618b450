"""Training steps on the compiled path."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import TrainSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.lowering import Lowering, Recipe
from nnstudio.engine.ops.jit.program import aligned
from nnstudio.engine.ops.jit.rules import rule_for
from nnstudio.engine.ops.jit.runner import Runner
from nnstudio.engine.ops.jit.support import require_support
from nnstudio.engine.ops.jit.team import Team, most_threads
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import Rates
from nnstudio.engine.update import Update
from nnstudio.optim import Optimizer
from nnstudio.optim.targets import Targets

LEAST_SECONDS = 0.02
"""A run of steps is this long at least: starting the threads costs about a hundredth of it."""


class JitStepper:
    """Trains a network's state with compiled kernels; see ``engine.stepper.Stepper``.

    Args:
        network: The network.
        part: The training samples.
        scaling: How they become the network's input.
        state: What the steps change, in place.
        update: Says which weights decay.
        batch: Samples per step.
        kernels: Machine code.
        threads: Threads at most; by default as many as there are cores.

    Raises:
        NoFastPath: There are no kernels for something in the network; the message names it.
    """

    def __init__(
        self,
        network: Network,
        part: Part,
        scaling: Scaling,
        state: TrainerState,
        update: Update,
        batch: int,
        kernels: Kernels,
        threads: int | None = None,
    ) -> None:
        require_support(network)
        self._network, self._part, self._scaling, self._state = network, part, scaling, state
        self._update, self._batch, self._kernels = update, batch, kernels
        self._team = Team(threads or most_threads())
        self._gradients = aligned(network.trainable)
        self._seconds_per_step = 0.0

    def configure(self, spec: TrainSpec, targets: Targets | None) -> None:
        """Writes the program for a recipe."""
        state = self._state
        self._rule = rule_for(cast(Optimizer, spec.optimizer))
        recipe = Recipe(
            spec,
            self._part,
            self._scaling,
            targets,
            state.weights,
            self._gradients,
            self._batch,
            self._update.decayed,
        )
        lowering = Lowering(self._network, recipe)
        self._runner = Runner(
            lowering.program(),
            self._kernels,
            self._team,
            lowering.scratch_size(self._kernels.target),
            self._rule,
            tuple(state.slots[name] for name in self._rule.optimizer.slots),
            spec.seed,
        )

    @property
    def path(self) -> str:
        """What computes, in words."""
        threads = self._team.size
        return f"CPU · {self._kernels.target.instructions} kernels, {threads} thread{'s'[: threads > 1]}"

    def steps(
        self, positions: NDArray[np.int64], rates: Rates, epoch: int, seconds: float
    ) -> tuple[list[float], list[int]]:
        """See ``Stepper.steps``."""
        steps = min(len(rates), self._affordable(seconds))
        rows = self._part.rows(positions[: steps * self._batch])  # numpy checks the positions here
        first = self._state.step
        coefficients = self._rule.coefficients(rates[:steps], first + 1)
        losses, hits, took = self._runner.run(rows, coefficients, first)
        self._seconds_per_step = took / steps
        finite = np.isfinite(losses)
        kept = steps if finite.all() else int(finite.argmin()) + 1
        return losses[:kept].tolist(), hits[:kept].tolist()

    def _affordable(self, seconds: float) -> int:
        """Steps that fit into the time, by the pace of the last ones; one at the very first."""
        if self._seconds_per_step == 0:
            return 1
        return max(1, int(max(seconds, LEAST_SECONDS) / self._seconds_per_step))
