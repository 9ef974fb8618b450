"""The foot of the stack: whether it can be trained, and what it costs."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from nnstudio.core.shapes import ShapeReport
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.texts import parameters_text, totals, verdict
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_property

_ICONS = {"good": "check-circle", "caution": "error-circle", "error": "error-circle"}
_HEIGHT = 33


class StackFooter(QFrame):
    """Verdict at the left, totals at the right.

    Args:
        brief: Leave the multiply-adds out; the outline is narrow.
        parent: Parent.
    """

    def __init__(self, brief: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brief = brief
        self.setProperty("role", "footer")
        self._icon = IconLabel("check-circle", "good")
        self._verdict = ElidedLabel()
        self._verdict.setProperty("strong", True)
        self._totals = QLabel()
        self._totals.setProperty("role", "secondary")
        self._choices: tuple[str, ...] = ("",)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._verdict, 1)
        self._row.addWidget(self._totals)
        self._space()
        theme().changed.connect(self._space)

    def show_report(self, report: ShapeReport) -> None:
        """Shows the verdict on another report."""
        text, kind = verdict(report)
        self._icon.show_icon(_ICONS[kind], kind)
        self._verdict.setText(text)
        set_property(self._verdict, role=kind)
        shortest = parameters_text(report.parameters)
        self._choices = (shortest,) if self._brief else (totals(report), shortest)
        self._fit()
        self._totals.setToolTip(
            "Numbers that training adjusts, and multiply-adds (MAC) of one sample's forward pass."
        )
        self.setAccessibleName(f"{text}, {self._choices[0]}")
        self.setToolTip("\n".join(problem.sentence() for problem in report.problems))

    def text(self) -> tuple[str, str]:
        """Verdict and totals."""
        return self._verdict.full_text(), self._totals.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the multiply-adds out where the verdict needs their room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        taken = self._icon.sizeHint().width() + self._verdict.sizeHint().width() + 2 * self._row.spacing()
        margins = self._row.contentsMargins()  # the row's own rectangle is unknown until it is laid out
        room = self.width() - margins.left() - margins.right() - taken
        for text in self._choices:
            self._totals.setText(text)
            if self._totals.sizeHint().width() <= room:
                return

    def _space(self) -> None:
        px = theme().px
        self.setFixedHeight(px(_HEIGHT))
        self._row.setContentsMargins(px(METRICS.padding), 0, px(METRICS.padding), 0)
        self._row.setSpacing(px(6))
