"""A small curve beside the schedule: the learning rate over the whole run, and where the run is now."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from nnstudio.core.spec import TrainSpec
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers

_WIDTH = 52
_MARGIN = 5  # above and below the curve
_DOT = 2.6
_BATCHES = 16  # per epoch: enough for the shape, whatever the real number is
_POINTS = 120


class SchedulePreview(QWidget):
    """The curve; hidden while the rate stays the same."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Learning rate over the run")
        self._curve: list[tuple[float, float]] = []
        self._epoch: float | None = None
        self._recipe: TrainSpec | None = None
        self._space()
        theme().changed.connect(self._space)

    def show_recipe(self, recipe: TrainSpec, epoch: int | None) -> None:
        """Draws another recipe's learning rate.

        Args:
            recipe: The recipe.
            epoch: Epoch under way, from 1; None without a run.
        """
        self._epoch = None if epoch is None else epoch - 0.5
        if recipe != self._recipe:
            self._recipe = recipe
            self._compute(recipe)
        self.update()

    def points(self) -> list[tuple[float, float]]:
        """The curve: epochs from 0, and the rate there."""
        return list(self._curve)

    def _compute(self, recipe: TrainSpec) -> None:
        from nnstudio.optim.schedules import curve

        places, rates = curve(recipe, _BATCHES, points=_POINTS)
        self._curve = list(zip(places.tolist(), rates.tolist(), strict=True))
        first, last, most = (
            numbers.field_text(float(f"{rate:.3g}")) for rate in (*rates[[0, -1]], rates.max())
        )
        words = f"Learning rate from {first} to {last} over the run, at most {most}."
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.setVisible(bool(rates.max() > rates.min()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the curve and the dot."""
        if len(self._curve) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("text2"), 1.4 * theme().zoom))
        painter.drawPolyline(QPolygonF([self._at(x, y) for x, y in self._curve]))
        if self._epoch is not None:
            x, y = min(self._curve, key=lambda point: abs(point[0] - (self._epoch or 0.0)))
            radius = _DOT * theme().zoom
            painter.setPen(QPen(theme().colour("accent"), 1))
            painter.setBrush(theme().colour("accent"))
            painter.drawEllipse(self._at(x, y), radius, radius)

    def _at(self, x: float, y: float) -> QPointF:
        high = max(rate for _, rate in self._curve)
        area = QRectF(self.rect()).adjusted(2, theme().px(_MARGIN), -2, -theme().px(_MARGIN))
        last = max(self._curve[-1][0], 1e-9)
        return QPointF(area.left() + area.width() * x / last, area.bottom() - area.height() * y / high)

    def _space(self) -> None:
        self.setFixedSize(QSize(theme().px(_WIDTH), theme().px(METRICS.field)))
