"""A program with all it takes to run it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.memory import aligned
from nnstudio.engine.ops.jit.kernels import codes, denormals, interpreter, operations
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.kernels.updates import COEFFICIENTS, CONSTANTS
from nnstudio.engine.ops.jit.operands import Samples, require
from nnstudio.engine.ops.jit.program import Program
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
        rule: The optimizer; None where no weights are changed.
        slots: The optimizer's vectors, in its order.
        seed: Seed of the run, for dropout.
    """

    def __init__(
        self,
        program: Program,
        kernels: Kernels,
        team: Team,
        rule: Rule | None = None,
        slots: tuple[Vector, ...] = (),
        seed: int = 0,
    ) -> None:
        for vector in slots:
            require(vector.dtype == np.float32 and vector.flags.c_contiguous, "the optimizer's vectors")
        addresses = [slot.ctypes.data for slot in slots]
        parts = [rule.number, rule.variant] if rule else [0, 0]
        optimizer = np.array([*parts, *addresses, *[0] * (MOST_SLOTS - len(slots))], np.int64)
        constants = rule.constants if rule else np.zeros(CONSTANTS, np.float32)
        self._kept = (kernels, slots, optimizer, constants)  # the tables hold their addresses
        self._program, self._team = program, team
        self._ops, self._reals = program.tables()
        for op in self._ops:
            op[codes.FUNCTION] = operations.address(int(op[0]))
        self._key = np.uint64(mix(seed))
        most, size = max(team.sizes), -(-program.scratch // 16) * 16
        self._scratch = aligned(most * size).reshape(most, size)
        self._window = aligned(most * program.window).reshape(most, program.window)
        self._contexts = np.zeros((most, codes.CONTEXT), np.int64)
        self._contexts[:, codes.KERNELS] = kernels.table.ctypes.data
        self._contexts[:, codes.KERNELS_LENGTH] = len(kernels.table)
        self._contexts[:, codes.OPTIMIZER] = optimizer.ctypes.data
        self._contexts[:, codes.CONSTANTS] = constants.ctypes.data
        self._contexts[:, codes.SCRATCH] = [scratch.ctypes.data for scratch in self._scratch]
        self._contexts[:, codes.WINDOW] = [window.ctypes.data for window in self._window]

    def run(
        self,
        samples: Samples | None,
        rows: NDArray[np.int64],
        coefficients: Vector | None = None,
        first_step: int = 0,
        output: Vector | None = None,
        threads: int | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.int64], float]:
        """One step per batch of rows.

        Args:
            samples: What the program reads.
            rows: Rows of the samples, batch behind batch.
            coefficients: Of each step; see ``Rule.coefficients``. None where no weights are changed. There
                may be fewer steps than the rows are good for.
            first_step: Number of the first step over the run, from 0.
            output: Where the program gives out a row for each of ``rows``.
            threads: How many; None for as many as pay.

        Returns:
            Summed loss and hits of each step, and the seconds they took.
        """
        steps = -(-len(rows) // self._program.batch) if coefficients is None else len(coefficients)
        if coefficients is None:
            coefficients = np.zeros((steps, 2, COEFFICIENTS), np.float32)
        self._bind(samples, rows, output)
        losses, hits = np.zeros(steps), np.zeros(steps, np.int64)
        give, counter, context = give_way(), self._team.counter.ctypes.data, self._contexts
        tables, key = (self._ops, self._reals), self._key
        batch, grain = self._program.batch, self._program.grain

        def work(thread: int, size: int) -> None:
            before = denormals.flush()
            try:
                interpreter.run(
                    thread,
                    size,
                    counter,
                    give,
                    *tables,
                    context[thread],
                    key,
                    first_step,
                    rows.ctypes.data,
                    len(rows),
                    batch,
                    grain,
                    coefficients,
                    losses,
                    hits,
                )
            finally:
                denormals.restore(before)

        seconds = self._team.run(len(rows), work, threads)
        return losses, hits, seconds

    def _bind(self, samples: Samples | None, rows: NDArray[np.int64], output: Vector | None) -> None:
        """Checks what a run is given, and writes down where it lies."""
        program = self._program
        require(rows.dtype == np.int64 and rows.flags.c_contiguous, "rows")
        if program.features:
            assert samples is not None
            require(samples.x.shape[1] == program.features, "samples")
            require(samples.x.itemsize == program.itemsize, "samples")
            require(len(rows) == 0 or (rows.min() >= 0 and rows.max() < len(samples)), "rows")
            self._contexts[:, codes.INPUT] = samples.x.ctypes.data
            if program.classes:
                labels = samples.labels
                assert labels is not None
                require(samples.classes <= program.classes, "labels")
                self._contexts[:, codes.LABELS] = labels.ctypes.data
        if program.outputs:
            assert output is not None
            fits = output.shape == (len(rows), program.outputs) and output.flags.c_contiguous
            require(fits and output.dtype == np.float32, "output")
            self._contexts[:, codes.OUTPUT] = output.ctypes.data


def warm_up(kernels: Kernels) -> None:
    """Compiles or loads the interpreter by running no step at all."""
    Runner(Program(1), kernels, Team(1)).run(None, np.zeros(0, np.int64))
