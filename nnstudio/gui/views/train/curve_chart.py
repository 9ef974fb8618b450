"""The two plots of a run, linked: loss, and accuracy or error, above each other or side by side.

Imported with pyqtgraph when the first run starts.
"""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtWidgets import QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.views.train.curve_picture import Picture
from nnstudio.gui.views.train.curve_plot import Plot

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 40, 12, 6, 20, 10  # around the plots, in pixels at 100% zoom
PLOTS = ("loss", "accuracy")


class Chart(pg.GraphicsView):  # type: ignore[misc]
    """The two plots.

    Signals:
        zoomed(bool): The user zoomed or panned, or went back to the whole.
    """

    zoomed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setAccessibleName("Training curves")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.picture: Picture | None = None
        self._canvas = pg.GraphicsWidget()
        self.setCentralItem(self._canvas)
        self.plots = {metric: Plot(metric, self._canvas) for metric in PLOTS}
        loss, accuracy = self.plots.values()
        accuracy.view.setXLink(loss.view)
        self._auto = True
        self._wide = False
        for plot in self.plots.values():
            plot.view.sigRangeChangedManually.connect(self._zoomed_by_hand)
            plot.view.sigRangeChanged.connect(self._range_changed)
            plot.view.reset_wanted.connect(self.reset_zoom)
        self._canvas.geometryChanged.connect(self._lay_out)
        self.scene().sigMouseMoved.connect(self._hover)
        self.restyle()

    @property
    def is_zoomed(self) -> bool:
        """The user looks at a part."""
        return not self._auto

    def show_picture(self, picture: Picture) -> None:
        """Draws another state of the run."""
        self.picture = picture
        if self._auto:
            self._show_all()
        self._fill()

    def set_wide(self, wide: bool) -> None:
        """Puts the plots side by side, or loss above accuracy."""
        if wide != self._wide:
            self._wide = wide
            self._lay_out()

    def reset_zoom(self) -> None:
        """Back to the whole run."""
        if not self._auto:
            self._auto = True
            self.zoomed.emit(False)
        if self.picture is not None:
            self.show_picture(self.picture)

    def restyle(self) -> None:
        """Takes over the theme's colours and sizes."""
        self.setBackground(theme().colour("panel"))
        for plot in self.plots.values():
            plot.restyle()
        self._lay_out()

    def leaveEvent(self, event: Any) -> None:
        """Forgets the cross-hair."""
        self._set_cursor(None)
        super().leaveEvent(event)

    def _show_all(self) -> None:
        picture = self.picture
        assert picture is not None
        x_end = max(plot.overlay.end_with_labels(picture) for plot in self.plots.values())
        for plot in self.plots.values():
            plot.show_all(picture, x_end)

    def _fill(self) -> None:
        if self.picture is not None:
            for plot in self.plots.values():
                plot.fill(self.picture)

    def _range_changed(self, *_: object) -> None:
        if not self._auto:
            self._fill()

    def _zoomed_by_hand(self, *_: object) -> None:
        if self._auto:
            self._auto = False
            self.zoomed.emit(True)
            self._fill()

    def _lay_out(self) -> None:
        for plot, (whole, area) in zip(self.plots.values(), self._places(), strict=True):
            plot.place(whole, area)
        if self.picture is not None:
            self.show_picture(self.picture)

    def _places(self) -> list[tuple[QRectF, QRectF]]:
        """Of every plot the whole and, seen from it, the part with the curves."""
        px, room = theme().px, self._canvas.rect()
        wide = room.width() / 2 if self._wide else room.width()
        between = 0 if self._wide else px(BOTTOM) + px(BETWEEN)
        shared = room.height() - px(TOP) - px(BOTTOM) - between
        high = max(1.0, shared if self._wide else shared / 2)
        area = QRectF(px(LEFT), px(TOP), max(1.0, wide - px(LEFT + RIGHT)), high)
        size = QSizeF(wide, high + px(TOP) + px(BOTTOM))
        second = QPointF(wide, 0) if self._wide else QPointF(0, high + px(BOTTOM) + px(BETWEEN))
        return [(QRectF(at, size), area) for at in (QPointF(0, 0), second)]

    def _hover(self, position: QPointF) -> None:
        for plot in self.plots.values():
            inside = plot.mapFromScene(position)
            if plot.area.contains(inside):
                self._set_cursor(plot.to_x(inside.x()))
                return
        self._set_cursor(None)

    def _set_cursor(self, x: float | None) -> None:
        for plot in self.plots.values():
            plot.overlay.set_cursor(x)
