from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.analysis import grad_cam, grad_cam_layer
from nnstudio.errors import DataError, ShapeError
from nnstudio.layers import Activation, Conv2D, Dense, Flatten, Input, MaxPool
from tests.engine.analysis import models


def test_it_looks_at_the_last_convolution_with_its_activation():
    assert grad_cam_layer(models.convolutional().network) == "dropout"  # behind "last" and "leaky"
    assert grad_cam_layer(models.pooled().network) == "conv2d"
    assert grad_cam_layer(models.residual().network) == "plain"
    model, x = models.convolutional(), models.images()
    np.testing.assert_array_equal(grad_cam(model, x), grad_cam(model, x, layer="leaky"))


def test_a_bright_square_is_found_where_it_is():
    layers = (
        Input(shape=(12, 12, 1)),
        Conv2D(filters=1, kernel_size=3, padding="same", activation="relu"),
        MaxPool(pool_size=2),
        Flatten(),
        Dense(units=2),
    )
    model = models.model_of(*layers)
    views = model.network.views(model.weights)
    views["conv2d"]["kernel"][...] = 1 / 9
    views["conv2d"]["bias"][...] = 0
    views["dense"]["kernel"][...] = [[-1, 1]]  # class 1 is "anything bright"
    x = np.zeros((2, 12, 12, 1), np.uint8)
    x[0, 1:4, 7:10] = 255
    x[1, 8:11, 2:5] = 255
    maps = grad_cam(model, x, 1)
    assert [np.unravel_index(m.argmax(), m.shape) for m in maps] == [(2, 8), (9, 3)]
    assert not grad_cam(model, x, 0).any()  # nothing speaks for the other class


def test_a_network_without_convolutions_is_looked_at_where_its_last_image_is():
    layers = (Input(shape=(8, 8, 1)), Activation(function="tanh"), MaxPool(pool_size=2), Flatten())
    model = models.model_of(*layers, Dense(units=2))
    assert grad_cam_layer(model.network) == "max_pool"
    assert grad_cam(model, models.images(3, (8, 8, 1))).shape == (3, 8, 8)


def test_a_dense_network_is_refused_with_a_way_out():
    flat = models.model_of(Input(shape=(8, 8, 1)), Flatten(), Dense(units=2))
    for model, x in ((flat, models.images(1, (8, 8, 1))), (models.dense(), np.zeros((1, 6)))):
        with pytest.raises(ShapeError, match=r"no layer of the network gives an image.*saliency"):
            grad_cam(model, x)


def test_layers_without_an_image_are_refused():
    model, x = models.convolutional(), models.images(1)
    with pytest.raises(ShapeError, match=r"output of flatten is no image.*received: 24"):
        grad_cam(model, x, layer="flatten")
    with pytest.raises(DataError, match=r"no layer called 'conv'.*max_pool"):
        grad_cam(model, x, layer="conv")
