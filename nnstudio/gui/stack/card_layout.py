"""Where everything of a card goes. Painting and hit-testing read the same rectangles."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from nnstudio.core.fixes import Fix
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import LayerReport
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.card_text import Pieces, Run, width, wrap
from nnstudio.gui.stack.problems import shown_problems
from nnstudio.gui.stack.texts import card_problem_text
from nnstudio.gui.theme import theme

LINE = 18
PROBLEM_TOP = 6
PROBLEM_BOTTOM = 10
BUTTON_GAP = 8
BUTTON_PADDING = 10
GAP = 3  # between cards; with the card's 44 px the rows follow each other every 47 px
TILE, TILE_PITCH, TILE_LEFT, TILES_BELOW = 25, 31, 35, 9
TILE_COLUMNS, TILE_ROWS = 8, 2
"""Pictures of what a unit responds to: as many as fit into two rows."""
MARGIN = 8  # beside the cards; the focus ring needs 3


@dataclass(frozen=True)
class Measures:
    """Sizes of one kind of card at 100% zoom.

    Attributes:
        head: Height without a problem.
        gap: Space below it.
        edge: Width of the strip in the category's colour.
        grip_left: Where the handle begins; -1 without one.
        glyph_left: Where the glyph begins.
        glyph: Side of the glyph.
        text_left: Where the title begins.
        right: Space at the right of the numbers.
        title: Size and weight of the title.
        problem_icon: Where the icon of a problem begins.
        problem_text: Where its text begins.
    """

    head: int
    gap: int
    edge: int
    grip_left: int
    glyph_left: int
    glyph: int
    text_left: int
    right: int
    title: tuple[int, int]
    problem_icon: int
    problem_text: int

    def text_at(self, block: bool) -> int:
        """Where the title of a card begins: that of a block stands behind its chevron."""
        return self.text_left + (CHEVRON if block else 0)


CARD = Measures(METRICS.card, GAP, 4, 10, 31, 16, 53, 9, (13, 600), 17, 39)
"""A card of the outer stack: two rows of text."""
ROW = Measures(METRICS.block_row, 2, 3, -1, 9, 13, 28, 8, (12, 500), 8, 28)
"""A row inside a block: one row of text."""
CHEVRON = 13
"""How far the glyph and the title of a block move to make room for its chevron."""
CHEVRON_LEFT = 25
ROW_CENTRES = (13, 31)
SHAPES_LEFT = 53


@dataclass(frozen=True)
class FixButton:
    """A fix and the rectangle of its button, relative to the card."""

    fix: Fix
    rect: QRectF


@dataclass(frozen=True)
class ProblemBox:
    """The lower half of a card with a problem, its own or one inside a closed block, relative to the card."""

    problem: Problem
    rect: QRectF
    runs: tuple[Run, ...]
    text_top: float
    buttons: tuple[FixButton, ...]


@dataclass(frozen=True)
class CardLayout:
    """A card of a given width.

    Attributes:
        measures: Its kind.
        width: Its width.
        height: Height of the card without the gap below it.
        box: Its problem, or None.
        chevron: Where a click opens or closes the block, or None for other layers.
        tiles: Places of the units' pictures.
    """

    measures: Measures
    width: float
    height: float
    box: ProblemBox | None
    chevron: QRectF | None = None
    tiles: tuple[QRectF, ...] = ()

    def button_at(self, point: QPointF) -> int | None:
        """Number of the fix button under a point relative to the card."""
        buttons = self.box.buttons if self.box else ()
        return next((at for at, button in enumerate(buttons) if button.rect.contains(point)), None)


def lay_out(
    row: LayerReport, card_width: float, measures: Measures = CARD, units: int = 0, opened: bool = False
) -> CardLayout:
    """The layout of a card ``card_width`` pixels wide.

    Args:
        row: What is known of the layer.
        card_width: Width of the card.
        measures: Its kind.
        units: Number of units whose responses are shown; 0 for none.
        opened: It is a block that shows what it holds.
    """
    head = float(theme().px(measures.head))
    tiles = _tiles(units, card_width, head)
    if tiles:
        head = tiles[-1].bottom() + theme().px(TILES_BELOW)
    problems = shown_problems(row, opened)
    text = card_problem_text(row, problems) if problems else ()
    box = _Boxes(measures, card_width, head).box(problems[0], text) if problems else None
    chevron = _chevron(measures) if row.layer.children else None
    return CardLayout(measures, card_width, head + (box.rect.height() if box else 0), box, chevron, tiles)


def _tiles(units: int, card_width: float, top: float) -> tuple[QRectF, ...]:
    px = theme().px
    left, side = px(TILE_LEFT), px(TILE)
    room = int(card_width) - left - px(4)
    pitch = max(side + px(2), min(px(TILE_PITCH), room // TILE_COLUMNS))
    columns = min(TILE_COLUMNS, max(1, room // pitch))
    shown = min(units, columns * TILE_ROWS)
    return tuple(
        QRectF(left + at % columns * pitch, top + at // columns * pitch, side, side) for at in range(shown)
    )


def _chevron(measures: Measures) -> QRectF:
    """The icon's surroundings, at least 24 px each way."""
    px = theme().px
    left, side = (CHEVRON_LEFT - 4 if measures is CARD else 1), px(METRICS.button_small)
    middle = px(ROW_CENTRES[0]) if measures is CARD else px(measures.head) / 2
    return QRectF(px(left), middle - side / 2, side, side)


class _Boxes:
    """Lays out the lower half of a card with a problem."""

    def __init__(self, measures: Measures, card_width: float, top: float) -> None:
        px = theme().px
        self._width, self._top = card_width, top
        self._left = float(px(measures.problem_text))
        self._right = card_width - px(measures.right)

    def box(self, problem: Problem, text: Pieces) -> ProblemBox:
        """The text and the buttons below it, or a warning's only button beside it."""
        px, room = theme().px, self._right - self._left
        beside = _beside(problem, text, room)
        runs = wrap(text, 12, room - (beside + px(BUTTON_GAP) if beside else 0))
        if beside:
            return self._one_line(problem, runs, beside)
        lines = 1 + max((run.line for run in runs), default=0)
        text_top = self._top + px(PROBLEM_TOP)
        buttons, bottom = self._rows(problem.fixes, text_top + lines * px(LINE) + px(2))
        area = QRectF(0, self._top, self._width, bottom + px(PROBLEM_BOTTOM) - self._top)
        return ProblemBox(problem, area, runs, text_top, buttons)

    def _one_line(self, problem: Problem, runs: tuple[Run, ...], beside: float) -> ProblemBox:
        px = theme().px
        button = px(METRICS.button_small)
        height = float(button + 2 * px(PROBLEM_TOP))
        where = QRectF(self._right - beside, self._top + px(PROBLEM_TOP), beside, button)
        text_top = self._top + (height - px(LINE)) / 2
        area = QRectF(0, self._top, self._width, height)
        return ProblemBox(problem, area, runs, text_top, (FixButton(problem.fixes[0], where),))

    def _rows(self, fixes: tuple[Fix, ...], top: float) -> tuple[tuple[FixButton, ...], float]:
        """The buttons in reading order, in as many rows as they need, and where the last row ends."""
        high, gap = theme().px(METRICS.button_small), theme().px(BUTTON_GAP)
        buttons: list[FixButton] = []
        x, y = self._left, top
        for at, fix in enumerate(fixes[:2]):
            wide = min(button_width(fix, at == 0), self._right - self._left)
            if buttons and x + wide > self._right:
                x, y = self._left, y + high + theme().px(4)
            buttons.append(FixButton(fix, QRectF(x, y, wide, high)))
            x += wide + gap
        return tuple(buttons), (y + high if buttons else top)


def button_width(fix: Fix, first: bool) -> float:
    """Width of a fix's button; the first of an error is filled and bolder."""
    return width(fix.label, 12, 600 if first else 500) + 2 * theme().px(BUTTON_PADDING)


def _beside(problem: Problem, text: Pieces, room: float) -> float:
    """Width of a warning's only button if it fits behind the one line of text, else 0."""
    if problem.severity == "error" or len(problem.fixes) != 1:
        return 0.0
    button = button_width(problem.fixes[0], first=False)
    runs = wrap(text, 12, room - button - theme().px(BUTTON_GAP))
    return button if all(run.line == 0 for run in runs) else 0.0
