"""The centre of the Data page: figures, class distribution and samples, or a preview of new data."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.core.history import Change
from nnstudio.core.import_options import ImportOptions
from nnstudio.data.balance import imbalance_ratio
from nnstudio.engine.doctor.imbalance import MAX_RATIO
from nnstudio.errors import DataError, NNStudioError
from nnstudio.gui.data.import_view import ImportView
from nnstudio.gui.data.overview import ClassesPanel, DataStrip
from nnstudio.gui.data.samples_panel import CORRECTED, DOUBLED, SamplesPanel
from nnstudio.gui.data.source import DataSource
from nnstudio.gui.document import Document
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.empty_state import EmptyState

HINT = "Changes here apply to the next run."


class DataView(QWidget):
    """The page.

    Attributes:
        source: Follows the project's recipe.
        importer: The preview of a file or folder before it is read.

    Signals:
        status(str): A hint, or what was done, for the status bar.
        download_requested(str): Name of a data set that has to be downloaded first.
        imported(str, object, object): Path, options and description of data that were read.
    """

    status = Signal(str)
    download_requested = Signal(str)
    imported = Signal(str, object, object)

    def __init__(self, document: Document, source: DataSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self.source = document, source
        self.setProperty("role", "page")
        self.setAccessibleName("Data")
        self.strip = DataStrip()
        self.classes = ClassesPanel()
        self.samples = SamplesPanel(document)
        self.state = EmptyState("", "", "Try again", icon_name="database")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Reading the data")
        self.importer = ImportView()
        self._lay_out()
        self._connect()
        self._show_state("Reading the data", "", button="")

    def import_path(self, path: str | Path, options: ImportOptions | None = None) -> None:
        """Shows a preview of a file or folder, from which it can be imported."""
        self._stack.setCurrentWidget(self.importer)
        self.importer.open(Path(path), options)

    def focus_target(self) -> QWidget | None:
        """The samples, the preview's first field, or what can be done without samples; None while reading."""
        if self._stack.currentWidget() is self.importer:
            return self.importer.focus_target()
        if self._stack.currentWidget() is self._page:
            return self.samples.focus_target()
        return None if self.state.button.isHidden() else self.state.button

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the recipe."""
        super().showEvent(event)
        self.source.set_looking(True)
        self.samples.look_again()
        self.status.emit(HINT)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the processor to others."""
        super().hideEvent(event)
        self.source.set_looking(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The chart gets lower in a low window."""
        super().resizeEvent(event)
        self.classes.chart.updateGeometry()

    def _lay_out(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.strip)
        column.addWidget(self.classes)
        column.addWidget(self.samples, 1)
        waiting = QFrame()
        waiting.setProperty("role", "panel")
        inner = QVBoxLayout(waiting)
        inner.addWidget(self.state, 1)
        inner.addWidget(self.bar)
        self._page, self._waiting, self._column, self._inner = page, waiting, column, inner
        self._stack = QStackedWidget()
        for widget in (page, waiting, self.importer):
            self._stack.addWidget(widget)
        self._outer = QVBoxLayout(self)
        self._outer.addWidget(self._stack)
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._outer.setContentsMargins(gap, gap, gap, gap)
        self._column.setSpacing(gap)
        self._inner.setContentsMargins(gap * 3, gap * 3, gap * 3, gap * 3)

    def _connect(self) -> None:
        source = self.source
        source.summarised.connect(self._show)
        source.measured.connect(self._show_measures)
        source.failed.connect(self._show_error)
        source.progress.connect(self._show_progress)
        self._document.changed.connect(self._changed)
        self.strip.checks_clicked.connect(self._check)
        self.classes.class_chosen.connect(self.samples.choose)
        self.classes.balance_clicked.connect(self._balance)
        self.samples.status.connect(self.status)
        self.state.clicked.connect(self._act)
        self.importer.closed.connect(self._close_import)
        self.importer.imported.connect(self._imported)
        self.importer.status.connect(self.status)

    def _offer_balance(self) -> None:
        """Balanced weights are offered where classes differ much and nothing makes up for it yet."""
        summary = self.source.summary
        if summary is not None:
            uneven = imbalance_ratio(summary.counts["train"]) > MAX_RATIO
            self.classes.offer_balance(uneven and self._document.project.train.class_weights is None)

    def _balance(self) -> None:
        project = self._document.project
        train = project.train.replace(class_weights="balanced")
        self._document.apply("Balance class weights", project.replace(train=train))

    def _changed(self, change: Change) -> None:
        if change.train:
            self._offer_balance()
        if change.before.data.corrections != change.after.data.corrections and self.isVisible():
            self.status.emit(HINT)

    @property
    def _importing(self) -> bool:
        return self._stack.currentWidget() is self.importer

    def _show(self) -> None:
        summary = self.source.summary
        if summary is None:
            return
        self.strip.show_summary(summary)
        self.classes.show_summary(summary)
        self._offer_balance()
        self.samples.show_summary(summary, self.source.measures)
        if not self._importing:
            self._stack.setCurrentWidget(self._page)

    def _show_measures(self) -> None:
        summary, measures = self.source.summary, self.source.measures
        if summary is not None and measures is not None:
            self.strip.show_measures(summary, measures)
            self.samples.show_measures(measures)

    def _check(self) -> None:
        """Shows the duplicates, or looks for them where that waits for a wish."""
        source = self.source
        if source.measures is not None:
            self.samples.choose(DOUBLED)
        elif source.summary is not None:
            self.strip.show_checking()
            source.run_checks()

    def show_corrections(self) -> None:
        """Shows the samples that the recipe corrects."""
        self.samples.choose(CORRECTED)

    def _show_progress(self, text: str, share: float | None) -> None:
        if self.source.summary is None or self._stack.currentWidget() is self._waiting:
            self._show_state(text, "", button="")
            self.bar.show()
            self.bar.setRange(0, 0 if share is None else 1000)
            self.bar.setValue(round(1000 * (share or 0)))

    def _show_error(self, error: Exception) -> None:
        what = error.what if isinstance(error, NNStudioError) else str(error)
        rows = (
            (("Allowed", error.allowed), ("Received", error.received), ("What to do", error.fix))
            if isinstance(error, NNStudioError)
            else ()
        )
        text = "\n".join(f"{name}: {_short(value)}" for name, value in rows if value)
        self._remedy = "again"
        button = "Try again"
        if self._missing is not None:
            self._remedy, button = "download", "Download"
            text = _press_download(error)
        elif isinstance(error, DataError) and "corrects a sample" in error.what:
            self._remedy, button = "forget", "Forget what doesn't fit"
        self._show_state(_sentence(what), text, button)

    @property
    def _missing(self) -> str | None:
        """The published data set that has to be downloaded, if that is what is wrong."""
        from nnstudio.data.catalog import list_datasets

        source = self._document.project.data.source
        return next((info.name for info in list_datasets() if info.name == source and not info.ready), None)

    def _act(self) -> None:
        missing = self._missing
        if self._remedy == "download" and missing is not None:
            self.download_requested.emit(missing)
        elif self._remedy == "forget":
            self._forget_misfits()
        else:
            self.source.retry()

    def _forget_misfits(self) -> None:
        """Drops the corrections that fit no sample of the data as they are now."""
        from nnstudio.data.catalog import load_recipe
        from nnstudio.data.corrections import lasting

        project = self._document.project
        recipe = project.data
        dataset = load_recipe(recipe, download=False)  # just read: remembered
        kept = lasting(dataset, recipe.corrections)
        project = project.replace(data=recipe.replace(corrections=kept))
        self._document.apply("Forget corrections that don't fit", project)

    def _show_state(self, title: str, text: str, button: str) -> None:
        self.state.say(title, text)
        self.state.button.setText(button)
        self.state.button.setVisible(bool(button))
        self.bar.setVisible(not button)
        if not self._importing:
            self._stack.setCurrentWidget(self._waiting)

    def _close_import(self) -> None:
        self._stack.setCurrentWidget(self._page if self.source.summary else self._waiting)

    def _imported(self, path: str, options: object, info: object) -> None:
        self._close_import()
        self.imported.emit(path, options, info)


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _press_download(error: Exception) -> str:
    """What to do where a data set is missing; the error itself advises a command of the command line."""
    place = error.allowed.replace(" in ", " into ", 1) if isinstance(error, DataError) else ""
    return f"Press Download, or put {place}." if place else "Press Download."


def _short(text: str, longest: int = 400) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
