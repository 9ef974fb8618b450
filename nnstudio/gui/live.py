"""The link between the window and the run: one timer that polls, and the commands of the toolbar."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.spec import TrainSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.fast_path import Device
from nnstudio.engine.model import Model
from nnstudio.engine.session import Recorder, Session, Snapshot
from nnstudio.engine.state import EpochRecord, Event
from nnstudio.gui import notices
from nnstudio.gui.background import run_in_background, shut_down_background
from nnstudio.gui.document import Document
from nnstudio.gui.prepared_cache import PreparedCache
from nnstudio.gui.read_ahead import ReadAhead
from nnstudio.gui.recording import RunKeeper
from nnstudio.gui.resuming import Reached, Recipe, reached_by, reached_in, snapshot_of

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint

__all__ = ["Live", "run_in_background", "shut_down_background"]

FRAME_MS = 16
PORTION = 500
"""Events handed over per frame; a run makes about a hundred a second."""

SETTLE_SECONDS = 2.0
Until = Literal["batch", "epoch", "end"]
RecorderMaker = Callable[[str, Path | None], Recorder | None]


class Live(QObject):
    """Owns the current session, polls it, and starts, pauses and ends it.

    Args:
        document: The project being edited; a run keeps a frozen copy of it.
        parent: Qt parent.
        recorder: Makes what keeps a run on disk from the project's name and the folder of the run that
            is continued (None for a new one).

    Signals:
        run_started(Session): A session was started; ``continued_at`` says whether it goes on.
        run_adopted(Snapshot): A run was read from a file; ``records`` are its epochs.
        points(list[Event]): Blocks and epoch records, in order.
        snapshot_changed(Snapshot): At most once a frame.
        state_changed(str): ``state`` changed.
        model_changed(): ``model`` and ``best_model`` are newer.
        run_ended(Snapshot): The worker has ended and all its points are delivered.
        run_dropped(): ``reset`` or another project dropped the run.
        notice(Notice | None): Something to tell above the curves, or nothing any more.
    """

    run_started = Signal(object)
    run_adopted = Signal(object)
    points = Signal(list)
    snapshot_changed = Signal(object)
    state_changed = Signal(str)
    model_changed = Signal()
    run_ended = Signal(object)
    run_dropped = Signal()
    notice = Signal(object)

    def __init__(
        self, document: Document, parent: QObject | None = None, recorder: RecorderMaker = RunKeeper
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._recorder_for = recorder
        self._recorder: Recorder | None = None
        self._session: Session | None = None
        self._retiring: list[Session] = []  # dropped, but their threads haven't ended yet
        self._snapshot: Snapshot | None = None
        self._model: Model | None = None
        self._model_wanted: set[int] = set()
        self._prepared = PreparedCache()
        self._recipe = Recipe(document.project)
        self._continued_at: float | None = None
        self._reached: Reached | None = None  # where Train would go on
        self._adopted: tuple[Model, Model] | None = None  # newest and best, from a file
        self._records: list[EpochRecord] = []
        self._ghost: list[EpochRecord] = []
        self._number, self._state = 0, "idle"
        self.device: Device = "auto"
        self._open = False  # the session's end hasn't been announced yet
        self._problem_told = False
        self._refused = False  # the notice on show says why the network can't be trained
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        document.reset.connect(self._another_project)
        document.changed.connect(self._look_again)
        self._read_ahead = ReadAhead(document, self)

    @property
    def session(self) -> Session | None:
        """The current session, also after its end; None before the first run and after a reset."""
        return self._session

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot that was announced."""
        return self._snapshot

    @property
    def state(self) -> str:
        """The snapshot's state, or "idle" without a session."""
        return self._state

    @property
    def running(self) -> bool:
        """The worker is alive and has not come to an end; a paused run counts."""
        session = self._session
        return session is not None and session.alive and not session.latest.ended

    @property
    def paused(self) -> bool:
        """The run waits for Train or Step."""
        return self.running and self._session is not None and self._session.latest.state == "paused"

    @property
    def can_continue(self) -> bool:
        """Train would go on from where the ended run is ("Train more")."""
        return self._reached is not None and self._reached.goes_on(self._document.project)

    @property
    def continued_at(self) -> float | None:
        """Epoch at which the current session went on; None if it began with fresh weights."""
        return self._continued_at

    @property
    def model(self) -> Model | None:
        """The run's newest model, or None."""
        if self._session is not None:
            return self._session.model
        return self._adopted[0] if self._adopted else None

    @property
    def best_model(self) -> Model | None:
        """The model of the best epoch as of ``model``."""
        if self._session is not None:
            return self._session.best_model
        return self._adopted[1] if self._adopted else None

    @property
    def prepared(self) -> Prepared | None:
        """The run's data, or the last run's if the recipe still names the same."""
        if self._session is not None and self._session.prepared is not None:
            return self._session.prepared
        return self._prepared.get(self._document.project.data)

    @property
    def run_number(self) -> int:
        """Number of the current run in this sitting, from 1; 0 before the first."""
        return self._number

    @property
    def run_folder(self) -> Path | None:
        """Folder that keeps the current run, once it is made."""
        return getattr(self._recorder, "folder", None)

    @property
    def recipe_in_force(self) -> TrainSpec | None:
        """What the run trains by at this moment, to be compared with the project's; None without a run."""
        trainer = self._session.trainer if self._session is not None else None
        return self._recipe.as_planned(trainer.spec) if trainer is not None else None

    @property
    def records(self) -> list[EpochRecord]:
        """The completed epochs of the current run."""
        return self._records

    @property
    def ghost(self) -> list[EpochRecord]:
        """The completed epochs of the run before the current one."""
        return self._ghost

    def train(self) -> bool:
        """Starts a run, resumes a paused one, or goes on after the end of one.

        Returns:
            False if the network can't be trained; ``notice`` says why.
        """
        return self._go("end")

    def pause(self) -> None:
        """Pauses behind the present block of steps."""
        if self.running and self._session is not None:
            self._session.pause()

    def step_batch(self) -> bool:
        """Trains on one batch, then pauses."""
        return self._go("batch")

    def step_epoch(self) -> bool:
        """Trains to the end of the epoch, then pauses."""
        return self._go("epoch")

    def stop(self) -> None:
        """Ends the run and keeps it."""
        if self._session is not None:
            self._session.stop()

    def reset(self) -> None:
        """Drops the run: the next one starts from the same initial weights."""
        session = self._session
        if session is not None and session.alive:
            session.stop()
            self._retiring.append(session)
        self._session, self._snapshot, self._model = None, None, None
        self._reached, self._adopted, self._recorder = None, None, None
        self._open, self._continued_at = False, None
        self._set_state("idle")
        self.notice.emit(None)
        self.run_dropped.emit()
        self.model_changed.emit()

    def adopt(self, checkpoint: Checkpoint, folder: Path | None = None) -> None:
        """Takes over a run or a model that was read from a file.

        Args:
            checkpoint: What was read. With a state in it, Train goes on from there.
            folder: Folder of the run, or None for a model alone.
        """
        self.reset()
        self._new_run()
        model = checkpoint.model()
        state = checkpoint.state
        best = state.best_weights if state is not None else None
        self._adopted = (
            model,
            model if best is None else Model(model.network, best.copy(), model.classes, model.scaling),
        )
        self._reached = reached_in(checkpoint)
        self._recorder = self._recorder_for(checkpoint.project.name, folder) if folder else None
        if self._reached is not None:
            self._records = list(self._reached.state.history)
            self._snapshot = snapshot_of(self._reached)
            self.run_adopted.emit(self._snapshot)
            self._set_state(self._snapshot.state)
            self.snapshot_changed.emit(self._snapshot)
        self.model_changed.emit()

    def apply_recipe(self, spec: TrainSpec) -> None:
        """Takes a changed recipe over at the run's next epoch; what a run can't change is left out.

        The inspector sends the document's edits here, once nobody has typed for a moment: a run that is
        to have 40 epochs must not see the 4.
        """
        session = self._session
        if session is not None and self.running and self._recipe.take_over(spec):
            session.apply(self._recipe.train)

    def set_model_wanted(self, wanted: bool, by: object = None) -> None:
        """Keeps ``model`` fresh while somebody looks at it; each renewal copies all weights.

        Args:
            wanted: Whether ``by`` looks at it.
            by: Who asks. The model is kept fresh while anybody wants it.
        """
        (self._model_wanted.add if wanted else self._model_wanted.discard)(id(by))

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Stops everything and waits for the threads; True if all have ended in time."""
        sessions = [*self._retiring, *([self._session] if self._session else [])]
        for session in sessions:
            if session.alive:
                session.stop()
        until = time.monotonic() + timeout
        ended = [session.join(max(0.0, until - time.monotonic())) for session in sessions]
        self._frame()
        self._timer.stop()
        self._read_ahead.stop()
        return all(ended)

    # Starting

    def _go(self, until: Until) -> bool:
        session = self._session
        if session is None or not self.running:
            return self._start(until)
        if self.paused:
            {"batch": session.step_batch, "epoch": session.step_epoch, "end": session.resume}[until]()
        return True

    def _look_again(self) -> None:
        """Keeps the reason why the network can't be trained true while it is being mended."""
        if self._refused:
            report = self._document.report
            self._refused = not report.ok
            self.notice.emit(notices.refused(report) if self._refused else None)

    def _start(self, until: Until) -> bool:
        report = self._document.report
        self._refused = not report.ok
        if self._refused:
            self.notice.emit(notices.refused(report))
            return False
        self._settle()
        project, reached = self._document.project, self._reached
        if reached is not None and not reached.goes_on(project):
            reached = None
        if reached is None:
            self._new_run()
        self._recipe = Recipe(project, reached)
        project = project.replace(train=self._recipe.train)
        self._continued_at = reached.at if reached else None
        self._recorder = self._recorder_for(project.name, self.run_folder if reached else None)
        state, prepared = reached.start() if reached else None, self._prepared.get(project.data)
        self._session = Session(project, self._recorder, state=state, prepared=prepared, device=self.device)
        self._reached, self._adopted = None, None
        self._snapshot, self._open, self._problem_told = self._session.latest, True, False
        self._session.start(until)
        self._timer.start()
        self.notice.emit(None)
        self.run_started.emit(self._session)
        self.snapshot_changed.emit(self._snapshot)
        self._set_state(self._snapshot.state)
        return True

    def _new_run(self) -> None:
        self._number += 1
        self._ghost = self._records or self._ghost
        self._records = []

    def _settle(self) -> None:
        """Takes in the end of a run that nobody has looked at yet."""
        while self._open and self._session is not None and self._session.join(SETTLE_SECONDS):
            self._look(self._session)

    # Polling

    def _frame(self) -> None:
        self._retiring = [session for session in self._retiring if session.alive]
        if self._session is not None and self._open:
            self._look(self._session)
        if not self._open and not self._retiring:
            self._timer.stop()

    def _look(self, session: Session) -> None:
        # in this order: what an older observation promises is in the newer one
        alive, snapshot = session.alive, self._read_ahead.told(session.latest)
        events = _drained(session.points)
        if events:
            self._records.extend(event for event in events if isinstance(event, EpochRecord))
            self.points.emit(events)
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            self.snapshot_changed.emit(snapshot)
            self._set_state(snapshot.state)
        if self._session is not session:
            return  # somebody reset the run on hearing of it
        if self._model_wanted and alive:
            session.want_model()
        if session.model is not self._model:
            self._model = session.model
            self.model_changed.emit()
        self._tell_problem()
        if not alive and not session.points and self._session is session:
            self._end(session)

    def _end(self, session: Session) -> None:
        self._open = False
        self._reached = reached_by(session)
        if session.prepared is not None:
            self._prepared.put(session.project.data, session.prepared)
        self._tell_problem()
        snapshot = session.latest
        said = notices.ended(snapshot, session.findings)
        if said is not None:
            self.notice.emit(said)
        self.run_ended.emit(snapshot)

    def _tell_problem(self) -> None:
        problem = getattr(self._recorder, "problem", "")
        if problem and not self._problem_told:
            self._problem_told = True
            self.notice.emit(notices.not_kept(problem))

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _another_project(self) -> None:
        self.reset()
        self._records, self._ghost, self._number = [], [], 0
        self.run_dropped.emit()


def _drained(points: deque[Event]) -> list[Event]:
    """The oldest points, not more than a frame can take."""
    return [points.popleft() for _ in range(min(len(points), PORTION))]
