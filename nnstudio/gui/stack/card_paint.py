"""Draws the contents of cards and of the rows inside blocks: glyph, texts, the problem and its buttons."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from nnstudio.core.shapes import LayerReport
from nnstudio.gui.look.icons import glyph_pixmap, pixmap
from nnstudio.gui.look.stylesheet import mix
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack import card_layout as at
from nnstudio.gui.stack.card_layout import CARD, CardLayout, FixButton, ProblemBox
from nnstudio.gui.stack.card_text import face, metrics, width
from nnstudio.gui.stack.draw import (
    CardState,
    draw_border,
    draw_frame,
    draw_right,
    draw_text,
    draw_title,
)
from nnstudio.gui.stack.edits import is_input
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.texts import (
    ARROW,
    amount_text,
    detail_text,
    inside_text,
    multiply_adds_text,
    parameters_text,
    shapes_of,
    skip_text,
)
from nnstudio.gui.stack.tiles import paint_tiles
from nnstudio.gui.theme import theme

_CENTRE = Qt.AlignmentFlag.AlignCenter
_LOCK = 14


def paint_card(
    painter: QPainter, card: QRectF, layout: CardLayout, row: LayerReport, state: CardState
) -> None:
    """Draws one card into ``card``; the frame of an open block is there already."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    measures, radius = layout.measures, theme().px(radius_of(layout))
    if not state.open:
        draw_frame(painter, card, row, state, theme().px(measures.edge), radius)
    painter.translate(card.topLeft())
    if layout.box is not None:
        _tint(painter, layout, radius if not state.open else 0)
        if not state.open:
            whole = QRectF(0, 0, layout.width, layout.height)
            draw_border(painter, whole, row, state, radius)
    _head(painter, layout, row, state)
    paint_tiles(painter, layout, state.tiles)
    if layout.box is not None:
        _problem(painter, layout, layout.box, state)
    painter.restore()


def radius_of(layout: CardLayout) -> int:
    """Radius of the corners at 100% zoom."""
    return METRICS.radius_card if layout.measures is CARD else METRICS.radius


def _tint(painter: QPainter, layout: CardLayout, radius: float) -> None:
    """The ground of the problem, square at its upper end."""
    box = layout.box
    assert box is not None
    edge = 1 + theme().px(layout.measures.edge)
    area = box.rect.adjusted(edge, 0, -1, -1)
    role = "error_tint" if box.problem.severity == "error" else "caution_tint"
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour(role))
    painter.save()
    painter.setClipRect(area)
    painter.drawRoundedRect(area.adjusted(-radius, -radius, 0, 0), radius, radius)
    painter.restore()


def _head(painter: QPainter, layout: CardLayout, row: LayerReport, state: CardState) -> None:
    px, measures, layer = theme().px, layout.measures, row.layer
    upper = px(at.ROW_CENTRES[0]) if measures is CARD else px(measures.head) / 2
    ratio = painter.device().devicePixelRatioF()
    if measures.grip_left >= 0 and not is_input(layer):  # the Input can't be moved
        _icon(painter, pixmap("grip", "muted", 16, ratio), px(measures.grip_left), upper, 16)
    block = layout.chevron is not None
    if layout.chevron is not None:
        _chevron(painter, layout.chevron, state)
    shift = px(at.CHEVRON) if block else 0
    glyph = glyph_pixmap(layer.category, glyph_of(layer), measures.glyph, ratio)
    _icon(painter, glyph, px(measures.glyph_left) + shift, upper, measures.glyph)
    right = layout.width - px(measures.right)
    taken = _amount(painter, layout, row, state, right, upper)
    left = px(measures.text_left) + shift
    skip = skip_text(row) if state.open else ""
    texts = (layer.title, detail_text(layer, state.data_title, skip))
    draw_title(painter, texts, left, right - taken - px(5) - left, upper, measures.title, state.quiet)
    if measures is CARD:
        _second_row(painter, row, state, right)


def _icon(painter: QPainter, drawn: object, left: float, middle: float, side: int) -> None:
    painter.drawPixmap(QPointF(left, middle - theme().px(side) / 2), drawn)  # type: ignore[call-overload]


def _chevron(painter: QPainter, area: QRectF, state: CardState) -> None:
    px = theme().px
    if state.chevron:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("border"))
        painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), px(METRICS.radius), px(METRICS.radius))
    ratio = painter.device().devicePixelRatioF()
    drawn = pixmap("chevron-down" if state.open else "chevron-right", "text2", 14, ratio)
    side = px(14)
    painter.drawPixmap(QPointF(area.center().x() - side / 2, area.center().y() - side / 2), drawn)


def _amount(
    painter: QPainter, layout: CardLayout, row: LayerReport, state: CardState, right: float, middle: float
) -> float:
    """The number of parameters, "frozen" or nothing at the right end; returns the width it takes."""
    if state.disabled:
        return 0.0
    if state.frozen and row.parameters != 0:
        side = theme().px(_LOCK)
        lock = pixmap("lock", "muted", _LOCK, painter.device().devicePixelRatioF())
        painter.drawPixmap(QPointF(right - side, middle - side / 2), lock)
        text, right = "frozen", right - side - theme().px(4)
        draw_right(painter, text, right, middle)
        return width(text, 11) + side + theme().px(4)
    text = parameters_text(row.parameters) if layout.measures is CARD else amount_text(row.parameters)
    draw_right(painter, text, right, middle)
    return width(text, 11)


def _second_row(painter: QPainter, row: LayerReport, state: CardState, right: float) -> None:
    left, centre = float(theme().px(at.SHAPES_LEFT)), theme().px(at.ROW_CENTRES[1])
    if state.disabled:
        draw_text(painter, "skipped", left, centre, 12, 400, "text2")
        return
    into, rest, size, work = second_row(row, state.open, right - left - theme().px(8))
    wrong = _is_wrong(row) and bool(into)
    weight = 600 if wrong else 400
    draw_text(painter, into, left, centre, size, weight, "error" if wrong else "text2")
    draw_text(painter, rest, left + width(into, size, weight), centre, size, 400, "text2")
    draw_right(painter, work, right, centre)


def second_row(row: LayerReport, opened: bool, room: float) -> tuple[str, str, int, str]:
    """What the second row of a card says: the shape that comes in, the rest, their size, and the work.

    Numbers never elide: where there is too little room the shapes take a smaller size, then what comes
    in is left to the card before, where that is right; at last the work is left to the tooltip.
    """
    block = bool(row.layer.children) and not opened
    into, out = ("", inside_text(row)) if block else shapes_of(row, always=opened)
    whole = (into, f" {ARROW} {out}" if into else out)
    brief = ("", inside_text(row, brief=True) if block else f"{ARROW} {out}")
    work = "" if is_input(row.layer) else multiply_adds_text(row.multiply_adds)
    weight = 600 if _is_wrong(row) else 400
    choices = [(whole, 12), (whole, 11)] + ([(brief, 12), (brief, 11)] if not _is_wrong(row) else [])
    for texts, size in choices:
        if width(texts[0], size, weight) + width(texts[1], size) + width(work, 11) <= room:
            return *texts, size, work
    return *whole, 11, ""


def _is_wrong(row: LayerReport) -> bool:
    """The layer can't take the shape that comes in."""
    return bool(row.problems) and row.parameters is None and row.input_shape is not None


def _problem(painter: QPainter, layout: CardLayout, box: ProblemBox, state: CardState) -> None:
    px, measures = theme().px, layout.measures
    error = box.problem.severity == "error"
    line = px(at.LINE)
    name, colour = ("error-circle", "error") if error else ("warning-triangle", "caution")
    drawn = pixmap(name, colour, 16, painter.device().devicePixelRatioF())
    _icon(painter, drawn, px(measures.problem_icon), box.text_top + line / 2, 16)
    for run in box.runs:
        x, centre = px(measures.problem_text) + run.x, box.text_top + (run.line + 0.5) * line
        draw_text(painter, run.text, x, centre, 12, 600 if run.bold else 400)
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
    painter.drawText(button.rect, _CENTRE, shown)
