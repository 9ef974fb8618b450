"""The strip above the evaluation: five figures, the split, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QWidget

from nnstudio.engine.analysis import Analysis
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.metrics_strip import Metric, MetricsStrip

_HEIGHT = 54
_WIDTH = 700
_NOT_HELD_BACK = "No samples are held back. Set a validation share in the training form."


class EvaluationStrip(QFrame):
    """Accuracy, macro F1, loss, calibration error and errors.

    Signals:
        split_changed(str): Another split was chosen.
        evaluate_clicked: "Evaluate now".
    """

    split_changed = Signal(str)
    evaluate_clicked = Signal()

    def __init__(self, splits: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._names = dict(splits)
        self._strips = {key: _strip(name) for key, name in splits}
        self._row = QHBoxLayout(self)
        for key, strip in self._strips.items():
            self._row.addWidget(strip, 100)
            strip.setVisible(key == splits[0][0])  # only now: without a parent it would be a window
        self._row.addStretch(1)
        caption = QLabel("Split")
        caption.setProperty("role", "label")
        self.split = QComboBox()
        self.split.setAccessibleName("Split")
        self.split.setToolTip("The samples that are evaluated. Only the test samples are new to the network.")
        for key, name in splits:
            self.split.addItem(name, key)
        self.split.currentIndexChanged.connect(lambda _: self.split_changed.emit(self.split.currentData()))
        self.again = Button("Evaluate now", icon_name="refresh")
        self.again.clicked.connect(self.evaluate_clicked)
        self.export = Button("Export", icon_name="export")
        for widget in (caption, self.split, self.again, self.export):
            self._row.addWidget(widget)
        self._space()
        theme().changed.connect(self._space)

    @property
    def figures(self) -> MetricsStrip:
        """The figures that are shown now."""
        return next(strip for strip in self._strips.values() if not strip.isHidden())

    def show_analysis(self, analysis: Analysis, split: str) -> None:
        """Shows the figures of an evaluation."""
        for key, strip in self._strips.items():
            strip.setVisible(key == split)
        strip = self._strips[split]
        strip.set_value("accuracy", numbers.percent(analysis.accuracy))
        strip.set_value("f1", numbers.fixed(analysis.metrics.macro_f1))
        strip.set_value("loss", numbers.number(analysis.loss))
        strip.set_value("calibration", numbers.fixed(analysis.calibration.error))
        total = numbers.count(analysis.samples)
        strip.set_value("errors", numbers.count(analysis.errors), suffix=f"of {total}")
        self.export.setEnabled(True)

    def set_available(self, splits: Iterable[str]) -> None:
        """Offers only these splits."""
        model, available = self.split.model(), set(splits)
        if isinstance(model, QStandardItemModel):
            for row in range(self.split.count()):
                item, there = model.item(row), self.split.itemData(row) in available
                item.setEnabled(there)
                item.setToolTip("" if there else _NOT_HELD_BACK)

    def set_busy(self, busy: bool) -> None:
        """Says whether an evaluation is under way."""
        self.again.setEnabled(not busy)
        self.again.setText("Evaluating…" if busy else "Evaluate now")

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(1, 1, px(METRICS.padding), 1)
        self._row.setSpacing(px(METRICS.gap))
        widest = max(
            self.again.fontMetrics().horizontalAdvance(text) for text in ("Evaluating…", "Evaluate now")
        )
        self.again.setMinimumWidth(widest + px(METRICS.icon + 4 + 2 * 12 + 4))  # so that it doesn't jump
        self.split.setMinimumWidth(px(104))
        for strip in self._strips.values():
            strip.setFixedHeight(px(_HEIGHT))
            strip.setMaximumWidth(px(_WIDTH))
        self.setFixedHeight(px(_HEIGHT) + 2)


def _strip(name: str) -> MetricsStrip:
    metrics = (
        Metric("accuracy", f"{name} accuracy", "Share of the samples classified correctly."),
        Metric(
            "f1",
            "Macro F1",
            "Mean of the classes' F1: every class counts the same.\n2·TP / (2·TP + FP + FN)",
        ),
        Metric("loss", f"{name} loss", "Mean loss per sample, without penalties."),
        Metric(
            "calibration",
            "Calibration error",
            "How far the confidence of the predictions is from the share that is right, in 15 bins.\n"
            "Σ n/N · |accuracy − confidence|",
        ),
        Metric("errors", "Errors", "Samples classified wrongly."),
    )
    strip = MetricsStrip(metrics, name=f"{name} figures", progress=False, framed=False)
    strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return strip
