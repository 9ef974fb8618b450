"""The link between the window and the run: one timer that polls, and the commands of the toolbar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.fast_path import Device
from nnstudio.engine.model import Model
from nnstudio.engine.session import Session, Snapshot, StateMaker
from nnstudio.engine.state import EpochRecord, Event, TrainerState
from nnstudio.gui.document import Document
from nnstudio.gui.run.forking import Forking
from nnstudio.gui.run.polling import Poller
from nnstudio.gui.run.read_ahead import ReadAhead
from nnstudio.gui.run.recording import RunKeeper
from nnstudio.gui.run.resuming import Reached, models_in, reached_by, reached_in, snapshot_of
from nnstudio.gui.run.run_log import RunLog
from nnstudio.gui.run.run_maker import RecorderMaker, RunMaker
from nnstudio.gui.run.run_notices import RunNotices

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint
    from nnstudio.experiments.kept import ForkPoint

Until = Literal["batch", "epoch", "end"]


class Live(QObject):
    """Owns the current session, polls it, and starts, pauses and ends it.

    Args:
        document: The project being edited; a run keeps a frozen copy of it.
        parent: Qt parent.
        recorder: Makes what keeps a run on disk.

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
        self._maker = RunMaker(document.project, recorder)
        self._log = RunLog()
        self._snapshot: Snapshot | None = None
        self._reached: Reached | None = None  # where Train would go on
        self._adopted: tuple[Model, Model] | None = None  # newest and best, from a file
        self._state = "idle"
        self.device: Device = "auto"
        self._notices = RunNotices(document, self)
        self._notices.told.connect(self.notice)
        document.reset.connect(self._another_project)
        self._read_ahead = ReadAhead(document, self)
        self._poller = Poller(self._read_ahead.told, self)
        self._poller.points.connect(self._take_points)
        self._poller.snapshot_changed.connect(self._take_snapshot)
        self._poller.model_changed.connect(self.model_changed)
        self._poller.looked.connect(lambda: self._notices.look(self._maker.recorder))
        self._poller.ended.connect(self._end)

    @property
    def session(self) -> Session | None:
        """The current session, also after its end; None before the first run and after a reset."""
        return self._poller.session

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
        session = self.session
        return session is not None and session.alive and not session.latest.ended

    @property
    def paused(self) -> bool:
        """The run waits for Train or Step."""
        return self.running and self.session is not None and self.session.latest.state == "paused"

    @property
    def can_continue(self) -> bool:
        """Train would go on from where the ended run is ("Train more")."""
        return self._reached is not None and self._reached.goes_on(self._document.project)

    @property
    def continued_at(self) -> float | None:
        """Epoch at which the current session went on; None if it began with fresh weights."""
        return self._log.continued_at

    @property
    def model(self) -> Model | None:
        """The run's newest model, or None."""
        if self.session is not None:
            return self.session.model
        return self._adopted[0] if self._adopted else None

    @property
    def best_model(self) -> Model | None:
        """The model of the best epoch as of ``model``."""
        if self.session is not None:
            return self.session.best_model
        return self._adopted[1] if self._adopted else None

    @property
    def prepared(self) -> Prepared | None:
        """The run's data, or the last run's if the recipe still names the same."""
        if self.session is not None and self.session.prepared is not None:
            return self.session.prepared
        return self._maker.data(self._document.project.data)

    @property
    def run_number(self) -> int:
        """Number of the current run in this sitting, from 1; 0 before the first."""
        return self._log.number

    @property
    def run_folder(self) -> Path | None:
        """Folder that keeps the current run, once it is made."""
        return self._maker.folder

    @property
    def last_folder(self) -> Path | None:
        """Folder of the run that ended last, also after a reset."""
        return self._log.last_folder

    @property
    def recipe_in_force(self) -> TrainSpec | None:
        """What the run trains by at this moment, to be compared with the project's; None without a run."""
        return self._maker.in_force(self.session)

    @property
    def records(self) -> list[EpochRecord]:
        """The completed epochs of the current run."""
        return self._log.records

    @property
    def ghost(self) -> list[EpochRecord]:
        """The completed epochs of the run before the current one."""
        return self._log.ghost

    def train(self) -> bool:
        """Starts a run, resumes a paused one, or goes on after the end of one.

        Returns:
            False if the network can't be trained; ``notice`` says why.
        """
        return self._go("end")

    def fork(self, origin: ForkPoint) -> bool:
        """Begins a new run of the project, as it is now, with the weights of another run's checkpoint.

        Returns:
            False if the network can't be trained; ``notice`` says why.
        """
        if self.running or self._notices.refuses():
            return False
        self._poller.settle()
        project = self._document.project
        forking = Forking(origin, project)
        self._new_run(forking)
        self._begin(project, forking, origin.state.epoch, None)
        self._take_points([*origin.state.history])  # the new run's curves begin with what led to it
        return True

    def keep_next(self) -> bool:
        """Has a checkpoint kept at the end of the epoch under way; False if no run is being kept."""
        return self.running and self._maker.keep_next()

    def pause(self) -> None:
        """Pauses behind the present block of steps."""
        if self.running and self.session is not None:
            self.session.pause()

    def step_batch(self) -> bool:
        """Trains on one batch, then pauses."""
        return self._go("batch")

    def step_epoch(self) -> bool:
        """Trains to the end of the epoch, then pauses."""
        return self._go("epoch")

    def stop(self) -> None:
        """Ends the run and keeps it."""
        if self.session is not None:
            self.session.stop()

    def reset(self) -> None:
        """Drops the run: the next one starts from the same initial weights."""
        self._poller.drop()
        self._snapshot, self._reached, self._adopted = None, None, None
        self._log.continued_at = None
        self._maker.drop()
        self._set_state("idle")
        self._notices.clear()
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
        self._adopted = models_in(checkpoint)
        self._reached = reached_in(checkpoint)
        self._maker.adopt(checkpoint.project.name, folder)
        if self._reached is not None:
            self._log.records = list(self._reached.state.history)
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
        session = self.session
        if session is not None and self.running and self._maker.recipe.take_over(spec):
            session.apply(self._maker.recipe.train)

    def set_model_wanted(self, wanted: bool, by: object = None) -> None:
        """Keeps ``model`` fresh while somebody looks at it; each renewal copies all weights.

        Args:
            wanted: Whether ``by`` looks at it.
            by: Who asks. The model is kept fresh while anybody wants it.
        """
        self._poller.want_model(wanted, by)

    def shutdown(self, timeout: float = 5.0) -> bool:
        """Stops everything and waits for the threads; True if all have ended in time."""
        ended = self._poller.shut_down(timeout)
        self._read_ahead.stop()
        return ended

    # Starting

    def _go(self, until: Until) -> bool:
        session = self.session
        if session is None or not self.running:
            return self._start(until)
        if self.paused:
            {"batch": session.step_batch, "epoch": session.step_epoch, "end": session.resume}[until]()
        return True

    def _start(self, until: Until) -> bool:
        if self._notices.refuses():
            return False
        self._poller.settle()
        project, reached = self._document.project, self._reached
        if reached is None or not reached.goes_on(project):
            self._new_run()
            self._begin(project, None, 0, None, until)
        else:
            self._log.continued_at = reached.at
            self._begin(project, reached.start(), reached.state.epoch, self.run_folder, until)
        return True

    def _begin(
        self,
        project: ProjectSpec,
        state: TrainerState | StateMaker | None,
        done: int,
        folder: Path | None,
        until: Until = "end",
    ) -> None:
        """Starts a session at ``state``, with ``done`` epochs behind it, kept in ``folder`` or a new one."""
        session = self._maker.make(project, state, done, folder, self.device)
        self._reached, self._adopted = None, None
        self._snapshot = session.latest
        self._poller.watch(session)
        session.start(until)
        self._notices.started()
        self.run_started.emit(session)
        self.snapshot_changed.emit(self._snapshot)
        self._set_state(self._snapshot.state)

    def _new_run(self, forking: Forking | None = None) -> None:
        self._log.begin()
        self._notices.begin(forking)

    # What the poller tells

    def _take_points(self, events: list[Event]) -> None:
        self._log.take(events)
        self.points.emit(events)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.snapshot_changed.emit(snapshot)
        self._set_state(snapshot.state)
        self._notices.look_at_fork()

    def _end(self, session: Session) -> None:
        self._log.last_folder = self.run_folder
        self._reached = reached_by(session)
        self._maker.keep_data(session)
        self._notices.look(self._maker.recorder)
        self._notices.ended(session)
        self.run_ended.emit(session.latest)

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _another_project(self) -> None:
        self.reset()
        self._log.clear()
        self.run_dropped.emit()
