"""The lower parts of the inspector: the training recipe and the data recipe."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from nnstudio.core.spec import DataSpec, TrainSpec
from nnstudio.gui.form.more import MoreButton
from nnstudio.gui.form.pending import LOCKED, Pending
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel

STOP_FIRST = "Locked while training. Stop the run to change it."
_DATA_FIELDS = ("fraction", "validation", "scaling", "seed")


class TrainingSection(QWidget):
    """The training recipe, its less common settings folded away.

    Signals:
        edited(str, object): The user gave a setting a valid value.
        left(): The focus left a field.
        reset_requested(): All settings are to go back to their defaults.
    """

    edited = Signal(str, object)
    left = Signal()
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Training")
        title.setProperty("role", "section")
        self.menu_button = IconButton("more", "More about the training recipe")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self._menu())
        self.form = SpecForm(TrainSpec)
        self.form.edited.connect(self.edited)
        self.form.left.connect(self.left)
        self.more_button = MoreButton()
        self.more_button.toggled_more.connect(self._show_rare)
        self._head = QHBoxLayout()
        self._head.addWidget(title, 1)
        self._head.addWidget(self.menu_button)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._head)
        self._column.addWidget(self.form)
        self._column.addWidget(self.more_button)
        self._space()
        theme().changed.connect(self._space)

    def show_recipe(self, recipe: TrainSpec, pending: Pending | None) -> None:
        """Show the recipe and what a run makes of it.

        Args:
            recipe: The draft.
            pending: The recipe in force, while there is a run.
        """
        self.form.set_spec(recipe)
        waiting = pending.waiting(recipe) if pending else []
        for name in TrainSpec.model_fields:
            if pending and name in LOCKED:
                self.form.set_state(name, "locked", STOP_FIRST)
            elif pending and name in waiting:
                self.form.set_state(name, "changed", f"Applies at epoch {pending.epoch + 1}.")
            else:
                self.form.set_state(name, "normal")

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        self._more = QAction("More settings", self, checkable=True)
        self._more.toggled.connect(lambda shown: self.more_button.set_more(shown))
        self._reset = QAction("Reset to defaults", self)
        self._reset.triggered.connect(self.reset_requested)
        menu.addActions([self._more, self._reset])
        return menu

    def _show_rare(self, shown: bool) -> None:
        self._more.setChecked(shown)
        self.form.show_rare(shown)

    def _space(self) -> None:
        _space_section(self._column, self._head)


class DataSection(QWidget):
    """How the data set is sampled, split and scaled, folded away behind a summary.

    Signals:
        edited(str, object): The user gave a setting a valid value.
        left(): The focus left a field.
    """

    edited = Signal(str, object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Data")
        title.setProperty("role", "section")
        self._summary = ElidedLabel("", "caption")
        self.fold_button = IconButton("chevron-right", "Data settings", checkable=True)
        self.fold_button.toggled.connect(self._unfold)
        self.form = SpecForm(DataSpec, only=_DATA_FIELDS, percent=("fraction", "validation"))
        self.form.edited.connect(self.edited)
        self.form.left.connect(self.left)
        self._head = QHBoxLayout()
        self._head.addWidget(title)
        self._head.addWidget(self._summary, 1)
        self._head.addWidget(self.fold_button)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._head)
        self._column.addWidget(self.form)
        self._unfold(False)
        self._space()
        theme().changed.connect(self._space)

    def show_recipe(self, recipe: DataSpec, locked: bool) -> None:
        """Show the data recipe; during a run it is locked."""
        self.form.set_spec(recipe)
        for name in _DATA_FIELDS:
            self.form.set_state(name, "locked" if locked else "normal", STOP_FIRST if locked else "")
        used, held = numbers.percent(recipe.fraction, 0), numbers.percent(recipe.validation, 0)
        self._summary.setText(f"use {used}, {held} for validation")

    def _unfold(self, shown: bool) -> None:
        self.form.setVisible(shown)
        self._summary.setVisible(not shown)
        self.fold_button.set_icon("chevron-down" if shown else "chevron-right")

    def _space(self) -> None:
        _space_section(self._column, self._head)


def _space_section(column: QVBoxLayout, head: QHBoxLayout) -> None:
    px = theme().px
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(px(METRICS.form_row - METRICS.field))
    head.setSpacing(px(METRICS.gap))
    head.setContentsMargins(0, 0, 0, px(2))
