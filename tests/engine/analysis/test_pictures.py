from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.analysis import channel_maps, filter_images, layer_passes, normalised, tiles
from nnstudio.engine.analysis.pictures import resize_bilinear
from nnstudio.errors import DataError
from nnstudio.layers import Activation, Dense, DepthwiseConv2D, Flatten, Input
from tests.engine.analysis import models


def test_every_channel_becomes_a_map():
    output = layer_passes(models.convolutional(), models.images(2), ["last"])["last"].y
    maps = channel_maps(output[1])
    assert maps.shape == (6, 3, 3)
    np.testing.assert_array_equal(maps[4], output[1, :, :, 4])
    assert channel_maps(np.array([1.0, 2.0])).tolist() == [[[1, 2]]]


def test_filters_of_a_convolution_are_small_images():
    model = models.convolutional()
    filters = filter_images(model.network, model.weights, "conv2d")
    kernel = model.network.views(model.weights)["conv2d"]["kernel"]
    assert filters.shape == (4, 3, 3, 2)
    np.testing.assert_array_equal(filters[3], kernel[:, :, :, 3])


def test_depthwise_filters_see_one_channel_each():
    model = models.model_of(
        Input(shape=(5, 5, 3)), DepthwiseConv2D(2, depth_multiplier=2), Flatten(), Dense(2)
    )
    filters = filter_images(model.network, model.weights, "depthwise_conv2d")
    kernel = model.network.views(model.weights)["depthwise_conv2d"]["kernel"]
    assert filters.shape == (6, 2, 2, 1)
    np.testing.assert_array_equal(filters[3, :, :, 0], kernel[:, :, 1, 1])  # output channel 3


def test_units_behind_a_flattened_image_are_images_too():
    model = models.convolutional()
    kernel = model.network.views(model.weights)["dense"]["kernel"]
    units = filter_images(model.network, model.weights, "dense")
    assert units.shape == (4, 2, 2, 6)
    np.testing.assert_array_equal(units[2].ravel(), kernel[:, 2])
    direct = models.model_of(Input(shape=(5, 4, 1)), Flatten(), Activation(function="tanh"), Dense(units=3))
    assert filter_images(direct.network, direct.weights, "dense").shape == (3, 5, 4, 1)


def test_other_kernels_are_one_picture():
    model = models.dense()
    assert filter_images(model.network, model.weights, "dense_1").shape == (1, 10, 8, 1)


def test_layers_without_a_kernel_are_refused():
    model = models.convolutional()
    with pytest.raises(DataError, match=r"max_pool has no kernel.*conv2d, last, dense"):
        filter_images(model.network, model.weights, "max_pool")


def test_maps_are_normalised_each_or_together():
    maps = np.array([[[0, 2], [1, 4]], [[5, 5], [5, 5]]], np.float32)
    assert normalised(maps).tolist() == [[[0, 0.5], [0.25, 1]], [[0, 0], [0, 0]]]
    assert normalised(maps, together=True)[1].tolist() == [[1, 1], [1, 1]]
    signed = np.array([[[-4, 2]], [[0, 0]], [[1, 2]]], np.float32)
    assert normalised(signed, signed=True).tolist() == [[[-1, 0.5]], [[0, 0]], [[0.5, 1]]]
    assert normalised(signed, signed=True, together=True)[2].tolist() == [[0.25, 0.5]]


def test_values_that_arent_finite_dont_spoil_the_others():
    maps = np.array([[[np.nan, 1, 3, np.inf]]], np.float32)
    np.testing.assert_array_equal(normalised(maps), [[[np.nan, 0, 1, np.nan]]])
    assert np.isnan(normalised(np.full((1, 2, 2), np.nan, np.float32))).all()


def test_tiles_leave_a_gap_and_fill_up_with_nothing():
    maps = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    picture = tiles(maps, columns=2)
    nothing = np.nan
    expected = [
        [0, 1, nothing, 4, 5],
        [2, 3, nothing, 6, 7],
        [nothing] * 5,
        [8, 9, nothing, nothing, nothing],
        [10, 11, nothing, nothing, nothing],
    ]
    np.testing.assert_array_equal(picture, np.array(expected, np.float32))
    assert tiles(np.zeros((9, 4, 4), np.float32), gap=0).shape == (12, 12)
    assert tiles(np.zeros((2, 3, 3, 3), np.float32)).shape == (3, 7, 3)


def test_a_resized_slope_stays_a_slope():
    slope = np.arange(4, dtype=np.float32)[None, :, None] * np.ones((1, 4, 3), np.float32)
    large = resize_bilinear(slope, (8, 6))
    assert large.shape == (1, 8, 6)
    np.testing.assert_allclose(large[0, :, 2], [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    np.testing.assert_array_equal(resize_bilinear(slope, (4, 3)), slope)
