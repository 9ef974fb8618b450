"""The curves panel: its header (legend, smoothing, raw, log, comparison) and the two plots below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from nnstudio.engine.state import Event
from nnstudio.gui.look.icons import icon
from nnstudio.gui.look.tokens import METRICS as SIZES
from nnstudio.gui.theme import font, theme
from nnstudio.gui.throttle import Throttle
from nnstudio.gui.views.full_screen import FullScreenButton
from nnstudio.gui.views.train.curve_data import Best, RunCurves
from nnstudio.gui.views.train.curve_menu import CurveMenu
from nnstudio.gui.views.train.curve_picture import Picture
from nnstudio.gui.widgets.buttons import IconButton

if TYPE_CHECKING:
    from nnstudio.gui.views.train.curve_chart import Chart

REPAINT_MS = 100
KEPT_RUNS = 20
SMOOTH_STEPS = 97
SMOOTH_START = 60
NO_GHOST = "None"


def smoothing_weight(position: int) -> float:
    """Weight for a slider position, 0 to 97; squared, so that gentle smoothing has most of the way."""
    return (position / 100) ** 2


class CurvesPanel(QFrame):
    """Loss and accuracy of the current run, compared with an earlier one.

    The plots are made when the first run begins, because pyqtgraph takes a while to import.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName("Training curves")
        self._chart: Chart | None = None
        self._run: RunCurves | None = None
        self._pending: list[Event] = []  # not taken in yet: many small portions cost more than one
        self._earlier: list[RunCurves] = []
        self._epochs, self._ended = 1, False
        self._best: Best | None = None
        self._wide = False
        self._redraw = Throttle(REPAINT_MS, self._draw, self)
        self._build()
        theme().changed.connect(self._restyle)
        self._restyle()

    @property
    def run(self) -> RunCurves | None:
        """What is drawn."""
        self._take_in()
        return self._run

    @property
    def chart(self) -> Chart:
        """The plots, made now if they weren't."""
        if self._chart is None:
            from nnstudio.gui.views.train.curve_chart import Chart

            self._chart = Chart(self)
            self._chart.set_wide(self._wide)
            self._chart.zoomed.connect(self._zoom_changed)
            self._body.addWidget(self._chart, 1)
        return self._chart

    @property
    def ghost(self) -> RunCurves | None:
        """The earlier run that is drawn dashed, or None."""
        number = self.ghost_choice.currentData()
        return next((run for run in self._earlier if run.number == number), None)

    def prepare(self) -> None:
        """Makes the plots before they are needed."""
        self.chart.setVisible(True)

    def begin(self, number: int, epochs: int, continued_at: float | None = None) -> None:
        """A run starts.

        Args:
            number: Its number.
            epochs: Epochs planned.
            continued_at: Epoch at which the same run goes on, or None for a fresh one.
        """
        self._epochs, self._ended = epochs, False
        self._take_in()
        if continued_at is not None and self._run is not None and self._run.number == number:
            self._run.cut(continued_at)
        else:
            self._keep(self._run)
            self._run, self._best = RunCurves(number, self._weight()), None
        self.chart.reset_zoom()
        self._redraw.now()

    def append(self, events: Sequence[Event]) -> None:
        """Draws what the run did, within a tenth of a second."""
        self._pending.extend(events)
        if self.isVisible():
            self._redraw.request()

    def set_plan(self, epochs: int, ended: bool = False) -> None:
        """How many epochs are planned now, and whether the run has ended, perhaps before them."""
        if (epochs, ended) != (self._epochs, self._ended):
            self._epochs, self._ended = epochs, ended
            self._redraw.request()

    def set_best(self, best: Best | None) -> None:
        """Marks another epoch as the best."""
        if best != self._best:
            self._best = best
            self._redraw.request()

    def set_wide(self, wide: bool) -> None:
        """Puts the plots side by side, or loss above accuracy."""
        self._wide = wide
        if self._chart is not None:
            self._chart.set_wide(wide)

    def flush(self) -> None:
        """Draws now what waits to be drawn."""
        self._redraw.now()

    def clear(self) -> None:
        """Forgets the current run; it stays among those to compare with."""
        self._take_in()
        self._keep(self._run)
        self._run, self._best = None, None
        self._redraw.cancel()

    def forget(self) -> None:
        """Forgets all runs."""
        self._pending.clear()
        self._run, self._best = None, None
        self._earlier.clear()
        self._list_ghosts(None)
        self._redraw.cancel()

    def table(self) -> list[list[str]]:
        """The epochs behind the curves: a header row, then one row per epoch."""
        if self.run is None:
            return []
        names = ["epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy"]
        rows = [[getattr(record, name) for name in names] for record in self.run.records]
        return [names, *[["" if value is None else f"{value:.9g}" for value in row] for row in rows]]

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what happened while hidden."""
        super().showEvent(event)
        if self._run is not None:
            self._redraw.request()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is drawn while hidden."""
        super().hideEvent(event)
        self._redraw.cancel()

    # Header

    def _build(self) -> None:
        self._body = QVBoxLayout(self)
        self._header = QHBoxLayout()
        self._body.addLayout(self._header)
        self._keys = [_Key("Train", 0), _Key("Validation", 1), _Key("", None)]
        for key in self._keys:
            self._header.addWidget(key)
        self._header.addStretch(1)
        self.smooth = QSlider(Qt.Orientation.Horizontal)
        self.smooth.setRange(0, SMOOTH_STEPS)
        self.smooth.setValue(SMOOTH_START)
        self.smooth.setAccessibleName("Smoothing of the strong lines")
        self.smooth.valueChanged.connect(self._smooth_changed)
        label = QLabel("Smooth")
        label.setProperty("role", "caption")
        label.setBuddy(self.smooth)
        self.raw = QCheckBox("Raw")
        self.raw.setChecked(True)
        self.raw.setToolTip("Show every epoch (thin line with dots) and every batch (faint line)")
        self.log = QCheckBox("Log")
        self.log.setToolTip("Logarithmic loss axis")
        for box in (self.raw, self.log):
            box.toggled.connect(self._redraw.request)
        self.ghost_choice = QComboBox()
        self.ghost_choice.setAccessibleName("Earlier run to compare with")
        self.ghost_choice.setToolTip("Earlier run to compare with, drawn dashed")
        self.ghost_choice.currentIndexChanged.connect(self._ghost_changed)
        self.more_button = IconButton("more", "Error or accuracy, copy, save")
        self.menu = CurveMenu(self, self.more_button)
        self.menu.error.toggled.connect(self._redraw.request)
        self.view_button = FullScreenButton(self, "Training curves", self._leave_zoom)
        for widget in (label, self.smooth, self.raw, self.log, self.ghost_choice):
            self._header.addWidget(widget)
        self._header.addWidget(self.more_button)
        self._header.addWidget(self.view_button)
        self._list_ghosts(None)
        self._describe_smoothing()

    def _restyle(self) -> None:
        px = theme().px
        self._header.setContentsMargins(px(SIZES.padding) - 1, px(6), px(SIZES.padding) - 5, px(2))
        self._header.setSpacing(px(7))
        self._body.setContentsMargins(1, 1, 1, px(4))
        self._body.setSpacing(0)
        self.smooth.setFixedWidth(px(56))
        self.ghost_choice.setFixedWidth(px(96))
        if self._chart is not None:
            self._chart.restyle()

    def _weight(self) -> float:
        return smoothing_weight(self.smooth.value())

    def _smooth_changed(self) -> None:
        self._describe_smoothing()
        for run in filter(None, (self._run, *self._earlier)):
            run.smooth(self._weight())
        self._redraw.request()

    def _describe_smoothing(self) -> None:
        weight = self._weight()
        text = f"weight {weight:.2f}" if weight else "off: the strong line is the raw one"
        self.smooth.setToolTip(
            f"Smoothing of the strong lines, {text}.\n"
            "Exponential moving average over epochs: weight · earlier + (1 − weight) · new"
        )
        self.smooth.setAccessibleDescription(text)

    def _ghost_changed(self) -> None:
        ghost = self.ghost
        self._keys[2].setVisible(ghost is not None)
        self._keys[2].set_text(ghost.name if ghost else "")
        self._redraw.request()

    def _list_ghosts(self, chosen: int | None) -> None:
        box = self.ghost_choice
        box.blockSignals(True)
        box.clear()
        box.addItem(icon("branch", "text2"), NO_GHOST, None)
        for run in reversed(self._earlier):
            box.addItem(icon("branch", "text2"), run.name, run.number)
        box.setCurrentIndex(max(0, box.findData(chosen)) if chosen is not None else 0)
        box.blockSignals(False)
        box.setVisible(bool(self._earlier))
        self._ghost_changed()

    def _keep(self, run: RunCurves | None) -> None:
        """Keeps a run that is over, to compare with; its batches are no longer needed."""
        if run is None or not run.records:
            return
        run.drop_batches()
        self._earlier = [*self._earlier, run][-KEPT_RUNS:]
        self._list_ghosts(run.number)

    # Plots

    def _take_in(self) -> None:
        if self._pending and self._run is not None:
            self._run.extend(self._pending)
        self._pending.clear()

    def _draw(self) -> None:
        self._take_in()
        if self._run is None or not self.isVisible():
            return
        self._keys[1].setVisible(self._run.validated or not self._run.records)
        self.chart.show_picture(
            Picture(
                self._run,
                self._epochs,
                self.ghost,
                self._best,
                self.raw.isChecked(),
                self.log.isChecked(),
                self.menu.error.isChecked(),
                self._ended,
            )
        )

    def _zoom_changed(self, zoomed: bool) -> None:
        self.view_button.set_icon("reset" if zoomed else "fullscreen")
        self.view_button.set_label("Show the whole run" if zoomed else self.view_button.words)

    def _leave_zoom(self) -> bool:
        zoomed = self._chart is not None and self._chart.is_zoomed
        if zoomed:
            self.chart.reset_zoom()
        return zoomed

    def leave_full_screen(self) -> None:
        """Puts the panel back into its page."""
        self.view_button.leave()


class _Key(QWidget):
    """One entry of the legend: a sample of the line and its name."""

    _SAMPLE = 18

    def __init__(self, text: str, series: int | None) -> None:
        super().__init__()
        self._text = text
        self._series = series
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(text)
        theme().changed.connect(self.updateGeometry)

    def set_text(self, text: str) -> None:
        """Names the line."""
        self._text = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Sample, gap and name."""
        px = theme().px
        return QSize(px(self._SAMPLE + 7) + QFontMetrics(font(12)).horizontalAdvance(self._text) + 1, px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the sample as the plot draws the line."""
        painter, px, tokens = QPainter(self), theme().px, theme().tokens
        if self._series is None:
            pen = QPen(QColor(tokens.earlier), 1.5 * theme().zoom)
            pen.setDashPattern([3, 2])
        else:
            pen = QPen(QColor(tokens.line(self._series)), 2.5 * theme().zoom)
        painter.setPen(pen)
        middle = self.height() / 2
        painter.drawLine(QPointF(0, middle), QPointF(px(self._SAMPLE), middle))
        painter.setPen(theme().colour("text2"))
        painter.setFont(font(12))
        room = self.rect().adjusted(px(self._SAMPLE + 7), 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._text)
