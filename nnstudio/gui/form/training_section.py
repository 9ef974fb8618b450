"""The training recipe in the inspector."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from nnstudio.core.spec import TrainSpec
from nnstudio.gui.form.more import MoreButton
from nnstudio.gui.form.pending import LOCKED, Pending
from nnstudio.gui.form.schedule_preview import SchedulePreview
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import IconButton

STOP_FIRST = "Locked while training. Stop the run to change it."


class TrainingSection(QWidget):
    """The training recipe, its less common settings folded away.

    Signals:
        edited(str, object): The user gave a setting a valid value.
        left(): The focus left a field.
        typing(bool): The user begins to type, or takes it all back.
        reset_requested(): All settings are to go back to their defaults.
    """

    edited = Signal(str, object)
    left = Signal()
    typing = Signal(bool)
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Training")
        title.setProperty("role", "section")
        self.menu_button = IconButton("more", "More about the training recipe")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(self._menu())
        self.bookmark = IconButton(
            "bookmark", "Keep a checkpoint of this epoch, to look back at or to fork from"
        )
        self.form = SpecForm(TrainSpec, self)
        self.form.edited.connect(self.edited)
        self.form.left.connect(self.left)
        self.form.typing.connect(self.typing)
        self.preview = SchedulePreview()
        self.form.set_aside("schedule", self.preview)
        self.more_button = MoreButton()
        self.more_button.toggled_more.connect(self._show_rare)
        self._head = QHBoxLayout()
        self._head.addWidget(title, 1)
        self._head.addWidget(self.bookmark)
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
        self.bookmark.setEnabled(pending is not None)
        self.form.set_spec(recipe)
        self.preview.show_recipe(recipe, pending.epoch if pending else None)
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
        px = theme().px
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(px(METRICS.form_row - METRICS.field))
        self._head.setSpacing(px(METRICS.gap))
        self._head.setContentsMargins(0, 0, 0, px(2))
