"""The operations that change values in place: contrast, brightness, noise, cutout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.augmentation_spec import Brightness, Contrast, Cutout, Noise
from nnstudio.data.augmentation.brightness import brighten
from nnstudio.data.augmentation.contrast import stretch_contrast
from nnstudio.data.augmentation.cutout import cut_out
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.noise import Noiser
from tests.data.augmentation.fixed_draws import FixedDraws


def test_brightness_adds_one_number_to_a_sample() -> None:
    x = np.random.default_rng(0).uniform(0, 255, (3, 4, 4, 2)).astype(np.float32)
    after = x.copy()
    brighten(after, Brightness(amount=0.2), FixedDraws(signed=[[1], [-0.5], [0]]), span=100)
    np.testing.assert_allclose(after - x, np.array([20, -10, 0]).reshape(-1, 1, 1, 1) + 0 * x, atol=1e-4)
    np.testing.assert_array_equal(after[2], x[2])


def test_contrast_scales_about_the_samples_mean() -> None:
    x = np.random.default_rng(0).uniform(0, 255, (3, 4, 4, 2)).astype(np.float32)
    after = x.copy()
    stretch_contrast(after, Contrast(amount=0.5), FixedDraws(signed=[[1], [-1], [0]]))
    mean = x.mean(axis=(1, 2, 3), keepdims=True, dtype=float)
    factor = np.array([1.5, 0.5, 1]).reshape(-1, 1, 1, 1)
    np.testing.assert_allclose(after, mean + factor * (x - mean), rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(after[2], x[2])


def test_noise_is_normal_and_independent() -> None:
    x = np.zeros((300, 7 * 7 * 3), np.float32)
    Noiser(Noise(deviation=0.1), 300, 147, span=20)(x, Draws(1, 1, np.arange(300)))
    z = x / 2
    assert z.mean() == pytest.approx(0, abs=0.02)
    assert z.std() == pytest.approx(1, abs=0.01)
    shares = [(np.abs(z) < deviations).mean() for deviations in (0.5, 1, 2, 3)]
    np.testing.assert_allclose(shares, [0.3829, 0.6827, 0.9545, 0.9973], atol=0.006)
    assert (z**4).mean() == pytest.approx(3, abs=0.15)
    neighbours = np.corrcoef(z[:, :-1].ravel(), z[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.02
    assert abs(np.corrcoef(z[:-1].ravel(), z[1:].ravel())[0, 1]) < 0.02


def test_noise_leaves_the_share_of_samples_alone_that_it_should() -> None:
    x = np.ones((1000, 5), np.float32)
    Noiser(Noise(deviation=0.1, probability=0.25), 1000, 5, span=1)(x, Draws(1, 1, np.arange(1000)))
    assert (x == 1).all(axis=1).mean() == pytest.approx(0.75, abs=0.05)


@settings(deadline=None, derandomize=True)
@given(
    size=st.integers(1, 30),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    where=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
)
def test_cutout_blanks_a_square_around_a_pixel(
    size: int, height: int, width: int, where: tuple[float, float]
) -> None:
    x = np.ones((2, height, width, 2), np.float32)
    spec = Cutout(size=size, probability=0.5)
    cut_out(x, spec, FixedDraws(uniform=[[0.4, *where], [0.6, *where]]), fill=-3)
    top, left = (
        int(share * length) - size // 2 for share, length in zip(where, (height, width), strict=True)
    )
    rows, columns = np.ogrid[:height, :width]
    square = (top <= rows) & (rows < top + size) & (left <= columns) & (columns < left + size)
    assert square.any()
    assert (x[0][square] == -3).all()
    assert (x[0][~square] == 1).all()
    assert (x[1] == 1).all()
