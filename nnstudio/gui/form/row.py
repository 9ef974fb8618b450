"""Rows of a form: a label, a field and, when something is wrong, a sentence below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from nnstudio.gui.form.editors import Editor
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.properties import set_shown
from nnstudio.gui.widgets.wrapped_label import WrappedLabel

INDENT = 12


class FormRow(QWidget):
    """Label at the left, field at the right, problem below the field.

    Signals:
        folded(bool): The user folded or unfolded the rows that belong to this one.
    """

    folded = Signal(bool)

    def __init__(self, editor: Editor, level: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = editor
        self._level = level
        self._width = 0
        self._label = ElidedLabel(editor.row.label, "label", self)
        self._label.setToolTip(editor.widget.toolTip())
        self._label.setBuddy(editor.widget)
        words = f"Settings of {editor.row.label}"
        self._fold = IconButton("chevron-right", words, checkable=True, parent=self)
        self._fold.hide()
        self._fold.toggled.connect(self._turn)
        self._fold.clicked.connect(lambda open_: self.folded.emit(not open_))
        self._sentence = problem_label(self)
        self._head = QHBoxLayout()
        self._head.setSpacing(0)
        self._head.addWidget(self._label, 1)
        self._head.addWidget(self._fold)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addLayout(self._head, 0, 0)
        self._field = QHBoxLayout()  # not a column of the grid, which would keep its gap while it is empty
        self._field.addWidget(editor.widget, 1)
        self._grid.addLayout(self._field, 0, 1)
        self._grid.addWidget(self._sentence, 1, 1)
        self._grid.setColumnStretch(1, 1)
        editor.widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        editor.problem.connect(self.say)
        self.space()

    @property
    def fold_button(self) -> IconButton:
        """The button that folds the rows that belong to this one."""
        return self._fold

    def set_foldable(self, foldable: bool) -> None:
        """Whether the row has rows of its own to fold away."""
        set_shown(self._fold, foldable)

    def set_folded(self, folded: bool) -> None:
        """Show the button's state without a signal."""
        self._fold.setChecked(not folded)

    def show_differing(self, differs: bool) -> None:
        """Mark the label where specs that are edited together have different values."""
        self._label.setText(f"{self.editor.row.label} ≠" if differs else self.editor.row.label)
        self.editor.show_differing(differs)

    def set_aside(self, widget: QWidget) -> None:
        """Put a widget at the right of the field."""
        self._field.addWidget(widget)

    def set_slider(self, slider: QWidget, width: int) -> None:
        """Put a slider between the label and the field, which keeps ``width`` pixels at zoom 100%."""
        self._field.insertWidget(0, slider, 1)
        self._field.setStretchFactor(self.editor.widget, 0)
        self.editor.widget.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._width = width
        self.space()

    def say(self, problem: str) -> None:
        """Show a sentence below the field, or none."""
        tell(self._sentence, problem)

    def sentence(self) -> str:
        """The sentence below the field."""
        return self._sentence.text()

    def space(self) -> None:
        """Take the zoom's sizes."""
        px = theme().px
        self._grid.setHorizontalSpacing(px(METRICS.gap))
        self._grid.setVerticalSpacing(px(2))
        self._field.setSpacing(px(METRICS.gap))
        self._grid.setColumnMinimumWidth(0, px(METRICS.form_label))
        self._head.setContentsMargins(px(INDENT * self._level), 0, 0, 0)
        self._label.setMaximumWidth(px(METRICS.form_label - INDENT * self._level))
        self._grid.setRowMinimumHeight(0, px(METRICS.field))
        if self._width:
            self.editor.widget.setFixedWidth(px(self._width))

    def _turn(self, open_: bool) -> None:
        self._fold.set_icon("chevron-down" if open_ else "chevron-right")


class CheckRow(QWidget):
    """Check boxes side by side below the fields."""

    def __init__(self, editors: Sequence[Editor], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editors = editors
        self._shown: list[Editor] = []
        self._sentence = problem_label(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for editor in editors:
            editor.problem.connect(self.say)
        self._grid.addWidget(self._sentence, len(editors), 1, 1, 2)
        self._lay_out(editors)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self.space()

    def show_only(self, editors: Sequence[Editor]) -> None:
        """Show some of the boxes, two to a line."""
        if self._shown == list(editors):
            return
        self._lay_out(editors)
        for editor in self._editors:
            set_shown(editor.widget, editor in editors)
        set_shown(self, bool(editors))

    def _lay_out(self, editors: Sequence[Editor]) -> None:
        self._shown = list(editors)
        for editor in self._editors:
            self._grid.removeWidget(editor.widget)
        for position, editor in enumerate(editors):
            alone = position % 2 == 0 and position == len(editors) - 1
            self._grid.addWidget(editor.widget, position // 2, 1 + position % 2, 1, 2 if alone else 1)

    def say(self, problem: str) -> None:
        """Show a sentence below the boxes, or none."""
        tell(self._sentence, problem)

    def sentence(self) -> str:
        """The sentence below the boxes."""
        return self._sentence.text()

    def space(self) -> None:
        """Take the zoom's sizes."""
        px = theme().px
        self._grid.setHorizontalSpacing(px(METRICS.gap))
        self._grid.setVerticalSpacing(px(2))
        # an empty column gets no spacing behind it
        self._grid.setColumnMinimumWidth(0, px(METRICS.form_label) + px(METRICS.gap))


def problem_label(parent: QWidget | None = None) -> QLabel:
    """The sentence below a field, hidden while there is none."""
    label = WrappedLabel("error", METRICS.form - METRICS.form_label - METRICS.gap, parent)
    label.hide()
    return label


def tell(label: QLabel, problem: str) -> None:
    """Show ``problem`` in a label of :func:`problem_label`."""
    label.setText(problem)
    set_shown(label, bool(problem))
