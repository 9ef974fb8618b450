"""The panel below the per-class table: calibration, ROC, and precision/recall."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from nnstudio.engine.analysis import Analysis
from nnstudio.gui.views.evaluate.class_curves import CurvePlot
from nnstudio.gui.views.evaluate.reliability import ReliabilityDiagram, finding
from nnstudio.gui.views.evaluate.unit_curves import Curve, class_curves
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

KINDS = (("calibration", "Reliability"), ("roc", "ROC"), ("precision", "P/R"))
TITLES = {"calibration": "Calibration", "roc": "ROC", "precision": "Precision/recall"}


class QualityPanel(Panel):
    """One of three pictures of how good the probabilities are.

    Attributes:
        finding: What the picture says, in words.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLES["calibration"], parent=parent)
        self.kind = SegmentedControl(KINDS, "What is drawn")
        self.add_control(self.kind)
        self.finding = ElidedLabel("", "caption")
        self.diagram, self.plot = ReliabilityDiagram(), CurvePlot()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.diagram)
        self._stack.addWidget(self.plot)
        self.body.addWidget(self.finding)
        self.body.setSpacing(2)
        self.body.addWidget(self._stack, 1)
        self._analysis: Analysis | None = None
        self._classes: tuple[str, ...] = ()
        self._chosen = -1
        self._known: dict[str, tuple[Curve, ...]] = {}
        self.kind.changed.connect(lambda _: self._show())

    def show_analysis(self, analysis: Analysis, classes: tuple[str, ...]) -> None:
        """Shows another evaluation."""
        self._analysis, self._classes, self._known = analysis, classes, {}
        self.diagram.show_calibration(analysis.calibration)
        self._show()

    def curves(self, kind: str) -> tuple[Curve, ...]:
        """All classes' curves, "roc" or "precision", computed when they are first looked at."""
        if self._analysis is None:
            return ()
        if kind not in self._known:
            self._known[kind] = class_curves(self._analysis, kind)
        return self._known[kind]

    def follow(self, number: int) -> None:
        """Puts a class's curve in front; −1 none."""
        self._chosen = number
        self.plot.choose(number)
        self._say()

    def _show(self) -> None:
        kind = self.kind.value
        self.set_title(TITLES[kind])
        if kind != "calibration":
            self.plot.show_curves(self.curves(kind), self._classes, kind)
            self.plot.choose(self._chosen)
        self._stack.setCurrentIndex(0 if kind == "calibration" else 1)
        self._say()

    def _say(self) -> None:
        if self._analysis is None:
            return
        of_curves = self.kind.value != "calibration"
        self.finding.setText(
            self.plot.finding if of_curves else finding(self._analysis.calibration.overconfidence)
        )
