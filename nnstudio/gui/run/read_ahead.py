"""Reads a data set as soon as it is chosen, so that Train starts at once."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from nnstudio.core.history import Change
from nnstudio.engine.session import Snapshot
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document

PAUSE_MS = 300
"""Time after the choice, for whoever clicks through several."""

RECORDER = "nnstudio.experiments.runs"
"""What keeps a run on disk; it takes a third of a second to import."""


class ReadAhead(QObject):
    """Brings the document's data set into memory in the background; nothing is ever downloaded.

    Problems are not told here: the run that needs the data tells them.

    Args:
        document: The project.
        parent: Qt parent.
    """

    def __init__(self, document: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._task: Task | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._read)
        document.changed.connect(self._changed)
        document.reset.connect(self._timer.start)

    def told(self, snapshot: Snapshot) -> Snapshot:
        """What a run that waits for the data should say: how far their reading is."""
        task = self._task
        if snapshot.state != "preparing" or task is None or task.finished or task.progress is None:
            return snapshot
        message, fraction = task.progress
        return replace(snapshot, message=message, progress=fraction)

    def stop(self) -> None:
        """Gives up."""
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _changed(self, change: Change) -> None:
        before, after = change.before.data, change.after.data
        if (before.source, before.reading) != (after.source, after.reading):
            self._timer.start()

    def _read(self) -> None:
        self.stop()
        recipe = self._document.project.data

        def read(report: Callable[[str, float | None], None]) -> None:
            from nnstudio.data.catalog import load_recipe

            # which remembers the last ones
            load_recipe(recipe, report, download=False)
            importlib.import_module(RECORDER)

        self._task = run_in_background(
            read, on_error=lambda error: None, parent=self, on_progress=lambda *_: None
        )
