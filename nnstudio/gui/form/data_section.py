"""The data recipe in the inspector: how the samples are split, scaled and varied."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.fields import describe
from nnstudio.core.spec import DataSpec
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.properties import set_shown

_FIELDS = ("fraction", "validation", "test", "scaling", "seed")
_SHARES = ("fraction", "validation", "test")


class FoldHead(QWidget):
    """A title, what is folded away in a few words, and the button that unfolds it.

    Signals:
        unfolded(bool): It was unfolded or folded.
    """

    unfolded = Signal(bool)

    def __init__(self, title: str, role: str, button_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(title)
        self._title.setProperty("role", role)
        self._summary = ElidedLabel("", "caption")
        self.button = IconButton("chevron-right", button_text, checkable=True)
        self.button.toggled.connect(self._turn)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._title)
        self._row.addWidget(self._summary, 1)
        self._row.addWidget(self.button)
        self._space()
        theme().changed.connect(self._space)

    def say(self, summary: str) -> None:
        """Says what is folded away."""
        self._summary.setText(summary)
        self.button.setAccessibleDescription(summary)

    def summary(self) -> str:
        """What it says."""
        return self._summary.full_text()

    def _turn(self, unfolded: bool) -> None:
        set_shown(self._summary, not unfolded)
        self._row.setStretch(0, 1 if unfolded else 0)
        self.button.set_icon("chevron-down" if unfolded else "chevron-right")
        self.unfolded.emit(unfolded)

    def _space(self) -> None:
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme().px(METRICS.gap))


class DataSection(QWidget):
    """How the data set is sampled, split, scaled and augmented, folded away behind a summary.

    Attributes:
        form: The fields of the data recipe.
        augmentation: The operations that vary training samples, folded away once more.

    Signals:
        edited(str, object): The user gave a setting a valid value.
        left(): The focus left a field.
    """

    edited = Signal(str, object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = FoldHead("Data", "section", "Data settings", self)
        self.augmentation_head = FoldHead("Augmentation", "label", "Augmentation settings", self)
        self.form = SpecForm(DataSpec, self, only=_FIELDS, percent=_SHARES)
        self.form.show_rare(True)  # the section itself is folded away
        self.augmentation = SpecForm(AugmentationSpec, self)
        self._recipe = DataSpec()
        self.form.edited.connect(self.edited)
        self.augmentation.edited.connect(self._on_augmentation)
        for form in (self.form, self.augmentation):
            form.left.connect(self.left)
        self._column = QVBoxLayout(self)
        for widget in (self.head, self.form, self.augmentation_head, self.augmentation):
            self._column.addWidget(widget)
        self.head.unfolded.connect(self._unfold)
        self.augmentation_head.unfolded.connect(self._unfold)
        self._unfold()
        self._space()
        theme().changed.connect(self._space)

    def show_recipe(self, recipe: DataSpec, locked: str) -> None:
        """Shows the data recipe; ``locked`` says why it can't be changed, or nothing."""
        self._recipe = recipe
        self.form.set_spec(recipe)
        self.augmentation.set_spec(recipe.augmentation)
        for form in (self.form, self.augmentation):
            form.set_all_states("locked" if locked else "normal", locked)
        used, held = numbers.percent(recipe.fraction, 0), numbers.percent(recipe.validation, 0)
        self.head.say(f"use {used}, {held} for validation")
        self.augmentation_head.say(_operations(recipe.augmentation))

    def focus_chain(self) -> list[QWidget]:
        """Every widget that takes the focus, from top to bottom."""
        return [
            self.head.button,
            *self.form.focus_chain(),
            self.augmentation_head.button,
            *self.augmentation.focus_chain(),
        ]

    def _on_augmentation(self, name: str, value: object) -> None:
        self.edited.emit("augmentation", self._recipe.augmentation.replace(**{name: value}))

    def _unfold(self, *_unfolded: bool) -> None:
        shown = self.head.button.isChecked()
        set_shown(self.form, shown)
        set_shown(self.augmentation_head, shown)
        set_shown(self.augmentation, shown and self.augmentation_head.button.isChecked())

    def _space(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(METRICS.form_row - METRICS.field))


def _operations(recipe: AugmentationSpec) -> str:
    """The operations that are on, in a few words: ``horizontal flip, shift``; or ``off``."""
    labels = {row.name: row.label.lower() for row in describe(AugmentationSpec)}
    return ", ".join(labels[name] for name in recipe.active) or "off"
