"""From a data recipe to what a run trains on: split, sample, hold back, work out the scaling.

The order of these steps is part of the recipe's meaning:

1. ``test`` splits test samples off the training samples, unless the data set's own are used. It comes
   before ``fraction``, so that no other fraction ever turns one of them into a training sample.
2. ``fraction`` draws a random share of the training samples and, apart from that, of the test samples.
3. ``validation`` holds back a share *of that sample*, so that all parts shrink alike: 60,000 samples
   with fraction 0.5 and validation 0.1 give 27,000 to train on and 3,000 to validate.
4. ``corrections`` give single samples another class or leave them out. The draws before were made as if
   there were none, so that no other sample changes sides.
5. The scaling's statistics come from what is left to train on, so that nothing is learnt from samples
   that are meant to be unseen.

Draws are stratified (see ``split``) and independent of each other: another ``fraction`` of the training
samples leaves the others' draws alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.augmentation.check import check_augmentation
from nnstudio.data.batches import Scaling
from nnstudio.data.corrections import Corrector
from nnstudio.data.dataset import Dataset, Part, Progress, blocks
from nnstudio.data.split import share_size, stratified
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.core.spec import DataSpec

Floats = NDArray[np.float64]

# streams of random numbers, so that changing one share leaves the other draws alone
_TRAIN, _TEST, _VALIDATION, _SPLIT = 1, 2, 3, 4

TEST_SHARE = 0.2  # what data without test samples of their own give up, unless the recipe says otherwise


@dataclass(frozen=True, eq=False)
class Prepared:
    """Data ready for training and evaluation. The parts share their data set's arrays.

    Args:
        dataset: Name of the data set.
        train: What the weights learn from.
        validation: What is watched for overfitting, or None when nothing is held back.
        test: What is only looked at in the end; it may hold no sample.
        scaling: To apply to every sample, also to new ones when predicting.
        classes: Name of each class.
        source: The whole data set, where it is known: it says where each sample comes from.
    """

    dataset: str
    train: Part
    validation: Part | None
    test: Part
    scaling: Scaling
    classes: tuple[str, ...]
    source: Dataset | None = None

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
    from nnstudio.data.catalog import load_recipe

    return prepare_dataset(load_recipe(spec, progress), spec, progress)


def prepare_dataset(dataset: Dataset, spec: DataSpec, progress: Progress | None = None) -> Prepared:
    """Prepares a data set that is already in memory; see :func:`prepare`."""
    if progress is not None:
        progress("Splitting the samples", None)
    check_augmentation(spec.augmentation, dataset.shape)
    pool, tests = _split_test(dataset, spec)
    sample = _sample(pool, spec.fraction, spec.seed, _TRAIN)
    test = _sample(tests, spec.fraction, spec.seed, _TEST)
    train, validation = _hold_back(sample, spec.validation, spec.seed, _VALIDATION, "validation")
    corrector = Corrector(dataset, spec.corrections)
    train, test = corrector.apply(train), corrector.apply(test)
    validation = corrector.apply(validation) if validation is not None else None
    _check_classes(dataset, corrector.apply(dataset.train), train)
    if progress is not None:
        progress("Measuring the samples", None)
    scaling = measure_scaling(train, spec.scaling)
    validation = validation if validation is not None and len(validation) else None
    return Prepared(dataset.name, train, validation, test, scaling, dataset.classes, dataset)


def part_sizes(train: int, test: int, spec: DataSpec) -> tuple[int, int, int]:
    """How many samples to train on, to validate and to test with a recipe leaves, without drawing them.

    Args:
        train: Training samples of the data set.
        test: Its test samples.
        spec: The recipe.
    """
    share = _test_share(test, spec)
    if share is not None:
        test = share_size(train, share)
        train -= test
    sample, test = share_size(train, spec.fraction), share_size(test, spec.fraction)
    held = share_size(sample, spec.validation)
    return sample - held, held, test


def nearest_share(train: int, test: int, least: int, spec: DataSpec, name: str, percent: int) -> int:
    """The whole percentage nearest to ``percent`` that leaves enough samples to train on.

    Args:
        train: Training samples of the data set.
        test: Its test samples.
        least: How many must be left to train on: one for each class.
        spec: The recipe with the other shares.
        name: Which share: "fraction", "validation" or "test".
        percent: What is wanted.
    """
    step, end = (1, 100) if name == "fraction" else (-1, 0)
    while percent != end and part_sizes(train, test, spec.replace(**{name: percent / 100}))[0] < least:
        percent += step
    return percent


def measure_scaling(part: Part, kind: str) -> Scaling:
    """The scaling that a recipe's ``scaling`` means for a training part.

    Args:
        part: Samples whose mean and deviation count.
        kind: "unit" (bytes divided by 255, floats as they are), "standardise" (mean 0 and standard
            deviation 1 over all values together), "per_channel" (the same for every channel or feature by
            itself), or "none". Values that are all equal are only shifted.
    """
    if kind in ("standardise", "per_channel"):
        mean, deviation = mean_and_deviation(part, per_channel=kind == "per_channel")
        varied = deviation > np.finfo(np.float32).tiny
        scale = np.divide(1.0, deviation, out=np.ones_like(deviation), where=varied)
        if kind == "standardise":
            return Scaling(float(mean), float(scale))
        return Scaling(tuple(mean.tolist()), tuple(scale.tolist()))
    if kind == "unit" and part.x.dtype == np.uint8:
        return Scaling(0.0, 1 / 255)
    return Scaling()


def mean_and_deviation(part: Part, *, per_channel: bool = False) -> tuple[Floats, Floats]:
    """Mean and standard deviation (of the population) of the values of a part, in float64.

    Blocks are merged as in Chan, Golub, LeVeque, "Algorithms for computing the sample variance"
    (1983), which stays exact where the sum of squares minus the square of the sum would cancel.

    Args:
        part: The samples.
        per_channel: Each channel or feature by itself.

    Returns:
        Arrays without axes, or ``(C,)``.
    """
    count, mean, squares = 0, np.array(0.0), np.array(0.0)
    for _, block in blocks(part.x, part.indices):
        values = block.astype(np.float64).reshape(-1, *part.shape[-1:] if per_channel else ())
        size, middle = len(values), values.mean(axis=0)
        values -= middle
        delta, total = middle - mean, count + size
        np.square(values, out=values)
        squares = squares + values.sum(axis=0) + delta * delta * (count * size / total)
        mean = mean + delta * (size / total)
        count = total
    return np.asarray(mean), np.sqrt(squares / count)


def _test_share(test: int, spec: DataSpec) -> float | None:
    """The share that becomes test samples, or None for the data set's own ``test`` ones."""
    if spec.test is not None:
        return spec.test
    return None if test else TEST_SHARE


def _split_test(dataset: Dataset, spec: DataSpec) -> tuple[Part, Part]:
    share = _test_share(len(dataset.test), spec)
    if share is None:
        return dataset.train, dataset.test
    train, test = _hold_back(dataset.train, share, spec.seed, _SPLIT, "test")
    return train, test or dataset.train.none()


def _sample(part: Part, fraction: float, seed: int, stream: int) -> Part:
    return (
        part
        if fraction >= 1 or not len(part)
        else part.select(stratified(part.labels, fraction, seed, stream))
    )


def _hold_back(part: Part, share: float, seed: int, stream: int, what: str) -> tuple[Part, Part | None]:
    """Splits samples off: ``(the others, those)``; None if the share is 0."""
    if share <= 0:
        return part, None
    held = stratified(part.labels, share, seed, stream)
    if len(held) == len(part):
        raise DataError(
            "no samples are left to train on",
            allowed=f"a {what} share that leaves at least one",
            received=f"{share:g} of {len(part)} samples",
            fix="hold back less, or use a larger fraction of the data",
        )
    return part.without(held), part.select(held)


def _check_classes(dataset: Dataset, known: Part, train: Part) -> None:
    """Refuses a recipe that leaves nothing of a class to learn from.

    A class without training samples in the data set itself is let pass: it may be one of the names only.
    """
    classes = dataset.classes
    had, left = known.class_counts(len(classes)), train.class_counts(len(classes))
    lost = [name for name, before, now in zip(classes, had, left, strict=True) if before and not now]
    if lost:
        more = f" and of {len(lost) - 1} more" if len(lost) > 1 else ""
        raise DataError(
            f"no training samples are left of class {lost[0]!r}{more}",
            allowed="at least one of every class",
            received=f"{len(train):,} of {len(known):,} training samples",
            fix="use a larger fraction of the data, or hold back less for validation and test",
        )
