"""A run on a thread of its own, watched without locks.

The worker appends to ``points``, rebinds ``latest`` to a new frozen snapshot at most every 16 ms and
``visit`` to what the training doctor says after an epoch; whoever watches polls them. Commands travel
the other way through a queue that the worker looks into between blocks of steps. No callback crosses
the border.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal, Protocol

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.fast_path import Device
from nnstudio.engine.model import Model
from nnstudio.engine.state import Block, EpochRecord, Event, TrainerState
from nnstudio.engine.threads import one_blas_thread
from nnstudio.engine.trainer import Trainer, require_unlocked
from nnstudio.errors import Cancelled, NNStudioError

if TYPE_CHECKING:
    from nnstudio.engine.checkup import Checkup, Visit
    from nnstudio.engine.doctor import Case, Finding

State = Literal["preparing", "running", "paused", "finished", "stopped", "diverged", "failed"]
ENDED: frozenset[State] = frozenset({"finished", "stopped", "diverged", "failed"})

StateMaker = Callable[[Prepared], TrainerState]

PUBLISH_SECONDS = 0.016
MODEL_SECONDS = 0.05
UNWATCHED_MODEL_SECONDS = 0.5
"""Age at which ``model`` is renewed even if nobody asked: whoever saves or exports it gets this at most."""


@dataclass(frozen=True)
class Snapshot:
    """What a watcher may know about a run at one moment.

    Attributes:
        sequence: Grows with every snapshot.
        state: What the run is doing.
        message: State in words: what is being prepared, why it ended, what to do.
        progress: Share done while preparing, 0 to 1, or None where it isn't known.
        epoch: Epoch under way, from 1; the last one after the end.
        epochs: Epochs planned.
        batch: Steps done in the epoch under way.
        batches: Steps in an epoch.
        step: Steps done over the whole run.
        train_loss: Running mean of the epoch under way, or of the last one.
        train_accuracy: Likewise.
        batch_loss: Loss of the last batch.
        record: The last completed epoch.
        best: The best completed epoch.
        learning_rate: Size of the steps.
        samples_per_second: Training samples per second of ``seconds``.
        seconds: Training time so far, with that of the validations.
        seconds_left: Expected time to the last epoch, or None while it isn't known.
        early_stopped: The run ended by its early-stopping rule.
        kept: The checkpoints that stay on disk, in words; "" for none.
        path: What computes the steps, in words, and why nothing faster does.
        traceback: Where an unexpected error happened, for a report.
    """

    sequence: int = 0
    state: State = "preparing"
    message: str = ""
    progress: float | None = None
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    step: int = 0
    train_loss: float | None = None
    train_accuracy: float | None = None
    batch_loss: float | None = None
    record: EpochRecord | None = None
    best: EpochRecord | None = None
    learning_rate: float = 0.0
    samples_per_second: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    early_stopped: bool = False
    kept: str = ""
    path: str = ""
    traceback: str = ""

    @property
    def ended(self) -> bool:
        """The worker has nothing more to do."""
        return self.state in ENDED


class Recorder(Protocol):
    """Keeps what a run does, on the worker's thread (see ``nnstudio.experiments.runs``)."""

    @property
    def kept(self) -> str:
        """The checkpoints that stay on disk, in words; "" for none."""
        ...

    def begin(self, trainer: Trainer) -> None:
        """The run is about to train."""
        ...

    def event(self, event: Event, trainer: Trainer) -> None:
        """A block of steps or an epoch is done."""
        ...

    def end(self, trainer: Trainer) -> None:
        """The run is over, for ``trainer.reason``."""
        ...

    def close(self) -> None:
        """The run broke off; what was kept so far stays as it is."""
        ...


class Session:
    """One run and the thread it trains on.

    Args:
        project: The recipe; the run keeps this frozen copy.
        recorder: Keeps the run on disk, or None.
        state: Where to go on (``trainer.state.copy()`` of another session), what makes it once the data
            are there (a fork counts its steps in the new run's batches), or None.
        prepared: Data that are prepared already, or None.
        device: Where to compute (see ``Trainer``).
    """

    def __init__(
        self,
        project: ProjectSpec,
        recorder: Recorder | None = None,
        *,
        state: TrainerState | StateMaker | None = None,
        prepared: Prepared | None = None,
        device: Device = "auto",
    ) -> None:
        self.project = project
        self.points: deque[Event] = deque()
        self.latest = Snapshot(epochs=project.train.epochs, message="Getting the data ready")
        self.model: Model | None = None
        self.best_model: Model | None = None
        self.trainer: Trainer | None = None
        self.prepared = prepared
        self.visit: Visit | None = None
        self._recorder, self._state, self._device = recorder, state, device
        self._commands: SimpleQueue[_Command] = SimpleQueue()
        self._cancel = threading.Event()
        self._model_wanted = True
        self._model_at = 0.0
        self._published_at = 0.0
        self._until: Literal["pause", "batch", "epoch", "end"] = "end"
        self._thread = threading.Thread(target=self._work, name="nnstudio-training", daemon=True)

    def start(self, until: Literal["batch", "epoch", "end"] = "end") -> None:
        """Starts the thread and trains until the end, or pauses after one batch or epoch."""
        self._until = until
        self._thread.start()

    def pause(self) -> None:
        """Pauses behind the present block of steps (within some 50 ms)."""
        self._commands.put(lambda _: self._set_until("pause"))

    def resume(self) -> None:
        """Goes on training."""
        self._commands.put(lambda _: self._set_until("end"))

    def step_batch(self) -> None:
        """Trains on one batch and pauses."""
        self._commands.put(lambda _: self._set_until("batch"))

    def step_epoch(self) -> None:
        """Trains to the end of the epoch and pauses."""
        self._commands.put(lambda _: self._set_until("epoch"))

    def stop(self) -> None:
        """Ends the run behind the present block of steps, or cancels its preparation."""
        self._cancel.set()
        self._commands.put(lambda _: None)  # wakes a paused worker

    def apply(self, spec: TrainSpec) -> None:
        """Takes over a changed recipe at the next epoch (see ``Trainer.apply_at_next_epoch``).

        Raises:
            TrainingError: A setting changed that a run can't change; the run goes on as it was.
        """
        require_unlocked(self.project.train, spec)  # here: on the worker an error would end the run
        self._commands.put(lambda trainer: trainer.apply_at_next_epoch(spec))

    def want_model(self) -> None:
        """Asks for ``model`` to be renewed with the present weights, at most every 50 ms."""
        self._model_wanted = True

    @property
    def case(self) -> Case | None:
        """What the training doctor knows about the run; None before the end of the first epoch."""
        return self.visit.case if self.visit is not None else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it says, the most urgent first."""
        return self.visit.findings if self.visit is not None else ()

    def join(self, timeout: float | None = None) -> bool:
        """Waits for the thread; True if it has ended (or never began)."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """The thread is running."""
        return self._thread.is_alive()

    # Everything below runs on the worker.

    def _work(self) -> None:
        try:
            with one_blas_thread():  # all the time: changing it to and fro makes other threads' products wait
                self._train()
        except Cancelled:
            self._publish("stopped", "Stopped before training began", force=True)
        except NNStudioError as error:
            self._publish("failed", str(error), force=True)
        except MemoryError:
            message = "There is not enough memory. Use a smaller batch, a smaller network or less data."
            self._publish("failed", message, trace=traceback.format_exc(), force=True)
        except Exception as error:
            message = f"Training stopped by an unexpected error: {error}. The run so far is kept."
            self._publish("failed", message, trace=traceback.format_exc(), force=True)

    def _train(self) -> None:
        from nnstudio.engine.checkup import Checkup

        if self.prepared is None:
            self.prepared = prepare(self.project.data, self._preparing)
        state = self._state(self.prepared) if callable(self._state) else self._state
        trainer = self.trainer = Trainer(self.project, self.prepared, state, device=self._device)
        checkup = Checkup(trainer)
        self._renew_model(trainer)
        try:
            if self._recorder:
                self._recorder.begin(trainer)
            with closing(trainer.run()) as events:
                self._loop(trainer, events, checkup)
        except BaseException:
            if self._recorder:
                self._recorder.close()  # a step may be half done, so its state is not for keeping
            raise
        self._renew_model(trainer)  # first, so that it is there even if the end can't be written down
        self.visit = checkup.visit(inside=checkup.due and trainer.reason != "stopped")
        if self._recorder:
            self._recorder.end(trainer)
        self._publish(*_ending(trainer), force=True)

    def _preparing(self, message: str, fraction: float | None) -> None:
        if self._cancel.is_set():
            raise Cancelled("the run was stopped while its data were prepared")
        self.latest = replace(
            self.latest, sequence=self.latest.sequence + 1, message=message, progress=fraction
        )

    def _loop(self, trainer: Trainer, events: Generator[Event, None, None], checkup: Checkup) -> None:
        while not self._cancel.is_set():
            if not self._obey(trainer):
                continue
            trainer.block_steps = 1 if self._until == "batch" else None
            event = next(events, None)
            if event is None:
                return
            self.points.append(event)
            if self._recorder:
                self._recorder.event(event, trainer)
            if self._until == "batch" and isinstance(event, Block):
                self._until = "pause"
            if self._until == "epoch" and isinstance(event, EpochRecord):
                self._until = "pause"
            if isinstance(event, EpochRecord) and checkup.due:
                self.visit = checkup.visit()
            self._publish("running", "", force=isinstance(event, EpochRecord), event=event)
        trainer.reason = "stopped"

    def _obey(self, trainer: Trainer) -> bool:
        """Carries out the commands that came in; False if the run should wait for another."""
        try:
            if self._until == "pause":
                self._renew_model(trainer)
                self._publish("paused", "", force=True)
                self._commands.get()(trainer)
            while True:
                self._commands.get_nowait()(trainer)
        except Empty:
            pass
        return self._until != "pause" and not self._cancel.is_set()

    def _set_until(self, until: Literal["pause", "batch", "epoch", "end"]) -> None:
        self._until = until

    def _renew_model(self, trainer: Trainer) -> None:
        self.model, self.best_model = trainer.model, trainer.best_model
        self._model_wanted, self._model_at = False, time.monotonic()

    def _publish(
        self, state: State, message: str, *, force: bool = False, trace: str = "", event: Event | None = None
    ) -> None:
        now = time.monotonic()
        trainer = self.trainer
        age = now - self._model_at
        if trainer and age >= (MODEL_SECONDS if self._model_wanted else UNWATCHED_MODEL_SECONDS):
            self._renew_model(trainer)
        if not force and now - self._published_at < PUBLISH_SECONDS:
            return
        self._published_at = now
        before = self.latest
        latest = replace(
            before, sequence=before.sequence + 1, state=state, message=message, progress=None, traceback=trace
        )
        latest = replace(latest, kept=self._recorder.kept if self._recorder else "")
        self.latest = _measured(latest, trainer, event) if trainer else latest


_Command = Callable[[Trainer], None]


def _measured(snapshot: Snapshot, trainer: Trainer, event: Event | None) -> Snapshot:
    """The snapshot with the trainer's figures filled in."""
    state, spec = trainer.state, trainer.spec
    record = state.history[-1] if state.history else None
    between = state.seen == 0
    loss = record.train_loss if between and record else state.loss_sum / max(1, state.seen)
    accuracy = record.train_accuracy if between and record else state.hits / max(1, state.seen)
    known = record is not None or state.seen > 0
    steps_left = max(0, spec.epochs * trainer.batches - state.step)
    rate = state.step / state.seconds if state.seconds > 0 else 0.0
    done = between and state.epoch > 0
    return replace(
        snapshot,
        epoch=state.epoch if done else state.epoch + 1,
        epochs=spec.epochs,
        batch=trainer.batches if done else state.batch,
        batches=trainer.batches,
        step=state.step,
        train_loss=loss if known else None,
        train_accuracy=accuracy if known else None,
        batch_loss=event.losses[-1] if isinstance(event, Block) else snapshot.batch_loss,
        record=record,
        best=state.history[state.best_epoch - 1] if state.best_epoch else None,
        learning_rate=trainer.learning_rate,
        samples_per_second=trainer.samples / state.seconds if state.seconds > 0 else 0.0,
        seconds=state.seconds,
        seconds_left=steps_left / rate if rate > 0 else None,
        early_stopped=trainer.reason == "early stopping",
        path=trainer.path,
    )


def _ending(trainer: Trainer) -> tuple[State, str]:
    """How the run ended, in plain words."""
    state = trainer.state
    if trainer.reason == "diverged":
        rate = trainer.spec.learning_rate
        return "diverged", (
            f"The loss became infinite or NaN in epoch {state.epoch + 1}. "
            f"The last good weights (epoch {state.epoch}) are kept. "
            f"Try a learning rate of {rate / 10:.3g} instead of {rate:.3g}, or clip the gradients."
        )
    if trainer.reason == "stopped":
        where = (
            f"in epoch {state.epoch + 1}" if state.batch or not state.epoch else f"after epoch {state.epoch}"
        )
        return "stopped", f"Stopped {where}. The run is kept."
    if trainer.reason == "early stopping":
        return "finished", (
            f"No improvement for {state.epoch - state.best_epoch} epochs; "
            f"stopped early. Best epoch: {state.best_epoch}."
        )
    return "finished", f"All {state.epoch} epochs done."
