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
    """Breaks pieces into lines no wider than ``room``; a longer word gets a line of its own."""
    runs: list[Run] = []
    x, line = 0.0, 0
    for text, bold in pieces:
        weight = 600 if bold else 400
        for word in _words(text):
            wide = width(word, size, weight)
            if x > 0 and x + width(word.rstrip(), size, weight) > room and not word.startswith((",", ".")):
                x, line, word = 0.0, line + 1, word.lstrip()
                wide = width(word, size, weight)
            if word:
                runs.append(Run(word, bold, x, line))
            x += wide
    return tuple(runs)


def _words(text: str) -> list[str]:
    """Words with the spaces in front of them: ``" a flat"`` gives ``[" a", " flat"]``."""
    parts = text.split(" ")
    return [part if at == 0 else f" {part}" for at, part in enumerate(parts) if part or at]
