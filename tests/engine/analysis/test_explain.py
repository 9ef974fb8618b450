from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.analysis import (
    METHODS,
    explain,
    grad_cam,
    input_gradients,
    integrated_gradients,
    methods_for,
)
from nnstudio.engine.model import Model
from tests.engine.analysis import models


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_map_per_image(method):
    model, x = models.convolutional(), models.images(2)
    found = explain(model, x, method, 1, 2)
    assert found.shape == (2, 8, 9)
    assert np.isfinite(found).all()


def test_maps_are_the_methods_own_with_the_channels_added_up():
    model, x = models.convolutional(), models.images(2)
    np.testing.assert_allclose(
        explain(model, x, "integrated", 0), integrated_gradients(model, x, 0).values.sum(-1), rtol=1e-5
    )
    np.testing.assert_allclose(
        explain(model, x, "gradient", 0, 1), input_gradients(model, x, 0, 1).sum(-1), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(explain(model, x, "grad_cam", 0), grad_cam(model, x, 0))


def test_features_keep_their_own_numbers():
    model: Model = models.dense()
    x = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    assert explain(model, x, "smooth").shape == (3, 6)
    assert "grad_cam" not in methods_for(model.network)
    assert methods_for(models.convolutional().network) == METHODS
