"""Cases made up of numbers, to test the checks at their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.doctor import Case
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.statistics import LayerStatistics, RunStatistics, ValueStatistics, summarise
from tests.engine.doctor.trials import mlp, project

TEN = (100,) * 10
"""Ten classes of 100 samples each: guessing has accuracy 0.1 and loss ln 10 = 2.303."""


def records(
    train: Sequence[float],
    val: Sequence[float | None] | None = None,
    *,
    accuracy: float = 0.5,
    rate: float = 0.1,
) -> tuple[EpochRecord, ...]:
    """A history with these losses."""
    losses = val or [None] * len(train)
    return tuple(
        EpochRecord(
            epoch, loss, accuracy, val_loss, None if val_loss is None else accuracy, rate, 1.0 * epoch, 1000.0
        )
        for epoch, (loss, val_loss) in enumerate(zip(train, losses, strict=True), start=1)
    )


def values(rms: float) -> ValueStatistics:
    """Values of one size."""
    return summarise([rms, -rms])


def layer(
    name: str,
    *,
    gradient: float = 0.01,
    ratio: float = -3.0,
    activation: str = "relu",
    dead: float | None = None,
    saturated: float | None = None,
) -> LayerStatistics:
    """A layer whose weights have norm 1, with a gradient of this root mean square."""
    weights = replace(values(0.5), norm=1.0)
    return LayerStatistics(
        name, "Dense", activation, values(1.0), weights, values(gradient), 10.0**ratio, dead, saturated
    )


def statistics(*layers: LayerStatistics, inputs: float = 1.0, **changes: object) -> RunStatistics:
    """A look at some layers; without any, at two that are well."""
    seen = layers or (layer("dense"), layer("dense_1", activation="linear"))
    return replace(RunStatistics(3, 0, 256, 1.0, values(inputs), seen), **changes)


def case(recipe: ProjectSpec | None = None, **known: object) -> Case:
    """A case of ten classes."""
    return Case(**{"project": recipe or project(mlp(16, classes=10)), "class_counts": TEN, **known})
