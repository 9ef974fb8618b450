from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnstudio.data.convert import as_labels, as_samples, from_arrays
from nnstudio.errors import DataError


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.zeros((2, 3), np.uint8), np.uint8),
        (np.array([[0, 255]], np.int64), np.uint8),
        (np.array([[0, 256]], np.int64), np.float32),
        (np.array([[-1, 5]], np.int16), np.float32),
        (np.array([[0.5, 1.0]]), np.float32),
        (np.array([[True, False]]), np.float32),
    ],
)
def test_numbers_become_bytes_or_floats(values: Any, kind: Any) -> None:
    converted = as_samples(values, "x")
    assert converted.dtype == kind
    np.testing.assert_array_equal(converted, values)


def test_bytes_are_not_copied() -> None:
    x = np.zeros((2, 3), np.uint8)
    assert as_samples(x, "x") is x


def test_images_get_a_channel_axis() -> None:
    assert as_samples(np.zeros((2, 5, 6), np.uint8), "x").shape == (2, 5, 6, 1)
    assert as_samples(np.zeros((2, 5, 6, 3), np.uint8), "x").shape == (2, 5, 6, 3)


@pytest.mark.parametrize(
    "values",
    [np.zeros(3), np.zeros((1,) * 5), np.zeros((0, 3)), np.array([["a"]]), np.zeros((1, 2), complex)],
)
def test_what_cannot_be_samples_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match=r"^the pictures can't be samples"):
        as_samples(values, "the pictures")


def test_labels_become_int64() -> None:
    for values in ([0, 2, 1], np.array([[0], [2], [1]], np.uint8)):
        converted = as_labels(values, "y")
        assert converted.dtype == np.int64
        assert converted.tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, 1.0], "float64"),
        (np.eye(3, dtype=int), r"\(3, 3\)"),
        ([], "can't be labels"),
        (["cat"], "can't be labels"),
        ([0, -1], "received: -1"),
        ([0, 2_000_000_000], "0 to 9999; received: 2000000000"),
        (np.array([2**64 - 1], np.uint64), "received: 18446744073709551615"),
    ],
)
def test_what_cannot_be_labels_is_refused(values: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_labels(values, "y")


def test_a_data_set_from_plain_arrays() -> None:
    dataset = from_arrays(np.zeros((4, 2)), [0, 1, 2, 0], np.ones((1, 2)), [4], name="mine")
    assert dataset.classes == ("0", "1", "2", "3", "4")
    assert dataset.train.x.dtype == np.float32
    assert (dataset.name, dataset.title) == ("mine", "mine")
    named = from_arrays([[1], [2]], [0, 1], [[3]], [0], classes=["left", "right"])
    assert named.classes == ("left", "right")


def test_whole_numbers_beyond_bytes_in_one_part_make_floats_of_both() -> None:
    dataset = from_arrays([[300], [1]], [0, 1], [[5]], [0])
    assert dataset.train.x.dtype == dataset.test.x.dtype == np.float32


def test_numbers_too_large_for_float32_are_refused() -> None:
    with pytest.raises(DataError, match="NaN or infinity in sample 1"):
        from_arrays([[1.0], [1e300]], [0, 1], [[5.0]], [0])


def test_test_samples_may_be_missing_but_not_their_labels_alone() -> None:
    dataset = from_arrays([[1.0], [2.0]], [0, 1])
    assert (len(dataset.train), len(dataset.test), dataset.classes) == (2, 0, ("0", "1"))
    with pytest.raises(DataError, match="test samples or test labels alone"):
        from_arrays([[1.0]], [0], [[1.0]])
