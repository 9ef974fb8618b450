"""Pictures on the Dense cards of the 2-D playground: where in the plane each unit responds, and how."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.points2d import SETS
from nnstudio.gui.document import Document
from nnstudio.gui.playground.colours import colour_table, tile_images
from nnstudio.gui.stack.card_layout import CardLayout
from nnstudio.gui.stack.card_text import face
from nnstudio.gui.theme import theme

Responses = Mapping[str, NDArray[np.float32]]


class UnitTiles(QObject):
    """Knows which cards have tiles, and keeps their pictures.

    Signals:
        changed(): There are other pictures.
    """

    changed = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._responses: Responses = {}
        self._images: dict[str, tuple[QImage, ...]] = {}
        self._known: tuple[ProjectSpec, dict[str, int]] | None = None
        document.reset.connect(self._forget)
        theme().changed.connect(self._recolour)

    def units(self, name: str) -> int:
        """Number of units of a layer that has tiles, else 0."""
        return self.all_units().get(name, 0)

    def all_units(self) -> dict[str, int]:
        """Number of units by layer, of those that have tiles."""
        project = self._document.project
        if self._known is None or self._known[0] is not project:
            self._known = project, _units(project)
        return self._known[1]

    def pictures(self, name: str) -> tuple[QImage, ...]:
        """The pictures of a layer's units; none while they aren't those of the layer as it is now."""
        images = self._images.get(name, ())
        return images if len(images) == self.units(name) else ()

    def show(self, responses: Responses) -> None:
        """Takes new responses, ``(units, side, side)`` by layer."""
        self._responses = responses
        table = colour_table(theme().tokens)
        self._images = {name: tuple(tile_images(one, table)) for name, one in responses.items()}
        self.changed.emit()

    def _forget(self) -> None:
        self.show({})

    def _recolour(self) -> None:
        self.show(self._responses)


def paint_tiles(painter: QPainter, layout: CardLayout, images: tuple[QImage, ...]) -> None:
    """Draws the pictures, or empty places; the last place counts those that have none."""
    for at, area in enumerate(layout.tiles):
        painter.setPen(QPen(theme().colour("border"), 1))
        painter.setBrush(theme().colour("sunken"))
        more = len(images) - len(layout.tiles) + 1
        if more > 1 and area is layout.tiles[-1]:
            painter.setPen(theme().colour("muted"))
            painter.setFont(face(11))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"+{more}")
        elif at < len(images):
            painter.drawImage(QRectF(area), images[at])
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))


def _units(project: ProjectSpec) -> dict[str, int]:
    if project.data.source not in SETS:
        return {}
    from nnstudio.engine.analysis.plane import hidden_dense

    return {layer.name: layer.units for layer in hidden_dense(project.network)}
