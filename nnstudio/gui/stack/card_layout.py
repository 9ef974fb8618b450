"""Where everything of a card goes. Painting and hit-testing read the same rectangles."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from nnstudio.core.fixes import Fix
from nnstudio.core.shapes import LayerReport, Problem
from nnstudio.gui.stack.card_text import Run, width, wrap
from nnstudio.gui.stack.texts import problem_text
from nnstudio.gui.theme import theme
from nnstudio.gui.tokens import METRICS

GAP = 3  # between cards; with the card's 44 px the rows follow each other every 47 px
EDGE = 4  # the strip in the category's colour
GRIP_LEFT = 10
GLYPH_LEFT = 31
TEXT_LEFT = 53
RIGHT = 9
ROW_CENTRES = (13, 31)
PROBLEM_ICON_LEFT = 17
PROBLEM_TEXT_LEFT = 39
PROBLEM_TOP = 6
PROBLEM_BOTTOM = 10
LINE = 18
BUTTON_GAP = 8
BUTTON_PADDING = 10
MARGIN = 8  # beside the cards; the focus ring needs 3


@dataclass(frozen=True)
class FixButton:
    """A fix and the rectangle of its button, relative to the card."""

    fix: Fix
    rect: QRectF


@dataclass(frozen=True)
class ProblemBox:
    """The lower half of a card with a problem, relative to the card."""

    problem: Problem
    rect: QRectF
    runs: tuple[Run, ...]
    text_top: float
    buttons: tuple[FixButton, ...]


@dataclass(frozen=True)
class CardLayout:
    """A card of a given width.

    Attributes:
        height: Height of the card without the gap below it.
        box: Its problem, or None.
    """

    width: float
    height: float
    box: ProblemBox | None

    def button_at(self, point: QPointF) -> int | None:
        """Number of the fix button under a point relative to the card."""
        buttons = self.box.buttons if self.box else ()
        return next((at for at, button in enumerate(buttons) if button.rect.contains(point)), None)


def lay_out(row: LayerReport, card_width: float) -> CardLayout:
    """The layout of a card ``card_width`` pixels wide."""
    head = float(theme().px(METRICS.card))
    if not row.problems:
        return CardLayout(card_width, head, None)
    box = _box(row.problems[0], card_width, head)
    return CardLayout(card_width, head + box.rect.height(), box)


def _box(problem: Problem, card_width: float, top: float) -> ProblemBox:
    px = theme().px
    left, right = float(px(PROBLEM_TEXT_LEFT)), card_width - px(RIGHT)
    pieces = problem_text(problem)
    beside = _beside(problem, right - left)
    runs = wrap(pieces, 12, right - left - (beside + px(BUTTON_GAP) if beside else 0))
    lines = 1 + max((run.line for run in runs), default=0)
    text_top = top + px(PROBLEM_TOP)
    if beside:
        button = px(METRICS.button_small)
        height = float(button + 2 * px(PROBLEM_TOP))
        text_top = top + (height - px(LINE)) / 2
        where = QRectF(right - beside, top + px(PROBLEM_TOP), beside, button)
        buttons: tuple[FixButton, ...] = (FixButton(problem.fixes[0], where),)
    else:
        below = text_top + lines * px(LINE)
        buttons, bottom = _stack_buttons(problem.fixes, left, right, below + px(2))
        height = bottom + px(PROBLEM_BOTTOM) - top
    return ProblemBox(problem, QRectF(0, top, card_width, height), runs, text_top, buttons)


def button_width(fix: Fix, first: bool) -> float:
    """Width of a fix's button; the first of an error is filled and bolder."""
    return width(fix.label, 12, 600 if first else 500) + 2 * theme().px(BUTTON_PADDING)


def _beside(problem: Problem, room: float) -> float:
    """Width of a warning's only button if it fits behind the one line of text, else 0."""
    if problem.severity == "error" or len(problem.fixes) != 1:
        return 0.0
    button = button_width(problem.fixes[0], first=False)
    runs = wrap(problem_text(problem), 12, room - button - theme().px(BUTTON_GAP))
    return button if all(run.line == 0 for run in runs) else 0.0


def _stack_buttons(
    fixes: tuple[Fix, ...], left: float, right: float, top: float
) -> tuple[tuple[FixButton, ...], float]:
    """The buttons in reading order, in as many rows as they need, and where the last row ends."""
    high, gap = theme().px(METRICS.button_small), theme().px(BUTTON_GAP)
    buttons: list[FixButton] = []
    x, y = left, top
    for at, fix in enumerate(fixes[:2]):
        wide = min(button_width(fix, at == 0), right - left)
        if buttons and x + wide > right:
            x, y = left, y + high + theme().px(4)
        buttons.append(FixButton(fix, QRectF(x, y, wide, high)))
        x += wide + gap
    return tuple(buttons), (y + high if buttons else top)
