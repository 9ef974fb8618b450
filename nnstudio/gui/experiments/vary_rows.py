"""The settings that vary, one row each: name, kind of values, values, and a button that removes it."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.core.settings import Setting, setting_of
from nnstudio.core.spec import ProjectSpec
from nnstudio.core.sweep_check import check_vary
from nnstudio.core.sweep_edits import Kind, as_kind, retyped
from nnstudio.core.sweep_spec import Vary
from nnstudio.errors import SpecError
from nnstudio.gui.form.entries import ChoiceBox, Entry
from nnstudio.gui.form.row import problem_label, tell
from nnstudio.gui.form.words import error_sentence, tooltip
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel

_NAME, _KIND = 84, 64
KINDS: tuple[tuple[Kind, str, str], ...] = (
    ("list", "list", "Exactly these values, such as 16, 24, 32."),
    (
        "range",
        "range",
        "Anything from the lowest to the highest, such as 0 to 0.5, or 0 to 0.5, 0.05 in steps.",
    ),
    ("log", "log", "A range in which every power of ten counts alike, such as 1e-4 to 1e-1."),
)


class VaryRow(QWidget):
    """One of the settings that vary.

    Signals:
        edited(Vary, str): Its values are another, and whether "kind" or "values" was changed.
        removed(): It is to vary no more.
    """

    edited = Signal(object, str)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vary: Vary | None = None
        self._setting: Setting | None = None
        self._project = ProjectSpec()
        self._name = ElidedLabel("")
        self.kind = ChoiceBox(KINDS)
        self.values = Entry(self._read, lambda vary: vary.text() if vary else "")
        self.remove = IconButton("close", "")
        self._problem = problem_label()
        self._grid = QGridLayout(self)
        for column, widget in enumerate((self._name, self.kind, self.values, self.remove)):
            self._grid.addWidget(widget, 0, column)
        self._grid.addWidget(self._problem, 1, 0, 1, 4)
        self._grid.setColumnStretch(2, 1)
        self.values.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.kind.chosen.connect(self._choose)
        self.values.entered.connect(lambda vary: self.edited.emit(vary, "values"))
        self.values.problem_changed.connect(lambda said: tell(self._problem, said or self._standing()))
        self.remove.clicked.connect(self.removed)
        theme().changed.connect(self._space)
        self._space()

    @property
    def path(self) -> str:
        """The setting's path."""
        return self._vary.path if self._vary else ""

    def problem(self) -> str:
        """The sentence below it."""
        return self._problem.text()

    def show_vary(self, project: ProjectSpec, vary: Vary) -> None:
        """Shows one; it says itself what doesn't fit the project."""
        self._project, self._vary = project, vary
        try:
            self._setting = setting_of(project, vary.path)
        except SpecError:
            self._setting = None
        title = setting_title(self._setting) if self._setting else " ".join(vary.path.split(".")[-2:])
        self._name.setText(title)
        self._name.setToolTip(f"{vary.path}\n{self._setting.row.help}" if self._setting else vary.path)
        numeric = self._setting is None or self._setting.numeric
        self.kind.setEnabled(numeric)
        self.kind.show_value(vary.kind)
        self.kind.setAccessibleName(f"Kind of values of {title}")
        self.kind.setToolTip(tooltip(next(tip for kind, _, tip in KINDS if kind == vary.kind)))
        self.values.show_value(vary)
        self.values.setAccessibleName(f"Values of {title}")
        self.values.setToolTip(tooltip(vary.text()))
        self.remove.setToolTip(f"{title} is not to vary")
        self.remove.setAccessibleName(f"Remove {title}")
        if not self.values.problem:
            tell(self._problem, self._standing())

    def _standing(self) -> str:
        """What is wrong with it as it is."""
        if self._vary is None:
            return ""
        try:
            check_vary(self._project, self._vary)
        except SpecError as error:
            return _sentence(error)
        return ""

    def _read(self, text: str) -> Vary:
        assert self._vary is not None
        try:
            vary = retyped(self._vary, text)
            check_vary(self._project, vary)
        except SpecError as error:
            raise ValueError(_sentence(error)) from error
        return vary

    def _choose(self, kind: str) -> None:
        assert self._vary is not None
        chosen = next(one for one in get_args(Kind) if one == kind)
        if self._setting is None:
            return
        try:
            self.edited.emit(as_kind(self._vary, self._setting, chosen), "kind")
        except SpecError as error:
            self.kind.show_value(self._vary.kind)
            tell(self._problem, _sentence(error))

    def _space(self) -> None:
        px = theme().px
        self._grid.setContentsMargins(px(8), px(2), px(2), px(2))
        self._grid.setHorizontalSpacing(px(4))
        self._grid.setVerticalSpacing(px(2))
        self._name.setFixedWidth(px(_NAME))
        self.kind.setFixedWidth(px(_KIND))


class VaryRows(QFrame):
    """All of them, in a frame.

    Signals:
        edited(int, Vary, str): Which one, what it is now, and whether "kind" or "values" was changed.
        removed(int): Which one is to vary no more.
    """

    edited = Signal(int, object, str)
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Parameters to vary")
        self.rows: list[VaryRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.empty = QLabel("Nothing varies yet. Add a learning rate, a number of units, an optimizer …")
        self.empty.setProperty("role", "secondary")
        self.empty.setWordWrap(True)
        self._column.addWidget(self.empty)
        theme().changed.connect(self._space)
        self._space()

    def show_all(self, project: ProjectSpec) -> None:
        """Shows what the project varies; rows of the same setting keep their text being typed."""
        vary = project.sweep.vary
        if [row.path for row in self.rows] != [one.path for one in vary]:
            self._make(len(vary))
        for row, one in zip(self.rows, vary, strict=True):
            row.show_vary(project, one)
        self.empty.setVisible(not vary)

    def _space(self) -> None:
        self.empty.setContentsMargins(*(theme().px(10),) * 4)

    def _make(self, count: int) -> None:
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [VaryRow() for _ in range(count)]
        for place, row in enumerate(self.rows):
            row.edited.connect(lambda vary, what, place=place: self.edited.emit(place, vary, what))
            row.removed.connect(lambda place=place: self.removed.emit(place))
            self._column.addWidget(row, 0, Qt.AlignmentFlag.AlignTop)


def setting_title(setting: Setting) -> str:
    """``Learning rate``, or with its layer ``dense_1 units``."""
    if setting.path.startswith("network."):
        return f"{setting.group} {setting.row.label.lower()}"
    if setting.path.count(".") > 1 and not setting.path.startswith("data.augmentation"):
        return setting.row.label
    if setting.path.startswith("data.augmentation"):
        return f"{setting.group.rpartition(', ')[2].capitalize()} {setting.row.label.lower()}"
    return setting.row.label


def _sentence(error: SpecError) -> str:
    """What is wrong, with what would be allowed."""
    if error.allowed and " is not valid" in error.what:
        return error_sentence(error)
    text = f"{error.what[:1].upper()}{error.what[1:]}."
    return f"{text} {error.fix[:1].upper()}{error.fix[1:]}" if "did you mean" in error.fix else text
