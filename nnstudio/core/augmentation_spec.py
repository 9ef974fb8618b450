"""How training samples are varied: one small group of settings per operation, all of them off by default."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.fields import field
from nnstudio.core.spec_base import Spec


class Operation(Spec):
    """One way to vary a sample. A strength of 0 changes nothing."""

    strengths: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that say how much; the operation is idle when all of them are 0."""

    probability: float = field(
        1.0, help="Share of the samples that are varied this way.", ge=0, le=1, step=0.1
    )

    @property
    def idle(self) -> bool:
        """It changes nothing."""
        still = bool(self.strengths) and not any(getattr(self, name) for name in self.strengths)
        return self.probability == 0 or still


class Flip(Operation):
    """Mirrors the image."""

    probability: float = field(0.5, help="Share of the samples that are mirrored.", ge=0, le=1, step=0.1)


class Rotation(Operation):
    """Turns the image about its centre."""

    strengths = ("degrees",)

    degrees: float = field(10.0, help="Largest angle, either way.", ge=0, le=180, step=5, unit="°")


class Zoom(Operation):
    """Enlarges or shrinks the image about its centre."""

    strengths = ("amount",)

    amount: float = field(
        0.1,
        help="0.1 zooms by a factor from 0.9 to 1.1, the same in both directions.",
        ge=0,
        le=0.9,
        step=0.05,
    )


class Shift(Operation):
    """Moves the image by whole pixels."""

    strengths = ("horizontal", "vertical")

    horizontal: float = field(
        0.1, help="Largest move as a share of the width, rounded to whole pixels.", ge=0, le=1, step=0.05
    )
    vertical: float = field(
        0.1,
        help="Largest move as a share of the height, rounded to whole pixels.",
        ge=0,
        le=1,
        step=0.05,
    )


class RandomCrop(Operation):
    """Pads the image on every side and cuts a window of its own size out of that (He et al., 2016)."""

    strengths = ("padding",)

    padding: int = field(
        4, help="Pixels added on every side before the cut.", ge=0, le=1024, step=1, unit="px"
    )


class ElasticDeformation(Operation):
    """Displaces every pixel by a smooth random field (Simard, Steinkraus & Platt, 2003)."""

    strengths = ("alpha",)

    alpha: float = field(
        34.0, help="Factor of the displacements; Simard et al. used 34 for MNIST.", ge=0, le=10_000, step=1
    )
    sigma: float = field(
        4.0,
        help="How smooth the field is: standard deviation of the Gaussian that blurs it.",
        ge=0.1,
        le=200,
        step=0.5,
        unit="px",
    )


class Contrast(Operation):
    """Scales the distance of all values from the sample's mean."""

    strengths = ("amount",)

    amount: float = field(0.2, help="0.2 scales by a factor from 0.8 to 1.2.", ge=0, le=1, step=0.05)


class Brightness(Operation):
    """Adds the same number to all values of a sample."""

    strengths = ("amount",)

    amount: float = field(
        0.2, help="Largest change, either way, as a share of the data's range.", ge=0, le=1, step=0.05
    )


class Noise(Operation):
    """Adds Gaussian noise to every value."""

    strengths = ("deviation",)

    deviation: float = field(
        0.05, help="Standard deviation as a share of the data's range.", ge=0, le=1, step=0.01
    )


class Cutout(Operation):
    """Blanks a square at a random place, which may reach over the edge (DeVries & Taylor, 2017)."""

    strengths = ("size",)

    size: int = field(8, help="Side of the square.", ge=0, le=1024, step=1, unit="px")


class AugmentationSpec(Spec):
    """How training samples are varied. All of it is off by default.

    The operations are done in the order of the fields, on raw values, before these are scaled (see
    :mod:`nnstudio.data.augmentation.augmenter`). Validation and test samples are never varied.
    """

    horizontal_flip: Flip | None = field(None, help="Mirror left and right.")
    vertical_flip: Flip | None = field(None, help="Mirror top and bottom.")
    rotation: Rotation | None = field(None, help="Turn about the centre.")
    zoom: Zoom | None = field(None, help="Enlarge or shrink about the centre.")
    shift: Shift | None = field(None, help="Move by whole pixels.")
    crop: RandomCrop | None = field(
        None, label="Random crop", help="Pad, then cut out a window of the image's own size."
    )
    elastic: ElasticDeformation | None = field(
        None, label="Elastic deformation", help="Displace every pixel by a smooth random field."
    )
    contrast: Contrast | None = field(None, help="Scale the distance from the sample's mean.")
    brightness: Brightness | None = field(None, help="Make the whole sample brighter or darker.")
    noise: Noise | None = field(None, help="Add Gaussian noise to every value; also for data without images.")
    cutout: Cutout | None = field(None, help="Blank a square at a random place.")

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the operations that are on and change something, in their order."""
        operations = {name: getattr(self, name) for name in type(self).model_fields}
        return tuple(name for name, one in operations.items() if one is not None and not one.idle)
