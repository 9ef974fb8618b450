"""From a data recipe to what a run trains on: sample, hold back a validation part, work out the scaling.

The order of these steps is part of the recipe's meaning:

1. ``fraction`` draws a random share of the training samples and, apart from that, of the test samples.
2. ``validation`` holds back a share *of that sample*, so that all parts shrink alike: 60,000 samples
   with fraction 0.5 and validation 0.1 give 27,000 to train on and 3,000 to validate.
3. The scaling's statistics come from what is left to train on, so that nothing is learnt from samples
   that are meant to be unseen.

Draws are stratified (see ``split``) and independent of each other: another ``fraction`` of the training
samples leaves the others' draws alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Dataset, Part, Progress, blocks
from nnstudio.data.split import stratified
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.core.spec import DataSpec

# streams of random numbers, so that changing one share leaves the other draws alone
_TRAIN, _TEST, _VALIDATION = 1, 2, 3


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data ready for training and evaluation. The parts share their data set's arrays.

    Args:
        dataset: Name of the data set.
        train: What the weights learn from.
        validation: What is watched for overfitting, or None when nothing is held back.
        test: What is only looked at in the end.
        scaling: To apply to every sample, also to new ones when predicting.
        classes: Name of each class.
    """

    dataset: str
    train: Part
    validation: Part | None
    test: Part
    scaling: Scaling
    classes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample: ``(features,)`` or ``(H, W, C)``."""
        return self.train.shape

    @property
    def counts(self) -> dict[str, int]:
        """Number of samples under "train", "validation" and "test"."""
        validation = 0 if self.validation is None else len(self.validation)
        return {"train": len(self.train), "validation": validation, "test": len(self.test)}


def prepare(spec: DataSpec, progress: Progress | None = None) -> Prepared:
    """Loads the data set that a recipe names and prepares it.

    Args:
        spec: The recipe.
        progress: Told what is going on; may raise ``Cancelled``.

    Raises:
        DataError: The data can't be loaded, or too few samples are left to train on.
        Cancelled: ``progress`` stopped it.
    """
    from nnstudio.data.catalog import load_dataset

    return prepare_dataset(load_dataset(spec.source, progress), spec, progress)


def prepare_dataset(dataset: Dataset, spec: DataSpec, progress: Progress | None = None) -> Prepared:
    """Prepares a data set that is already in memory; see :func:`prepare`."""
    if progress is not None:
        progress("Splitting the samples", None)
    sample = _sample(dataset.train, spec.fraction, spec.seed, _TRAIN)
    test = _sample(dataset.test, spec.fraction, spec.seed, _TEST)
    train, validation = _hold_back(sample, spec.validation, spec.seed)
    if progress is not None:
        progress("Measuring the samples", None)
    scaling = measure_scaling(train, spec.scaling)
    return Prepared(dataset.name, train, validation, test, scaling, dataset.classes)


def measure_scaling(part: Part, kind: str) -> Scaling:
    """The scaling that a recipe's ``scaling`` means for a training part.

    Args:
        part: Samples whose mean and deviation count.
        kind: "unit" (bytes divided by 255, floats as they are), "standardise" (mean 0 and standard
            deviation 1 over all values together; values that are all equal are only shifted), or "none".
    """
    if kind == "standardise":
        mean, deviation = mean_and_deviation(part)
        return Scaling(mean, 1 / deviation if deviation > np.finfo(np.float32).tiny else 1.0)
    if kind == "unit" and part.x.dtype == np.uint8:
        return Scaling(0.0, 1 / 255)
    return Scaling()


def mean_and_deviation(part: Part) -> tuple[float, float]:
    """Mean and standard deviation (of the population) of all values of a part, in float64.

    Blocks are merged as in Chan, Golub, LeVeque, "Algorithms for computing the sample variance"
    (1983), which stays exact where the sum of squares minus the square of the sum would cancel.
    """
    count, mean, squares = 0, 0.0, 0.0
    for _, block in blocks(part.x, part.indices):
        values = block.astype(np.float64)
        size, middle = values.size, float(values.mean())
        values -= middle
        delta, total = middle - mean, count + size
        squares += float(np.vdot(values, values)) + delta * delta * count * size / total
        mean += delta * size / total
        count = total
    return mean, float(np.sqrt(squares / count))


def _sample(part: Part, fraction: float, seed: int, stream: int) -> Part:
    return part if fraction >= 1 else part.select(stratified(part.labels, fraction, seed, stream))


def _hold_back(part: Part, share: float, seed: int) -> tuple[Part, Part | None]:
    """Splits a validation part off: ``(train, validation)``."""
    if share <= 0:
        return part, None
    held = stratified(part.labels, share, seed, _VALIDATION)
    if len(held) == len(part):
        raise DataError(
            "no samples are left to train on",
            allowed="a validation share that leaves at least one",
            received=f"{share:g} of {len(part)} samples",
            fix="hold back less, or use a larger fraction of the data",
        )
    return part.without(held), part.select(held)
