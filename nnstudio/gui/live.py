"""The link between the window and the run: one timer that polls, and the commands of the toolbar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.fast_path import Device
from nnstudio.engine.model import Model
from nnstudio.engine.session import Recorder, Session, Snapshot, StateMaker
from nnstudio.engine.state import EpochRecord, Event, TrainerState
from nnstudio.gui import notices
from nnstudio.gui.background import run_in_background, shut_down_background
from nnstudio.gui.document import Document
from nnstudio.gui.forking import Forking
from nnstudio.gui.polling import Poller
from nnstudio.gui.prepared_cache import PreparedCache
from nnstudio.gui.read_ahead import ReadAhead
from nnstudio.gui.recording import RunKeeper
from nnstudio.gui.resuming import Reached, Recipe, reached_by, reached_in, snapshot_of

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint
    from nnstudio.experiments.kept import ForkPoint

__all__ = ["Live", "run_in_background", "shut_down_background"]

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
        self._snapshot: Snapshot | None = None
        self._prepared = PreparedCache()
        self._recipe = Recipe(document.project)
        self._continued_at: float | None = None
        self._forking: Forking | None = None  # until what begins anew is told
        self._reached: Reached | None = None  # where Train would go on
        self._adopted: tuple[Model, Model] | None = None  # newest and best, from a file
        self._records: list[EpochRecord] = []
        self._ghost: list[EpochRecord] = []
        self._number, self._state = 0, "idle"
        self.device: Device = "auto"
        self.last_folder: Path | None = None  # of the run that ended last, also after a reset
        self._problem_told = False
        self._refused = False  # the notice on show says why the network can't be trained
        document.reset.connect(self._another_project)
        document.changed.connect(self._look_again)
        self._read_ahead = ReadAhead(document, self)
        self._poller = Poller(self._read_ahead.told, self)
        self._poller.points.connect(self._take_points)
        self._poller.snapshot_changed.connect(self._take_snapshot)
        self._poller.model_changed.connect(self.model_changed)
        self._poller.looked.connect(self._tell_problem)
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
        return self._continued_at

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
        trainer = self.session.trainer if self.session is not None else None
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

    def fork(self, origin: ForkPoint) -> bool:
        """Begins a new run of the project, as it is now, with the weights of another run's checkpoint.

        Returns:
            False if the network can't be trained; ``notice`` says why.
        """
        if self.running or not self._may_start():
            return False
        self._poller.settle()
        project = self._document.project
        self._new_run()
        self._forking = Forking(origin, project)
        self._begin(project, self._forking, origin.state.epoch, None)
        self._take_points([*origin.state.history])  # the new run's curves begin with what led to it
        return True

    def keep_next(self) -> bool:
        """Has a checkpoint kept at the end of the epoch under way; False if no run is being kept."""
        return self.running and isinstance(self._recorder, RunKeeper) and self._recorder.keep_next()

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
        self._snapshot, self._continued_at = None, None
        self._reached, self._adopted, self._recorder = None, None, None
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
        session = self.session
        if session is not None and self.running and self._recipe.take_over(spec):
            session.apply(self._recipe.train)

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

    def _look_again(self) -> None:
        """Keeps the reason why the network can't be trained true while it is being mended."""
        if self._refused:
            report = self._document.report
            self._refused = not report.ok
            self.notice.emit(notices.refused(report) if self._refused else None)

    def _start(self, until: Until) -> bool:
        if not self._may_start():
            return False
        self._poller.settle()
        project, reached = self._document.project, self._reached
        if reached is None or not reached.goes_on(project):
            self._new_run()
            self._begin(project, None, 0, None, until)
        else:
            self._continued_at = reached.at
            self._begin(project, reached.start(), reached.state.epoch, self.run_folder, until)
        return True

    def _may_start(self) -> bool:
        report = self._document.report
        self._refused = not report.ok
        if self._refused:
            self.notice.emit(notices.refused(report))
        return not self._refused

    def _begin(
        self,
        project: ProjectSpec,
        state: TrainerState | StateMaker | None,
        done: int,
        folder: Path | None,
        until: Until = "end",
    ) -> None:
        """Starts a session at ``state``, with ``done`` epochs behind it, kept in ``folder`` or a new one."""
        self._recipe = Recipe(project, done)
        project = project.replace(train=self._recipe.train)
        self._recorder = self._recorder_for(project.name, folder)
        prepared = self._prepared.get(project.data)
        session = Session(project, self._recorder, state=state, prepared=prepared, device=self.device)
        self._reached, self._adopted = None, None
        self._snapshot, self._problem_told = session.latest, False
        self._poller.watch(session)
        session.start(until)
        self.notice.emit(None)
        self.run_started.emit(session)
        self.snapshot_changed.emit(self._snapshot)
        self._set_state(self._snapshot.state)

    def _new_run(self) -> None:
        self._number += 1
        self._continued_at, self._forking = None, None
        self._ghost = self._records or self._ghost
        self._records = []

    # What the poller tells

    def _take_points(self, events: list[Event]) -> None:
        self._records.extend(event for event in events if isinstance(event, EpochRecord))
        self.points.emit(events)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.snapshot_changed.emit(snapshot)
        self._set_state(snapshot.state)
        made = self._forking.made if self._forking is not None else None
        if made is not None:
            self._forking = None
            self.notice.emit(notices.forked(made))

    def _end(self, session: Session) -> None:
        self.last_folder = self.run_folder
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
        self._records, self._ghost, self._number, self.last_folder = [], [], 0, None
        self.run_dropped.emit()
