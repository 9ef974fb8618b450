"""Draws cards: ground, category edge, two rows of text, the problem and its buttons."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.icons import glyph_pixmap, pixmap
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack.card_layout import CardLayout, FixButton, ProblemBox
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.edits import is_input
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.texts import ARROW, detail_text, multiply_adds_text, parameters_text, shapes_of
from nnstudio.gui.stylesheet import mix
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class CardState:
    """How a card looks apart from what it says.

    Attributes:
        selected: It is the selected layer.
        hovered: The pointer is over it.
        button: Fix button under the pointer, or None.
        pressed: That button is held down.
        data_title: Name of the data set, for the Input card.
    """

    selected: bool = False
    hovered: bool = False
    button: int | None = None
    pressed: bool = False
    data_title: str = ""


def paint_card(
    painter: QPainter, card: QRectF, layout: CardLayout, row: LayerReport, state: CardState
) -> None:
    """Draws one card into ``card``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _ground(painter, card, layout, row, state)
    painter.translate(card.topLeft())
    _head(painter, layout.width, row, state)
    if layout.box is not None:
        _problem(painter, layout.box, state)
    painter.restore()


def _ground(painter: QPainter, card: QRectF, layout: CardLayout, row: LayerReport, state: CardState) -> None:
    radius = theme().px(METRICS.radius_card)
    border, thickness = _border(layout, state)
    body = card.adjusted(0.5, 0.5, -0.5, -0.5)
    outline = QPainterPath()
    outline.addRoundedRect(body, radius, radius)
    painter.fillPath(outline, theme().colour(_fill(state)))
    painter.save()
    painter.setClipPath(outline)
    if layout.box is not None:
        tint = "error_tint" if layout.box.problem.severity == "error" else "caution_tint"
        painter.fillRect(layout.box.rect.translated(card.topLeft()), theme().colour(tint))
    edge = QRectF(card.left(), card.top(), 1 + theme().px(at.EDGE), card.height())
    painter.fillRect(edge, theme().colour(row.layer.category))
    painter.restore()
    pen = QPen(theme().colour(border), thickness)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = thickness / 2
    painter.drawRoundedRect(card.adjusted(inset, inset, -inset, -inset), radius, radius)


def _fill(state: CardState) -> str:
    return "accent_tint" if state.selected else "hover" if state.hovered else "panel"


def _border(layout: CardLayout, state: CardState) -> tuple[str, float]:
    if layout.box is not None:
        colour = "error" if layout.box.problem.severity == "error" else "caution_line"
        return colour, (2.0 if state.selected else 1.0)
    return ("accent", float(theme().px(2))) if state.selected else ("border", 1.0)


def _head(painter: QPainter, card_width: float, row: LayerReport, state: CardState) -> None:
    px, layer = theme().px, row.layer
    upper, lower = (px(centre) for centre in at.ROW_CENTRES)
    ratio = painter.device().devicePixelRatioF()
    icon = px(METRICS.icon)
    if not is_input(layer):  # the Input can't be moved
        painter.drawPixmap(QPointF(px(at.GRIP_LEFT), upper - icon / 2), pixmap("grip", "muted", 16, ratio))
    glyph = glyph_pixmap(layer.category, glyph_of(layer), 16, ratio)
    painter.drawPixmap(QPointF(px(at.GLYPH_LEFT), upper - icon / 2), glyph)
    right = card_width - px(at.RIGHT)
    amount = parameters_text(row.parameters)
    _right_text(painter, amount, right, upper)
    room = right - width(amount, 11) - px(8) - px(at.TEXT_LEFT)
    _title(painter, layer.title, detail_text(layer, state.data_title), room, upper)
    _shapes(painter, row, right, lower)


def _title(painter: QPainter, title: str, detail: str, room: float, centre: float) -> None:
    px = theme().px
    elide = Qt.TextElideMode.ElideRight
    shown = metrics(13, 600).elidedText(title, elide, room)
    _text(painter, shown, px(at.TEXT_LEFT), centre, 13, 600, "text")
    used = width(shown, 13, 600) + px(8)
    if detail and room - used > px(12):
        rest = metrics(12).elidedText(detail, elide, room - used)
        _text(painter, rest, px(at.TEXT_LEFT) + used, centre, 12, 400, "text2")


def _shapes(painter: QPainter, row: LayerReport, right: float, centre: float) -> None:
    into, out = shapes_of(row)
    wrong = bool(into) and bool(row.problems) and row.parameters is None and row.input_shape is not None
    rest = f" {ARROW} {out}" if into else out
    work = "" if is_input(row.layer) else multiply_adds_text(row.multiply_adds)
    left = float(theme().px(at.TEXT_LEFT))
    weight = 600 if wrong else 400
    room = right - left - theme().px(8)
    size = 12
    if width(into, size, weight) + width(rest, size) + width(work, 11) > room:
        size = 11  # numbers never elide: a smaller size first, then the work moves to the tooltip alone
    if width(into, size, weight) + width(rest, size) + width(work, 11) > room:
        work = ""
    if into:
        _text(painter, into, left, centre, size, weight, "error" if wrong else "text2")
        left += width(into, size, weight)
    _text(painter, rest, left, centre, size, 400, "text2")
    _right_text(painter, work, right, centre)


def _problem(painter: QPainter, box: ProblemBox, state: CardState) -> None:
    px = theme().px
    error = box.problem.severity == "error"
    line = px(at.LINE)
    name, colour = ("error-circle", "error") if error else ("warning-triangle", "caution")
    drawn = pixmap(name, colour, 16, painter.device().devicePixelRatioF())
    top = box.text_top + (line - px(METRICS.icon)) / 2
    painter.drawPixmap(QPointF(px(at.PROBLEM_ICON_LEFT), top), drawn)
    for run in box.runs:
        centre = box.text_top + (run.line + 0.5) * line
        _text(
            painter, run.text, px(at.PROBLEM_TEXT_LEFT) + run.x, centre, 12, 600 if run.bold else 400, "text"
        )
    for number, button in enumerate(box.buttons):
        hovered = state.button == number
        _fix_button(painter, button, primary=error and number == 0, hovered=hovered, pressed=state.pressed)


def _fix_button(painter: QPainter, button: FixButton, *, primary: bool, hovered: bool, pressed: bool) -> None:
    tokens = theme().tokens
    share = 0.24 if hovered and pressed else 0.12 if hovered else 0.0
    fill = mix(tokens.accent, tokens.text, share) if primary else tokens.hover if hovered else tokens.panel
    painter.setPen(QPen(theme().colour(fill if primary else "strong"), 1))
    painter.setBrush(theme().colour(fill))
    radius = theme().px(METRICS.radius)
    painter.drawRoundedRect(button.rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    weight = 600 if primary else 500
    room = button.rect.width() - theme().px(8)
    painter.setFont(face(12, weight))
    painter.setPen(theme().colour("on_accent" if primary else "text"))
    shown = metrics(12, weight).elidedText(button.fix.label, Qt.TextElideMode.ElideRight, room)
    painter.drawText(button.rect, CENTRE, shown)


def _right_text(painter: QPainter, text: str, right: float, centre: float) -> None:
    _text(painter, text, right - width(text, 11), centre, 11, 400, "muted")


def _text(painter: QPainter, text: str, x: float, centre: float, size: int, weight: int, colour: str) -> None:
    if not text:
        return
    high = metrics(size, weight).height()
    painter.setFont(face(size, weight))
    painter.setPen(theme().colour(colour))
    painter.drawText(QRectF(x, centre - high / 2, 10_000, high), LEFT, text)


def paint_placeholder(painter: QPainter, card: QRectF, text: str) -> None:
    """Draws what stays where a card is being dragged away: a dashed frame that says so."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(theme().colour("strong"), 1)
    pen.setDashPattern([4, 3])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = theme().px(METRICS.radius_card)
    painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    x = card.left() + theme().px(12)
    _text(painter, text, x, card.center().y(), 12, 400, "muted")
    painter.restore()


def paint_focus(painter: QPainter, card: QRectF) -> None:
    """Draws the focus ring round a card: 2 px, 1 px off."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    thickness = theme().px(2)
    off = 1 + thickness / 2
    painter.setPen(QPen(theme().colour("accent"), thickness))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    radius = theme().px(METRICS.radius_card) + off
    painter.drawRoundedRect(card.adjusted(-off, -off, off, off), radius, radius)
    painter.restore()


def paint_drop_line(painter: QPainter, left: float, right: float, y: float) -> None:
    """Draws the mark of a drop: a 2 px line that begins with a round end."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    thickness = theme().px(2)
    radius = theme().px(4)
    painter.setPen(QPen(theme().colour("accent"), thickness))
    painter.drawLine(QPointF(left + 2 * radius, y), QPointF(right, y))
    painter.setBrush(theme().colour("panel"))
    painter.drawEllipse(QPointF(left + radius, y), radius, radius)
    painter.restore()
