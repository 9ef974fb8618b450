"""The strip above the evaluation: five figures, the split, the run to compare with, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QWidget

from nnstudio.engine.analysis import Analysis, wilson_interval
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.run.kept_runs import RunMenu
from nnstudio.gui.shell.choosers import Chooser
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.metrics_strip import Metric, MetricsStrip

_HEIGHT = 60
_WIDTH = 700
_COMPARE = 160
_NARROW = 1120
CANCEL_AFTER_MS = 400
"""An evaluation that takes longer shows how far it is, and can be cancelled."""
_NOTHING = "no run"
_MISSING = {
    "validation": "No samples are held back. Set a validation share in the training form.",
    "own": "Draw on the Predict page, and save what you drew to your test set.",
}


class EvaluationStrip(QFrame):
    """Accuracy, macro F1, loss, calibration error and errors.

    Signals:
        split_changed(str): Another split was chosen.
        evaluate_clicked: "Evaluate now".
        cancel_clicked: The evaluation under way is to end.
    """

    split_changed = Signal(str)
    evaluate_clicked = Signal()
    cancel_clicked = Signal()

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
        self.split = QComboBox()
        self.split.setAccessibleName("Split")
        self.split.setToolTip("The samples that are evaluated. Only the test samples are new to the network.")
        for key, name in splits:
            self.split.addItem(name, key)
        self.split.currentIndexChanged.connect(lambda _: self.split_changed.emit(self.split.currentData()))
        self.compare = Chooser("compare", "Compare with", _COMPARE)
        self.runs = RunMenu(self)
        self.compare.clicked.connect(
            lambda: self.runs.popup(self.compare.mapToGlobal(QPoint(0, self.compare.height() + 2)))
        )
        self.again = IconButton("refresh", "Evaluate now")
        self.again.clicked.connect(self._again)
        self.export = Button("Export", icon_name="export")
        self._captions = (_caption("Split"), _caption("Compare with"))
        for caption, widget in zip(self._captions, (self.split, self.compare), strict=True):
            self._row.addWidget(caption)
            self._row.addWidget(widget)
        for button in (self.again, self.export):
            self._row.addWidget(button)
        self._busy = self._slow = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(CANCEL_AFTER_MS)
        self._patience.timeout.connect(lambda: self._set_slow(True))
        self.show_other("")
        self._space()
        theme().changed.connect(self._space)

    @property
    def figures(self) -> MetricsStrip:
        """The figures that are shown now."""
        return next(strip for strip in self._strips.values() if not strip.isHidden())

    def show_analysis(self, analysis: Analysis, split: str, other: Analysis | None = None) -> None:
        """Shows the figures of an evaluation, and how they differ from another one's."""
        for key, strip in self._strips.items():
            strip.setVisible(key == split)
        strip = self._strips[split]
        now, before = _figures(analysis), _figures(other) if other is not None else None
        for key, (value, text, better, unit) in now.items():
            suffix, role = ("", "muted") if before is None else _change(value, before[key][0], better, unit)
            note = ""
            if key == "accuracy":
                low, high = wilson_interval(analysis.samples - analysis.errors, analysis.samples)
                note = f"95%: {numbers.percent(low)} to {numbers.percent(high)}"
            strip.set_value(key, text, suffix=suffix, note=note, suffix_role=role)
        total = numbers.count(analysis.samples)
        strip.set_value("errors", numbers.count(analysis.errors), suffix=f"of {total}")
        self.export.setEnabled(True)

    def show_other(self, title: str) -> None:
        """Names the run that is compared with, "" for none."""
        hint = f"Compared with {title} on the same samples." if title else "Choose a run to compare with."
        self.compare.show_choice(title or _NOTHING, hint=hint)

    def set_available(self, splits: Iterable[str]) -> None:
        """Offers only these splits."""
        model, available = self.split.model(), set(splits)
        if isinstance(model, QStandardItemModel):
            for row in range(self.split.count()):
                key = self.split.itemData(row)
                item = model.item(row)
                item.setEnabled(key in available)
                item.setToolTip("" if key in available else _MISSING.get(key, "There are none."))

    def set_busy(self, busy: bool) -> None:
        """Says whether an evaluation is under way; one that takes long can be cancelled."""
        self._busy = busy
        if busy:
            self._patience.start()
        else:
            self._patience.stop()
            self._set_slow(False)
        self._show_button()

    def show_progress(self, fraction: float) -> None:
        """Says how far a long evaluation is, 0 to 1."""
        if self._slow:
            self.again.set_label(f"Cancel the evaluation ({numbers.percent(fraction, 0)} done)")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the strip is narrow the figures need the room of the captions."""
        super().resizeEvent(event)
        for caption in self._captions:
            caption.setVisible(event.size().width() >= theme().px(_NARROW))

    def _again(self) -> None:
        (self.cancel_clicked if self._slow else self.evaluate_clicked).emit()

    def _set_slow(self, slow: bool) -> None:
        self._slow = slow
        self._show_button()

    def _show_button(self) -> None:
        self.again.setEnabled(self._slow or not self._busy)
        self.again.set_icon("close" if self._slow else "refresh")
        self.again.set_label("Cancel the evaluation" if self._slow else "Evaluate now")

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(1, 1, px(METRICS.padding), 1)
        self._row.setSpacing(px(METRICS.gap))
        self.split.setMinimumWidth(px(104))
        for strip in self._strips.values():
            strip.setFixedHeight(px(_HEIGHT))
            strip.setMaximumWidth(px(_WIDTH))
        self.setFixedHeight(px(_HEIGHT) + 2)


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "label")
    return label


def _figures(analysis: Analysis) -> dict[str, tuple[float, str, int, str]]:
    """Value, text, direction that is better (1 or −1) and unit of each figure that can be compared."""
    f1, error = analysis.metrics.macro_f1, analysis.calibration.error
    return {
        "accuracy": (analysis.accuracy, numbers.percent(analysis.accuracy), 1, "pts"),
        "f1": (f1, numbers.fixed(f1), 1, ""),
        "loss": (analysis.loss, numbers.number(analysis.loss), -1, ""),
        "calibration": (error, numbers.fixed(error), -1, ""),
    }


def _change(now: float, before: float, better: int, unit: str) -> tuple[str, str]:
    """``▲ 2.4 pts`` and the role of its colour."""
    change = now - before
    size = numbers.fixed(abs(100 * change), 1) if unit else numbers.fixed(abs(change))
    if not any(digit in size for digit in "123456789"):
        return "=", "muted"
    role = "good" if change * better > 0 else "caution"
    return f"{'▲' if change > 0 else '▼'} {size} {unit}".strip(), role


def _strip(name: str) -> MetricsStrip:
    metrics = (
        Metric(
            "accuracy",
            f"{name} accuracy",
            "Share of the samples classified correctly, and the 95% interval for what it would be\n"
            "on many more such samples (Wilson).",
        ),
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
