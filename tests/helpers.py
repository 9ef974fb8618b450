"""Small networks and data that many tests train on."""

from __future__ import annotations

import numpy as np

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.layers import Activation, Dense, Dropout, Flatten, Input


def clouds(samples: int = 300, seed: int = 0) -> Dataset:
    """Three clouds of 6×6 images that a small network can tell apart."""
    random = np.random.default_rng(seed)
    labels = np.arange(samples) % 3
    images = random.normal(60, 25, (samples, 6, 6, 1))
    for k in range(3):
        images[labels == k, 2 * k : 2 * k + 2] += 110
    x = images.clip(0, 255).astype(np.uint8)
    cut = samples * 4 // 5
    train, test = Part(x[:cut], labels[:cut]), Part(x[cut:], labels[cut:])
    return Dataset("clouds", "Clouds", train, test, ("top", "middle", "bottom"))


def small_network(*, dropout: float = 0.2, activation: str = "relu") -> NetworkSpec:
    """6×6×1 → 12 → 3 with dropout."""
    return NetworkSpec(
        layers=(
            Input(shape=(6, 6, 1)),
            Flatten(),
            Dense(units=12, activation=activation),
            Dropout(rate=dropout),
            Dense(units=3),
            Activation(function="softmax"),
        )
    )


def small_project(**train: object) -> ProjectSpec:
    """A project on the clouds; ``train`` changes its recipe."""
    recipe = {"epochs": 3, "batch_size": 32, "learning_rate": 0.01, **train}
    return ProjectSpec(
        name="clouds",
        network=small_network(),
        data=DataSpec(source="clouds", validation=0.2),
        train=TrainSpec.build(recipe),
    )


def small_data(project: ProjectSpec | None = None) -> Prepared:
    """The clouds, prepared as the project says."""
    return prepare_dataset(clouds(), (project or small_project()).data)
