"""Small trainings that show what the doctor looks for, and how to run them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnstudio.core.layer import InitializerSpec
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.checkup import Checkup
from nnstudio.engine.doctor import Finding
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Activation, Dense, Input
from nnstudio.optim.initializers import HeNormal

FEATURES = 10


def clouds(
    samples: int | Sequence[int] = 600, *, distance: float = 1.0, size: float = 1.0, shuffled: bool = False
) -> Dataset:
    """Gaussian clouds around random centres, one per class.

    Args:
        samples: Number of samples over three classes, or of each class.
        distance: How far apart the centres are; the clouds have standard deviation 1.
        size: Factor of all values.
        shuffled: Labels that have nothing to do with the samples.
    """
    random = np.random.default_rng(0)
    counts = [samples // 3] * 3 if isinstance(samples, int) else list(samples)
    labels = random.permutation(np.repeat(np.arange(len(counts)), counts))
    centres = random.normal(0, distance, (len(counts), FEATURES))
    x = (size * (centres[labels] + random.normal(0, 1, (len(labels), FEATURES)))).astype(np.float32)
    part = Part(x, random.permutation(labels) if shuffled else labels)
    return Dataset("clouds", "Clouds", part, part, tuple("abcdef"[: len(counts)]))


def mlp(
    *units: int,
    activation: str = "relu",
    initializer: InitializerSpec | None = None,
    features: int = FEATURES,
    classes: int = 3,
) -> NetworkSpec:
    """Dense layers of so many units, and a softmax."""
    kernel = initializer or HeNormal()
    hidden = [Dense(units=n, activation=activation, kernel_initializer=kernel) for n in units]
    return NetworkSpec(
        layers=(
            Input(shape=(features,)),
            *hidden,
            Dense(units=classes),
            Activation(function="softmax"),
        )
    )


def project(network: NetworkSpec, *, scaling: str = "unit", **train: object) -> ProjectSpec:
    """A project that holds half of the samples back to validate; ``train`` changes its recipe."""
    recipe = {"epochs": 5, "batch_size": 16, "learning_rate": 0.1, "optimizer": "SGD", **train}
    return ProjectSpec(
        network=network,
        data=DataSpec(source="clouds", validation=0.5, scaling=scaling),
        train=TrainSpec.build(recipe),
    )


def trained(recipe: ProjectSpec, data: Dataset) -> Trainer:
    """The recipe's run, at its end."""
    trainer = Trainer(recipe, prepare_dataset(data, recipe.data))
    for _ in trainer.run():
        pass
    return trainer


def findings(recipe: ProjectSpec, data: Dataset) -> dict[str, Finding]:
    """What the doctor says at the end of the recipe's run, by kind, the most urgent first."""
    return {finding.kind: finding for finding in Checkup(trained(recipe, data)).findings()}
