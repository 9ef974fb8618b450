from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.digits import generate
from nnstudio.engine import drawing
from nnstudio.errors import DataError

SHAPE = (28, 28, 1)


def ring(size: int, centre: tuple[float, float], radius: float, pen: float) -> np.ndarray:
    """An antialiased circle with a tail, so that its centre of mass is off the middle of its box."""
    y, x = np.mgrid[:size, :size] + 0.5
    distance = np.abs(np.hypot(y - centre[0], x - centre[1]) - radius) - pen / 2
    ink = np.clip(0.5 - distance, 0, 1)
    tail = (np.abs(x - centre[1] - radius) < pen / 2) & (y > centre[0]) & (y < centre[0] + 2 * radius)
    return np.maximum(ink, tail).astype(np.float32)


def test_centring_forgets_where_and_how_large_a_drawing_is():
    large = drawing.network_input(ring(420, (160, 210), 100, 30), SHAPE, centre=True)
    small = drawing.network_input(ring(420, (90, 300), 50, 15), SHAPE, centre=True)
    assert np.abs(large.astype(float) - small).mean() < 2
    assert np.abs(large.astype(float) - small).max() < 45
    assert large.max() == 255


def test_the_ink_fills_the_box_and_its_mass_is_in_the_middle():
    sample = drawing.network_input(ring(420, (120, 100), 60, 20), SHAPE, centre=True)[..., 0]
    rows, columns = np.nonzero(sample > 30)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    weights = sample.astype(float)
    assert (weights.sum(axis=1) @ np.arange(28)) / weights.sum() == pytest.approx(14, abs=0.51)
    assert (weights.sum(axis=0) @ np.arange(28)) / weights.sum() == pytest.approx(14, abs=0.51)


def test_images_made_like_mnist_stay_as_they_are():
    images, _ = generate(40, seed=3)
    for image in images:
        again = drawing.network_input(image[..., 0] / np.float32(255), SHAPE, centre=True)
        assert np.abs(again.astype(float) - image).mean() < 6


def test_without_centring_each_cell_is_the_mean_of_its_pixels():
    random = np.random.default_rng(0)
    sheet = random.random((420, 420), np.float32)
    sample = drawing.network_input(sheet, SHAPE, centre=False)
    expected = sheet.reshape(28, 15, 28, 15).mean(axis=(1, 3)) * 255
    assert np.abs(sample[..., 0] - expected).max() <= 0.51


def test_other_sizes_keep_the_proportions():
    sample = drawing.network_input(ring(400, (200, 200), 90, 24), (64, 32, 3), centre=True)
    assert sample.shape == (64, 32, 3)
    assert (sample[..., 0] == sample[..., 2]).all()
    rows, columns = np.nonzero(sample[..., 0] > 30)
    assert np.ptp(columns) + 1 <= round(32 * drawing.BOX_SHARE) + 1
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert height / width == pytest.approx((180 + 24 + 90 - 12) / (180 + 24), rel=0.08)


def test_no_ink_gives_an_empty_input():
    empty = np.zeros((420, 420), np.float32)
    assert not drawing.has_ink(empty)
    assert not drawing.network_input(empty, SHAPE, centre=True).any()


def test_a_single_dot_is_no_reason_to_fail():
    sheet = np.zeros((420, 420), np.float32)
    sheet[0, 419] = 1
    assert drawing.has_ink(sheet)
    assert drawing.network_input(sheet, SHAPE, centre=True).max() == 255


@pytest.mark.parametrize("size", [(7, 5), (28, 28), (61, 13), (420, 420)])
def test_resampling_keeps_a_constant_and_the_mean(size: tuple[int, int]):
    assert drawing.resample(np.full(size, 0.25, np.float32), 28, 28) == pytest.approx(0.25)
    image = np.random.default_rng(1).random((56, 84), np.float32)
    assert drawing.resample(image, 28, 28).mean() == pytest.approx(image.mean(), abs=1e-6)


def test_resampling_treats_channels_alike():
    image = np.random.default_rng(2).random((30, 40, 3), np.float32)
    scaled = drawing.resample(image, 11, 17)
    assert scaled.shape == (11, 17, 3)
    for channel in range(3):
        assert scaled[..., channel] == pytest.approx(drawing.resample(image[..., channel], 11, 17), abs=1e-6)


def test_dark_on_light_is_turned_round_and_light_on_dark_is_not():
    ink = ring(200, (90, 100), 50, 16)
    dark = drawing.open_picture(np.rint(255 - 200 * ink).astype(np.uint8), SHAPE)
    light = drawing.open_picture(np.rint(20 + 200 * ink).astype(np.uint8), SHAPE)
    assert (dark.inverted, light.inverted) == (True, False)
    assert dark.sheet == pytest.approx(ink, abs=0.01)
    assert light.sheet == pytest.approx(ink, abs=0.01)


def test_paper_noise_is_no_ink():
    random = np.random.default_rng(5)
    ink = ring(200, (90, 100), 50, 16)
    photo = 190 + random.normal(0, 4, (200, 200)) - 120 * ink
    opened = drawing.open_picture(np.rint(photo).clip(0, 255).astype(np.uint8), SHAPE)
    assert (opened.sheet[ink == 0] > drawing.INK).mean() < 0.02
    assert opened.sheet[ink == 1].mean() > 0.75


def test_a_sample_of_the_networks_size_keeps_its_values():
    image = generate(1, seed=1)[0][0, :, :, 0]
    opened = drawing.open_picture(image, SHAPE)
    assert opened.exact
    sheet = drawing.fit_on_sheet(opened.sheet, 420, 420)
    assert (drawing.network_input(sheet, SHAPE, centre=False)[..., 0] == image).all()


def test_transparency_shows_white_paper():
    picture = np.zeros((60, 60, 4), np.uint8)
    picture[20:40, 28:32, 3] = 255  # an opaque black bar
    opened = drawing.open_picture(picture, SHAPE)
    assert opened.inverted
    assert opened.sheet[30, 30] == 1
    assert opened.sheet[0, 0] == 0


def test_a_colour_network_sees_colours():
    picture = np.zeros((50, 50, 3), np.uint8)
    picture[..., 0] = 255
    opened = drawing.open_picture(picture, (32, 32, 3))
    sample = drawing.network_input(opened.sheet, (32, 32, 3), centre=True)
    assert (sample == [255, 0, 0]).all()


def test_a_wide_picture_lies_in_the_middle_of_the_sheet():
    sheet = drawing.fit_on_sheet(np.ones((10, 40), np.float32), 420, 420, ground=0)
    rows = np.flatnonzero(sheet.any(axis=1))
    assert (rows[0], rows[-1]) == (157, 261)
    assert sheet[200].all()


def test_an_empty_picture_and_a_network_without_pictures_are_refused():
    with pytest.raises(DataError, match="nothing to see"):
        drawing.open_picture(np.full((90, 90, 3), 130, np.uint8), SHAPE)
    with pytest.raises(DataError, match="doesn't look at pictures"):
        drawing.network_input(np.zeros((420, 420), np.float32), (2,), centre=True)
    assert not drawing.is_drawable((28, 28, 2))
