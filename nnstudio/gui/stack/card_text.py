"""Fonts of the cards and runs of text in several weights, measured and wrapped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtGui import QFont, QFontMetricsF

from nnstudio.gui.theme import font, theme

Pieces = tuple[tuple[str, bool], ...]
"""Text with the parts to be written bold."""


@cache
def _made(size: int, weight: int) -> tuple[QFont, QFontMetricsF]:
    chosen = font(size, weight)
    return chosen, QFontMetricsF(chosen)


def _forget() -> None:
    _made.cache_clear()


theme().changed.connect(_forget)  # another zoom has other sizes


def face(size: int, weight: int = 400) -> QFont:
    """The interface font at ``size``, remembered until the theme changes."""
    return _made(size, weight)[0]


def metrics(size: int, weight: int = 400) -> QFontMetricsF:
    """Its metrics."""
    return _made(size, weight)[1]


def width(text: str, size: int, weight: int = 400) -> float:
    """Width of a text in pixels."""
    return metrics(size, weight).horizontalAdvance(text)


@dataclass(frozen=True)
class Run:
    """A word or part of one at its place in a line."""

    text: str
    bold: bool
    x: float
    line: int


def wrap(pieces: Pieces, size: int, room: float) -> tuple[Run, ...]:
    """Breaks pieces at their spaces into lines no wider than ``room``; longer words get their own line."""
    runs: list[Run] = []
    x, line = 0.0, 0
    for chunk in _chunks(pieces):
        if x > 0 and x + _width(chunk, size) > room:
            x, line = 0.0, line + 1
            chunk = ((chunk[0][0].lstrip(" "), chunk[0][1]), *chunk[1:])
        for text, bold in chunk:
            runs.append(Run(text, bold, x, line))
            x += width(text, size, 600 if bold else 400)
    return tuple(runs)


def _chunks(pieces: Pieces) -> list[Pieces]:
    """Words with the space in front of them; a word may change its weight inside."""
    chunks: list[Pieces] = []
    for text, bold in pieces:
        for at, word in enumerate(text.split(" ")):
            part = (word if at == 0 else f" {word}", bold)
            if at == 0 and chunks:
                chunks[-1] = (*chunks[-1], part)
            else:
                chunks.append((part,))
    return chunks


def _width(pieces: Pieces, size: int) -> float:
    return sum(width(text, size, 600 if bold else 400) for text, bold in pieces)
