from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.data.dataset import Dataset, Part, blocks
from nnstudio.errors import DataError
from tests.data.sample_data import byte_part, byte_set, float_part


def labels(*numbers: int) -> Any:
    return np.array(numbers, np.int64)


def test_shapes_and_sizes() -> None:
    dataset = byte_set(train=60, test=30)
    assert dataset.shape == dataset.train.shape == (4, 3, 1)
    assert (len(dataset.train), len(dataset.test)) == (60, 30)
    assert float_part(7).shape == (5,)


def test_a_selection_shares_the_arrays_and_keeps_its_order() -> None:
    part = byte_part(20)
    some = part.select(np.array([7, 3, 11]))
    assert np.shares_memory(some.x, part.x)
    assert some.labels.tolist() == [part.y[7], part.y[3], part.y[11]]
    np.testing.assert_array_equal(some.samples(slice(None)), part.x[[7, 3, 11]])
    assert len(some) == 3


def test_a_selection_of_a_selection_counts_within_it() -> None:
    part = byte_part(20)
    twice = part.select(np.array([7, 3, 11])).select(np.array([2, 0]))
    np.testing.assert_array_equal(twice.rows(slice(None)), [11, 7])
    np.testing.assert_array_equal(twice.samples(np.array([1])), part.x[[7]])


def test_what_is_left_out_is_the_rest() -> None:
    part = byte_part(6).select(np.array([5, 4, 3, 2]))
    np.testing.assert_array_equal(part.without(np.array([1, 2])).rows(slice(None)), [5, 2])


def test_class_counts() -> None:
    part = Part(np.zeros((4, 2), np.uint8), labels(0, 2, 2, 2))
    assert part.class_counts(4) == (1, 0, 3, 0)
    assert part.select(np.array([0, 1])).class_counts(3) == (1, 0, 1)


def test_arrays_are_read_only_but_the_callers_own_is_not() -> None:
    mine = np.zeros((3, 2), np.uint8)
    part = Part(mine, labels(0, 1, 0))
    for array in (part.x, part.y, part.select(np.array([1])).indices):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    mine[0] = 9
    assert part.x[0, 0] == 9


def test_samples_become_contiguous() -> None:
    wide = np.zeros((5, 8), np.uint8)
    assert Part(wide[:, ::2], labels(0, 0, 0, 0, 0)).x.flags.c_contiguous


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((2, 3)), labels(0, 1), "received: .*float64"),
        (np.zeros((2, 3, 4), np.uint8), labels(0, 1), r"received: \(2, 3, 4\)"),
        (np.zeros((2, 0), np.uint8), labels(0, 1), "samples have a form"),
        (np.zeros(2, np.uint8), labels(0, 1), "samples have a form"),
        (np.zeros((2, 3), np.uint8), np.array([0, 1], np.int32), "labels have a form.*int32"),
        (np.zeros((2, 3), np.uint8), labels(0, 1)[:, np.newaxis], "labels have a form"),
        (np.zeros((2, 3), np.uint8), labels(0, 1, 1), "2 labels, one per sample; received: 3"),
    ],
)
def test_arrays_of_the_wrong_form_are_refused(x: Any, y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Part(x, y)


@pytest.mark.parametrize("rows", [[0, 20], [-1, 3]])
def test_rows_that_do_not_exist_are_refused(rows: list[int]) -> None:
    part = byte_part(20)
    with pytest.raises(DataError, match="rows 0 to 19"):
        Part(part.x, part.y, np.array(rows))


def test_indices_must_be_whole_numbers() -> None:
    part = byte_part(3)
    with pytest.raises(DataError, match="a selection of samples"):
        Part(part.x, part.y, np.array([True, False, True]))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_a_label_outside_the_classes_is_refused(wrong: int) -> None:
    bad = Part(np.zeros((2, 4, 3, 1), np.uint8), labels(0, wrong))
    for train, test, what in ((bad, byte_part(3), "training"), (byte_part(3), bad, "test")):
        with pytest.raises(DataError, match=f"label of the {what} .*0 to 2; received: {wrong}"):
            Dataset("d", "D", train, test, ("a", "b", "c"))


def test_parts_of_different_kind_are_refused() -> None:
    for test in (float_part(3), Part(byte_part(3).x.astype(np.float32), byte_part(3).y)):
        with pytest.raises(DataError, match="differ in kind"):
            Dataset("d", "D", byte_part(3), test, ("a", "b", "c"))


def test_a_data_set_needs_training_samples_and_may_lack_test_samples() -> None:
    with pytest.raises(DataError, match="no training samples"):
        Dataset("d", "D", byte_part(0), byte_part(3), ("a", "b", "c"))
    part = byte_part(3)
    dataset = Dataset("d", "D", part, part.none(), ("a", "b", "c"))
    assert (len(dataset.train), len(dataset.test), dataset.test.shape) == (3, 0, (4, 3, 1))


@pytest.mark.parametrize("classes", [("a", "b", "b"), ("a", "", "c"), ("a", "b\n", "c")])
def test_classes_that_look_alike_are_refused(classes: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="can't be told apart"):
        Dataset("d", "D", byte_part(3), byte_part(3), classes)


@pytest.mark.parametrize("count", [0, 10_001])
def test_impossible_numbers_of_classes_are_refused(count: int) -> None:
    with pytest.raises(DataError, match=f"1 to 10000; received: {count}"):
        Dataset("d", "D", byte_part(3), byte_part(3), tuple(map(str, range(count))))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_sample_that_is_no_number_is_named(value: float) -> None:
    x = np.zeros((400_000, 2), np.float32)  # several blocks
    x[333_333, 1] = x[390_000, 0] = value
    bad = Part(x, np.zeros(len(x), np.int64))
    with pytest.raises(DataError, match=r"training samples of 'D' .* in sample 333333"):
        Dataset("d", "D", bad, bad, ("a",))


def test_blocks_cover_every_sample_once_in_order() -> None:
    x = np.arange(600_000, dtype=np.float32).reshape(-1, 1)
    pieces = list(blocks(x))
    assert len(pieces) > 1
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in pieces]), x)
    assert [first for first, _ in pieces] == [int(piece[0, 0]) for _, piece in pieces]
    rows = np.arange(0, 600_000, 2)
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in blocks(x, rows)])[:, 0], rows)


def test_positions_of_a_whole_part_are_its_rows_and_count_from_the_end_or_are_refused():
    part = Part(np.zeros((4, 2), np.float32), np.zeros(4, np.int64))
    positions = np.array([3, 0, 3])
    rows = part.rows(positions)
    np.testing.assert_array_equal(rows, [3, 0, 3])
    assert not np.shares_memory(rows, positions)
    np.testing.assert_array_equal(part.rows(np.array([-1])), [3])
    with pytest.raises(IndexError):
        part.rows(np.array([4]))
