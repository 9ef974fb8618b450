"""Small things that cards, rows and blocks are drawn with."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.problems import shown_problems
from nnstudio.gui.theme import theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class CardState:
    """How a card looks apart from what it says.

    Attributes:
        selected: It is among the selected layers.
        hovered: The pointer is over it.
        target: What is dragged would land in this block.
        button: Fix button under the pointer, or None.
        pressed: That button is held down.
        chevron: The pointer is over the block's chevron.
        open: It is a block that shows what it holds.
        frozen: Its weights stay as they are.
        disabled: It is skipped.
        data_title: Name of the data set, for the Input card.
        tiles: What the layer's units respond to, as far as it is known.
    """

    selected: bool = False
    hovered: bool = False
    target: bool = False
    button: int | None = None
    pressed: bool = False
    chevron: bool = False
    open: bool = False
    frozen: bool = False
    disabled: bool = False
    data_title: str = ""
    tiles: tuple[QImage, ...] = ()

    @property
    def quiet(self) -> bool:
        """Its title is written in a softer colour."""
        return self.frozen or self.disabled


def draw_text(
    painter: QPainter, text: str, x: float, centre: float, size: int, weight: int = 400, colour: str = "text"
) -> None:
    """Writes ``text`` from ``x`` on, its middle at ``centre``."""
    if not text:
        return
    high = metrics(size, weight).height()
    painter.setFont(face(size, weight))
    painter.setPen(theme().colour(colour))
    painter.drawText(QRectF(x, centre - high / 2, 10_000, high), _LEFT, text)


def draw_right(painter: QPainter, text: str, right: float, centre: float) -> None:
    """Writes a small number or note that ends at ``right``."""
    draw_text(painter, text, right - width(text, 11), centre, 11, 400, "muted")


def draw_title(
    painter: QPainter,
    texts: tuple[str, str],
    left: float,
    room: float,
    centre: float,
    face_: tuple[int, int],
    quiet: bool,
) -> None:
    """Writes a title and, where there is room, its detail behind it; both are shortened at the right."""
    title, detail = texts
    elide, gap = Qt.TextElideMode.ElideRight, theme().px(6)
    shown = metrics(*face_).elidedText(title, elide, room)
    draw_text(painter, shown, left, centre, *face_, "text2" if quiet else "text")
    used = width(shown, *face_) + gap
    told = metrics(12).elidedText(detail, elide, room - used) if detail and room > used else ""
    if told != "…":  # an ellipsis alone tells nothing
        draw_text(painter, told, left + used, centre, 12, 400, "text2")


def draw_frame(
    painter: QPainter, card: QRectF, row: LayerReport, state: CardState, edge: float, radius: float
) -> None:
    """Draws the ground, the strip at the left and the border of a card or of a whole block."""
    outline = QPainterPath()
    outline.addRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.fillPath(outline, theme().colour(_fill(state)))
    painter.save()
    painter.setClipPath(outline)
    strip = QRectF(card.left(), card.top(), 1 + edge, card.height())
    painter.fillRect(strip, theme().colour(_strip(row, state)))
    painter.restore()
    draw_border(painter, card, row, state, radius)


def draw_border(painter: QPainter, card: QRectF, row: LayerReport, state: CardState, radius: float) -> None:
    """Draws the border alone, above what else was drawn into the card."""
    colour, thickness = _border(row, state)
    pen = QPen(theme().colour(colour), thickness)
    if state.disabled and not (state.selected or state.target):
        pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = thickness / 2
    painter.drawRoundedRect(card.adjusted(inset, inset, -inset, -inset), radius, radius)


def _fill(state: CardState) -> str:
    if state.selected:
        return "accent_tint"
    return "hover" if state.hovered else "window" if state.disabled else "panel"


def _strip(row: LayerReport, state: CardState) -> str:
    return "border" if state.disabled else "strong" if state.frozen else row.layer.category


def _border(row: LayerReport, state: CardState) -> tuple[str, float]:
    problems = shown_problems(row, state.open)
    if problems and not state.target:
        colour = "error" if problems[0].severity == "error" else "caution_line"
        return colour, (float(theme().px(2)) if state.selected else 1.0)
    if state.selected or state.target:
        return "accent", float(theme().px(2))
    return "border", 1.0
