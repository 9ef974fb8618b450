from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QVBoxLayout, QWidget

from nnstudio.gui.widgets.spin import IntSpin, OptionalSpinBox, ScientificSpinBox, next_125, previous_125

Key = Qt.Key


def shown(qtbot, field: QAbstractSpinBox) -> QAbstractSpinBox:
    """The field on a page with another one, so that the focus can leave it."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.addWidget(field)
    layout.addWidget(QLineEdit())
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.page = page  # keeps it alive as long as the field
    return field


def retype(field: QAbstractSpinBox, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)


def test_a_learning_rate_is_typed_in_scientific_notation(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 10, 0.001))
    values: list[float] = []
    field.valueChanged.connect(values.append)
    assert field.text() == "0.001"
    retype(field, "4.1e-4")
    assert values == []  # nothing changes while typing
    QTest.keyClick(field, Key.Key_Return)
    assert values == [4.1e-4]
    assert field.text() == "4.1e-4"
    retype(field, "0.00005")
    QTest.keyClick(field, Key.Key_Tab)
    assert field.value() == 5e-5
    assert field.text() == "5e-5"


def test_arrows_walk_along_one_two_five(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 1, 0.001))
    texts = []
    for _ in range(4):
        QTest.keyClick(field, Key.Key_Up)
        texts.append(field.text())
    assert texts == ["0.002", "0.005", "0.01", "0.02"]
    for _ in range(5):
        QTest.keyClick(field, Key.Key_Down)
    assert field.text() == "5e-4"
    QTest.keyClick(field, Key.Key_PageUp)
    assert field.text() == "0.005"
    QTest.keyClick(field, Key.Key_PageDown)
    QTest.keyClick(field, Key.Key_PageDown)
    assert field.text() == "5e-5"


def test_arrows_reach_zero_and_leave_it_again(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 1, 2e-6))
    QTest.keyClick(field, Key.Key_Down)
    QTest.keyClick(field, Key.Key_Down)
    assert field.text() == "0"
    QTest.keyClick(field, Key.Key_Down)
    assert field.value() == 0
    QTest.keyClick(field, Key.Key_Up)
    assert field.text() == "1e-6"


def test_arrows_never_leave_the_range(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 0.3, 0.2, minimum_open=True, smallest=0.1))
    QTest.keyClick(field, Key.Key_Up)
    assert field.value() == 0.3
    for _ in range(5):
        QTest.keyClick(field, Key.Key_Down)
    assert field.value() == 0.1
    assert not field.stepEnabled() & QAbstractSpinBox.StepEnabledFlag.StepDownEnabled


def test_a_linear_field_adds_without_noise(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 0.99, 0.1, logarithmic=False, step=0.1))
    for _ in range(2):
        QTest.keyClick(field, Key.Key_Up)
    assert field.value() == 0.3
    assert field.text() == "0.3"


def test_clicking_the_arrows_steps(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 1024, 16))
    right = field.width() - 10
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(right, 6))
    assert field.value() == 17
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(right, field.height() - 6))
    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(right, field.height() - 6))
    assert field.value() == 15


def test_a_wrong_number_is_explained_and_the_last_valid_value_stays(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 1024, 16))
    problems: list[str] = []
    field.problem_changed.connect(problems.append)
    retype(field, "-3")
    assert problems == ["Use a whole number from 1 to 1024."]
    assert field.property("state") == "invalid"
    QTest.keyClick(field, Key.Key_Return)
    assert (field.text(), field.value()) == ("-3", 16)  # kept for correction, not applied
    QTest.keyClick(field, Key.Key_Tab)
    assert (field.text(), field.value(), field.problem) == ("16", 16, "")
    assert problems[-1] == ""
    assert field.property("state") == ""


def test_escape_brings_the_value_back(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 1, 0.5))
    retype(field, "nonsense")
    assert field.problem == "Use a number from 0 to 1."
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), field.problem) == ("0.5", "")


@pytest.mark.parametrize("text", ["8x", "999", "abc", "0"])
def test_escape_takes_back_all_that_was_typed(qtbot, text: str) -> None:
    field = shown(qtbot, IntSpin(1, 64, 16))
    field.setKeyboardTracking(True)
    said: list[bool] = []
    field.typing.connect(said.append)
    retype(field, text)
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), field.value(), field.problem) == ("16", 16, "")
    assert said == [True, False]
    assert field.lineEdit().selectedText() == "16", "the next number replaces it"
    QTest.keyClick(field, Key.Key_Escape)
    assert said == [True, False], "the second one has nothing to take back"


@pytest.mark.parametrize("end", [Key.Key_Return, Key.Key_Tab])
def test_escape_leaves_what_was_entered(qtbot, end: Key) -> None:
    field = shown(qtbot, IntSpin(1, 64, 16))
    retype(field, "8")
    QTest.keyClick(field, end)
    field.setFocus()
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), field.value()) == ("8", 8)


def test_escape_takes_the_typing_back_but_not_the_steps_before_it(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 64, 16))
    QTest.keyClick(field, Key.Key_Up)
    retype(field, "8x")
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), field.value()) == ("17", 17)
    QTest.keyClick(field, Key.Key_Escape)
    assert field.value() == 17


@pytest.mark.parametrize("text", ["", "1.5", "abc", "1025", "0", "∞"])
def test_text_that_is_no_allowed_whole_number(qtbot, text: str) -> None:
    field = IntSpin(1, 1024, 16)
    qtbot.addWidget(field)
    assert field.problem_with(text)


@pytest.mark.parametrize(("text", "value"), [(" 32 ", 32), ("1,024", 1024), ("007", 7)])
def test_text_that_is_one(qtbot, text: str, value: int) -> None:
    field = IntSpin(1, 1024, 16)
    qtbot.addWidget(field)
    assert field.problem_with(text) == ""
    assert field.valueFromText(text) == value


def test_sentences_name_open_and_missing_bounds(qtbot) -> None:
    fields = [
        IntSpin(0),
        ScientificSpinBox(0),
        ScientificSpinBox(0, minimum_open=True),
        ScientificSpinBox(0, 1, 0.1, minimum_open=True),
        OptionalSpinBox(1, 50, whole=True),
        OptionalSpinBox(0.5),
    ]
    for field in fields:
        qtbot.addWidget(field)
    assert [field.problem_with("x") for field in fields] == [
        "Use a whole number of at least 0.",
        "Use a number of at least 0.",
        "Use a number greater than 0.",
        "Use a number greater than 0, at most 1.",
        "Use a whole number from 1 to 50, or off.",
        "Use a number of at least 0.5, or off.",
    ]
    assert ScientificSpinBox.problem_with(fields[3], "0")
    assert not ScientificSpinBox.problem_with(fields[1], "0")


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_infinities_and_nan_are_refused(qtbot, text: str) -> None:
    field = ScientificSpinBox(0)
    qtbot.addWidget(field)
    assert field.problem_with(text) == "Use a number of at least 0."


def test_a_long_value_is_kept_exactly_behind_its_short_text(qtbot) -> None:
    field = shown(qtbot, ScientificSpinBox(0, 1, 1 / 3))
    assert field.text() == "0.333"
    QTest.keyClick(field, Key.Key_Return)
    QTest.keyClick(field, Key.Key_Tab)
    assert field.value() == 1 / 3


def test_small_values_are_not_rounded(qtbot) -> None:
    field = ScientificSpinBox(0, 1, 1.25e-12)
    qtbot.addWidget(field)
    assert field.value() == 1.25e-12


def test_a_programmatic_value_clears_a_wrong_text(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 9, 3))
    retype(field, "99")
    assert field.problem
    field.setValue(4)
    assert (field.text(), field.problem, field.property("state")) == ("4", "", "")


def test_a_field_shown_again_has_no_stale_problem(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 9, 3))
    retype(field, "99")
    field.hide()
    field.show()
    assert (field.text(), field.problem) == ("3", "")


def test_off_is_none_and_comes_below_the_minimum(qtbot) -> None:
    field = shown(qtbot, OptionalSpinBox(0.5, 10, None, step=0.5))
    seen: list[object] = []
    field.optional_changed.connect(seen.append)
    assert (field.text(), field.optional_value()) == ("off", None)
    QTest.keyClick(field, Key.Key_Up)
    assert (field.text(), field.optional_value()) == ("0.5", 0.5)
    QTest.keyClick(field, Key.Key_Up)
    QTest.keyClick(field, Key.Key_Down)
    QTest.keyClick(field, Key.Key_Down)
    assert (field.text(), field.optional_value()) == ("off", None)
    assert seen == [0.5, 1.0, 0.5, None]


def test_off_can_be_typed(qtbot) -> None:
    field = shown(qtbot, OptionalSpinBox(1, 50, 5, whole=True))
    for text in ("OFF", "none"):
        field.set_optional_value(5)
        retype(field, text)
        QTest.keyClick(field, Key.Key_Return)
        assert field.optional_value() is None
    retype(field, "7")
    QTest.keyClick(field, Key.Key_Return)
    assert field.optional_value() == 7
    assert isinstance(field.optional_value(), int)


@pytest.mark.parametrize("text", ["0", "1.5", "51", "-1"])
def test_numbers_outside_an_optional_range_are_refused(qtbot, text: str) -> None:
    field = OptionalSpinBox(1, 50, whole=True)
    qtbot.addWidget(field)
    assert field.problem_with(text)


def test_an_optional_logarithmic_field(qtbot) -> None:
    field = shown(qtbot, OptionalSpinBox(0.1, 100, None, logarithmic=True))
    texts = []
    for _ in range(3):
        QTest.keyClick(field, Key.Key_Up)
        texts.append(field.text())
    for _ in range(4):
        QTest.keyClick(field, Key.Key_Down)
        texts.append(field.text())
    assert texts == ["0.1", "0.2", "0.5", "0.2", "0.1", "off", "off"]


def test_a_suffix_is_shown_and_may_be_typed(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 100, 20))
    field.setSuffix(" %")
    assert field.text() == "20 %"
    retype(field, "35 %")
    QTest.keyClick(field, Key.Key_Return)
    assert (field.value(), field.text()) == (35, "35 %")


def wheel(field: QWidget) -> bool:
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(field.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)
    return event.isAccepted()


def test_the_wheel_changes_only_the_field_with_the_focus(qtbot) -> None:
    field = shown(qtbot, IntSpin(1, 100, 20))
    assert wheel(field)
    assert field.value() == 21
    field.clearFocus()
    assert not wheel(field)
    assert field.value() == 21


def test_the_grid_of_one_two_five() -> None:
    assert [next_125(x) for x in (0, 1e-6, 0.3, 0.5, 1, 9.99)] == [1e-6, 2e-6, 0.5, 1, 2, 10]
    assert [previous_125(x) for x in (1e-6, 2e-6, 0.3, 0.5, 1, 11)] == [0, 1e-6, 0.2, 0.2, 0.5, 10]
    assert math.isclose(next_125(previous_125(0.05)), 0.05)
