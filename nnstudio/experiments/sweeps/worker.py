"""A process that trains the runs it is given, one after the other, as ordinary kept runs.

It says how far it is after every epoch, and between two blocks of steps looks whether it is told to stop.
A run whose folder holds a state goes on from there, bit for bit.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnstudio.core.spec import ProjectSpec
    from nnstudio.data.prepare import Prepared
    from nnstudio.engine.state import TrainerState
    from nnstudio.engine.trainer import Trainer
    from nnstudio.experiments.runs import RunRecorder

BEAT_SECONDS = 5.0
"""Time between two signs of life."""

Message = dict[str, Any]
Job = dict[str, Any]
"""``project`` (JSON), ``folder``, ``goal``, ``device``, and ``trial`` and ``repeat``, which name it."""


class Orphaned(Exception):
    """The parent is gone, so nobody waits for the run; its state is on disk."""


def serve(connection: Connection, threads: int) -> None:
    """Trains what comes through the connection until it is closed.

    Args:
        connection: Brings jobs, and "stop" or "prune" for the one under way; takes messages.
        threads: Threads that a run may use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the parent decides
    os.environ.setdefault("NNSTUDIO_THREADS", str(threads))
    line = _Line(connection)
    trainer = JobTrainer()
    with suppress(Orphaned):
        while True:
            job = line.job()
            if isinstance(job, dict):
                with line.beating():
                    ended = trainer.train(job, line.send, line.order)
                line.send(ended)


class _Line:
    """The connection, from the worker's side; the signs of life come from a thread of their own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def send(self, message: Message) -> None:
        """Says something.

        Raises:
            Orphaned: The parent is gone.
        """
        try:
            with self._lock:
                self._connection.send(message)
        except OSError as error:
            raise Orphaned from error

    def order(self) -> str:
        """A word about the job under way: "stop", "prune", or "" to go on.

        Raises:
            Orphaned: The parent is gone.
        """
        try:
            return str(self._connection.recv()) if self._connection.poll() else ""
        except (EOFError, OSError) as error:
            raise Orphaned from error

    def job(self) -> Any:
        """Waits for the next job, or a late word about the one before.

        Raises:
            Orphaned: The parent is gone.
        """
        try:
            return self._connection.recv()
        except (EOFError, OSError) as error:
            raise Orphaned from error

    def beating(self) -> _Line:
        """Signs of life inside a ``with`` block."""
        return self

    def __enter__(self) -> None:
        self._over.clear()
        self._thread = threading.Thread(target=self._beat, name="nnstudio-beat", daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            with suppress(Orphaned):
                self.send({"event": "alive"})


class JobTrainer:
    """Trains jobs one after the other and keeps the data of the last one."""

    def __init__(self) -> None:
        self._prepared: tuple[Any, Prepared] | None = None

    def train(self, job: Job, tell: Callable[[Message], None], order: Callable[[], str]) -> Message:
        """Trains one run.

        Args:
            job: What to train.
            tell: Takes a message after every epoch.
            order: Says "stop" or "prune" to end the run early.

        Returns:
            The last message: ``ended`` with its status and figures, or ``stopped``.

        Raises:
            Orphaned: The parent is gone.
        """
        from nnstudio.errors import NNStudioError

        try:
            return self._train(job, tell, order)
        except NNStudioError as error:
            return _failed(str(error))
        except MemoryError:
            return _failed("there was not enough memory; use a smaller batch or fewer workers")
        except Orphaned:
            raise
        except Exception as error:  # a fault of ours must cost one run, not the sweep
            return _failed(f"{type(error).__name__}: {error}")

    def _train(self, job: Job, tell: Callable[[Message], None], order: Callable[[], str]) -> Message:
        from nnstudio.core.shapes import infer_shapes
        from nnstudio.core.spec import ProjectSpec
        from nnstudio.engine.trainer import Trainer
        from nnstudio.experiments.runs import RunRecorder

        project, folder = ProjectSpec.from_json(job["project"]), Path(job["folder"])
        infer_shapes(project.network).require()  # before any data are read
        data = self._data(project)
        trainer = Trainer(project, data, _state(project, folder), device=job["device"])
        recorder = RunRecorder(folder)
        told = _follow(trainer, recorder, job, tell, order)
        if trainer.reason == "diverged":
            epoch = trainer.state.epoch + 1
            return _failed(f"the loss became infinite or NaN in epoch {epoch}", epochs=trainer.state.epoch)
        if told == "stop":
            return {"event": "stopped"}
        return _ended(recorder.result or {}, job["goal"], "pruned" if told == "prune" else "done")

    def _data(self, project: ProjectSpec) -> Prepared:
        from nnstudio.data.prepare import prepare

        if self._prepared is None or self._prepared[0] != project.data:
            self._prepared = None  # makes room first
            self._prepared = (project.data, prepare(project.data))
        return self._prepared[1]


def _state(project: ProjectSpec, folder: Path) -> TrainerState | None:
    """Where the run goes on; None for a new one, and for one whose state can't be used."""
    from nnstudio.errors import NNStudioError
    from nnstudio.experiments.runs import load_run

    try:
        before, state = load_run(folder)
    except NNStudioError:
        return None
    return state if before == project else None


def _follow(
    trainer: Trainer,
    recorder: RunRecorder,
    job: Job,
    tell: Callable[[Message], None],
    order: Callable[[], str],
) -> str:
    """Trains to the end, or to an order, which is returned; the run is kept either way."""
    from nnstudio.engine.state import EpochRecord
    from nnstudio.errors import FormatError
    from nnstudio.optim.monitor import figures

    recorder.begin(trainer)
    told = ""
    try:
        with closing(trainer.run()) as events:
            for event in events:
                with suppress(FormatError):  # a full disk may have room again later
                    recorder.event(event, trainer)
                if isinstance(event, EpochRecord):
                    figure = figures(trainer.state.history, job["goal"])[-1]
                    sign = -1.0 if job["goal"].endswith("accuracy") else 1.0
                    told_figure = None if figure is None else sign * figure
                    tell({"event": "epoch", "epoch": event.epoch, "figure": told_figure})
                told = order()
                if told:
                    trainer.reason = "stopped"
                    break
        recorder.end(trainer)
    finally:
        recorder.close()
    return told


def _ended(result: dict[str, Any], goal: str, status: str) -> Message:
    part, _, figure = goal.partition("_")
    wanted = "validation" if part == "val" else "train"
    figures = result.get(wanted) or result.get("train") or {}
    if figures.get(figure) is None:
        return _failed("the run ended without a finite figure", epochs=result.get("epochs", 0))
    return {
        "event": "ended",
        "status": status,
        "figure": figures[figure],
        "test": (result.get("test") or {}).get("accuracy"),
        "parameters": result.get("parameters"),
        "epochs": result.get("epochs"),
        "seconds": result.get("seconds"),
        "reason": f"worse than the median of the others at epoch {result.get('epochs')}"
        if status == "pruned"
        else "",
    }


def _failed(reason: str, epochs: int = 0) -> Message:
    return {"event": "ended", "status": "failed", "reason": reason, "epochs": epochs}
