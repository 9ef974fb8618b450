"""The arithmetic of sliding windows against counting by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.window import Window

SMALL = st.integers(1, 5)
SIZES = st.tuples(SMALL, SMALL)
IMAGES = st.tuples(st.integers(1, 12), st.integers(1, 12))
PADDINGS = st.sampled_from(["valid", "same"])


@pytest.mark.parametrize(
    ("window", "output", "pads"),
    [
        (Window((3, 3)), (26, 26), ((0, 0), (0, 0))),
        (Window((3, 3), padding="same"), (28, 28), ((1, 1), (1, 1))),
        (Window((2, 2), padding="same"), (28, 28), ((0, 1), (0, 1))),
        (Window((3, 3), (2, 2), padding="same"), (14, 14), ((0, 1), (0, 1))),
        (Window((3, 3), (1, 1), (2, 4), "same"), (28, 28), ((2, 2), (4, 4))),
        (Window((2, 2), (2, 2)), (14, 14), ((0, 0), (0, 0))),
        (Window((29, 1)), (0, 28), ((0, 0), (0, 0))),
    ],
)
def test_known_windows_on_a_28_by_28_image(window: Window, output, pads):
    assert window.output(28, 28) == output
    assert window.pads(28, 28) == pads


def test_the_reach_counts_the_gaps_of_dilation():
    assert Window((3, 2), dilation=(2, 5)).reach == (5, 6)


def test_the_largest_kernel_is_what_fits_without_padding():
    window = Window((9, 3), dilation=(2, 3))
    kernel = window.largest_kernel(6, 6)
    assert kernel == (3, 2)
    assert min(Window(kernel, dilation=(2, 3)).output(6, 6)) >= 1


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    SIZES, SIZES, SIZES, st.sampled_from(["valid", "same"]), st.tuples(st.integers(1, 12), st.integers(1, 12))
)
def test_taps_meet_the_image_where_counting_says(kernel, strides, dilation, padding, image):
    window = Window(kernel, strides, dilation, padding)
    (top, _), (left, _) = window.pads(*image)
    outputs = window.output(*image)
    counted = {
        (i, j, y, x, y * strides[0] + i * dilation[0] - top, x * strides[1] + j * dilation[1] - left)
        for i in range(kernel[0])
        for j in range(kernel[1])
        for y in range(outputs[0])
        for x in range(outputs[1])
    }
    inside = {row for row in counted if 0 <= row[4] < image[0] and 0 <= row[5] < image[1]}
    met = {
        (tap.row, tap.column, y, x, row, column)
        for tap in window.meetings(*image)
        for y, row in zip(_numbers(tap.outputs[0]), _numbers(tap.inputs[0]), strict=True)
        for x, column in zip(_numbers(tap.outputs[1]), _numbers(tap.inputs[1]), strict=True)
    }
    assert met == inside


def _numbers(part: slice) -> range:
    return range(part.start, part.stop, part.step or 1)
