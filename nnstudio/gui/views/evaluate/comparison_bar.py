"""What changed against another run, said in words, with the images behind it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.engine.analysis import Comparison, PairedTest
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button

CLEAR = 0.05
"""A difference that chance alone makes less often than this counts as one."""


class ComparisonBar(QFrame):
    """Shown while two runs are compared.

    Signals:
        improved_clicked: The images that only the newer one gets right.
        worsened_clicked: Those that only the other one gets right.
    """

    improved_clicked = Signal()
    worsened_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Comparison")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "secondary")
        self.words.setToolTip(
            "McNemar's test: only images that one of the two gets right and the other wrong say anything.\n"
            "p is how often chance alone would make a difference at least as large."
        )
        self.improved, self.worsened = Button("", small=True), Button("", small=True)
        self.improved.clicked.connect(self.improved_clicked)
        self.worsened.clicked.connect(self.worsened_clicked)
        row = QHBoxLayout()
        row.addWidget(self.improved)
        row.addWidget(self.worsened)
        row.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.words)
        self._column.addLayout(row)
        self._space()
        theme().changed.connect(self._space)
        self.hide()

    def show_comparison(self, comparison: Comparison | None, name: str, problem: str = "") -> None:
        """Shows a comparison with the run ``name``, why there is none, or nothing."""
        self.setVisible(comparison is not None or bool(problem))
        for button in (self.improved, self.worsened):
            button.setVisible(comparison is not None)
        if comparison is None:
            self.words.setText(f"{problem}." if problem else "")
            return
        self.words.setText(verdict(comparison.test, name))
        self.words.setAccessibleName(self.words.text())
        self.improved.setText(f"▲ Improved {numbers.count(len(comparison.improved))}")
        self.worsened.setText(f"▼ Worsened {numbers.count(len(comparison.worsened))}")
        self.improved.setEnabled(bool(len(comparison.improved)))
        self.worsened.setEnabled(bool(len(comparison.worsened)))

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(METRICS.padding) - 1, px(2), px(METRICS.padding) - 1, px(8))
        self._column.setSpacing(px(4))


def verdict(test: PairedTest, name: str) -> str:
    """The paired test in words."""
    points = numbers.fixed(abs(100 * test.difference), 1)
    chance = (
        "p\u00a0<\u00a00.001" if test.p_value < 1e-3 else f"p\u00a0=\u00a0{numbers.number(test.p_value, 2)}"
    )
    name = f"“{name}”"
    if test.only_first == test.only_second:
        return f"As good as {name}: as many images improved as worsened."
    if test.p_value >= CLEAR:
        word = "better" if test.difference > 0 else "worse"
        often = f"which chance makes often ({chance}, McNemar)"
        return f"Within noise: {points} points {word} than {name}, {often}."
    word = "Better" if test.difference > 0 else "Worse"
    return f"{word} than {name} by {points} points, hardly by chance ({chance}, McNemar)."
