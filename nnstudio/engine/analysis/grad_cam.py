"""Grad-CAM: where in the image a convolutional network looks."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import numpy as np

from nnstudio.core.layer import shape_text
from nnstudio.engine.analysis.passes import Floats32, GradientPasses, parts, require_layer
from nnstudio.engine.analysis.pictures import resize_bilinear
from nnstudio.engine.analysis.target import coefficients
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.plan import Step
from nnstudio.errors import ShapeError

_LOOKERS = ("convolution", "blocks")
_FOLLOWERS = ("activation", "normalisation", "regularisation")


def grad_cam(model: Model, x: Any, label: Any = None, against: Any = None, *, layer: str = "") -> Floats32:
    """Gradient-weighted class activation maps (Selvaraju et al., 2017).

    ::

        α_k = mean over the positions i, j of ∂f/∂A_ijk
        map = max(0, Σ_k α_k · A_k)

    for the channels ``A_k`` of a layer's output, brought to the size of the input bilinearly. What
    speaks against the class is cut off; with ``against``, the map shows what tells two classes apart.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, H, W, C)``.
        label: Class number, or one for each sample; None for the most probable class of each.
        against: Class number, or one for each sample: explains the lead over it instead.
        layer: Name of the layer, also of one inside a block; "" for :func:`grad_cam_layer`.

    Returns:
        ``(N, H, W)``, 0 or more, in units of the logit per position.

    Raises:
        ShapeError: Input or layer are no images.
        DataError: The samples don't fit the network, or there is no such layer or class.
    """
    samples = model.checked(x)
    # unfused, so that the output of a convolution can be had apart from that of the activation behind it
    network = Network(model.spec, model.loss, fuse=False)
    name = layer or grad_cam_layer(network)
    _require_image(network, name)
    rows = coefficients(model, samples, label, against)
    passes = GradientPasses(network, model.weights, len(samples), name)
    maps = np.empty(samples.shape[:3], np.float32)
    for part in parts(len(samples), passes.batch):
        passes.run(model.scaling.apply(samples[part]), rows[part])
        output, gradient = passes.at_layer()  # (n, h, w, K) each
        weights = gradient.mean(axis=(1, 2), keepdims=True)  # (n, 1, 1, K)
        maps[part] = resize_bilinear(np.maximum((weights * output).sum(axis=3), 0), samples.shape[1:3])
    return maps


def grad_cam_layer(network: Network) -> str:
    """The layer to look at first: the last convolution or block, with the activation behind it.

    A network without any is looked at where its last image is.

    Raises:
        ShapeError: No layer gives an image.
    """
    steps = [step for step in network.steps if not step.layer.disabled]
    images = [step for step in steps if len(step.output) == 3 and step.layer.category != "input"]
    lookers = [step for step in images if step.layer.category in _LOOKERS]
    if not lookers:
        if not images or len(network.input_shape) != 3:
            raise _no_image("no layer of the network gives an image", "")
        return images[-1].layer.name
    behind = steps[steps.index(lookers[-1]) + 1 :]
    followers: list[Step] = list(takewhile(lambda step: step.layer.category in _FOLLOWERS, behind))
    return [lookers[-1], *followers][-1].layer.name


def _require_image(network: Network, name: str) -> None:
    require_layer(network, name)
    step = next(step for step in network.tree() if step.layer.name == name)
    for shape, what in ((network.input_shape, "the network's input"), (step.output, f"the output of {name}")):
        if len(shape) != 3:
            raise _no_image(f"{what} is no image", shape_text(shape))


def _no_image(what: str, got: str) -> ShapeError:
    return ShapeError(
        f"Grad-CAM shows where in an image a layer looks, but {what}",
        expected="height × width × channels",
        got=got,
        fix="choose a convolutional layer, or look at the saliency of the input instead",
    )
