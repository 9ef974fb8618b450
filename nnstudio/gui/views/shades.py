"""Colours of cells whose strength means something; free of Qt."""

from __future__ import annotations

from nnstudio.gui.look.stylesheet import mix
from nnstudio.gui.look.tokens import Tokens

FULL_MISTAKE = 0.2
"""Share of a row at which a mistake has its full colour; more than that can't look worse."""

FULL_CHANGE = 0.1
"""Change of a row's share at which a cell has its full colour."""

_STRONGEST = 0.9  # of the plot colour, so that a selection frame still stands out


def hit_colour(share: float, tokens: Tokens) -> str:
    """Ground of a cell on the diagonal; squared, because shares of 0.6 and 0.9 must look different."""
    return mix(tokens.plot, tokens.line(0), _STRONGEST * share * share)


def mistake_colour(share: float, tokens: Tokens) -> str:
    """Ground of a cell off the diagonal."""
    return mix(tokens.plot, tokens.line(1), _STRONGEST * min(1.0, share / FULL_MISTAKE))


def change_colour(gain: float, tokens: Tokens) -> str:
    """Ground of a cell that changed: green for the better, red for the worse."""
    end = tokens.good if gain > 0 else tokens.error
    return mix(tokens.plot, end, _STRONGEST * min(1.0, abs(gain) / FULL_CHANGE))
