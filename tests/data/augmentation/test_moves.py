"""Each move by itself, against what it is by definition and against other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nnstudio.core.augmentation_spec import ElasticDeformation, Flip, RandomCrop, Rotation, Shift, Zoom
from nnstudio.data.augmentation.crop import crop
from nnstudio.data.augmentation.draws import Draws
from nnstudio.data.augmentation.elastic import Elastic
from nnstudio.data.augmentation.flip import flip
from nnstudio.data.augmentation.pixel_map import PixelMap
from nnstudio.data.augmentation.resample import Resampler
from nnstudio.data.augmentation.rotation import rotate
from nnstudio.data.augmentation.shift import shift, whole
from nnstudio.data.augmentation.zoom import zoom
from tests.data.augmentation.fixed_draws import FixedDraws

SIZES = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))


def pictures(*shape: int) -> Any:
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)


def copied(x: Any, places: PixelMap) -> Any:
    moved = x.copy()
    Resampler(len(x), x.shape[1:], fill=0).copy(moved, places)
    return moved


def interpolated(x: Any, places: PixelMap, field: Any = None, fill: float = 0) -> Any:
    moved = x.copy()
    Resampler(len(x), x.shape[1:], fill).interpolate(moved, places, field)
    return moved


def shifted(x: Any, down: int, right: int) -> Any:
    """By slicing, with zeros behind."""
    _, height, width, _ = x.shape
    padded = np.pad(x, ((0, 0), (height, height), (width, width), (0, 0)))
    down, right = np.clip(down, -height, height), np.clip(right, -width, width)
    return padded[:, height - down : 2 * height - down, width - right : 2 * width - right]


@settings(deadline=None, derandomize=True)
@given(
    size=SIZES,
    down=st.integers(-15, 15),
    right=st.integers(-15, 15),
    flips=st.tuples(st.booleans(), st.booleans()),
)
def test_whole_moves_copy_pixels_and_interpolation_agrees(
    size: tuple[int, ...], down: int, right: int, flips: tuple[bool, bool]
) -> None:
    x = pictures(*size)
    places = PixelMap(len(x), *size[1:3])
    for axis, chosen in enumerate(flips):
        flip(places, Flip(probability=float(chosen)), Draws(0, 0, np.arange(len(x))), axis)
    places.move(np.tile([float(down), float(right)], (len(x), 1)))
    expected = shifted(x[:, :: 1 - 2 * flips[0], :: 1 - 2 * flips[1]], down, right)
    np.testing.assert_array_equal(copied(x, places), expected)
    np.testing.assert_array_equal(interpolated(x, places), expected)


@pytest.mark.parametrize("axis", [0, 1])
def test_two_flips_are_none(axis: int) -> None:
    x, draws = pictures(50, 5, 4, 2), Draws(3, 1, np.arange(50))
    once, twice = PixelMap(50, 5, 4), PixelMap(50, 5, 4)
    flip(once, Flip(probability=0.6), draws, axis)
    after = copied(x, once)
    mirrored = (after != x).any(axis=(1, 2, 3))
    assert 0.4 < mirrored.mean() < 0.8
    np.testing.assert_array_equal(after[mirrored], np.flip(x, axis + 1)[mirrored])
    np.testing.assert_array_equal(copied(after, once), x)
    for _ in range(2):
        flip(twice, Flip(probability=0.6), draws, axis)
    np.testing.assert_array_equal(copied(x, twice), x)


def test_shifts_reach_every_allowed_place_alike() -> None:
    n = 30_000
    places = PixelMap(n, 20, 30)
    shift(places, Shift(vertical=0.1, horizontal=0.05), Draws(1, 1, np.arange(n)))
    down, right = -places.offset.T
    assert np.array_equal(np.unique(down), [-2, -1, 0, 1, 2])
    assert np.array_equal(np.unique(right), [-2, -1, 0, 1, 2])  # 1.5 pixels, rounded to the even number
    counts = np.histogram2d(down, right, bins=5)[0]
    assert np.abs(counts / n - 1 / 25).max() < 0.006


def test_a_crop_is_a_window_of_the_padded_image() -> None:
    x, padding = pictures(200, 6, 5, 2), 3
    places = PixelMap(200, 6, 5)
    crop(places, RandomCrop(padding=padding), Draws(1, 1, np.arange(200)))
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    tops, lefts = (padding + places.offset.T).astype(int)
    for sample, window, top, left in zip(copied(x, places), padded, tops, lefts, strict=True):
        np.testing.assert_array_equal(sample, window[top : top + 6, left : left + 5])
    assert {*tops} == {*lefts} == set(range(2 * padding + 1))


def test_whole_numbers_are_spread_evenly_and_0_stays_0() -> None:
    most = np.array([2.0])
    assert whole(np.array([-1, -0.61, -0.59, 0, 0.19, 0.21, 1]), most).tolist() == [-2, -2, -1, 0, 0, 1, 2]
    assert whole(np.array([-1.0, 1.0]), np.array([0.0])).tolist() == [0, 0]


def test_a_quarter_turn_is_exact_and_to_the_left() -> None:
    x = pictures(4, 7, 7, 1)
    places = PixelMap(4, 7, 7)
    rotate(places, Rotation(degrees=90), FixedDraws(signed=[[1], [-1], [0], [1]]))
    after = interpolated(x, places)
    np.testing.assert_allclose(after[0, ..., 0], np.rot90(x[0, ..., 0]), atol=1e-3)
    np.testing.assert_allclose(after[1, ..., 0], np.rot90(x[1, ..., 0], -1), atol=1e-3)
    np.testing.assert_array_equal(after[2], x[2])


@pytest.mark.parametrize("size", [(28, 28), (17, 24)])
def test_rotation_equals_pillow_inside(size: tuple[int, int]) -> None:
    angles = [-30, -7.5, 3, 45, 171]
    x = pictures(len(angles), *size, 1)
    places = PixelMap(len(angles), *size)
    rotate(places, Rotation(degrees=180), FixedDraws(signed=np.array(angles)[:, np.newaxis] / 180))
    for angle, before, after in zip(angles, x[..., 0], interpolated(x, places)[..., 0], strict=True):
        expected = np.asarray(Image.fromarray(before).rotate(angle, Image.Resampling.BILINEAR))
        inside = np.asarray(Image.fromarray(np.ones_like(before)).rotate(angle, Image.Resampling.BILINEAR))
        grown = np.pad(inside, 1)  # pillow treats the outermost half pixel in its own way
        safe = (
            np.min([grown[r : r + size[0], c : c + size[1]] for r in range(3) for c in range(3)], axis=0) > 0
        )
        assert safe.mean() > 0.3
        np.testing.assert_allclose(after[safe], expected[safe], atol=2e-3)


def test_zoom_keeps_the_centre_and_scales_around_it() -> None:
    ramp = np.tile(np.arange(9, dtype=np.float32), (9, 1))[np.newaxis, ..., np.newaxis] + 100
    places = PixelMap(1, 9, 9)
    zoom(places, Zoom(amount=0.5), FixedDraws(signed=[[1.0]]))
    after = interpolated(ramp, places)[0, ..., 0]
    np.testing.assert_allclose(after, np.tile(104 + (np.arange(9) - 4) / 1.5, (9, 1)), rtol=1e-6)


def test_what_lies_beyond_the_edge_is_the_fill() -> None:
    x = np.full((1, 8, 8, 2), 100, np.float32)
    places = PixelMap(1, 8, 8)
    zoom(places, Zoom(amount=0.5), FixedDraws(signed=[[-1.0]]))
    after = interpolated(x, places, fill=7)
    assert (after[0, 0] == 7).all()
    assert (after[0, :, -1] == 7).all()
    assert (after[0, 3:5, 3:5] == 100).all()


def random_places(n: int, height: int, width: int) -> PixelMap:
    """All moves at once."""
    places, draws = PixelMap(n, height, width), Draws(8, 1, np.arange(n))
    flip(places, Flip(), draws, 1)
    rotate(places, Rotation(degrees=180), draws)
    zoom(places, Zoom(amount=0.5), draws)
    shift(places, Shift(), draws)
    crop(places, RandomCrop(padding=2), draws)
    return places


@pytest.mark.bench
@pytest.mark.parametrize("size", [(28, 28, 1), (11, 14, 3), (2, 5, 1)])
@pytest.mark.parametrize("elastic", [False, True])
def test_the_one_resampling_equals_pytorchs_grid_sample(size: tuple[int, int, int], elastic: bool) -> None:
    torch = pytest.importorskip("torch")
    n, (height, width, _) = 30, size
    x, places = pictures(n, *size), random_places(n, height, width)
    field = Elastic(ElasticDeformation(sigma=1.5), n, height, width).field(Draws(8, 1, np.arange(n)))
    rows, columns = np.meshgrid(*places.grid(), indexing="ij")
    where = np.stack([rows, columns])[:, np.newaxis] + (field if elastic else np.zeros_like(field))
    source = np.einsum("nij,jnhw->nhwi", places.matrix, where) + places.offset[:, np.newaxis, np.newaxis]
    unit = source[..., ::-1] / (np.array([width, height]) - 1) * 2  # (x, y), -1 and 1 at the outer pixels
    expected = torch.nn.functional.grid_sample(
        torch.tensor(x, dtype=torch.float64).permute(0, 3, 1, 2),
        torch.tensor(unit.copy()),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=True,
    ).permute(0, 2, 3, 1)
    after = interpolated(x, places, field if elastic else None)
    np.testing.assert_allclose(after, expected.numpy(), atol=5e-3)  # of 255; places are in float32


@pytest.mark.bench
def test_the_elastic_field_equals_scipys_gaussian_filter() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    draws = Draws(8, 1, np.arange(5))
    spec = ElasticDeformation(alpha=34, sigma=3)
    field = Elastic(spec, 5, 20, 15).field(draws)
    words = draws.words("elastic", np.empty((5, 300), np.uint64)).reshape(5, 20, 15)
    halves = (words & np.uint64(0xFFFFFFFF), words >> np.uint64(32))
    for displacement, half in zip(field, halves, strict=True):
        raw = half.astype(np.uint32).view(np.int32) / 2**31
        expected = 34 * ndimage.gaussian_filter(raw, (0, 3, 3), mode="constant", truncate=8)
        np.testing.assert_allclose(displacement, expected, atol=1e-4)


def test_an_elastic_field_is_smooth_centred_and_as_large_as_the_paper_says() -> None:
    field = Elastic(ElasticDeformation(alpha=34, sigma=4), 400, 29, 29).field(Draws(1, 1, np.arange(400)))
    middle = field[:, :, 12:17, 12:17]
    # a uniform field of variance 1/3, blurred over 4·π·σ² pixels
    assert middle.std() == pytest.approx(34 * np.sqrt(1 / 3 / (4 * np.pi * 16)), rel=0.05)
    assert abs(middle.mean()) < 0.1
    assert np.abs(np.diff(middle, axis=3)).mean() < 0.25 * np.abs(middle).mean()
    assert abs(np.corrcoef(field[0].ravel(), field[1].ravel())[0, 1]) < 0.05
