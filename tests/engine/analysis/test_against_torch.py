"""Looks inside a model beside PyTorch's autograd and hooks on the same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnstudio.engine.analysis import grad_cam, input_gradients, integrated_gradients, layer_passes
from nnstudio.engine.model import Model
from tests.engine.analysis import models

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
from tests.engine.analysis.torch_twin import Twin  # noqa: E402 - it needs PyTorch

pytestmark = pytest.mark.bench

CLOSE = {"rtol": 1e-4, "atol": 1e-6}
"""float32; both libraries sum in an order of their own."""

MAKERS = [models.dense, models.convolutional, models.pooled, models.residual, models.binary]


def samples(model: Model, n: int = 5) -> np.ndarray:
    if len(model.network.input_shape) == 3:
        return models.images(n)
    return np.random.default_rng(3).standard_normal((n, 6)).astype(np.float32)


def unit(model: Model, label: int) -> np.ndarray:
    """The class's logit as a weighted sum of the outputs."""
    (outputs,) = model.network.output_shape
    return np.eye(outputs, dtype=np.float32)[[label]] if outputs > 1 else np.array([[2 * label - 1]], "f4")


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("label", [0, 1])
def test_gradients_of_a_logit_are_autograds(make: Callable[[], Model], label: int):
    model = make()
    x = samples(model)
    expected = Twin(model).gradient(models.scaled(model, x), unit(model, label))
    np.testing.assert_allclose(input_gradients(model, x, label), expected, **CLOSE)


@pytest.mark.parametrize("make", MAKERS[:4])
def test_gradients_of_a_lead_are_autograds(make: Callable[[], Model]):
    model = make()
    x = samples(model)
    expected = Twin(model).gradient(models.scaled(model, x), unit(model, 2) - unit(model, 0))
    np.testing.assert_allclose(input_gradients(model, x, 2, against=0), expected, **CLOSE)


@pytest.mark.parametrize("make", MAKERS)
def test_integrated_gradients_are_the_mean_of_autograds_along_the_way(make: Callable[[], Model]):
    model, steps = make(), 64
    x = samples(model, 2)
    ours = integrated_gradients(model, x, 1, baseline=3, steps=steps)
    end, start = models.scaled(model, x), models.scaled(model, np.full_like(x, 3))
    twin = Twin(model, torch.float64)
    midpoints = (np.arange(steps) + 0.5) / steps
    points = start + midpoints.reshape(-1, *(1,) * start.ndim) * (end - start)  # (steps, n, *shape)
    along = twin.gradient(points.reshape(-1, *x.shape[1:]), unit(model, 1))
    mean = along.reshape(points.shape).mean(axis=0)
    assert ours.complete.all()  # so it took no more steps than these
    np.testing.assert_allclose(ours.values, (end - start) * mean, rtol=1e-4, atol=1e-5)
    outputs = [
        (twin.logits(torch.tensor(v, dtype=torch.float64)).numpy() * unit(model, 1)).sum(1)
        for v in (end, start)
    ]
    np.testing.assert_allclose(ours.output, outputs[0], **CLOSE)
    np.testing.assert_allclose(ours.baseline_output, outputs[1], **CLOSE)


def reference_grad_cam(model: Model, x: np.ndarray, label: int, layer: str) -> np.ndarray:
    """Selvaraju et al. (2017), equations 1 and 2, with a hook on the layer."""
    twin = Twin(model)
    twin.gradient(models.scaled(model, x), unit(model, label))
    output = twin.outputs[layer]
    weights = output.grad.mean(dim=(2, 3), keepdim=True)
    cam = torch.relu((weights * output).sum(dim=1, keepdim=True))
    size = tuple(model.network.input_shape[:2])
    return (
        torch.nn.functional.interpolate(cam, size, mode="bilinear", align_corners=False)[:, 0]
        .detach()
        .numpy()
    )


@pytest.mark.parametrize(
    ("make", "layer"),
    [
        (models.convolutional, "conv2d"),
        (models.convolutional, "last"),
        (models.convolutional, "leaky"),
        (models.convolutional, "max_pool"),
        (models.pooled, "conv2d"),
        (models.binary, "conv2d"),
        (models.residual, "down"),
        (models.residual, "inner"),
        (models.residual, "nested"),
        (models.residual, "projecting_projection"),
        (models.residual, "projecting"),
        (models.residual, "plain"),
    ],
)
@pytest.mark.parametrize("label", [0, 1])
def test_grad_cam_is_the_reference(make: Callable[[], Model], layer: str, label: int):
    model = make()
    x = samples(model)
    maps = grad_cam(model, x, label, layer=layer)
    assert maps.shape == (5, 8, 9)
    np.testing.assert_allclose(maps, reference_grad_cam(model, x, label, layer), **CLOSE)


@pytest.mark.parametrize("make", MAKERS)
def test_what_every_layer_computes_is_pytorchs(make: Callable[[], Model]):
    model = make()
    x = samples(model)
    twin = Twin(model)
    with torch.no_grad():
        twin.logits(torch.tensor(models.scaled(model, x)))
    passes = layer_passes(model, x)
    assert set(passes) == set(twin.outputs)
    for name, one in passes.items():
        for ours, theirs in ((one.y, twin.outputs[name]), (one.z, twin.before[name])):
            channels_last = theirs.permute(0, 2, 3, 1) if theirs.ndim == 4 else theirs
            np.testing.assert_allclose(ours, channels_last.numpy(), err_msg=name, **CLOSE)
