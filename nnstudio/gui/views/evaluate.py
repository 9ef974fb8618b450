"""The Evaluate page: what the trained network gets right, what it confuses, and the images behind it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine.drawing import is_drawable
from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.document import Document
from nnstudio.gui.kept_runs import KeptRunLoader
from nnstudio.gui.live import Live
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS
from nnstudio.gui.views.comparison_bar import ComparisonBar
from nnstudio.gui.views.confusion import ConfusionTable, Mode
from nnstudio.gui.views.evaluation import Evaluated, Evaluator, Showing, Split, part_of
from nnstudio.gui.views.evaluation_strip import EvaluationStrip
from nnstudio.gui.views.evaluation_text import as_csv, as_text
from nnstudio.gui.views.exhibits import Exhibit, exhibits
from nnstudio.gui.views.export_menu import ExportMenu
from nnstudio.gui.views.gallery_panel import SUSPECTS, GalleryPanel
from nnstudio.gui.views.legend import Legend
from nnstudio.gui.views.mistakes import MistakesList
from nnstudio.gui.views.per_class import PerClassTable
from nnstudio.gui.views.quality_panel import QualityPanel
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

_MODES = (("counts", "Counts"), ("row", "Row %"), ("column", "Column %"), ("change", "Change"))
_NO_CHANGE = "Choose a run to compare with, and the matrix shows what changed."
_NOTHING = ("Nothing to evaluate yet", "Train once and the confusion matrix appears here.")
SPLITS: tuple[tuple[Split, str], ...] = (
    ("test", "Test"),
    ("validation", "Validation"),
    ("train", "Train"),
    ("own", "My test set"),
)


class EvaluateView(QWidget):
    """The page.

    Signals:
        status(str): What was done, for the status bar.
        train_requested: The button of the empty state.
        open_in_predict(object): A raw sample ``(H, W, C)`` to open on the Predict page.
    """

    status = Signal(str)
    train_requested = Signal()
    open_in_predict = Signal(object)

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self.setProperty("role", "page")
        self.setAccessibleName("Evaluate")
        self.evaluator = Evaluator(document, live, self)
        self.strip = EvaluationStrip(SPLITS)
        self.table = ConfusionTable()
        self.mistakes = MistakesList()
        self.gallery = GalleryPanel()
        self.per_class = PerClassTable()
        self.quality = QualityPanel()
        self.comparison = ComparisonBar()
        self.suspects = Button(SUSPECTS, small=True)
        self.kept = KeptRunLoader(self)
        self.empty = EmptyState(*_NOTHING, "Train", "play", icon_name="table")
        self._lay_out()
        self._connect()

    @property
    def result(self) -> Evaluated | None:
        """What is shown."""
        return self.evaluator.result

    def focus_target(self) -> QWidget:
        """The confusion matrix, or the empty page's button until there is one."""
        return self.table if self.table.isVisible() else self.empty.button

    def set_showing(self, showing: Showing) -> None:
        """Shows the model of the best epoch ("best"), the newest ("latest"), or one of a kept run."""
        self.evaluator.set_showing(showing)

    def evaluate_now(self) -> None:
        """Evaluates again."""
        self.evaluator.evaluate_now()

    def copy_text(self) -> None:
        """Puts the figures and both tables on the clipboard."""
        if self.result is not None:
            text = as_text(self.result.analysis, self.result.classes, self._title(self.result))
            QGuiApplication.clipboard().setText(text)
            self.status.emit("Copied the evaluation as text")

    def save_csv(self, path: str = "") -> None:
        """Saves the same as CSV, to a file that is asked for unless given."""
        if self.result is None:
            return
        if not path:
            suggested = f"{self._file_stem()}.csv"
            path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", suggested, "CSV (*.csv)")
        if not path:
            return
        text = as_csv(self.result.analysis, self.result.classes, self._title(self.result))
        try:
            Path(path).write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            self.status.emit(
                f"The file could not be saved: {error.strerror or error}. Choose another folder."
            )
        else:
            self.status.emit(f"Saved {Path(path).name}")

    def showEvent(self, event: QShowEvent) -> None:
        """Evaluate what is new."""
        super().showEvent(event)
        self.evaluator.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the processor to others."""
        super().hideEvent(event)
        self.evaluator.set_active(False)

    # Layout

    def _lay_out(self) -> None:
        content = QFrame()
        content.setProperty("role", "window")
        self._grid = _PageGrid(content)
        self._grid.addWidget(self.strip, 0, 0, 1, 3)
        self._grid.addWidget(self._matrix_panel(), 1, 0, 2, 1)
        self._grid.addWidget(self.gallery, 1, 1, 2, 1)
        self._grid.addWidget(self._per_class_panel(), 1, 2)
        self._grid.addWidget(self.quality, 2, 2)
        for column, stretch in enumerate((47, 39, 36)):
            self._grid.setColumnStretch(column, stretch)
        self._grid.setRowStretch(2, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        scroll = QScrollArea()  # for small windows at a large zoom
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        self._stack.addWidget(scroll)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._space()
        theme().changed.connect(self._space)

    def _matrix_panel(self) -> QWidget:
        panel = Panel("Confusion matrix")
        self.mode = SegmentedControl(_MODES, "What the cells show")
        panel.add_control(self.mode)
        self.legend = Legend()
        divider = QFrame()
        divider.setProperty("role", "divider")
        upper = QVBoxLayout()
        upper.setContentsMargins(theme().px(6), 0, theme().px(2), theme().px(8))
        upper.addWidget(self.table, 1)
        upper.addWidget(self.legend)
        panel.body.addLayout(upper, 1)
        panel.body.addWidget(self.comparison)
        panel.body.addWidget(divider)
        panel.body.addLayout(self._mistakes_heading())
        panel.body.addWidget(self.mistakes)
        self._matrix_body = panel
        return panel

    def _mistakes_heading(self) -> QHBoxLayout:
        heading = QLabel("Most frequent mistakes")
        heading.setProperty("role", "section")
        self.suspects.setToolTip(
            "Images that the network takes for another class, and is at least as sure of it\n"
            "as it is on average of images with that label. Look whether their labels are right."
        )
        row = QHBoxLayout()
        row.setContentsMargins(theme().px(11), theme().px(6), theme().px(11), theme().px(4))
        row.addWidget(heading)
        row.addStretch(1)
        row.addWidget(self.suspects)
        return row

    def _per_class_panel(self) -> QWidget:
        self.per_class_panel = Panel("Per class")
        self.per_class_panel.body.addWidget(self.per_class)
        return self.per_class_panel

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._grid.setContentsMargins(gap, gap, gap, gap)
        self._grid.setSpacing(gap)
        for panel in (self._matrix_body, self.per_class_panel):
            panel.body.setContentsMargins(0, 0, 0, theme().px(4))
            panel.body.setSpacing(0)

    # Wiring

    def _connect(self) -> None:
        evaluator, strip = self.evaluator, self.strip
        evaluator.started.connect(self._started)
        evaluator.done.connect(self._show)
        evaluator.failed.connect(self._failed)
        evaluator.cleared.connect(self._clear)
        self.empty.clicked.connect(self.train_requested)
        strip.split_changed.connect(lambda split: evaluator.set_split(cast(Split, split)))
        strip.evaluate_clicked.connect(self.evaluate_now)
        menu = self.export_menu = ExportMenu(self._exhibits, self._file_stem, strip.export)
        menu.lead_with("Copy all figures", self.copy_text)
        menu.lead_with("Save all figures as CSV…", self.save_csv)
        menu.said.connect(self.status)
        strip.export.clicked.connect(
            lambda: menu.popup(strip.export.mapToGlobal(QPoint(0, strip.export.height() + 2)))
        )
        self._connect_comparison()
        self.suspects.clicked.connect(self._show_suspects)
        self.mode.changed.connect(self._set_mode)
        self.table.cell_selected.connect(self._select_cell)
        self.mistakes.mistake_selected.connect(self.table.select_cell)
        self.per_class.class_selected.connect(self._select_class)
        self.gallery.open_requested.connect(self.open_in_predict)

    def _connect_comparison(self) -> None:
        strip, evaluator = self.strip, self.evaluator
        evaluator.progress.connect(strip.show_progress)
        evaluator.cancelled.connect(self._cancelled)
        strip.cancel_clicked.connect(evaluator.cancel)
        strip.runs.offer_none("Compare with no run", lambda: self._compare(None))
        strip.runs.chosen.connect(self.kept.load)
        for source in (strip.runs, self.kept):
            source.failed.connect(self.status)
        self.kept.loaded.connect(self._compare)
        self.comparison.improved_clicked.connect(lambda: self._show_changed("improved"))
        self.comparison.worsened_clicked.connect(lambda: self._show_changed("worsened"))
        self.mode.set_choice_enabled("change", False, _NO_CHANGE)

    def _compare(self, other: KeptModel | None) -> None:
        self.strip.show_other(other.point.title if other else "")
        self.evaluator.compare_with(other)

    def _cancelled(self) -> None:
        self.strip.set_busy(False)
        self.status.emit("The evaluation was cancelled. What is shown is from before.")
        if self.result is None:
            self.empty.say("The evaluation was cancelled", "Evaluate again with the button in the strip.")

    def _set_mode(self, mode: str) -> None:
        self.table.matrix.set_mode(cast(Mode, mode))
        self.legend.show_mode(mode)

    def _started(self) -> None:
        self.strip.set_busy(True)

    def _failed(self, message: str) -> None:
        self.strip.set_busy(False)
        self.status.emit(f"The evaluation failed: {message}")
        if self.result is None:
            self.empty.say("The evaluation failed", message)

    def _clear(self) -> None:
        self.empty.say(*_NOTHING)
        self._stack.setCurrentIndex(0)
        self.strip.set_busy(False)
        self.gallery.clear()
        self.table.select_cell(-1, -1)

    def _show(self, result: Evaluated) -> None:
        analysis, classes = result.analysis, result.classes
        self.strip.set_available([key for key, _ in SPLITS if part_of(result.prepared, key) is not None])
        self.strip.show_analysis(analysis, result.split, result.other)
        self.strip.set_busy(False)
        self._show_comparison(result)
        self.mistakes.show_mistakes(analysis.mistakes, classes)
        self.suspects.setText(f"{SUSPECTS} {numbers.count(len(analysis.suspects))}")
        self.per_class_panel.set_subtitle(_support_words(analysis.metrics.support.tolist()))
        self.quality.show_analysis(analysis, classes)
        self.gallery.set_evaluation(result.part, analysis, classes, result.model)
        waiting = self.empty.button.hasFocus()
        self._stack.setCurrentIndex(1)
        if waiting:
            self.table.setFocus()
        current = self.table.currentIndex()
        if current.isValid():
            self._select_cell(current.row(), current.column())
        elif self.gallery.shown_class >= 0:
            self.gallery.show_class(self.gallery.shown_class)
        kind = "images" if is_drawable(result.part.shape) else "samples"
        samples = f"{numbers.count(analysis.samples)} {_SPLIT_WORDS[result.split]} {kind}"
        self.status.emit(f"Evaluated {samples} in {numbers.elapsed(result.seconds)}")

    def _show_comparison(self, result: Evaluated) -> None:
        comparison, other = result.comparison, self.evaluator.other
        self.mode.set_choice_enabled("change", comparison is not None, "" if comparison else _NO_CHANGE)
        if comparison is None and self.mode.value == "change":
            self.mode.set_value("counts")
        difference = comparison.difference if comparison else None
        self.table.matrix.show_matrix(result.analysis.confusion, result.classes, difference)
        other_metrics = result.other.metrics if result.other else None
        self.per_class.show_metrics(result.analysis.metrics, result.classes, other_metrics)
        name = other.point.title if other else ""
        self.comparison.show_comparison(comparison, name, result.problem)

    def _show_changed(self, which: str) -> None:
        comparison = self.result.comparison if self.result else None
        if comparison is not None:
            self._deselect()
            positions = comparison.improved if which == "improved" else comparison.worsened
            self.gallery.show_positions(positions, f"{which.capitalize()} images")

    def _show_suspects(self) -> None:
        self._deselect()
        self.gallery.show_suspects()

    def _deselect(self) -> None:
        self.table.blockSignals(True)
        self.table.select_cell(-1, -1)
        self.table.blockSignals(False)
        self.mistakes.follow(-1, -1)
        self.per_class.follow(-1)

    def _exhibits(self) -> tuple[Exhibit, ...]:
        if self.result is None:
            return ()
        title = self._title(self.result)
        chosen = self.per_class.chosen
        return exhibits(self.result, title, self.mode.value, chosen, self.quality.curves)

    def _file_stem(self) -> str:
        split = self.result.split if self.result else "test"
        return f"{self._document.project.name}-{split}"

    def _select_cell(self, actual: int, predicted: int) -> None:
        if actual < 0:
            self.mistakes.follow(-1, -1)
            self.per_class.follow(-1)
            self.quality.follow(-1)
            self.gallery.clear()
            return
        self.mistakes.follow(actual, predicted)
        self.per_class.follow(actual)
        self.quality.follow(actual)
        self.gallery.show_cell(actual, predicted)

    def _select_class(self, number: int) -> None:
        self.table.blockSignals(True)
        self.table.select_cell(-1, -1)
        self.table.blockSignals(False)
        self.mistakes.follow(-1, -1)
        self.quality.follow(number)
        if number >= 0:
            self.gallery.show_class(number)
        else:
            self.gallery.clear()

    def _title(self, result: Evaluated) -> str:
        return f"{self._document.project.name}, {_SPLIT_WORDS[result.split]} samples"


class _PageGrid(QGridLayout):
    """The page's panels, as low as their least heights.

    A wrapped label in any panel would give the grid a height for its width, which is that of the size
    hints; the page would then scroll although there is room.
    """

    def hasHeightForWidth(self) -> bool:
        """Never."""
        return False


_SPLIT_WORDS = {"test": "test", "validation": "validation", "train": "training", "own": "drawn"}


def _support_words(support: list[int]) -> str:
    return f"{numbers.count(support[0])} samples per class" if len(set(support)) == 1 else ""
