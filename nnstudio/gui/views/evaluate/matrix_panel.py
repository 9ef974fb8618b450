"""The panel with the confusion matrix, what changed against another run, and the most frequent mistakes."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.views.evaluate.comparison_bar import ComparisonBar
from nnstudio.gui.views.evaluate.confusion import ConfusionTable, Mode
from nnstudio.gui.views.evaluate.evaluation import Evaluated
from nnstudio.gui.views.evaluate.gallery_panel import SUSPECTS
from nnstudio.gui.views.evaluate.legend import Legend
from nnstudio.gui.views.evaluate.mistakes import MistakesList
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

_MODES = (("counts", "Counts"), ("row", "Row %"), ("column", "Column %"), ("change", "Change"))
_NO_CHANGE = "Choose a run to compare with, and the matrix shows what changed."


class MatrixPanel(Panel):
    """Which class was taken for which.

    Signals:
        suspects_clicked: The images whose labels are likely wrong are to be shown.
    """

    suspects_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Confusion matrix", parent=parent)
        self.table, self.mistakes = ConfusionTable(), MistakesList()
        self.legend, self.comparison = Legend(), ComparisonBar()
        self.mode = SegmentedControl(_MODES, "What the cells show")
        self.mode.set_choice_enabled("change", False, _NO_CHANGE)
        self.add_control(self.mode)
        self.suspects = Button(SUSPECTS, small=True)
        self.suspects.setToolTip(
            "Images that the network takes for another class, and is at least as sure of it\n"
            "as it is on average of images with that label. Look whether their labels are right."
        )
        divider = QFrame()
        divider.setProperty("role", "divider")
        upper = QVBoxLayout()
        upper.setContentsMargins(theme().px(6), 0, theme().px(2), theme().px(8))
        upper.addWidget(self.table, 1)
        upper.addWidget(self.legend)
        self.body.addLayout(upper, 1)
        self.body.addWidget(self.comparison)
        self.body.addWidget(divider)
        self.body.addLayout(self._heading())
        self.body.addWidget(self.mistakes)
        self.mode.changed.connect(self._set_mode)
        self.suspects.clicked.connect(self.suspects_clicked)
        self.mistakes.mistake_selected.connect(self.table.select_cell)

    def show_result(self, result: Evaluated, other_name: str) -> None:
        """Shows an evaluation, and how it differs from the run ``other_name``."""
        analysis, comparison = result.analysis, result.comparison
        self.mode.set_choice_enabled("change", comparison is not None, "" if comparison else _NO_CHANGE)
        if comparison is None and self.mode.value == "change":
            self.mode.set_value("counts")
        difference = comparison.difference if comparison else None
        self.table.matrix.show_matrix(analysis.confusion, result.classes, difference)
        self.comparison.show_comparison(comparison, other_name, result.problem)
        self.mistakes.show_mistakes(analysis.mistakes, result.classes)
        self.suspects.setText(f"{SUSPECTS} {numbers.count(len(analysis.suspects))}")

    def deselect(self) -> None:
        """Selects no cell and no mistake, without telling anybody."""
        self.table.blockSignals(True)
        self.table.select_cell(-1, -1)
        self.table.blockSignals(False)
        self.mistakes.follow(-1, -1)

    def _set_mode(self, mode: str) -> None:
        self.table.matrix.set_mode(cast(Mode, mode))
        self.legend.show_mode(mode)

    def _heading(self) -> QHBoxLayout:
        heading = QLabel("Most frequent mistakes")
        heading.setProperty("role", "section")
        row = QHBoxLayout()
        row.setContentsMargins(theme().px(11), theme().px(6), theme().px(11), theme().px(4))
        row.addWidget(heading)
        row.addStretch(1)
        row.addWidget(self.suspects)
        return row
