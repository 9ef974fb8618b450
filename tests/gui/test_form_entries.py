"""Fields that are typed as one line of text: shapes, pairs and rows of numbers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import TrainSpec
from nnstudio.gui.form.entries import read_shape
from nnstudio.layers import Conv2D, Input, MaxPool, Reshape, ZeroPadding
from tests.gui.test_forms import Shown


def test_a_row_of_numbers_may_also_be_a_word_or_off(qtbot: QtBot) -> None:
    shown = Shown(qtbot, TrainSpec(), only=("class_weights", "epochs"))
    widget = shown.focus("class_weights")
    assert widget.text() == "off"
    for text, value in [("1, 2 0.123456789", (1, 2, 0.123456789)), ("Balanced", "balanced"), ("off", None)]:
        shown.type("class_weights", text, enter=True)
        assert shown.spec.class_weights == value
    shown.type("class_weights", "1, 2, 0.123456789", enter=True)
    shown.focus("epochs")  # leaving changes nothing
    assert shown.spec.class_weights == (1, 2, 0.123456789)
    shown.type("class_weights", "1, two", enter=True)
    assert shown.form.problem("class_weights") == "Use off, balanced or numbers, such as 1, 2, 0.5."
    shown.type("class_weights", "1, -2", enter=True)
    assert "from 0 to 1,000,000" in shown.form.problem("class_weights")
    assert len(shown.edits) == 4


def test_shapes_are_typed_as_people_write_them(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Input(name="input"))
    assert shown.form.editor("shape").text() == "28×28×1"
    shown.type("shape", "32 x 32, 3", enter=True)
    assert shown.spec.shape == (32, 32, 3)
    assert shown.form.editor("shape").text() == "32×32×3"
    shown.type("shape", "wide", enter=True)
    assert shown.form.problem("shape") == "Use whole numbers, such as 28×28×1."
    shown.type("shape", "0×2", enter=True)
    assert "greater than or equal to 1" in shown.form.problem("shape")
    assert shown.spec.shape == (32, 32, 3)
    with pytest.raises(ValueError, match="whole numbers"):
        read_shape("")


def test_one_number_sets_height_and_width(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Conv2D(name="conv"))
    widget = shown.type("kernel_size", "5", enter=True)
    assert (shown.spec.kernel_size, widget.text()) == ((5, 5), "5 × 5")
    shown.type("kernel_size", "1x7", enter=True)
    assert (shown.spec.kernel_size, widget.text()) == ((1, 7), "1 × 7")
    shown.type("kernel_size", "1 2 3", enter=True)
    assert shown.form.problem("kernel_size") == "Use one or two whole numbers, such as 3 × 3."
    shown.type("kernel_size", "0", enter=True)
    assert shown.form.problem("kernel_size") == "Use whole numbers from 1 to 1024."
    assert shown.spec.kernel_size == (1, 2), "the last valid value"
    QTest.keyClick(widget, Qt.Key.Key_Escape)
    assert (shown.spec.kernel_size, widget.text()) == ((1, 7), "1 × 7"), "before the typing"


def test_the_arrows_change_height_and_width_together(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Conv2D(name="conv", kernel_size=(1, 3)))
    widget = shown.focus("kernel_size")
    QTest.keyClick(widget, Qt.Key.Key_Up)
    assert (shown.spec.kernel_size, widget.text()) == ((2, 4), "2 × 4")
    for _ in range(5):
        QTest.keyClick(widget, Qt.Key.Key_Down)
    assert shown.spec.kernel_size == (1, 3)
    strides = shown.focus("strides")
    assert strides.text() == "1", "a factor is written as one number"
    QTest.keyClick(strides, Qt.Key.Key_Up)
    assert (shown.spec.strides, strides.text()) == ((2, 2), "2")


def test_a_text_being_typed_stays_as_it_is_until_the_field_is_left(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Conv2D(name="conv"))
    widget = shown.type("kernel_size", "5")
    assert (shown.spec.kernel_size, widget.text()) == ((5, 5), "5")
    QTest.keyClicks(widget, " x 7")
    assert shown.spec.kernel_size == (5, 7)
    shown.focus("filters")
    assert widget.text() == "5 × 7"


def test_an_empty_pair_stands_for_what_the_field_says(qtbot: QtBot) -> None:
    shown = Shown(qtbot, MaxPool(name="pool"))
    widget = shown.form.editor("strides")
    assert widget.text() == "pool size"
    shown.type("strides", "1", enter=True)
    assert shown.spec.strides == (1, 1)
    shown.type("strides", "pool size", enter=True)
    assert (shown.spec.strides, widget.text()) == (None, "pool size")
    QTest.keyClick(widget, Qt.Key.Key_Up)
    assert (shown.spec.strides, widget.text()) == ((1, 1), "1 × 1")
    QTest.keyClick(widget, Qt.Key.Key_Down)
    assert shown.spec.strides is None


def test_padding_is_written_as_short_as_it_can_be(qtbot: QtBot) -> None:
    shown = Shown(qtbot, ZeroPadding(name="padding"))
    widget = shown.form.editor("padding")
    assert widget.text() == "1"
    for typed, value, text in [
        ("2 3", ((2, 2), (3, 3)), "2 × 3"),
        ("0 1 0 1", ((0, 1), (0, 1)), "0, 1 × 0, 1"),
        ("4", ((4, 4), (4, 4)), "4"),
    ]:
        shown.type("padding", typed, enter=True)
        assert (shown.spec.padding, widget.text()) == (value, text)
    shown.type("padding", "1 2 3", enter=True)
    assert shown.form.problem("padding") == "Use one, two or four whole numbers, such as 1 or 0, 1 × 0, 1."


def test_a_size_of_a_shape_can_be_left_open(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Reshape(name="reshape"))
    widget = shown.type("target_shape", "28 -1", enter=True)
    assert (shown.spec.target_shape, widget.text()) == ((28, -1), "28×-1")
