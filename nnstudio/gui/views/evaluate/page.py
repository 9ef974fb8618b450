"""The Evaluate page: what the trained network gets right, what it confuses, and the images behind it."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine.drawing import is_drawable
from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.run.kept_runs import KeptRunLoader
from nnstudio.gui.theme import theme
from nnstudio.gui.views.evaluate.evaluation import Evaluated, Evaluator, Showing, Split, available_splits
from nnstudio.gui.views.evaluate.evaluation_strip import EvaluationStrip
from nnstudio.gui.views.evaluate.exhibits import exhibits
from nnstudio.gui.views.evaluate.export_menu import ExportMenu, Taken
from nnstudio.gui.views.evaluate.first_evaluation import FirstEvaluation
from nnstudio.gui.views.evaluate.gallery_panel import GalleryPanel
from nnstudio.gui.views.evaluate.matrix_panel import MatrixPanel
from nnstudio.gui.views.evaluate.per_class import PerClassTable
from nnstudio.gui.views.evaluate.quality_panel import QualityPanel
from nnstudio.gui.views.evaluate.relabelling import Relabeller
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.panel import Panel

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
        self.matrix = MatrixPanel()
        self.table, self.mistakes, self.mode = self.matrix.table, self.matrix.mistakes, self.matrix.mode
        self.gallery = GalleryPanel()
        self.per_class = PerClassTable()
        self.quality = QualityPanel()
        self.kept, self.relabeller = KeptRunLoader(self), Relabeller(document, self)
        self._listed = ""  # what fills the gallery besides a cell or a class
        self.empty = FirstEvaluation()
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

    def showEvent(self, event: QShowEvent) -> None:
        """Evaluate what is new."""
        super().showEvent(event)
        self.evaluator.set_active(True)
        if self.evaluator.waits:
            self._progress("Waiting for the run's newest weights", None)

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
        self._grid.addWidget(self.matrix, 1, 0)
        self._grid.addWidget(self.gallery, 1, 1)
        self._right = QVBoxLayout()
        self._right.addWidget(self._per_class_panel())
        self._right.addWidget(self.quality, 1)
        self._grid.addLayout(self._right, 1, 2)
        for column, stretch in enumerate((47, 39, 36)):
            self._grid.setColumnStretch(column, stretch)
        self._grid.setRowStretch(1, 1)
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

    def _per_class_panel(self) -> QWidget:
        self.per_class_panel = Panel("Per class")
        self.per_class_panel.body.addWidget(self.per_class)
        return self.per_class_panel

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._grid.setContentsMargins(gap, gap, gap, gap)
        self._grid.setSpacing(gap)
        self._right.setSpacing(gap)
        for panel in (self.matrix, self.per_class_panel):
            panel.body.setContentsMargins(0, 0, 0, theme().px(4))
            panel.body.setSpacing(0)

    # Wiring

    def _connect(self) -> None:
        evaluator, strip = self.evaluator, self.strip
        evaluator.started.connect(self._started)
        evaluator.done.connect(self._show)
        evaluator.failed.connect(self._failed)
        evaluator.cleared.connect(self._clear)
        self.empty.train_requested.connect(self.train_requested)
        self.empty.cancel_clicked.connect(evaluator.cancel)
        self.empty.again_clicked.connect(self.evaluate_now)
        strip.split_changed.connect(lambda split: evaluator.set_split(cast(Split, split)))
        strip.evaluate_clicked.connect(self.evaluate_now)
        menu = self.export_menu = ExportMenu(self._taken_away, strip.export)
        menu.said.connect(self.status)
        strip.export.clicked.connect(
            lambda: menu.popup(strip.export.mapToGlobal(QPoint(0, strip.export.height() + 2)))
        )
        self._connect_comparison()
        self.matrix.suspects_clicked.connect(lambda: self._show_listed("suspects"))
        self.table.cell_selected.connect(self._select_cell)
        self.per_class.class_selected.connect(self._select_class)
        self.gallery.open_requested.connect(self.open_in_predict)
        self.gallery.label_chosen.connect(self._correct)
        self.relabeller.said.connect(self.status)

    def _connect_comparison(self) -> None:
        strip, evaluator = self.strip, self.evaluator
        evaluator.progress.connect(self._progress)
        evaluator.cancelled.connect(self._cancelled)
        strip.cancel_clicked.connect(evaluator.cancel)
        strip.runs.offer_none("Compare with no run", lambda: self._compare(None))
        strip.runs.chosen.connect(self.kept.load)
        for source in (strip.runs, self.kept):
            source.failed.connect(self.status)
        self.kept.loaded.connect(self._compare)
        bar = self.matrix.comparison
        bar.improved_clicked.connect(lambda: self._show_listed("improved"))
        bar.worsened_clicked.connect(lambda: self._show_listed("worsened"))

    def _compare(self, other: KeptModel | None) -> None:
        self.strip.show_other(other.point.title if other else "")
        self.evaluator.compare_with(other)

    def _cancelled(self) -> None:
        self.strip.set_busy(False)
        self.status.emit("The evaluation was cancelled. What is shown is from before.")
        if self.result is None:
            self.empty.show_ended("The evaluation was cancelled", "The network and its run are unharmed.")

    def _started(self) -> None:
        self.strip.set_busy(True)
        self._progress("Getting the samples ready", None)

    def _progress(self, message: str, share: float | None) -> None:
        self.strip.show_progress(share or 0.0)
        if self.result is None:
            self.empty.show_working(message, share)

    def _failed(self, message: str) -> None:
        self.strip.set_busy(False)
        self.status.emit(f"The evaluation failed: {message}")
        if self.result is None:
            self.empty.show_ended("The evaluation failed", message)

    def _clear(self) -> None:
        self.empty.show_nothing()
        self._stack.setCurrentIndex(0)
        self.strip.set_busy(False)
        self.gallery.clear()
        self.table.select_cell(-1, -1)

    def _show(self, result: Evaluated) -> None:
        analysis, classes = result.analysis, result.classes
        self.strip.set_available(available_splits(result.prepared))
        self.strip.show_analysis(analysis, result.split, result.other)
        self.strip.set_busy(False)
        other = self.evaluator.other
        self.matrix.show_result(result, other.point.title if other else "")
        self.per_class.show_metrics(analysis.metrics, classes, result.other.metrics if result.other else None)
        self.per_class_panel.set_subtitle(_support_words(analysis.metrics.support.tolist()))
        self.quality.show_analysis(analysis, classes)
        self.gallery.set_evaluation(result.part, analysis, classes, result.model)
        self.gallery.set_correctable(self.relabeller.can_correct(result))
        waiting = self.empty.button.hasFocus()
        self._stack.setCurrentIndex(1)
        if waiting:
            self.table.setFocus()
        self.gallery.show_again(self._fill_gallery)
        kind = "images" if is_drawable(result.part.shape) else "samples"
        samples = f"{numbers.count(analysis.samples)} {_SPLIT_WORDS[result.split]} {kind}"
        self.status.emit(f"Evaluated {samples} in {numbers.elapsed(result.seconds)}")

    def _fill_gallery(self) -> None:
        """Shows what was chosen before in the new evaluation."""
        current = self.table.currentIndex()
        if current.isValid():
            self._select_cell(current.row(), current.column())
        elif self._listed:
            self._show_listed(self._listed)
        elif self.gallery.shown_class >= 0:
            self.gallery.show_class(self.gallery.shown_class)

    def _show_listed(self, what: str) -> None:
        """Fills the gallery with "suspects", or with the "improved" or "worsened" images."""
        comparison = self.result.comparison if self.result else None
        self._listed = what
        self.matrix.deselect()
        self.per_class.follow(-1)
        if what == "suspects":
            self.gallery.show_suspects()
        elif comparison is not None:
            positions = comparison.improved if what == "improved" else comparison.worsened
            self.gallery.show_positions(positions, f"{what.capitalize()} images")
        else:
            self._listed = ""
            self.gallery.clear()

    def _correct(self, position: int, label: int | None) -> None:
        if self.result is not None:
            self.relabeller.correct(self.result, position, label)

    def _taken_away(self) -> Taken | None:
        if self.result is None:
            return None
        title = f"{self._document.project.name}, {_SPLIT_WORDS[self.result.split]} samples"
        things = exhibits(self.result, title, self.mode.value, self.per_class.chosen, self.quality.curves)
        return Taken(self.result, title, f"{self._document.project.name}-{self.result.split}", things)

    def _select_cell(self, actual: int, predicted: int) -> None:
        self._listed = ""
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
        self._listed = ""
        self.matrix.deselect()
        self.quality.follow(number)
        if number >= 0:
            self.gallery.show_class(number)
        else:
            self.gallery.clear()


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
