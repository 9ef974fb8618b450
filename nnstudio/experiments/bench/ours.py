"""This program as one of the contestants."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.threads import one_blas_thread
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case


class Ours:
    """A network trained by this program on one path.

    Args:
        case: What to train.
        data: On what.
        path: Compute path of the processor (see ``engine.fast_path``), or "gpu".

    Raises:
        TrainingError: There is no GPU.
    """

    def __init__(self, case: Case, data: Prepared, path: str) -> None:
        self._path, self._case, self._data = path, case, data
        with _environment(path):
            self._trainer = Trainer(case.project, data, device="gpu" if path == "gpu" else "cpu")
        self._events = self._trainer.run()

    def train(self, seconds: float) -> float:
        """See ``Contestant``; a block of steps at least, however busy the machine is."""
        started, before = time.perf_counter(), self._trainer.samples
        with _environment(self._path):
            while (elapsed := time.perf_counter() - started) < seconds or self._trainer.samples == before:
                if next(self._events, None) is None:
                    raise DataError(
                        f"{self._case.name} diverged while it was measured", fix="lower its learning rate"
                    )
        return (self._trainer.samples - before) / elapsed

    def evaluate(self, samples: int) -> float:
        """See ``Contestant``; as at an epoch's end, in a run whose threads are there."""
        if self._trainer.samples == 0:
            self.train(0.0)
        part = self._data.train
        first = Part(part.x[:samples], part.labels[:samples])
        with _environment(self._path), one_blas_thread():  # as a session holds it, so that it costs once
            started = time.perf_counter()
            self._trainer.evaluate(first)
            return samples / (time.perf_counter() - started)

    @property
    def words(self) -> str:
        """The path that was really taken, and why."""
        return self._trainer.path

    def close(self) -> None:
        """Ends the run."""
        self._events.close()


@contextmanager
def _environment(path: str) -> Iterator[None]:
    """Training asks the environment for the processor's path where an epoch begins."""
    before = os.environ.get("NNSTUDIO_PATH")
    os.environ["NNSTUDIO_PATH"] = "numpy" if path == "gpu" else path
    try:
        yield
    finally:
        os.environ.pop("NNSTUDIO_PATH")
        if before is not None:
            os.environ["NNSTUDIO_PATH"] = before
