"""The data recipe in the inspector: how the samples are split, scaled and varied."""

from __future__ import annotations

from functools import cached_property

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

    The forms are made when they are first unfolded: together they have more rows than the rest of the
    inspector, and most of the time nobody looks at them.

    Signals:
        edited(str, object): The user gave a setting a valid value.
        left(): The focus left a field.
        typing(bool): The user begins to type, or takes it all back.
        laid_out(): There are other fields than before.
    """

    edited = Signal(str, object)
    left = Signal()
    typing = Signal(bool)
    laid_out = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = FoldHead("Data", "section", "Data settings", self)
        self.augmentation_head = FoldHead("Augmentation", "label", "Augmentation settings", self)
        self._recipe, self._locked = DataSpec(), ""
        self._column = QVBoxLayout(self)
        for head in (self.head, self.augmentation_head):
            self._column.addWidget(head)
            head.unfolded.connect(self._unfold)
        self._unfold()
        self._space()
        theme().changed.connect(self._space)

    @cached_property
    def form(self) -> SpecForm:
        """The fields of the data recipe."""
        form = SpecForm(DataSpec, self, only=_FIELDS, percent=_SHARES)
        form.show_rare(True)  # the section itself is folded away
        form.edited.connect(self.edited)
        form.set_spec(self._recipe)
        self._place(form, self.head)
        return form

    @cached_property
    def augmentation(self) -> SpecForm:
        """The operations that vary training samples, folded away once more."""
        form = SpecForm(AugmentationSpec, self)
        form.edited.connect(self._on_augmentation)
        form.set_spec(self._recipe.augmentation)
        self._place(form, self.augmentation_head)
        return form

    def show_recipe(self, recipe: DataSpec, locked: str) -> None:
        """Shows the data recipe; ``locked`` says why it can't be changed, or nothing."""
        self._recipe, self._locked = recipe, locked
        for name, spec in (("form", recipe), ("augmentation", recipe.augmentation)):
            if self._has(name):
                form: SpecForm = getattr(self, name)
                form.set_spec(spec)
                self._lock(form)
        used, held = numbers.percent(recipe.fraction, 0), numbers.percent(recipe.validation, 0)
        self.head.say(f"use {used}, {held} for validation")
        self.augmentation_head.say(_operations(recipe.augmentation))

    def focus_chain(self) -> list[QWidget]:
        """Every widget that takes the focus, from top to bottom."""
        form = self.form.focus_chain() if self._has("form") else []
        augmentation = self.augmentation.focus_chain() if self._has("augmentation") else []
        return [self.head.button, *form, self.augmentation_head.button, *augmentation]

    def _has(self, name: str) -> bool:
        """The form was made."""
        return name in vars(self)

    def _place(self, form: SpecForm, head: FoldHead) -> None:
        """Puts a new form below its heading, hidden while that is folded."""
        form.left.connect(self.left)
        form.typing.connect(self.typing)
        form.setVisible(self.head.button.isChecked() and head.button.isChecked())
        self._lock(form)
        self._column.insertWidget(self._column.indexOf(head) + 1, form)

    def _lock(self, form: SpecForm) -> None:
        form.set_all_states("locked" if self._locked else "normal", self._locked)

    def _on_augmentation(self, name: str, value: object) -> None:
        self.edited.emit("augmentation", self._recipe.augmentation.replace(**{name: value}))

    def _unfold(self, *_unfolded: bool) -> None:
        unfolded = self.head.button.isChecked()
        set_shown(self.augmentation_head, unfolded)
        varied = unfolded and self.augmentation_head.button.isChecked()
        for name, shown in (("form", unfolded), ("augmentation", varied)):
            if shown or self._has(name):
                set_shown(getattr(self, name), shown)
        self.laid_out.emit()

    def _space(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(METRICS.form_row - METRICS.field))


def _operations(recipe: AugmentationSpec) -> str:
    """The operations that are on, in a few words: ``horizontal flip, shift``; or ``off``."""
    labels = {row.name: row.label.lower() for row in describe(AugmentationSpec)}
    return ", ".join(labels[name] for name in recipe.active) or "off"
