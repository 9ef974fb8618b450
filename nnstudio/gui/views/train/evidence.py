"""Why the doctor says what it says: the rule, the figures, what they mean, and what else would help."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.engine.doctor import Figure, Finding, ProjectFix
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button

NEW_RUN = "Needs a new run."
_PAIRS = 2  # figures side by side
_ROWS = 4  # rows of figures before they scroll
_ROW = 20
_OTHERS = 3


class Evidence(QFrame):
    """The panel that "Why?" opens.

    Signals:
        fix_chosen(ProjectFix): Another fix than the strip's was chosen.
    """

    fix_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.rule = _words("section")
        self.meaning = _words("secondary")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Figures")
        self.others = QWidget()
        self._others_row = QHBoxLayout(self.others)
        self._others_row.setContentsMargins(0, 0, 0, 0)
        self._column = QVBoxLayout(self)
        for widget in (self.rule, self._scroll, self.meaning, self.others):
            self._column.addWidget(widget)
        self._finding: Finding | None = None
        self._space()
        theme().changed.connect(self._space)

    def show_finding(self, finding: Finding, rule: str, others: Sequence[ProjectFix]) -> None:
        """Shows what is behind a finding.

        Args:
            finding: The finding.
            rule: What had to hold for it.
            others: Fixes to offer besides the one in the strip.
        """
        self._finding = finding
        self.rule.setText(rule[:1].upper() + rule[1:])
        self.meaning.setText(finding.meaning)
        self._fill_table(finding.figures)
        self._offer(others[:_OTHERS])
        self.setAccessibleName(f"Why: {finding.title}")
        figures = ", ".join(f"{figure.name} {figure_text(figure)}" for figure in finding.figures)
        self.setAccessibleDescription(f"{rule}. {figures}. {finding.meaning}")

    @property
    def table(self) -> list[tuple[str, str]]:
        """Names and values as they are shown."""
        return [
            (figure.name, figure_text(figure)) for figure in (self._finding.figures if self._finding else ())
        ]

    def _fill_table(self, figures: Sequence[Figure]) -> None:
        content = QWidget()
        content.setProperty("role", "form")
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme().px(12))
        grid.setVerticalSpacing(0)
        rows = -(-len(figures) // _PAIRS)
        for number, figure in enumerate(figures):
            pair, row = divmod(number, max(1, rows))
            name, value = _cell(figure.name, "secondary"), _cell(figure_text(figure), "secondary")
            value.setProperty("strong", True)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(name, row, 3 * pair)
            grid.addWidget(value, row, 3 * pair + 1)
        for pair in range(_PAIRS):
            grid.setColumnStretch(3 * pair + 2, 1)
        self._scroll.setWidget(content)
        scrolls = rows > _ROWS
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus if scrolls else Qt.FocusPolicy.NoFocus)
        self._scroll.setFixedHeight(theme().px(_ROW) * min(rows, _ROWS) + 2)
        self._scroll.setVisible(bool(figures))

    def _offer(self, fixes: Sequence[ProjectFix]) -> None:
        while (item := self._others_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.others.setVisible(bool(fixes))
        if not fixes:
            return
        self._others_row.addWidget(_cell("Also possible", "caption"))
        for fix in fixes:
            tip = f"{fix.label}. {NEW_RUN}" if fix.needs_new_run else f"{fix.label}."
            button = Button(fix.label, small=True, tooltip=tip)
            button.setAccessibleDescription(tip)
            button.clicked.connect(partial(self.fix_chosen.emit, fix))
            self._others_row.addWidget(button)
            button.show()  # in a row that is on show already
        self._others_row.addStretch(1)

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(*[px(METRICS.padding)] * 4)
        self._column.setSpacing(px(METRICS.gap))
        self._others_row.setSpacing(px(METRICS.gap))
        if self._finding is not None:
            self._fill_table(self._finding.figures)


def figure_text(figure: Figure) -> str:
    """A figure's value as the interface writes numbers."""
    value = figure.value
    if isinstance(value, str):
        return value
    return numbers.count(value) if isinstance(value, int) else numbers.number(value)


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _cell(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFixedHeight(theme().px(_ROW))
    return label
