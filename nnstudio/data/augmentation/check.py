"""Whether samples can be varied as a recipe asks."""

from __future__ import annotations

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.errors import DataError

WITHOUT_IMAGES = frozenset({"noise"})


def check_augmentation(spec: AugmentationSpec, shape: tuple[int, ...]) -> None:
    """Checks that samples of ``shape`` can be varied as asked.

    Raises:
        DataError: They are no images and an operation needs some.
    """
    needing = [name.replace("_", " ") for name in spec.active if name not in WITHOUT_IMAGES]
    if len(shape) != 3 and needing:
        raise DataError(
            "these data can't be augmented so, for they are no images",
            allowed="noise, or nothing",
            received=", ".join(needing),
            fix="switch " + ("it" if len(needing) == 1 else "them") + " off, or choose images",
        )
