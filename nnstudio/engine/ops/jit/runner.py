"""A program with all it takes to run it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import interpreter
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.kernels.updates import COEFFICIENTS, CONSTANTS
from nnstudio.engine.ops.jit.program import Program, aligned
from nnstudio.engine.ops.jit.rules import MOST_SLOTS, Rule
from nnstudio.engine.ops.jit.team import Team, give_way
from nnstudio.engine.ops.noise import mix

Vector = NDArray[np.float32]


class Runner:
    """Runs a program over batches.

    Args:
        program: The operations of a step.
        kernels: Machine code.
        team: The threads.
        scratch: Floats of scratch that a thread needs.
        rule: The optimizer; None where no weights are changed.
        slots: The optimizer's vectors, in its order.
        seed: Seed of the run, for dropout.
    """

    def __init__(
        self,
        program: Program,
        kernels: Kernels,
        team: Team,
        scratch: int,
        rule: Rule | None = None,
        slots: tuple[Vector, ...] = (),
        seed: int = 0,
    ) -> None:
        for vector in slots:
            if vector.dtype != np.float32 or not vector.flags.c_contiguous:
                raise ValueError("the optimizer's vectors must be contiguous float32 ones")
        self._kept = (program, slots)  # the table holds their addresses
        self._table, self._team = kernels.table, team
        self._ops, self._reals = program.tables()
        self._batch, self._rule = program.batch, rule
        addresses = [slot.ctypes.data for slot in slots]
        parts = [rule.number, rule.variant] if rule else [0, 0]
        self._optimizer = np.array([*parts, *addresses, *[0] * (MOST_SLOTS - len(slots))], np.int64)
        self._constants = rule.constants if rule else np.zeros(CONSTANTS, np.float32)
        self._scratch = aligned(max(team.sizes) * scratch).reshape(max(team.sizes), scratch)
        self._key = np.uint64(mix(seed))

    def run(
        self, rows: NDArray[np.int64], coefficients: Vector, first_step: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
        """One step per batch of rows.

        Args:
            rows: Rows of the data, batch behind batch.
            coefficients: Of each step; see ``Rule.coefficients``.
            first_step: Number of the first step over the run, from 0.

        Returns:
            Summed loss and hits of each step, and the seconds they took.
        """
        steps = len(coefficients)
        losses, hits = np.zeros(steps), np.zeros(steps, np.int64)

        def work(thread: int, threads: int) -> None:
            interpreter.run(
                thread,
                threads,
                self._team.counter.ctypes.data,
                give_way(),
                self._table,
                self._ops,
                self._reals,
                self._optimizer,
                self._constants,
                coefficients,
                self._scratch[thread].ctypes.data,
                self._key,
                first_step,
                rows,
                self._batch,
                losses,
                hits,
            )

        seconds = self._team.run(len(rows), work)
        return losses, hits, seconds


def warm_up(kernels: Kernels) -> None:
    """Compiles or loads the interpreter by running no step at all."""
    program = Program(1)
    runner = Runner(program, kernels, Team(1), 1)
    runner.run(np.zeros(0, np.int64), np.zeros((0, 2, COEFFICIENTS), np.float32), 0)
