from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from nnstudio.data.batches import Gather, Scaling, epoch_order, one_by_one
from nnstudio.data.dataset import Part
from nnstudio.errors import DataError
from tests.data.sample_data import byte_part, float_part

SCALINGS = (Scaling(), Scaling(0, 1 / 255), Scaling(33.3, 0.0127), Scaling(5, 1))


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("make", [byte_part, float_part])
def test_gathered_samples_equal_scaled_ones_to_the_last_bit(make: Any, scaling: Scaling) -> None:
    part = make(50).select(np.arange(40, 0, -1))
    gather = Gather(part, scaling, 16)
    for rows in (np.array([3, 3, 39, 0]), np.arange(16), np.array([], np.int64)):
        batch = gather.x(rows)
        assert batch.shape == (len(rows), *part.shape)
        assert batch.dtype == np.float32
        np.testing.assert_array_equal(batch, scaling.apply(part.samples(rows)))
        np.testing.assert_array_equal(gather.labels(rows), part.labels[rows])


@pytest.mark.parametrize(("samples", "pieces"), [(0, 0), (7, 1), (602, 1), (603, 2), (1500, 4)])
def test_large_batches_are_fetched_in_an_even_number_of_equal_pieces(samples: int, pieces: int) -> None:
    part = Part(np.arange(1500 * 870, dtype=np.float32).reshape(1500, 870), np.zeros(1500, np.int64))
    shared: list[int] = []

    def share(calls: Sequence[Callable[[], object]]) -> None:
        shared.append(len(calls))
        one_by_one(calls[::-1])

    batch = Gather(part, Scaling(), 1500, share=share).x(np.arange(samples))
    assert shared == [pieces]
    np.testing.assert_array_equal(batch, part.x[:samples])


@pytest.mark.parametrize("shape", [(5,), (4, 3, 2), (4, 3, 1)])
def test_a_number_per_channel_scales_every_pixel_alike(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(0, 9, (20, *shape)).astype(np.float32)
    scaling = Scaling(tuple(map(float, range(shape[-1]))), tuple(0.3 + i for i in range(shape[-1])))
    offset, scale = np.float32(scaling.offset), np.float32(scaling.scale)
    np.testing.assert_array_equal(scaling.apply(x), (x - offset) * scale)
    np.testing.assert_array_equal(scaling.apply(x[0]), (x[0] - offset) * scale)
    gathered = Gather(Part(x, np.zeros(20, np.int64)), scaling, 20).x(np.arange(20))
    np.testing.assert_array_equal(gathered, scaling.apply(x))


def test_a_scaling_for_other_channels_is_noticed() -> None:
    Scaling((1.0, 2.0), (1.0, 1.0)).check((4, 4, 2))
    Scaling(1.0, 2.0).check((7,))
    with pytest.raises(DataError, match="allowed: 3 numbers, one per channel or feature; received: 2"):
        Scaling((1.0, 2.0), 1.0).check((4, 4, 3))


@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_order_of_the_arithmetic_is_as_documented(scaling: Scaling) -> None:
    x = byte_part(20).x
    expected = (x.astype(np.float32) - np.float32(scaling.offset)) * np.float32(scaling.scale)
    np.testing.assert_array_equal(scaling.apply(x), expected)


def test_other_types_are_converted_to_float32_first() -> None:
    x = np.array([0.1, 200.7])
    scaling = Scaling(33.3, 0.0127)
    np.testing.assert_array_equal(scaling.apply(x), scaling.apply(x.astype(np.float32)))
    np.testing.assert_array_equal(scaling.apply(np.array([7])), scaling.apply(np.array([7], np.uint8)))


def test_scaling_writes_where_it_is_told_and_leaves_its_input() -> None:
    x = np.array([[10.0, 20.0]], np.float32)
    out = np.empty_like(x)
    assert Scaling(10, 2).apply(x, out=out) is out
    assert out.tolist() == [[0.0, 20.0]]
    assert x.tolist() == [[10.0, 20.0]]
    Scaling(10, 2).apply(x, out=x)
    assert x.tolist() == [[0.0, 20.0]]


def test_scaling_survives_json_exactly() -> None:
    scaling = Scaling(33.303727513, 1 / 78.5)
    assert Scaling.from_json(json.loads(json.dumps(scaling.to_json()))) == scaling
    assert Scaling.from_json({"offset": 0, "scale": 1}) == Scaling()
    channels = Scaling((0.1, 33.303727513), (1 / 3, 1.0))
    assert Scaling.from_json(json.loads(json.dumps(channels.to_json()))) == channels


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"offset": 0},
        {"offset": 0, "scale": "1"},
        {"offset": True, "scale": 1},
        {"offset": float("nan"), "scale": 1},
        {"offset": 0, "scale": float("inf")},
        {"offset": 0, "scale": 1e39},
        {"offset": 0, "scale": 1, "more": 2},
        {"offset": [], "scale": []},
        {"offset": [1, "2"], "scale": 1},
        {"offset": [[1]], "scale": 1},
    ],
)
def test_a_damaged_scaling_is_refused(value: Any) -> None:
    with pytest.raises(DataError, match="a scaling can't be read"):
        Scaling.from_json(value)


def test_a_slice_gives_the_samples_in_order() -> None:
    part = byte_part(30).select(np.arange(29, -1, -1))
    gather = Gather(part, Scaling(), 8)
    np.testing.assert_array_equal(gather.x(slice(24, 40)), part.samples(slice(24, 30)))
    np.testing.assert_array_equal(gather.labels(slice(24, 40)), part.labels[24:])


def test_float64_batches_are_computed_in_float32() -> None:
    part = byte_part(10)
    scaling = Scaling(0, 1 / 255)
    batch = Gather(part, scaling, 4, dtype=np.float64).x(np.arange(4))
    assert batch.dtype == np.float64
    np.testing.assert_array_equal(batch, scaling.apply(part.x[:4]).astype(np.float64))


def test_a_position_outside_the_part_is_an_error() -> None:
    gather = Gather(byte_part(20).select(np.arange(10)), Scaling(), 4)
    for wrong in (10, -11):
        with pytest.raises(IndexError):
            gather.x(np.array([0, wrong]))
        with pytest.raises(IndexError):
            gather.labels(np.array([0, wrong]))


def test_more_samples_than_the_buffers_hold_are_an_error() -> None:
    gather = Gather(byte_part(20), Scaling(), 4)
    for fetch in (gather.x, gather.labels):
        with pytest.raises(ValueError):
            fetch(np.arange(5))


@pytest.mark.parametrize("make", [byte_part, float_part])
def test_gathering_allocates_no_batch(make: Any) -> None:
    x = np.zeros((3000, 1000), make(1).x.dtype)
    gather = Gather(Part(x, np.zeros(3000, np.int64)), Scaling(3, 2), 2000)
    rows = np.arange(2000)
    gather.x(rows)
    tracemalloc.start()
    try:
        gather.x(rows)
        gather.labels(rows)
        assert tracemalloc.get_traced_memory()[1] < 100_000  # one batch of bytes takes 2,000,000
    finally:
        tracemalloc.stop()


def test_an_epoch_visits_every_sample_once() -> None:
    assert sorted(epoch_order(1000, seed=3, epoch=7).tolist()) == list(range(1000))
    assert epoch_order(1000, 3, 7).dtype == np.int64


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    order = epoch_order(1000, 3, 7)
    np.random.default_rng(0).random(5)
    np.testing.assert_array_equal(order, epoch_order(1000, 3, 7))
    assert (order != epoch_order(1000, 3, 8)).mean() > 0.9
    assert (order != epoch_order(1000, 4, 7)).mean() > 0.9
