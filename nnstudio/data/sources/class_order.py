"""From labels as they are written to classes: their names and their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.data.sources.source import Classes, natural_order


def order_classes(labels: Sequence[str]) -> Classes:
    """The classes that different labels stand for.

    Whole numbers counted from 0 stay the class numbers that they are, if at least half of those up to the
    largest occur. Other numbers are sorted by value, and text as people look for it ("2" before "10").

    Args:
        labels: The different labels; their places are the provisional class numbers.
    """
    numbers = [_whole(label) for label in labels]
    if labels and all(number is not None for number in numbers):
        known = sorted({number for number in numbers if number is not None})
        if known[0] == 0 and 2 * len(known) > known[-1]:
            known = list(range(known[-1] + 1))
        places = {number: place for place, number in enumerate(known)}
        names = tuple(map(str, known))
        return Classes(
            names, np.array([places[number] for number in numbers if number is not None], np.int64)
        )
    sorted_labels = sorted(labels, key=natural_order)
    rank = {label: place for place, label in enumerate(sorted_labels)}
    return Classes(tuple(sorted_labels), np.array([rank[label] for label in labels], np.int64))


def _whole(label: str) -> int | None:
    """The whole number that a label is, also where a program wrote "3.0"."""
    try:
        number = float(label)
    except ValueError:
        return None
    plain = label.isascii() and "_" not in label and number.is_integer() and abs(number) < 2**53
    return int(number) if plain else None
