"""Random crop with padding."""

from __future__ import annotations

import numpy as np

from nnstudio.core.augmentation_spec import RandomCrop
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.pixel_map import PixelMap
from nnstudio.data.augmentation.shift import whole


def crop(places: PixelMap, spec: RandomCrop, draws: Draws) -> None:
    """Cuts a window of the image's own size out of the padded image, all places of it alike.

    That is a move by up to ``padding`` pixels. He, Zhang, Ren & Sun, "Deep residual learning for image
    recognition" (2016), section 4.2: 4 pixels for images of 32×32.
    """
    signed = draws.signed("crop", spec.probability, 2)
    places.move(whole(signed, np.full(2, float(spec.padding))))
