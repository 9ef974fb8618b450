"""Keeps a window's work on disk while it is edited, in the recovery folder, for the day that it crashes."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.engine.locks import FileLock
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.project import recovery_files
from nnstudio.gui.project.recovery_files import Sitting

DELAY_MS = 5_000
"""Time from an edit to its saving: what a crash can cost, and well below the 30 s that are promised."""

PATIENCE = 2.0


class Autosave(QObject):
    """Writes after edits, and at once when a run begins, ends or pauses.

    Args:
        document: The project.
        live: Its run.

    Signals:
        saved(datetime): The work is on disk, as it was at that moment.
        failed(str): It can't be written; told once until it works again.
    """

    saved = Signal(object)
    failed = Signal(str)

    def __init__(self, document: Document, live: Live, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._use(recovery_files.new_recovery_file())
        self._task: Task | None = None
        self._written: Sitting | None = None  # what is on disk
        self._failing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.save)
        for signal in (document.changed, document.saved):
            signal.connect(self._soon)
        for signal in (document.reset, live.run_started, live.state_changed, live.run_dropped):
            signal.connect(self.save)

    def save(self, *_news: object) -> None:
        """Writes the work in the background, unless it is on disk already."""
        self._timer.stop()
        if self._task is not None and not self._task.finished:
            self._timer.start()  # the newest state follows
            return
        sitting = self._sitting()
        if sitting == self._written:
            return
        kept = sitting if sitting.worth_keeping else None
        if kept is None and self._written is None:
            return
        self._written = kept
        file, lock, now = self._file, self._lock, datetime.now()

        def work() -> None:
            if kept is None:
                file.unlink(missing_ok=True)
                lock.release()
            else:
                from nnstudio.experiments.runs import write_text_atomically

                lock.take()
                write_text_atomically(file, recovery_files.dumps(kept))

        done = None if kept is None else lambda _: self._on_saved(now)
        self._task = run_in_background(work, done, self._on_failed, self)

    def take_over(self, file: Path, lock: FileLock) -> None:
        """Goes on in the recovery file of a window that crashed; what this one wrote is removed."""
        self.forget()
        self._use(file, lock)
        self._written = None

    def forget(self) -> None:
        """Removes the recovery file: the window is closed, and nothing can be lost any more."""
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()  # it may be writing at this moment
            until = time.monotonic() + PATIENCE
            while not self._task.finished and time.monotonic() < until:
                time.sleep(0.002)
        if self._lock.held:
            self._file.unlink(missing_ok=True)
            self._lock.release()

    def _use(self, file: Path, lock: FileLock | None = None) -> None:
        self._file = file
        self._lock = recovery_files.lock_of(file) if lock is None else lock
        self.destroyed.connect(self._lock.release)  # a window that is deleted without being closed

    def _soon(self, *_news: object) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _sitting(self) -> Sitting:
        document, live = self._document, self._live
        return Sitting(
            document.steps,
            document.position,
            document.saved_project,
            document.path,
            live.run_folder,
            live.running,
        )

    def _on_saved(self, when: datetime) -> None:
        self._failing = False
        self.saved.emit(when)

    def _on_failed(self, error: Exception) -> None:
        self._written = None
        self._soon()  # there may be room again
        if not self._failing:
            self._failing = True
            self.failed.emit(str(error) if isinstance(error, NNStudioError | OSError) else repr(error))
