"""Offers the work of a window that crashed, and the run that broke off with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.locks import FileLock
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.project import recovery_files
from nnstudio.gui.project.autosave import Autosave
from nnstudio.gui.project.project_files import ProjectFiles
from nnstudio.gui.project.recovery_files import Sitting
from nnstudio.gui.shell.messages import MessageArea
from nnstudio.gui.widgets import numbers

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint

NOT_SAVED = "The run was cut off before its weights were saved. Train begins it again."


@dataclass(frozen=True)
class Offer:
    """Work that can be restored.

    Attributes:
        file: Its recovery file.
        lock: The file's lock, taken.
        sitting: What the file holds.
        written: When it was written.
        others: Number of further files that wait.
    """

    file: Path
    lock: FileLock
    sitting: Sitting
    written: datetime
    others: int


class Recovery(QObject):
    """The offer, above the page and never in the way; closing it leaves the work for the next start.

    Args:
        document: The project.
        live: Its run.
        files: Opens what is restored.
        messages: Where the offer is shown.
        train: Goes on training.

    Attributes:
        saved_at: When the work was kept last, or None.

    Signals:
        kept(): ``saved_at`` changed.
    """

    kept = Signal()

    def __init__(
        self,
        document: Document,
        live: Live,
        files: ProjectFiles,
        messages: MessageArea,
        train: Callable[[], object],
    ) -> None:
        super().__init__(files)
        self._document, self._live, self._files = document, live, files
        self._messages, self._train = messages, train
        self._offer: Offer | None = None
        self.saved_at: datetime | None = None
        self._autosave = Autosave(document, live, self)
        self._autosave.saved.connect(self._on_saved)
        self._autosave.failed.connect(self._on_failed)
        document.reset.connect(lambda: self._on_saved(None))

    def look(self, *, tell: bool = False) -> None:
        """Looks in the background for work to restore; ``tell`` says so if there is none."""
        if self._offer is not None:
            self._show(self._offer)
            return
        run_in_background(newest_offer, lambda offer: self._found(offer, tell), parent=self)

    def close(self) -> None:
        """The window closes: its own work needs no keeping; what was not restored waits for another."""
        self._autosave.forget()
        if self._offer is not None:
            self._offer.lock.release()
            self._offer = None

    def _on_saved(self, when: datetime | None) -> None:
        self.saved_at = when
        self.kept.emit()

    def _on_failed(self, reason: str) -> None:
        title = "Your work is not being kept for the case of a crash."
        self._messages.say("caution", title, f"{reason}. Save the project to be safe.")

    def _found(self, offer: Offer | None, tell: bool) -> None:
        if offer is not None:
            self._offer = offer
            self._show(offer)
        elif tell:
            self._messages.say(
                "info", "There is nothing to restore.", "Every window was closed properly, or is open."
            )

    def _show(self, offer: Offer) -> None:
        sitting = offer.sitting
        self._messages.say(
            "caution",
            f"NNStudio was not closed properly. “{sitting.project.name}” can be restored as it was "
            f"{_when(offer.written)}.",
            _what(sitting, offer.others),
            ("Restore", self._restore),
            other=("Discard", self._discard),
        )

    def _restore(self) -> None:
        offer = self._offer
        if offer is None:
            return
        if not self._files.may_replace("restore the other project"):
            self._show(offer)
            return
        self._offer = None
        self._autosave.take_over(offer.file, offer.lock)
        self._files.recover(offer.sitting)
        run = offer.sitting.run
        if run is None:
            self._tell(offer.sitting, None)
            return
        run_in_background(
            lambda: _checkpoint(run),
            lambda checkpoint: self._adopt(offer.sitting, checkpoint),
            lambda error: self._messages.show_error(error),
            self,
        )

    def _discard(self) -> None:
        offer, self._offer = self._offer, None
        if offer is not None:
            offer.file.unlink(missing_ok=True)
            offer.lock.release()
            if offer.others:
                self.look()

    def _adopt(self, sitting: Sitting, checkpoint: Checkpoint | None) -> None:
        if checkpoint is not None and not self._live.running:
            self._live.adopt(checkpoint, sitting.run)
        self._tell(sitting, checkpoint)

    def _tell(self, sitting: Sitting, checkpoint: Checkpoint | None) -> None:
        title = f"“{sitting.project.name}” is restored."
        if self._files.guard.reason:
            text = f"{self._files.guard.reason} It is read-only here: Save asks for another name."
            self._messages.say("caution", title, text, ("Save as…", self._files.save_as))
        elif not sitting.training:
            self._messages.say("good", title, "Undo reaches back behind the crash.")
        elif checkpoint is None or checkpoint.state is None:
            self._messages.say("info", title, NOT_SAVED, ("Train", self._train))
        else:
            done = numbers.count(checkpoint.state.epoch)
            text = f"Its run was interrupted and is kept up to epoch {done}. It goes on exactly from there."
            self._messages.say("info", title, text, ("Resume training", lambda: self._resume(checkpoint)))

    def _resume(self, checkpoint: Checkpoint) -> None:
        """Goes on with the run; a draft that another run would train gives way, as one undo step."""
        if not self._live.can_continue:
            run, project = checkpoint.project, self._document.project
            back = project.replace(network=run.network, data=run.data, train=run.train)
            self._document.apply("Return to the run", back)
        self._train()


def newest_offer() -> Offer | None:
    """The newest work that a crash left; files that hold nothing are removed, damaged ones set aside."""
    found: Offer | None = None
    others = 0
    for file, lock in recovery_files.abandoned():
        if found is not None:
            others += 1
            lock.release()
            continue
        try:
            sitting, written = recovery_files.read(file)
        except NNStudioError:
            file.replace(file.with_suffix(".damaged"))
            lock.release()
            continue
        if sitting.worth_keeping:
            found = Offer(file, lock, sitting, written, 0)
        else:
            file.unlink(missing_ok=True)
            lock.release()
    return None if found is None else Offer(found.file, found.lock, found.sitting, found.written, others)


def _checkpoint(run: Path) -> Checkpoint | None:
    from nnstudio.engine.checkpoint import load_checkpoint

    last = run / "last.h5"
    return load_checkpoint(last) if last.is_file() else None


def _when(written: datetime) -> str:
    today = written.date() == datetime.now().date()
    return f"at {written:%H:%M:%S}" if today else f"on {written.day} {written:%b %Y} at {written:%H:%M}"


def _what(sitting: Sitting, others: int) -> str:
    steps = len(sitting.steps) - 1
    parts = [f"With {steps} {'step' if steps == 1 else 'steps'} of its undo history."] if steps else []
    if sitting.training:
        parts.append("Its run was under way and can go on.")
    if others:
        parts.append(f"{others} more {'waits' if others == 1 else 'wait'} behind it.")
    return " ".join(parts)
