"""Passes without training on the compiled path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.crew import Crew
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.lowering.chain import require_support
from nnstudio.engine.ops.jit.lowering.programs import evaluation_program, packing_program
from nnstudio.engine.ops.jit.operands import Samples
from nnstudio.engine.ops.jit.runner import Runner
from nnstudio.engine.ops.jit.team import Team
from nnstudio.engine.threads import most_threads

Vector = NDArray[np.float32]

BATCH = 1024
"""Most samples of a pass."""
BYTES = 1 << 22
"""What a thread's values of all layers may take: small enough for the caches, and so many samples that wide
kernels are seldom read."""
LEAST_WORK = 4_000_000
"""Multiply-adds below which a second thread doesn't pay: starting one takes a tenth of a millisecond."""
PORTION = 1_000_000_000
"""Multiply-adds in one go, some 20 ms: behind them a core may be left free (see ``engine.room``)."""


PACKED_SAMPLES = 2048
"""Samples from which it pays to pack the kernels of dense layers first."""


class JitEvaluator:
    """Evaluates a network with compiled kernels. One object serves one thread at a time.

    Args:
        network: The network.
        weights: Its flat weight vector, read at every call.
        scaling: How raw samples become its input.
        kernels: Machine code.
        threads: Threads at most; by default as many as there are cores.
        crew: Where they come from; None for some of its own.

    Raises:
        NoFastPath: There are no kernels for something in the network; the message names it.
    """

    def __init__(
        self,
        network: Network,
        weights: Vector,
        scaling: Scaling,
        kernels: Kernels,
        threads: int | None = None,
        crew: Crew | None = None,
    ) -> None:
        require_support(network)
        self._network, self._weights, self._scaling, self._kernels = network, weights, scaling, kernels
        self._team = Team(threads or most_threads(), crew)
        self._runners: dict[tuple[int, int, bool, bool, Scaling, bool], Runner] = {}
        self._packed: dict[str, Vector] = {}
        self._packer: Runner | None = None

    def measure(self, part: Part) -> tuple[float, float]:
        """Mean loss and share of hits on a part that isn't empty."""
        rows = part.rows(slice(None))
        loss, hits = self._run(Samples(part.x, part.y, self._classes), rows, loss=True, output=None)
        return loss / len(part), hits / len(part)

    def evaluate(
        self, x: NDArray[np.uint8] | Vector, labels: NDArray[np.int64] | None = None, *, scaled: bool = False
    ) -> tuple[float, int, Vector]:
        """Summed loss, hits and what the loss's link makes of the outputs, ``(n, outputs)``.

        Args:
            x: Samples ``(n, *shape)``, uint8 or float32.
            labels: Their classes; without them loss and hits are 0.
            scaled: The samples are already as the network needs them.
        """
        output = np.empty((len(x), *self._network.output_shape), np.float32)
        samples, rows = Samples(np.ascontiguousarray(x), labels, self._classes), np.arange(len(x))
        loss, hits = self._run(samples, rows, loss=labels is not None, output=output, scaled=scaled)
        return loss, hits, output

    @property
    def _classes(self) -> int:
        return max(2, self._network.output_shape[0])

    def _run(
        self,
        samples: Samples,
        rows: NDArray[np.int64],
        *,
        loss: bool,
        output: Vector | None,
        scaled: bool = False,
    ) -> tuple[float, int]:
        scaling = Scaling() if scaled else self._scaling
        alone = len(rows) * self._network.report.multiply_adds < LEAST_WORK
        threads = 1 if alone else max(self._team.sizes)
        batch, packed = self._batch(len(rows), threads), len(rows) >= PACKED_SAMPLES
        found = []
        with self._team.crew:
            if packed:
                self._pack(threads)
            runner = self._runner(batch, samples.x.itemsize, loss, output is not None, scaling, packed)
            for part in self._portions(len(rows), batch):
                given = None if output is None else output[part]
                found.append(runner.run(samples, rows[part], output=given, threads=threads)[:2])
        losses, hits = (np.concatenate(figures) for figures in zip(*found, strict=True))
        return float(losses.sum()), int(hits.sum())

    def _portions(self, samples: int, batch: int) -> list[slice]:
        """Parts of the samples, of whole batches: so the figures' bits don't depend on them."""
        batches = max(1, PORTION // max(1, batch * self._network.report.multiply_adds))
        size = batch * batches
        return [slice(start, min(start + size, samples)) for start in range(0, max(1, samples), size)]

    def _batch(self, samples: int, threads: int) -> int:
        """Samples of a pass, as a power of 2 or so, so that few programs serve all calls."""
        fitting = threads * BYTES // max(1, self._network.activation_bytes)
        most = max(16 * threads, min(BATCH, fitting))
        return min(most, 1 << (samples - 1).bit_length()) if samples else 1

    def _pack(self, threads: int) -> None:
        """Packs the kernels as they are now."""
        if self._packer is None:
            program, self._packed = packing_program(self._network, self._weights)
            self._packer = Runner(program, self._kernels, self._team)
        if self._packed:
            self._packer.run(None, np.arange(1), threads=threads)

    def _runner(
        self, batch: int, itemsize: int, loss: bool, emit: bool, scaling: Scaling, packed: bool
    ) -> Runner:
        kind = (batch, itemsize, loss, emit, scaling, packed)
        if kind not in self._runners:
            program = evaluation_program(
                self._network,
                self._weights,
                batch,
                scaling,
                itemsize,
                loss=loss,
                emit=emit,
                packed=self._packed if packed else None,
            )
            self._runners[kind] = Runner(program, self._kernels, self._team)
        return self._runners[kind]
