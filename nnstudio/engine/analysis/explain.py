"""One signed map per image for each way of explaining a prediction, so that they can be compared."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from nnstudio.engine.analysis.grad_cam import grad_cam, grad_cam_layer
from nnstudio.engine.analysis.integrated import integrated_gradients
from nnstudio.engine.analysis.passes import Floats32
from nnstudio.engine.analysis.saliency import input_gradients, smooth_gradients
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.errors import ShapeError

Method = Literal["integrated", "smooth", "gradient", "grad_cam"]
METHODS: tuple[Method, ...] = get_args(Method)
_COPIES = 24  # of SmoothGrad: the map no longer changes to the eye, and it costs a third of the usual 50


def explain(model: Model, x: Any, method: Method, label: Any = None, against: Any = None) -> Floats32:
    """What speaks for a class, and what against it, place by place.

    Args:
        model: The model; its weights must not change meanwhile.
        x: Raw samples, ``(N, *input_shape)``.
        method: "integrated" gradients, "smooth" gradients, the plain "gradient", or "grad_cam", which
            knows only what speaks for a class.
        label: Class number, or one for each sample; None for the most probable class of each.
        against: Class number, or one for each sample: explains the lead over it instead.

    Returns:
        ``(N, H, W)`` for images, the channels added up, else ``(N, features)``; above 0 what speaks for
        ``label``, below 0 what speaks against it.

    Raises:
        ShapeError: Grad-CAM of a network that has no image inside.
        DataError: The samples don't fit the network, or a class number is wrong.
    """
    if method == "grad_cam":
        return grad_cam(model, x, label, against)
    if method == "integrated":
        values = integrated_gradients(model, x, label, against).values
    elif method == "smooth":
        values = smooth_gradients(model, x, label, against, copies=_COPIES)
    else:
        values = input_gradients(model, x, label, against)
    return values.sum(axis=-1, dtype=np.float32) if values.ndim == 4 else values


def methods_for(network: Network) -> tuple[Method, ...]:
    """The ways of explaining that a network allows."""
    try:
        grad_cam_layer(network)
    except ShapeError:
        return tuple(method for method in METHODS if method != "grad_cam")
    return METHODS
