from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.data_spec import AugmentationSpec
from nnstudio.data.augmentation.augmenter import Augmenter, value_range
from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import Part
from nnstudio.errors import DataError

OPERATIONS = tuple(AugmentationSpec.model_fields)
EVERYTHING: dict[str, Any] = {name: {} for name in OPERATIONS}
STILL = {
    "horizontal_flip": {"probability": 0},
    "vertical_flip": {"probability": 0},
    "rotation": {"degrees": 0},
    "zoom": {"amount": 0},
    "shift": {"horizontal": 0, "vertical": 0},
    "crop": {"padding": 0},
    "elastic": {"alpha": 0},
    "contrast": {"amount": 0},
    "brightness": {"amount": 0},
    "noise": {"deviation": 0},
    "cutout": {"size": 0},
}


def images(count: int = 40, shape: tuple[int, ...] = (9, 7, 2), *, floats: bool = False) -> Part:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    if floats:
        x = x.astype(np.float32)
        x[0].flat[:2] = 0, 255  # so that the range is the bytes' own
    return Part(x, np.arange(count, dtype=np.int64) % 3)


def gather(part: Part, spec: Any, batch: int = 40, seed: int = 5) -> Gather:
    return Gather(part, Scaling(), batch, augmentation=AugmentationSpec.build(spec), seed=seed)


def varied(part: Part, spec: Any, epoch: int = 1, seed: int = 5) -> Any:
    return gather(part, spec, len(part), seed).x(slice(None), epoch).copy()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_changes_samples_and_is_off_by_default(name: str) -> None:
    part = images()
    np.testing.assert_array_equal(varied(part, {}), part.x)
    assert (varied(part, {name: {}}) != part.x).any(axis=(1, 2, 3)).mean() > 0.3


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("floats", [False, True])
def test_without_strength_nothing_changes_to_the_last_bit(name: str, floats: bool) -> None:
    part = images(floats=floats)
    assert AugmentationSpec.build({name: STILL[name]}).active == ()
    np.testing.assert_array_equal(varied(part, {name: STILL[name]}), part.x)
    np.testing.assert_array_equal(varied(part, {name: {"probability": 0}}), part.x)


@pytest.mark.parametrize("name", ["rotation", "zoom", "elastic"])
def test_a_sample_that_is_left_alone_is_not_blurred_by_the_others_interpolation(name: str) -> None:
    part = images(60)
    after = varied(part, {name: {"probability": 0.5}, "horizontal_flip": {"probability": 1}})
    mirrored = (after == part.x[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 0.25 < mirrored.mean() < 0.75


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    names=st.sets(st.sampled_from(OPERATIONS), min_size=1),
    order=st.permutations(range(20)),
    batch=st.integers(1, 20),
    epoch=st.integers(0, 10**6),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_sample_depends_on_seed_epoch_and_row_alone(
    names: set[str], order: list[int], batch: int, epoch: int, seed: int
) -> None:
    part, spec = images(20), {name: {} for name in names}
    expected = varied(part, spec, epoch, seed)
    some = part.select(np.array(order))  # the rows count, not the positions
    in_batches = gather(some, spec, batch, seed)
    for first in range(0, 20, batch):
        rows = slice(first, first + batch)
        np.testing.assert_array_equal(in_batches.x(rows, epoch), expected[order[rows]])


def test_chunks_do_not_show() -> None:
    part = images(5, (120, 130, 1))
    augmenter = Augmenter(AugmentationSpec.build(EVERYTHING), part, seed=1)
    assert augmenter._chunk < 5, "the images are too small to be worked on one after another"
    whole = part.x.astype(np.float32)
    augmenter.apply(whole, np.arange(5), epoch=3)
    for row in range(5):
        alone = part.x[row : row + 1].astype(np.float32)
        augmenter.apply(alone, np.array([row]), epoch=3)
        np.testing.assert_array_equal(alone[0], whole[row])


@pytest.mark.parametrize("name", OPERATIONS)
def test_epochs_and_seeds_differ_and_repeat(name: str) -> None:
    part, spec = images(), {name: {}}
    first = varied(part, spec, epoch=1, seed=5)
    np.testing.assert_array_equal(first, varied(part, spec, epoch=1, seed=5))
    assert (first != varied(part, spec, epoch=2, seed=5)).any()
    assert (first != varied(part, spec, epoch=1, seed=6)).any()


@settings(deadline=None, derandomize=True, max_examples=40)
@given(names=st.sets(st.sampled_from(OPERATIONS)), epoch=st.integers(0, 99))
def test_bytes_and_floats_agree_and_stay_in_range(names: set[str], epoch: int) -> None:
    spec = {name: {} for name in names}
    of_bytes, of_floats = (varied(images(floats=floats), spec, epoch) for floats in (False, True))
    np.testing.assert_array_equal(of_bytes[1:], of_floats[1:])
    assert of_bytes.min() >= 0
    assert of_bytes.max() <= 255


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (2, 5), (-7, -3), (4, 4)])
def test_floats_stay_within_the_range_of_the_training_samples(low: float, high: float) -> None:
    x = np.random.default_rng(0).uniform(low, high, (50, 8, 8, 1)).astype(np.float32)
    part = Part(x, np.zeros(50, np.int64))
    after = varied(part, EVERYTHING)
    assert x.min() <= after.min() <= after.max() <= x.max()
    assert np.isfinite(after).all()


def test_the_range_is_that_of_the_selected_samples() -> None:
    x = np.array([[0.0], [1.0], [9.0]], np.float32)
    part = Part(x, np.zeros(3, np.int64))
    assert value_range(part) == (0, 9)
    assert value_range(part.select(np.array([1, 0]))) == (0, 1)
    assert value_range(Part(x.astype(np.uint8), part.y)) == (0, 255)


def test_labels_and_data_are_left_alone() -> None:
    part = images()
    before = part.x.copy()
    fetch = gather(part, EVERYTHING)
    rows = np.array([3, 1, 1])
    fetch.x(rows, 4)
    np.testing.assert_array_equal(fetch.labels(rows), part.y[rows])
    np.testing.assert_array_equal(part.x, before)


def test_variations_come_before_scaling() -> None:
    part, spec, scaling = images(), AugmentationSpec.build(EVERYTHING), Scaling(33.3, 0.0127)
    scaled = Gather(part, scaling, 40, augmentation=spec, seed=5).x(slice(None), 2)
    np.testing.assert_array_equal(scaled, scaling.apply(varied(part, EVERYTHING, epoch=2)))


def test_data_without_images_take_noise_alone() -> None:
    x = np.random.default_rng(0).normal(0, 1, (400, 5)).astype(np.float32)
    part = Part(x, np.zeros(400, np.int64))
    after = varied(part, {"noise": {"deviation": 0.01}})
    span = x.max() - x.min()
    assert (after - x).std() == pytest.approx(0.01 * span, rel=0.05)
    with pytest.raises(
        DataError, match=r"no images; allowed: noise, or nothing; received: cutout; fix: .* it off"
    ):
        gather(part, {"cutout": {}})
