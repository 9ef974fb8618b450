"""All operations of a recipe, applied to a batch of training samples in their order."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.data.augmentation.brightness import brighten
from nnstudio.data.augmentation.check import check_augmentation
from nnstudio.data.augmentation.contrast import stretch_contrast
from nnstudio.data.augmentation.crop import crop
from nnstudio.data.augmentation.cutout import cut_out
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.elastic import Elastic
from nnstudio.data.augmentation.flip import flip
from nnstudio.data.augmentation.noise import Noiser
from nnstudio.data.augmentation.pixel_map import PixelMap
from nnstudio.data.augmentation.resample import Resampler
from nnstudio.data.augmentation.rotation import rotate
from nnstudio.data.augmentation.shift import shift
from nnstudio.data.augmentation.zoom import zoom
from nnstudio.data.dataset import IntArray, Part, blocks

WHOLE_MOVES = frozenset({"horizontal_flip", "vertical_flip", "shift", "crop"})
SMOOTH_MOVES = frozenset({"rotation", "zoom", "elastic"})
BEYOND_RANGE = frozenset({"contrast", "brightness", "noise"})
_CHUNK_VALUES = 1 << 15  # worked on at once, so that the intermediate results stay in the processor's cache


class Augmenter:
    """Varies training samples.

    It works on raw values in float32, before they are scaled. All moves (flips, rotation, zoom, shift,
    crop, elastic deformation, in this order) are composed and the image is resampled once, bilinearly;
    flips and moves by whole pixels only copy. Then come contrast, brightness and noise, a cut to the
    data's range, and cutout. What an image shows beyond its edge, and in a cut-out square, is raw 0 (or
    the end of the data's range that is nearest to it).

    What becomes of a sample depends on the seed, the epoch and its row in the data set alone.

    Args:
        spec: The operations.
        part: The training samples, for their shape and range.
        seed: Seed of the run.

    Raises:
        DataError: The samples are no images and an operation needs some.
    """

    def __init__(self, spec: AugmentationSpec, part: Part, seed: int) -> None:
        check_augmentation(spec, part.shape)
        self._active = frozenset(spec.active)
        self._spec = spec = AugmentationSpec(**{name: getattr(spec, name) for name in spec.active})
        self._seed = seed
        self._low, self._high = value_range(part)
        self._fill = min(max(0.0, self._low), self._high)
        self._chunk = max(1, _CHUNK_VALUES // math.prod(part.shape))
        size, span, shape = self._chunk, self._high - self._low, part.shape
        if self._active & (WHOLE_MOVES | SMOOTH_MOVES):
            self._resampler = Resampler(size, shape, self._fill)
        if spec.elastic is not None:
            self._elastic = Elastic(spec.elastic, size, *shape[:2])
        if spec.noise is not None:
            self._noiser = Noiser(spec.noise, size, math.prod(shape), span)

    def apply(self, x: NDArray[np.float32], rows: IntArray, epoch: int) -> None:
        """Varies samples in place.

        Args:
            x: Raw samples ``(n, *shape)``.
            rows: Their rows in the data set ``(n,)``.
            epoch: Number of the epoch.
        """
        for first in range(0, len(x), self._chunk):
            chunk = slice(first, first + self._chunk)
            self._vary(x[chunk], Draws(self._seed, epoch, rows[chunk]))

    def _vary(self, x: NDArray[np.float32], draws: Draws) -> None:
        if self._active & (WHOLE_MOVES | SMOOTH_MOVES):
            self._move(x, draws)
        spec = self._spec
        if spec.contrast is not None:
            stretch_contrast(x, spec.contrast, draws)
        if spec.brightness is not None:
            brighten(x, spec.brightness, draws, self._high - self._low)
        if spec.noise is not None:
            self._noiser(x.reshape(len(x), -1), draws)
        if self._active & (BEYOND_RANGE | SMOOTH_MOVES):
            np.clip(x, np.float32(self._low), np.float32(self._high), out=x)
        if spec.cutout is not None:
            cut_out(x, spec.cutout, draws, self._fill)

    def _move(self, x: NDArray[np.float32], draws: Draws) -> None:
        spec, places = self._spec, PixelMap(len(x), *x.shape[1:3])
        if spec.horizontal_flip is not None:
            flip(places, spec.horizontal_flip, draws, axis=1)
        if spec.vertical_flip is not None:
            flip(places, spec.vertical_flip, draws, axis=0)
        if spec.rotation is not None:
            rotate(places, spec.rotation, draws)
        if spec.zoom is not None:
            zoom(places, spec.zoom, draws)
        if spec.shift is not None:
            shift(places, spec.shift, draws)
        if spec.crop is not None:
            crop(places, spec.crop, draws)
        if self._active & SMOOTH_MOVES:
            field = self._elastic.field(draws) if spec.elastic is not None else None
            self._resampler.interpolate(x, places, field)
        else:
            self._resampler.copy(x, places)


def value_range(part: Part) -> tuple[float, float]:
    """Lowest and highest value that samples may have: 0 and 255 for bytes, else those of the part."""
    if part.x.dtype == np.uint8:
        return 0.0, 255.0
    extremes = [(block.min(), block.max()) for _, block in blocks(part.x, part.indices)]
    return float(min(low for low, _ in extremes)), float(max(high for _, high in extremes))
