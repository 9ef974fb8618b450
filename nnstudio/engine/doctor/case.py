"""What the doctor knows about a run, and the reference values that its checks share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.statistics import RunStatistics

HIGH_RATIO, LOW_RATIO = -2.0, -4.0
"""log10(update:weight) that a run should stay between (Deeplearning4j's training UI)."""


@dataclass(frozen=True)
class Case:
    """One run at one moment. Everything but the project may be missing; checks then say less.

    Attributes:
        project: The recipe the run goes by.
        history: Records of the completed epochs.
        statistics: The latest look inside.
        class_counts: Number of training samples of each class.
        class_names: Their names, in the same order.
        validation_samples: Number of validation samples.
        start_loss: Loss of the network with fresh weights.
        diverged: The run ended because the loss or the weights were no longer finite.
    """

    project: ProjectSpec
    history: tuple[EpochRecord, ...] = ()
    statistics: RunStatistics | None = None
    class_counts: tuple[int, ...] = ()
    class_names: tuple[str, ...] = ()
    validation_samples: int = 0
    start_loss: float | None = None
    diverged: bool = False

    @property
    def samples(self) -> int:
        """Number of training samples."""
        return sum(self.class_counts)

    @property
    def last(self) -> EpochRecord | None:
        """The last completed epoch."""
        return self.history[-1] if self.history else None

    @property
    def steps(self) -> int:
        """Training steps in the completed epochs."""
        return len(self.history) * math.ceil(self.samples / self.project.train.batch_size)

    @cached_property
    def guess_accuracy(self) -> float:
        """Accuracy of always naming the most frequent class; 0 while the counts aren't known."""
        return max(self.class_counts) / self.samples if self.samples else 0.0

    @cached_property
    def guess_loss(self) -> float:
        """Smallest loss of a network that looks at no sample: the entropy of the class shares.

        Outputs that are sigmoids of their own have the mean of their binary entropies. Infinite while
        the counts aren't known, so that no loss is called worse than guessing.
        """
        shares = [count / self.samples for count in self.class_counts if count] if self.samples else []
        if not shares:
            return math.inf
        if self.project.train.loss.type_name() == "BinaryCrossentropy":
            return sum(_entropy(p) + _entropy(1 - p) for p in shares) / len(self.class_counts)
        return sum(_entropy(p) for p in shares)

    @property
    def update_ratio(self) -> float | None:
        """``log10`` of how much the next step changes the weights, the median over the layers."""
        return self.statistics.update_ratio if self.statistics else None

    @property
    def long_steps(self) -> bool:
        """The next step is above the band that a run should stay in."""
        return self.update_ratio is not None and self.update_ratio > HIGH_RATIO

    def name_of(self, number: int) -> str:
        """Name of a class."""
        return self.class_names[number] if number < len(self.class_names) else f"class {number}"


def _entropy(share: float) -> float:
    return -share * math.log(share) if share > 0 else 0.0
