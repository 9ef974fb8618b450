"""The data recipe: which data a run trains on and how they are split, scaled and varied."""

from __future__ import annotations

from typing import Literal

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.correction_spec import MAX_CORRECTIONS, Corrections
from nnstudio.core.fields import field
from nnstudio.core.import_options import ImportOptions
from nnstudio.core.points_spec import PointsSpec
from nnstudio.core.spec_base import Spec


class DataSpec(Spec):
    """Which data a run trains on and how they are prepared."""

    source: str = field("digits", help="Name of a data set, or a path.", min_length=1)
    reading: ImportOptions | None = field(
        None, help="How a file or folder of one's own is read.", off="as it looks", hidden=True
    )
    corrections: Corrections = field(
        (),
        help="Samples with another class than their source says, or left out.",
        hidden=True,
        max_length=MAX_CORRECTIONS,
    )
    points: PointsSpec | None = field(
        None, help="How the points of a 2-D set are drawn.", off="as they come", hidden=True
    )
    fraction: float = field(
        1.0, label="Use", help="Random share of the training and of the test samples.", gt=0, le=1, step=0.05
    )
    validation: float = field(
        0.1, help="Share of the training samples held back to watch for overfitting.", ge=0, lt=1, step=0.05
    )
    test: float | None = field(
        None,
        label="Test share",
        help="Share of the training samples split off as test samples, instead of the data set's own test "
        "samples. Data without test samples of their own give up a fifth unless said otherwise.",
        ge=0,
        lt=1,
        step=0.05,
        off="the data set's own",
        rare=True,
    )
    scaling: Literal["unit", "standardise", "per_channel", "none"] = field(
        "unit",
        help="unit: divide bytes by 255. standardise: also subtract the training mean and divide by the "
        "training standard deviation. per_channel: the same with figures of their own for every colour "
        "channel, or for every feature of data without images. none: raw values.",
    )
    seed: int = field(42, label="Split seed", help="Seed of the split and of the sample.", ge=0, le=2**31 - 1)
    augmentation: AugmentationSpec = field(
        AugmentationSpec(), help="Random variations of the training samples; validation and test see none."
    )

    def of_source(self, source: str, reading: ImportOptions | None = None) -> DataSpec:
        """The recipe for other data: what was said of the samples of the former ones is left behind.

        Args:
            source: Name or path. With the same one the corrections of its samples stay.
            reading: How it is read.
        """
        corrections = self.corrections if source == self.source else ()
        return self.replace(source=source, reading=reading, corrections=corrections)
