"""Follows the project's data recipe with a summary of its data, made in the background."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.history import Change
from nnstudio.core.spec import DataSpec
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.data.summary import Measures, Summary, measure, summarise
from nnstudio.gui.document import Document

PAUSE_MS = 200


class DataSource(QObject):
    """The summary of the document's data, while somebody looks.

    Signals:
        summarised(): ``summary`` is there or gone.
        measured(): ``measures`` is there.
        failed(Exception): The data can't be shown; ``error`` holds the same.
        progress(str, object): What is being done, and its share from 0 to 1 or None.
    """

    summarised = Signal()
    measured = Signal()
    failed = Signal(object)
    progress = Signal(str, object)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._looking = False
        self._task: Task | None = None
        self._wanted: DataSpec | None = None
        self.summary: Summary | None = None
        self.measures: Measures | None = None
        self.error: Exception | None = None
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._begin)
        document.changed.connect(self._changed)
        document.reset.connect(self._look)

    @property
    def busy(self) -> bool:
        """A summary is being made."""
        return self._timer.isActive() or self._task is not None

    def set_looking(self, looking: bool) -> None:
        """Whether somebody looks; nothing is read for nobody."""
        self._looking = looking
        if looking:
            self._look()
        else:
            self._stop()

    def retry(self) -> None:
        """Reads again, whatever was found before."""
        self._wanted = None
        self._look()

    def _changed(self, change: Change) -> None:
        if change.data:
            self._look()

    def _look(self) -> None:
        if self._looking and self._wanted != _plain(self._document.project.data):
            self._stop()
            self._timer.start()

    def _stop(self) -> None:
        self._timer.stop()
        if self._task is not None:
            self._wanted = None
            self._task.cancel()
            self._task = None

    def _begin(self) -> None:
        recipe = _plain(self._document.project.data)
        self._wanted = recipe
        self._task = run_in_background(
            lambda report: summarise(recipe, report),
            self._show,
            self._fail,
            self,
            on_progress=self.progress.emit,
        )

    def _show(self, summary: Summary) -> None:
        self.summary, self.measures, self.error, self._task = summary, None, None, None
        if not summary.is_large:
            self.run_checks()
        self.summarised.emit()

    def run_checks(self) -> None:
        """Walks over all samples; done by itself unless they are so many that it would take minutes."""
        summary = self.summary
        if summary is None or self._task is not None:
            return
        self._task = run_in_background(
            lambda report: measure(summary, report),
            self._measured,
            self._fail,
            self,
            on_progress=lambda *_: None,
        )

    def _measured(self, measures: Measures) -> None:
        self.measures, self._task = measures, None
        self.measured.emit()

    def _fail(self, error: Exception) -> None:
        self.summary, self.measures, self.error, self._task = None, None, error, None
        self.failed.emit(error)


def _plain(recipe: DataSpec) -> DataSpec:
    """A recipe without what changes no sample's part or scaling."""
    return recipe.replace(augmentation=AugmentationSpec())
