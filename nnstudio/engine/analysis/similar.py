"""The training samples that look most alike to the network: nearest in its last hidden layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis.confusion import Ints
from nnstudio.engine.analysis.passes import Floats32, batch_size, parts
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.threads import one_blas_thread

MOST_SAMPLES, LEAST_SAMPLES = 5_000, 200
_VALUES = 16_000_000  # features of all samples together: 64 MB
_BLOCK, _BLOCK_MULTIPLY_ADDS = 256, 0.3e9  # most samples, and most work, between two reports
_MULTIPLY_ADDS = 20e9  # of all samples together: a few seconds on one core
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


@dataclass(frozen=True, eq=False)
class FeatureIndex:
    """The features of training samples, ready to be compared with.

    Attributes:
        model: The model that they are features of.
        layer: Name of the layer that gives them.
        part: The samples.
        positions: Which of them are in the index, ``(n,)``.
        directions: Their features, brought to length 1, ``(n, features)``.
    """

    model: Model
    layer: str
    part: Part
    positions: Ints
    directions: Floats32

    def nearest(self, sample: Any, count: int) -> tuple[Neighbour, ...]:
        """The ``count`` samples most similar to a raw sample, most similar first.

        Raises:
            DataError: The sample doesn't fit the network.
        """
        own = _directions(layer_outputs(self.model, np.asarray(sample)[None], self.layer))[0]
        similarities = self.directions @ own
        order = np.argsort(-similarities, kind="stable")[:count]
        rows, labels = self.positions[order], self.part.labels[self.positions[order]]
        return tuple(
            Neighbour(int(row), int(label), float(similarities[place]))
            for row, label, place in zip(rows, labels, order, strict=True)
        )


def feature_index(model: Model, part: Part, report: Report | None = None) -> FeatureIndex:
    """Computes the features of a part's samples, or of an even selection of them where there are many.

    Args:
        model: The model; its weights must not change meanwhile.
        part: The samples, raw.
        report: Told what is going on; may raise ``Cancelled``.

    Raises:
        DataError: The samples don't fit the network.
    """
    layer = feature_layer(model.network)
    size = math.prod(next(step.output for step in model.network.steps if step.layer.name == layer))
    work = max(1, model.network.report.multiply_adds)
    affordable = max(LEAST_SAMPLES, int(_MULTIPLY_ADDS / work))
    count = min(len(part), MOST_SAMPLES, affordable, max(1, _VALUES // size))
    positions = np.linspace(0, len(part) - 1, count).round().astype(np.int64)
    directions = np.empty((count, size), np.float32)
    with one_blas_thread():  # all the time: changing it to and fro makes other threads' products wait
        for block in parts(count, max(1, min(_BLOCK, int(_BLOCK_MULTIPLY_ADDS / work)))):
            if report is not None:
                report("Looking for similar images", block.start / count)
            outputs = layer_outputs(model, part.samples(positions[block]), layer)
            directions[block] = _directions(outputs)
    return FeatureIndex(model, layer, part, positions, directions)


def feature_layer(network: Network) -> str:
    """Name of the layer in front of the last one with weights: what the network makes of a sample.

    Dropout and its like, which only do something in training, are passed over.
    """
    running = [step for step in network.steps if not step.skip and step.layer.category != "regularisation"]
    weighted = [place for place, step in enumerate(running) if step.weights or step.branches]
    return running[max(0, weighted[-1] - 1)].layer.name


def layer_outputs(model: Model, x: Any, layer: str) -> Floats32:
    """What a layer of the outer stack gives for raw samples, in evaluation mode.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        layer: The layer's name.

    Returns:
        ``(N, features)``, the layer's output laid flat.

    Raises:
        DataError: The samples don't fit the network.
    """
    samples = model.checked(x)
    batch = batch_size(model.network, len(samples))
    workspace = model.network.workspace(model.weights, batch)
    found = []
    for part in parts(len(samples), batch):
        with one_blas_thread(), np.errstate(all="ignore"):  # weights that overflow give NaN
            workspace.forward(model.scaling.apply(samples[part]))
        outputs = workspace.outputs()[layer]
        found.append(outputs.reshape(len(outputs), -1).astype(np.float32))
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)


def _directions(features: Floats32) -> Floats32:
    """Rows of length 1; a row of zeros stays one, and one that overflowed becomes one."""
    known = np.nan_to_num(features, nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.linalg.norm(known, axis=1, keepdims=True)
    return np.asarray(known / np.where(lengths > 0, lengths, 1), np.float32)
