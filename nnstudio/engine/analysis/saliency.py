"""Saliency: how much each input value matters to what the network says."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.analysis.passes import Floats32, GradientPasses, parts
from nnstudio.engine.analysis.target import coefficients
from nnstudio.engine.model import Model
from nnstudio.errors import DataError


def input_gradients(model: Model, x: Any, label: Any = None, against: Any = None) -> Floats32:
    """Gradient of a class's logit with respect to the input (Simonyan, Vedaldi & Zisserman, 2014).

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        label: Class number, or one for each sample; None for the most probable class of each.
        against: Class number, or one for each sample: explains the lead over it instead.

    Returns:
        ``(N, *input_shape)``: change of the logit per unit of the network's input, which is the sample
        after scaling.

    Raises:
        DataError: The samples don't fit the network, or the class numbers are wrong.
    """
    samples = model.checked(x)
    rows = coefficients(model, samples, label, against)
    passes = GradientPasses(model.network, model.weights, len(samples))
    gradients = np.empty(samples.shape, np.float32)
    for part in parts(len(samples), passes.batch):
        gradients[part] = passes.run(model.scaling.apply(samples[part]), rows[part])[1]
    return gradients


def smooth_gradients(
    model: Model,
    x: Any,
    label: Any = None,
    against: Any = None,
    *,
    copies: int = 50,
    noise: float = 0.15,
    seed: int = 0,
) -> Floats32:
    """SmoothGrad: the mean gradient over noisy copies of each sample (Smilkov et al., 2017).

    Args:
        model: As for :func:`input_gradients`, like the next three.
        x: Raw samples.
        label: Class number or numbers.
        against: Class number or numbers to compare with.
        copies: Number of noisy copies.
        noise: Standard deviation of the noise, as a share of the range of the sample's values.
        seed: Fixes the noise.

    Raises:
        DataError: As for :func:`input_gradients`, and where there are no copies.
    """
    if copies < 1:
        raise DataError("a mean needs copies of the samples", allowed="1 or more", received=str(copies))
    samples = model.checked(x)
    rows = coefficients(model, samples, label, against)
    passes = GradientPasses(model.network, model.weights, copies)
    random = np.random.default_rng(seed)
    gradients = np.zeros(samples.shape, np.float32)
    for i, sample in enumerate(model.scaling.apply(samples)):
        spread = np.float32(noise * np.ptp(sample))
        for part in parts(copies, passes.batch):
            n = part.stop - part.start
            noisy = sample + spread * random.standard_normal((n, *sample.shape), dtype=np.float32)
            gradients[i] += passes.run(noisy, np.repeat(rows[i : i + 1], n, axis=0))[1].sum(axis=0)
    return gradients / np.float32(copies)


def saliency_map(attributions: Floats32) -> Floats32:
    """One number per pixel or feature: the largest absolute value over the channels of an image.

    Args:
        attributions: ``(N, H, W, C)``, or ``(N, features)``.

    Returns:
        ``(N, H, W)``, or ``(N, features)``; 0 or more.
    """
    sizes = np.abs(attributions)
    return sizes.max(axis=-1) if sizes.ndim == 4 else sizes
