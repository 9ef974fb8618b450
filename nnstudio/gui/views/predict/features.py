"""What is known of data without images, for a form to fill in: names, ranges, usual values. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.core.spec import DataSpec
from nnstudio.data.dataset import Part

MOST_FEATURES = 200
_LOOKED_AT = 2_000  # samples whose values say what is usual


@dataclass(frozen=True)
class Feature:
    """One number of a sample.

    Attributes:
        name: What it is called.
        low: Least value seen.
        high: Greatest value seen.
        usual: Median.
    """

    name: str
    low: float
    high: float
    usual: float


def unknown_features(count: int) -> tuple[Feature, ...]:
    """Features of which nothing is known."""
    return tuple(Feature(f"Feature {number}", -1.0, 1.0, 0.0) for number in range(1, count + 1))


def known_features(part: Part, names: tuple[str, ...]) -> tuple[Feature, ...]:
    """Features as an even selection of samples shows them.

    Args:
        part: The samples, ``(N, features)``.
        names: Their names; empty if they have none.
    """
    chosen = np.linspace(0, len(part) - 1, min(len(part), _LOOKED_AT)).round().astype(np.int64)
    values = part.samples(chosen).astype(np.float64)
    titles = names or tuple(f"Feature {number}" for number in range(1, values.shape[1] + 1))
    columns = zip(titles, values.min(axis=0), values.max(axis=0), np.median(values, axis=0), strict=True)
    return tuple(Feature(name, float(low), float(high), float(usual)) for name, low, high, usual in columns)


def feature_names(data: DataSpec) -> tuple[str, ...]:
    """Names of a recipe's features, from the data set that is in memory; reads it if it isn't (slow).

    Raises:
        DataError: It can't be read.
    """
    from nnstudio.data.catalog import load_recipe

    return load_recipe(data, download=False).features
