"""The strip of figures on top of the Data page, and the class distribution below it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from nnstudio.data.balance import imbalance_ratio, missing_classes
from nnstudio.engine.doctor.imbalance import MAX_RATIO
from nnstudio.gui.data.class_chart import NAMES, ClassChart
from nnstudio.gui.data.summary import PARTS, Measures, Summary
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.metrics_strip import Metric, MetricsStrip
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.swatch import Swatch

_METRICS = (
    Metric("train", "Training", "Samples that the weights learn from."),
    Metric("validation", "Validation", "Samples held back to watch for overfitting."),
    Metric("test", "Test", "Samples that are only looked at in the end."),
    Metric("shape", "Shape", "Height × width × channels of an image, or number of features."),
    Metric("mean", "Mean, std", "Of all values of the training samples, before they are scaled."),
    Metric(
        "checks", "Checks", "Test samples that are training or validation samples too. Click to see them."
    ),
)


class DataStrip(MetricsStrip):
    """The figures.

    Signals:
        checks_clicked(): The cell with the checks was pressed.
    """

    checks_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_METRICS, "Data", progress=False, parent=parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_summary(self, summary: Summary) -> None:
        """Shows the counts of a data set."""
        counts, recipe = summary.prepared.counts, summary.recipe
        pool = counts["train"] + counts["validation"]
        whole = len(summary.dataset.train)
        used = (
            "all of them" if recipe.fraction >= 1 else f"{numbers.percent(recipe.fraction, 0)} of {whole:,}"
        )
        held = numbers.percent(counts["validation"] / pool if pool else 0, 0)
        own = recipe.test is None and len(summary.dataset.test)
        self.set_value("train", numbers.count(counts["train"]), note=used)
        self.set_value("validation", numbers.count(counts["validation"]), note=f"{held}, stratified")
        note = "official split" if own else "split off the training samples"
        self.set_value("test", numbers.count(counts["test"]), note=note)
        low, high = summary.raw.low, summary.raw.high
        kind = str(summary.prepared.train.x.dtype)
        span = f"{kind}, {numbers.number(low)} to {numbers.number(high)}"
        self.set_value("shape", numbers.shape(summary.dataset.shape), note=span)
        waiting = "not measured" if summary.is_large else "training part only"
        self.set_value("mean", "…", note=waiting)
        asked = "click to compare samples" if summary.is_large else "comparing samples"
        self.set_value("checks", "Not run" if summary.is_large else "…", note=asked)

    def show_checking(self) -> None:
        """Says that all samples are being looked at."""
        self.set_value("checks", "…", note="comparing samples")

    def show_measures(self, summary: Summary, measures: Measures) -> None:
        """Shows what a walk over all samples found."""
        scale = 255.0 if summary.prepared.train.x.dtype.kind == "u" else 1.0
        mean, deviation = measures.mean / scale, measures.deviation / scale
        note = "training part only, of 0 to 1" if scale > 1 else "training part only"
        self.set_value("mean", f"{numbers.number(mean)}, {numbers.number(deviation)}", note=note)
        found = len(measures.duplicates)
        clash = sum(one.contradictory for one in measures.duplicates)
        if not found:
            self.set_value("checks", "No problems", note="0 duplicates across parts")
            return
        noun = "duplicate" if found == 1 else "duplicates"
        note = f"{clash:,} with another label" if clash else "in test and train; show"
        self.set_value("checks", f"{found:,}", noun, note, "caution")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The cell with the checks can be pressed."""
        if self.cells()[-1].contains(event.position().toPoint()):
            self.checks_clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return shows the checks."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.checks_clicked.emit()
        else:
            super().keyPressEvent(event)


class ClassesPanel(Panel):
    """The class distribution with a word about its balance.

    Signals:
        class_chosen(int): A class was chosen in the chart.
        balance_clicked(): Every class is to count alike in the loss.
    """

    class_chosen = Signal(int)
    balance_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Class distribution", parent=parent)
        self.chart = ClassChart()
        self.chart.class_chosen.connect(self.class_chosen)
        self.balance = Button("Balance class weights", small=True)
        self.balance.setToolTip("Every class gets the same total weight in the loss of the next run.")
        self.balance.clicked.connect(self.balance_clicked)
        self.add_control(self.balance)
        self.balance.hide()
        for index, name in enumerate(PARTS):
            self.add_control(Swatch(NAMES[name], index))
        self.body.addWidget(self.chart)

    def show_summary(self, summary: Summary) -> None:
        """Shows the classes of a data set."""
        classes = summary.dataset.classes
        self.chart.show_counts(classes, summary.counts)
        text, uneven = balance_words(classes, summary.counts["train"])
        self.set_subtitle(text)
        self._subtitle.setProperty("role", "caution" if uneven else "caption")
        self._subtitle.style().polish(self._subtitle)

    def offer_balance(self, offered: bool) -> None:
        """Offers to make up for classes of different size."""
        self.balance.setVisible(offered)


def balance_words(classes: tuple[str, ...], counts: tuple[int, ...]) -> tuple[str, bool]:
    """How evenly the training samples spread over the classes, and whether that asks for care."""
    missing = missing_classes(counts)
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        return f"no training samples of {classes[missing[0]]}{more}", True
    ratio = imbalance_ratio(counts)
    least = counts.index(min(counts))
    if ratio > MAX_RATIO:
        rarest = f"{classes[least]} ({counts[least]:,})"
        return f"imbalanced, largest class {numbers.number(ratio)} times {rarest}", True
    share = min(counts) / (sum(counts) / len(counts))
    single = counts[least] == 1
    tail = f"; {classes[least]} has a single one" if single else ""
    return f"balanced, smallest class {numbers.percent(share, 0)} of the mean{tail}", single
