"""Behaviour shared by the number fields: refuse wrong text kindly, keep the last valid value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QShowEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.field_state import show_problem

_PADDING = 7  # left of the number; style sheets have no say inside a spin box

if TYPE_CHECKING:

    class _Base(QAbstractSpinBox):
        def suffix(self) -> str: ...
        def value(self) -> Any: ...
        def setValue(self, value: Any) -> None: ...

        valueChanged: ClassVar[Signal]  # noqa: N815  # the spin boxes' own
else:
    _Base = object


class CheckedSpin(_Base):
    """Mixin for spin boxes: any text may be typed, only a valid one becomes the value.

    A wrong text gets the red border at once and ``problem_changed`` carries a sentence with the allowed
    range; the value does not change. Return keeps the text for correction, leaving the field brings the last
    valid value back, and Escape the one from before the typing, with everything that was typed on the way;
    a right number stays and Escape goes on to whoever holds the field. The wheel scrolls the page unless the
    field has the focus.

    Signals:
        problem_changed(str): The sentence to show below the field; empty once the text is fine.
        typing(bool): The user begins to type, or takes it all back with Escape.
    """

    problem_changed = Signal(str)
    typing = Signal(bool)

    def _start_checking(self) -> None:
        """Call at the end of the constructor."""
        self._problem = ""
        self._typing = False
        self._before: Any = None
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToPreviousValue)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._pad()
        theme().changed.connect(self._pad)
        self.lineEdit().textEdited.connect(self._begin)
        self.lineEdit().textChanged.connect(self._check)
        self.valueChanged.connect(self._check_now)  # Qt rewrites the text without telling its line edit

    @property
    def problem(self) -> str:
        """What is wrong with the text now, or an empty string."""
        return self._problem

    @property
    def _wrong(self) -> bool:
        """The text is wrong by itself, or was refused by those who know the other fields."""
        return bool(self._problem) or self.property("state") == "invalid"

    def problem_with(self, text: str) -> str:
        """A sentence that says what is allowed, if ``text`` is not; to be implemented."""
        raise NotImplementedError

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept every text while it is typed; only one without a problem is acceptable."""
        wrong = bool(self.problem_with(text))
        state = QValidator.State.Intermediate if wrong else QValidator.State.Acceptable
        return state, text, position

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return on a wrong text keeps it; Escape takes back all that led to it."""
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entered and self._problem:
            return
        if event.key() == Qt.Key.Key_Escape and self._wrong and self._take_back():
            return
        super().keyPressEvent(event)
        if entered:
            self.end_typing()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving with a wrong text brings the last valid value back."""
        if self._problem:
            self.lineEdit().setText(self._valid_text())
        super().focusOutEvent(event)
        self.end_typing()

    def end_typing(self) -> None:
        """What was typed stays: Escape has nothing to take back."""
        self._typing = False

    def showEvent(self, event: QShowEvent) -> None:
        """Qt shows the valid value again whenever the field appears."""
        super().showEvent(event)
        self._check_now()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll while the field has no focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _begin(self, _text: str) -> None:
        if not self._typing:
            self._typing, self._before = True, self.value()
            self.typing.emit(True)

    def _take_back(self) -> bool:
        """The value from before the typing; False if it is there already."""
        before = self._before if self._typing else self.value()
        self.end_typing()
        if self.value() == before and self.lineEdit().text() == self._valid_text():
            return False
        self.typing.emit(False)
        self.setValue(before)
        self.lineEdit().setText(self._valid_text())  # a wrong text left the value alone
        self._check_now()
        self.selectAll()
        return True

    def _valid_text(self) -> str:
        raise NotImplementedError

    def _bare(self, text: str) -> str:
        """``text`` without the suffix (typed or not) as Python reads numbers."""
        suffix = self.suffix()
        while suffix and text.endswith(suffix):
            text = text.removesuffix(suffix)
        return plain(text)

    def _pad(self) -> None:
        self.lineEdit().setTextMargins(theme().px(_PADDING), 0, 0, 0)

    def _check_now(self) -> None:
        self._check(self.lineEdit().text())

    def _check(self, text: str) -> None:
        problem = self.problem_with(text)
        if problem != self._problem:
            self._problem = problem
            show_problem(self, problem)
            self.problem_changed.emit(problem)


def plain(text: str) -> str:
    """``text`` as Python reads numbers: a real minus sign becomes ``-``, blanks and commas go."""
    return text.strip().replace("\N{MINUS SIGN}", "-").replace(" ", "").replace(",", "")
