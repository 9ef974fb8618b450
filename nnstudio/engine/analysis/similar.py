"""The training samples that look most alike to the network: nearest in its last hidden layer.

All of them are gone through, in bounded memory: of a layer with many features each sample keeps the numbers
alone that say most, and those that seem nearest by them are compared feature by feature.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis.confusion import Ints
from nnstudio.engine.analysis.features import Compression, directions, feature_layer, layer_outputs
from nnstudio.engine.analysis.passes import Floats32
from nnstudio.engine.model import Model
from nnstudio.engine.threads import one_blas_thread

VALUES = 16_000_000
"""Numbers kept of all samples together: 64 MB."""
WIDTHS = (64, 256)
"""Numbers kept of a sample: at least, where there are very many samples, and at most."""
CANDIDATES = 200
"""Samples that are compared feature by feature, where less is kept of all of them."""
SAMPLE = 1024
"""Samples that tell which numbers say most."""
_BLOCK, _BLOCK_MULTIPLY_ADDS = 256, 0.3e9  # most samples, and most work, between two reports
_GOLDEN = (math.sqrt(5) - 1) / 2
Report = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Neighbour:
    """A training sample near to another one.

    Attributes:
        position: Its position in its part.
        label: Its class number.
        similarity: Cosine of the angle between both samples' features, −1 to 1.
    """

    position: int
    label: int
    similarity: float


class FeatureIndex:
    """The features of training samples, filled in block by block; it can be asked at any time.

    One thread fills it while others ask: rows are only ever added.

    Args:
        model: The model; its weights must not change meanwhile.
        part: The samples, raw. Of more than 250,000, an even selection is looked at.

    Attributes:
        model: The model.
        part: The samples.
        layer: Name of the layer whose outputs are compared.
        features: How many that are.
        count: How many samples are looked at.
        known: How many have been.
    """

    def __init__(self, model: Model, part: Part) -> None:
        self.model, self.part = model, part
        self.layer = feature_layer(model.network)
        output = next(step.output for step in model.network.steps if step.layer.name == self.layer)
        self.features = math.prod(output)
        least, most = WIDTHS
        width = min(self.features, most, max(least, VALUES // max(1, len(part))))
        self.count = min(len(part), max(1, VALUES // width))
        self.known = 0
        self._order = _spread(len(part), self.count)
        self._rows = np.zeros((self.count, width), np.float32)
        self._shorten = Compression(self.features, width) if width < self.features else None
        self._learned = self._shorten is None

    @property
    def complete(self) -> bool:
        """All samples have been looked at."""
        return self.known == self.count

    def fill(self, report: Report | None = None) -> None:
        """Looks at the samples that are left.

        Args:
            report: Told what is going on; may raise ``Cancelled``, and what is known by then stays.

        Raises:
            DataError: The samples don't fit the network.
        """
        with one_blas_thread():  # all the time: changing it to and fro makes other threads' products wait
            if self._shorten is not None and not self._learned:
                blocks = self._blocks(0, min(SAMPLE, self.count), report)
                self._shorten.learn(np.concatenate([self._shorten.hashed(block) for _, block in blocks]))
                self._learned = True
            for rows, block in self._blocks(self.known, self.count, report):
                kept = self._kept(block)
                self._rows[rows, : kept.shape[1]] = kept
                self.known = rows.stop

    def nearest(self, sample: Any, count: int) -> tuple[Neighbour, ...]:
        """Of the samples known so far, the ``count`` most similar to a raw sample, most similar first.

        Raises:
            DataError: The sample doesn't fit the network.
        """
        known = self.known
        own = self._directions(np.asarray(sample)[None])[0]
        kept = self._kept(own[None])[0]
        similarities = self._rows[:known, : len(kept)] @ kept
        if self._shorten is not None:
            rows = _largest(similarities, max(count, CANDIDATES))
            similarities = self._directions(self.part.samples(self._order[rows])) @ own
        else:
            rows = np.arange(known)
        best = _largest(similarities, count)
        positions = self._order[rows[best]]
        return tuple(
            Neighbour(int(position), int(label), float(similarity))
            for position, label, similarity in zip(
                positions, self.part.labels[positions], similarities[best], strict=True
            )
        )

    def _blocks(self, start: int, stop: int, report: Report | None) -> Iterator[tuple[slice, Floats32]]:
        """Rows of the index, and the directions of their samples."""
        work = max(1, self.model.network.report.multiply_adds)
        size = max(1, min(_BLOCK, int(_BLOCK_MULTIPLY_ADDS / work)))
        for first in range(start, stop, size):
            if report is not None:
                report("Looking for similar images", self.known / self.count)
            rows = slice(first, min(first + size, stop))
            yield rows, self._directions(self.part.samples(self._order[rows]))

    def _directions(self, samples: Any) -> Floats32:
        return directions(layer_outputs(self.model, samples, self.layer))

    def _kept(self, given: Floats32) -> Floats32:
        """What is kept of directions ``(n, features)``: themselves, or less."""
        return given if self._shorten is None else self._shorten(given)


def feature_index(model: Model, part: Part, report: Report | None = None) -> FeatureIndex:
    """The features of a part's samples.

    Raises:
        DataError: The samples don't fit the network.
    """
    index = FeatureIndex(model, part)
    index.fill(report)
    return index


def _spread(samples: int, count: int) -> Ints:
    """``count`` of the positions, evenly chosen, in an order whose every beginning is spread evenly, too."""
    positions = np.linspace(0, samples - 1, count).round().astype(np.int64)
    return positions[np.argsort(np.arange(count) * _GOLDEN % 1, kind="stable")]


def _largest(values: Floats32, count: int) -> Ints:
    """Places of the largest values, largest first; of equal ones the first."""
    if len(values) > count:
        least = np.partition(values, len(values) - count)[len(values) - count]
        places = np.flatnonzero(values >= least)
    else:
        places = np.arange(len(values))
    return places[np.argsort(-values[places], kind="stable")][:count]
