"""The 2-D playground: small sets of points whose decision boundary can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.points_spec import PointsSpec
from nnstudio.data.dataset import Dataset, IntArray, Part
from nnstudio.data.plane_inputs import FUNCTIONS, plane_inputs

TRAIN, TEST = PointsSpec().counts
SEED = 2026
CLASSES = ("A", "B")
Points = NDArray[np.float64]
Maker = Callable[[IntArray, float, np.random.Generator], Points]


@dataclass(frozen=True)
class PointSet:
    """One of the sets.

    Args:
        title: What the user sees.
        summary: One line about it.
        noise: Standard deviation of the noise, in units of the set's half width.
        make: Draws one point ``(n, 2)`` per label ``(n,)``, within about -1...1.
    """

    title: str
    summary: str
    noise: float
    make: Maker


def make_points(
    name: str,
    train: int = TRAIN,
    test: int = TEST,
    noise: float | None = None,
    seed: int = SEED,
    inputs: Sequence[str] = ("x", "y"),
) -> Dataset:
    """Draws a set of points; equal arguments give equal points.

    Args:
        name: A key of :data:`SETS`.
        train: Number of training points.
        test: Number of test points, drawn from the same distribution.
        noise: Standard deviation of the noise, or None for the set's own.
        seed: Seed of the draw.
        inputs: What a network is told of each point (see ``plane_inputs``).

    Returns:
        Two classes, float32 samples ``(n, len(inputs))``; both axes of the points span about -1...1 alike.
    """
    points, labels = draw_points(name, train, test, noise, seed)
    x = plane_inputs(points, inputs)
    parts = Part(x[:train], labels[:train]), Part(x[train:], labels[train:])
    features = tuple(FUNCTIONS[one][0] for one in inputs)
    return Dataset(name, SETS[name].title, *parts, CLASSES, features=features)


@lru_cache(4)
def load_points(name: str, spec: PointsSpec | None = None) -> Dataset:
    """The points that a data recipe means; the last ones are kept in memory."""
    spec = spec or PointsSpec()
    return make_points(name, *spec.counts, noise=spec.noise, inputs=spec.inputs)


def draw_points(
    name: str, train: int, test: int, noise: float | None = None, seed: int = SEED
) -> tuple[Points, IntArray]:
    """Points ``(train + test, 2)`` of the plane, those to train on first, and their classes; see above."""
    chosen = SETS[name]
    rng = np.random.default_rng(seed)
    labels = np.concatenate([rng.permutation(np.arange(count) % 2) for count in (train, test)])
    points = chosen.make(labels, chosen.noise if noise is None else noise, rng)
    low, high = points[:train].min(axis=0), points[:train].max(axis=0)
    one_factor = 2 / (high - low).max()  # for both axes, which keeps circles round
    return (points - (low + high) / 2) * one_factor, labels


def spiral(labels: IntArray, noise: float, rng: np.random.Generator) -> Points:
    """Two arms of an Archimedean spiral, one and a quarter turns each, half a turn apart."""
    way = np.sqrt(rng.uniform(0.01, 1, len(labels)))  # the root spreads the points evenly along the arm
    angle = 2.5 * np.pi * way + np.pi * labels
    return _jitter(way[:, np.newaxis] * _circle(angle), noise, rng)


def circles(labels: IntArray, noise: float, rng: np.random.Generator) -> Points:
    """A ring (B) around a disc (A)."""
    inner = 0.45 * np.sqrt(rng.uniform(0, 1, len(labels)))
    radius = np.where(labels == 0, inner, rng.uniform(0.75, 1, len(labels)))
    return _jitter(radius[:, np.newaxis] * _circle(rng.uniform(0, 2 * np.pi, len(labels))), noise, rng)


def moons(labels: IntArray, noise: float, rng: np.random.Generator) -> Points:
    """Two half circles that reach into each other."""
    arc = _circle(rng.uniform(0, np.pi, len(labels)))
    lower = np.array([1.0, 0.5]) - arc
    return _jitter(np.where(labels[:, np.newaxis] == 0, arc, lower) / 1.5, noise, rng)


def xor(labels: IntArray, noise: float, rng: np.random.Generator) -> Points:
    """Four squares; those across a corner belong together, and a gap runs between the rest."""
    size = rng.uniform(0.08, 1, (len(labels), 2))
    side = np.where(rng.random(len(labels)) < 0.5, -1, 1)
    return _jitter(size * np.stack([side, np.where(labels == 0, side, -side)], axis=1), noise, rng)


def blobs(labels: IntArray, noise: float, rng: np.random.Generator) -> Points:
    """Two round clouds that a straight line nearly separates."""
    centres = np.array([[-0.5, -0.35], [0.5, 0.35]])
    return _jitter(centres[labels], noise, rng)


SETS = {
    "spiral": PointSet("2-D spiral", "Two spiral arms: needs depth", 0.03, spiral),
    "circles": PointSet("2-D circles", "A ring around a disc", 0.04, circles),
    "moons": PointSet("2-D moons", "Two half circles that reach into each other", 0.08, moons),
    "xor": PointSet("2-D XOR", "Four squares: no straight line separates them", 0.02, xor),
    "blobs": PointSet("2-D blobs", "Two clouds: one neuron is enough", 0.26, blobs),
}


def _circle(angle: Points) -> Points:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _jitter(points: Points, noise: float, rng: np.random.Generator) -> Points:
    return points + rng.normal(0, noise, points.shape)
