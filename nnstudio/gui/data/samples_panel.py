"""The samples of the data set: some of each class, or all of what was chosen, and one of them large."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from nnstudio.core.correction_spec import Correction
from nnstudio.engine.drawing import is_drawable
from nnstudio.engine.model import Model
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.data import corrections as edits
from nnstudio.gui.data.feature_table import FeatureTable
from nnstudio.gui.data.sample_grid import SampleGrid
from nnstudio.gui.data.sample_sheet import SampleSheet
from nnstudio.gui.data.samples import (
    Row,
    Shown,
    all_of_class,
    corrected,
    doubled,
    doubtful,
    mixed_rows,
    some_of_each,
)
from nnstudio.gui.data.summary import Measures, Summary
from nnstudio.gui.document import Document
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

_FLAT_ROWS = 40
ALL, CORRECTED, DOUBLED = "all", "corrected", "doubled"


class SamplesPanel(Panel):
    """The panel.

    Signals:
        status(str): What was done, for the status bar.
    """

    status = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__("Samples", parent=parent)
        self._document = document
        self._summary: Summary | None = None
        self._measures: Measures | None = None
        self._seed = 0
        self._model: Callable[[], Model | None] = lambda: None
        self._task: Task | None = None
        self.which = Combo("Samples of")
        self.which.activated.connect(self._fill)
        self.form = SegmentedControl((("raw", "Raw"), ("input", "Network input")), "Values")
        self.form.changed.connect(self._fill)
        self.shuffle = IconButton("shuffle", "Show others")
        self.shuffle.clicked.connect(self._show_others)
        self.drop_doubled = Button("Leave these out of the test", small=True)
        self.drop_doubled.setToolTip("No run is tested on a sample then that it was trained on.")
        self.drop_doubled.clicked.connect(self._leave_doubled_out)
        for widget in (self.drop_doubled, self.which, self.form, self.shuffle):
            self.add_control(widget)
        self.grid = SampleGrid()
        self.table = FeatureTable()
        self.sheet = SampleSheet()
        self.empty = EmptyState("", "", icon_name="image")
        self._stack = QStackedWidget()
        for view in (self.grid, self.table, self.empty):
            self._stack.addWidget(view)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._stack, 1)
        row.addWidget(self.sheet)
        self.body.addLayout(row, 1)
        self._connect()
        self.sheet.hide()
        self._show_controls()

    def show_summary(self, summary: Summary, measures: Measures | None) -> None:
        """Shows the samples of a data set; what was chosen stays chosen where it can."""
        before = self._summary
        same = before is not None and before.dataset.classes == summary.dataset.classes
        same = same and before is not None and before.dataset.name == summary.dataset.name
        self._summary, self._measures = summary, measures
        self._list_choices(self.which.currentData() if same else ALL)
        if not same:
            self._seed = 0
            self._close()
        self._fill()

    def show_measures(self, measures: Measures) -> None:
        """Takes over what was found out by a walk over all samples."""
        self._measures = measures
        self._list_choices(self.which.currentData())
        if self.which.currentData() == DOUBLED:
            self._fill()

    def choose(self, what: str | int) -> None:
        """Shows a class by its number, or one of ALL, CORRECTED and DOUBLED."""
        at = self.which.findData(what)
        if at >= 0:
            self.which.setCurrentIndex(at)
            self._fill()

    def look_again(self) -> None:
        """Shows the samples as the newest model sees them."""
        self._fill()

    def focus_target(self) -> QWidget | None:
        """Where the keyboard begins."""
        return self._stack.currentWidget()

    def _connect(self) -> None:
        self.grid.sample_chosen.connect(self._choose)
        self.table.sample_chosen.connect(self._choose)
        self.grid.columns_changed.connect(self._fill)
        self.sheet.closed.connect(self._close)
        self.sheet.label_chosen.connect(self._relabel)
        self.sheet.left_out.connect(self._leave_out)
        self.sheet.restored.connect(self._restore)

    @property
    def _corrections(self) -> tuple[Correction, ...]:
        return self._document.project.data.corrections

    def _list_choices(self, current: object) -> None:
        summary = self._summary
        if summary is None:
            return
        self.which.clear()
        self.which.addItem("All classes", ALL)
        for number, name in enumerate(summary.dataset.classes):
            self.which.addItem(name, number)
        if self._corrections:
            self.which.addItem(f"Corrected ({len(self._corrections):,})", CORRECTED)
        if self._measures and self._measures.duplicates:
            self.which.addItem(f"In train and test ({len(self._measures.duplicates):,})", DOUBLED)
        self.which.setCurrentIndex(max(0, self.which.findData(current)))
        self.which.setMaximumWidth(theme().px(170))

    def _fill(self, *_news: object) -> None:
        summary = self._summary
        if summary is None:
            return
        self._show_controls()
        scaling = summary.prepared.scaling if self.form.value == "input" else None
        classes, features = summary.dataset.classes, summary.dataset.features
        drawable = is_drawable(summary.dataset.shape)
        rows = self._rows(summary, self.grid.columns if drawable else max(4, _FLAT_ROWS // len(classes)))
        if not rows:
            self.empty.say("Nothing here", "No sample of this kind is left.")
            self._stack.setCurrentWidget(self.empty)
        elif drawable:
            self._stack.setCurrentWidget(self.grid)
            self.grid.show_rows(rows, classes, scaling)
            self._doubt(rows)
        else:
            self._stack.setCurrentWidget(self.table)
            mixed = mixed_rows(rows) if self.which.currentData() == ALL else rows
            self.table.show_rows(mixed, classes, features, scaling)

    def set_model(self, model: Callable[[], Model | None]) -> None:
        """Where to find a trained model, which tells labels that look doubtful."""
        self._model = model

    def _doubt(self, rows: list[Row]) -> None:
        """Has the model look at the samples shown, in the background."""
        model, summary = self._model(), self._summary
        if self._task is not None:
            self._task.cancel()
            self._task = None
        fits = model is not None and summary is not None and model.classes == summary.dataset.classes
        if model is None or summary is None or not fits:
            return
        if model.network.input_shape != summary.dataset.shape:
            return

        def show(found: dict[tuple[str, int], str]) -> None:
            self.grid.samples.show_doubtful(found)
            if found and not self._corrections:
                self.set_subtitle("outlined: label looks doubtful")

        self._task = run_in_background(lambda: doubtful(rows, model), show, lambda _error: None, self)

    def _rows(self, summary: Summary, columns: int) -> list[Row]:
        which = self.which.currentData()
        if which == CORRECTED:
            return corrected(summary, self._corrections, columns)
        if which == DOUBLED:
            return doubled(summary, self._measures, columns)
        if which in (ALL, None):
            return some_of_each(summary, columns, self._seed)
        return all_of_class(summary, int(which), columns, self._seed)

    def _show_controls(self) -> None:
        which = self.which.currentData()
        self.drop_doubled.setVisible(which == DOUBLED)
        self.shuffle.setVisible(which not in (CORRECTED, DOUBLED))
        changed = len(self._corrections)
        hint = "Dashed: another class. Crossed: left out. Amber: in train and test." if changed else ""
        self.set_subtitle(hint or "training images, some of each class" if which in (ALL, None) else hint)

    def _show_others(self) -> None:
        self._seed += 1
        self._fill()

    def _choose(self, sample: Shown | None) -> None:
        summary = self._summary
        if sample is None or summary is None:
            self.sheet.hide()
            return
        self.sheet.show_sample(sample, summary.dataset.classes, summary.dataset.features)
        self.sheet.show()

    def _close(self) -> None:
        self.sheet.hide()
        for samples in (self.grid, self.table):
            samples.let_go()
        view = self._stack.currentWidget()
        if view is not None and self.sheet.isAncestorOf(self.focusWidget() or self):
            view.setFocus(Qt.FocusReason.OtherFocusReason)

    # Corrections

    def _edit(self, edit: Callable[[Summary, Shown], None], words: str) -> None:
        sample, summary = self.sheet.sample, self._summary
        if sample is None or summary is None:
            return
        edit(summary, sample)
        self.status.emit(f"{sample.name}: {words} The source file isn't changed. Ctrl+Z takes it back.")

    def _relabel(self, label: int) -> None:
        if self._summary is None:
            return
        name = self._summary.dataset.classes[label]
        self._edit(
            lambda summary, sample: edits.relabel(
                self._document, summary.dataset, [(sample.part, sample.position)], label
            ),
            f"now {name}.",
        )

    def _leave_out(self, wanted: bool) -> None:
        if not wanted:
            self._restore()
            return
        self._edit(
            lambda summary, sample: edits.leave_out(
                self._document, summary.dataset, [(sample.part, sample.position)]
            ),
            "left out of every run.",
        )

    def _restore(self) -> None:
        self._edit(
            lambda summary, sample: edits.restore(self._document, [sample.place]), "as its source says again."
        )

    def _leave_doubled_out(self) -> None:
        summary, measures = self._summary, self._measures
        if summary is None or measures is None:
            return
        test = summary.prepared.test
        samples = [(test, one.test) for one in measures.duplicates]
        edits.leave_out(self._document, summary.dataset, samples)
        self.status.emit(f"{len(samples):,} test samples left out. Ctrl+Z takes it back.")
