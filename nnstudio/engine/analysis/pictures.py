"""Arrays of numbers as pictures: maps of channels, filters, tiles side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.analysis.passes import Floats32, require_layer
from nnstudio.engine.network import Network
from nnstudio.engine.plan import Step
from nnstudio.errors import DataError

_KEEP_PLACE = ("activation", "normalisation", "regularisation")


def channel_maps(output: NDArray[Any]) -> Floats32:
    """One sample's output as a picture per channel.

    Args:
        output: ``(H, W, C)``, or ``(units,)``, which becomes one row of pixels.

    Returns:
        ``(C, H, W)``, or ``(1, 1, units)``.
    """
    image = output if output.ndim == 3 else output.reshape(1, -1, 1)
    return np.moveaxis(image, -1, 0).astype(np.float32)


def filter_images(network: Network, weights: Floats32, layer: str) -> Floats32:
    """A layer's kernel as pictures of what its filters or units look for.

    Args:
        network: The network.
        weights: Its flat weight vector.
        layer: Name of a layer with a kernel, also of one inside a block.

    Returns:
        ``(filters, kh, kw, channels)`` of a convolution; ``(units, H, W, C)`` of a Dense layer that sees
        a flattened image; else the kernel as one picture, ``(1, inputs, units, 1)``.

    Raises:
        DataError: There is no such layer, or it has no kernel.
    """
    require_layer(network, layer)
    kernels = {name: views["kernel"] for name, views in network.views(weights).items() if "kernel" in views}
    if layer not in kernels:
        raise DataError(f"{layer} has no kernel to look at", allowed=", ".join(kernels), received=layer)
    kernel = kernels[layer]
    step = next(step for step in network.tree() if step.layer.name == layer)
    if kernel.ndim == 4:
        if kernel.shape[3] != step.output[2]:  # depthwise (kh, kw, C, M): each filter sees one channel
            kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
        return np.moveaxis(kernel, -1, 0).copy()
    image = _flattened_image(network, step)
    if image is None:
        return kernel[None, :, :, None].copy()
    return kernel.T.reshape(-1, *image).copy()


def normalised(maps: Floats32, *, signed: bool = False, together: bool = False) -> Floats32:
    """Maps brought to the range that colours stand for.

    Args:
        maps: ``(n, H, W)`` or ``(n, H, W, C)``.
        signed: To −1...1 by the largest absolute value, 0 staying 0; else to 0...1 from the smallest to
            the largest value.
        together: One range for all maps, so that they can be compared, instead of one for each.

    Returns:
        As large; 0 where all values of a range are equal, NaN where a value isn't finite.
    """
    axes = tuple(range(0 if together else 1, maps.ndim))
    finite = np.isfinite(maps)
    values = np.abs(maps) if signed else maps
    high = values.max(axis=axes, keepdims=True, where=finite, initial=-np.inf)
    low = 0 if signed else values.min(axis=axes, keepdims=True, where=finite, initial=np.inf)
    span = high - low
    return ((np.where(finite, maps, np.nan) - low) / np.where(span > 0, span, 1)).astype(np.float32)


def tiles(maps: Floats32, columns: int = 0, gap: int = 1) -> Floats32:
    """Maps side by side in one picture.

    Args:
        maps: ``(n, H, W)`` or ``(n, H, W, C)``.
        columns: Maps in a row; 0 makes the picture about square.
        gap: Pixels between two maps.

    Returns:
        ``(rows·(H + gap) − gap, columns·(W + gap) − gap)``, with channels where the maps have them; NaN
        between the maps and where there is none.
    """
    n, height, width = maps.shape[:3]
    columns = columns or max(1, math.ceil(math.sqrt(n * height / max(1, width))))
    rows = -(-n // columns)
    picture = np.full((rows * (height + gap), columns * (width + gap), *maps.shape[3:]), np.nan, np.float32)
    for i, tile in enumerate(maps):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        picture[top : top + height, left : left + width] = tile
    return picture[: max(0, rows * (height + gap) - gap), : columns * (width + gap) - gap]


def resize_bilinear(maps: Floats32, size: tuple[int, ...]) -> Floats32:
    """Maps ``(n, h, w)`` at another size ``(H, W)``, interpolated between the centres of their pixels."""
    rows, columns = (_interpolation(new, old) for new, old in zip(size, maps.shape[1:], strict=True))
    return np.asarray(rows @ maps @ columns.T, np.float32)  # (H, h) @ (n, h, w) @ (w, W) -> (n, H, W)


def _interpolation(new: int, old: int) -> Floats32:
    """Weights of ``old`` pixels in each of ``new`` ones, ``(new, old)``; each row adds up to 1."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(old)))
    return np.asarray(weights, np.float32)


def _flattened_image(network: Network, step: Step) -> tuple[int, ...] | None:
    """Shape of the image that a layer of the outer stack sees flattened, or None."""
    if step not in network.steps:
        return None
    for before in reversed(network.steps[: network.steps.index(step)]):
        if before.layer.disabled or before.layer.category in _KEEP_PLACE:
            continue
        image = before.shape if before.layer.type_name() == "Flatten" else ()
        return image if len(image) == 3 else None
    return None
