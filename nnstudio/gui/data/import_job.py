"""Looks into a file or folder and imports it, in the background: one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.catalog import DatasetInfo
from nnstudio.data.sources.previews import Preview
from nnstudio.data.sources.problems import BadSamples
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.datasets import info_of

TYPING_MS = 250
Report = Callable[[str, float | None], None]


class ImportJob(QObject):
    """One file or folder that is looked at and perhaps imported.

    Signals:
        looking(): A preview is being made.
        previewed(object): The :class:`Preview`.
        refused(object): The preview or the import failed with this error.
        spoilt(object): Some samples can't be used: the :class:`BadSamples`.
        importing(): The data are being read.
        progress(str, object): What is being done, and its share from 0 to 1 or None.
        imported(object): The :class:`DatasetInfo` of what was read.
        cancelled(): Reading was cancelled.
    """

    looking = Signal()
    previewed = Signal(object)
    refused = Signal(object)
    spoilt = Signal(object)
    importing = Signal()
    progress = Signal(str, object)
    imported = Signal(object)
    cancelled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = Path()
        self._task: Task | None = None
        self.wish = ImportOptions()
        self.preview: Preview | None = None
        self._timer = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._timer.timeout.connect(self._look)

    @property
    def path(self) -> Path:
        """The file or folder."""
        return self._path

    @property
    def options(self) -> ImportOptions | None:
        """How it will be read: what was chosen and what was found out; None where there is no choice."""
        if self.preview is None:
            return self.wish
        if self.preview.kind not in ImportOptions.uses:
            return None
        return self.preview.options.replace(skip_bad=self.wish.skip_bad)

    def open(self, path: Path, options: ImportOptions | None) -> None:
        """Looks into a file or folder."""
        self.stop()
        self._path, self.wish, self.preview = path, options or ImportOptions(), None
        self._look()

    def set_option(self, name: str, value: object) -> None:
        """Reads it otherwise; the preview follows after a moment."""
        self.wish = self.wish.replace(**{name: value})
        if self._task is not None:
            self._task.cancel()
        self._timer.start()

    def look_again(self) -> None:
        """Makes the preview anew."""
        self._look()

    def run(self, skip_bad: bool = False) -> None:
        """Imports it; with ``skip_bad`` without what can't be used."""
        if skip_bad:
            self.wish = self.wish.replace(skip_bad=True)
        self._timer.stop()
        self._drop()
        path, options = self._path, self.options
        self.importing.emit()
        self._task = run_in_background(
            lambda report: _read(path, options, report),
            self.imported.emit,
            self._fail,
            self,
            on_progress=self.progress.emit,
        )

    def cancel(self) -> None:
        """Stops reading; nothing is kept of it."""
        self.stop()
        self.cancelled.emit()

    def stop(self) -> None:
        """Gives up whatever is under way."""
        self._timer.stop()
        self._drop()

    def _drop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _look(self) -> None:
        self._drop()
        path, wish = self._path, self.wish
        self.looking.emit()
        self._task = run_in_background(lambda: _preview(path, wish), self._seen, self._fail, self)

    def _seen(self, preview: Preview) -> None:
        self.preview = preview
        self.previewed.emit(preview)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, BadSamples) and error.good:
            self.spoilt.emit(error)
        else:
            self.refused.emit(error)


def _preview(path: Path, options: ImportOptions) -> Preview:
    from nnstudio.data.sources import preview

    return preview(path, options)


def _read(path: Path, options: ImportOptions | None, report: Report) -> DatasetInfo:
    from nnstudio.data.catalog import load_dataset

    return info_of(str(path), load_dataset(str(path), report, download=False, reading=options))
