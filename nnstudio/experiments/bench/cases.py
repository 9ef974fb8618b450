"""What is measured: the standard networks, or any project on random data of its shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnstudio.core.shapes import LayerReport, infer_shapes
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.errors import DataError
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Dropout, Flatten, Input, MaxPool
from nnstudio.layers.base import Layer

IMAGE = (28, 28, 1)
MOST_BYTES = 64 * 2**20
"""Memory of the random samples; as many as Fashion-MNIST has take 47 MB."""
MOST_SAMPLES = 60_000


@dataclass(frozen=True)
class Case:
    """A network with its recipe.

    Attributes:
        name: Its name.
        project: What is trained.
    """

    name: str
    project: ProjectSpec

    def data(self, most: int = MOST_SAMPLES) -> Prepared:
        """Up to ``most`` samples of random bytes of the network's input shape, the same ones every time."""
        network = self.project.network
        shape = network.input_shape or ()
        outputs = infer_shapes(network).require().output_shape or ()
        classes = max(2, *outputs)
        samples = max(100, min(most, MOST_BYTES // math.prod(shape)))
        random = np.random.default_rng(0)
        labels = random.integers(0, classes, samples)
        x = random.integers(0, 256, (samples, *shape), dtype=np.uint8)
        part = Part(x, labels)
        names = tuple(str(k) for k in range(classes))
        return prepare_dataset(Dataset("bench", "Random samples", part, part, names), self.project.data)

    def multiply_adds_of(self, task: str) -> int:
        """What a sample costs.

        Args:
            task: "train" for a whole step: forward and both gradients, but no gradient of the input;
                "evaluate" for the forward pass.
        """
        rows = infer_shapes(self.project.network).require().layers
        counts = [count for row in rows for count in _counts(row) if count]
        if task == "evaluate":
            return sum(counts)
        return 3 * sum(counts) - (counts[0] if counts else 0)


def standard_cases() -> tuple[Case, ...]:
    """Dense networks and three convolutional ones, from memory-bound to compute-bound."""
    deep: list[Layer] = []
    for _ in range(8):
        deep += [_dense(569), Dropout(rate=0.333)]
    images = [_convolution(32), _convolution(64)]
    strided = [*images, _convolution(128, 2), _convolution(256, 2)]
    normalised = [*_normalised(32), *_normalised(64), Flatten(), _dense(128), Dropout(rate=0.5)]
    return (
        _case("M1", [_dense(64)], "SGD", 128),
        _case("M2", [_dense(units) for units in (512, 256, 128, 64)], "SGD", 128),
        _case("M3", [Dense(units=50, activation="tanh")], "Momentum", 128),
        _case("M3-1024", [Dense(units=50, activation="tanh")], "Momentum", 1024),
        _case("M4", deep, "Adam", 122),
        _case("M5", [], "SGD", 32),
        _case("M6", [_dense(1000) for _ in range(4)], "Adam", 64),
        _case("C1", [*images, Flatten(), _dense(64)], "Adam", 32),
        _case("C2", [*strided, Flatten(), _dense(64)], "Adam", 32),
        _case("C3", normalised, "Adam", 128),
    )


def case_of(name: str, project: ProjectSpec) -> Case:
    """A project as a case: its network and training recipe, on random samples.

    Raises:
        DataError: Its network has no input.
        ShapeError: Its network has problems.
    """
    infer_shapes(project.network).require()
    if project.network.input_shape is None:
        raise DataError("the network has no input", fix="add an Input layer")
    return Case(name, project.replace(data=DataSpec(source="bench", validation=0.0)))


def _case(name: str, hidden: Sequence[Layer], optimizer: str, batch: int) -> Case:
    """Hidden layers between a 28×28 image and ten classes; a dense network sees it flat."""
    flat = () if any(isinstance(layer, Flatten) for layer in hidden) else (Flatten(),)
    layers = (Input(shape=IMAGE), *flat, *hidden, Dense(units=10), Activation(function="softmax"))
    recipe = {"optimizer": optimizer, "batch_size": batch, "learning_rate": 1e-3, "epochs": 1_000_000}
    data = DataSpec(source="bench", validation=0.0)
    network = NetworkSpec(layers=layers)
    return Case(name, ProjectSpec(name=name, network=network, data=data, train=TrainSpec.build(recipe)))


def _dense(units: int) -> Layer:
    return Dense(units=units, activation="relu")


def _convolution(filters: int, stride: int = 1) -> Layer:
    return Conv2D(filters=filters, kernel_size=(3, 3), strides=(stride, stride), activation="relu")


def _normalised(filters: int) -> list[Layer]:
    convolution = Conv2D(filters=filters, kernel_size=(3, 3), padding="same", use_bias=False)
    return [convolution, BatchNorm(), Activation(function="relu"), MaxPool(pool_size=(2, 2))]


def _counts(row: LayerReport) -> list[int]:
    """Multiply-adds of a layer, or of those inside it."""
    inside = [count for rows in row.branches.values() for inner in rows for count in _counts(inner)]
    return inside or [row.multiply_adds or 0]
