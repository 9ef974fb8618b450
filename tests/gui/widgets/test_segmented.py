from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.segmented import SegmentedControl

CHOICES = (("counts", "Counts"), ("row", "Row %"), ("column", "Column %"))


@pytest.fixture
def control(qtbot) -> SegmentedControl:
    made = SegmentedControl(CHOICES, "Scale")
    qtbot.addWidget(made)
    made.show()
    return made


def button(control: SegmentedControl, text: str) -> QToolButton:
    return next(found for found in control.findChildren(QToolButton) if found.text() == text)


def test_a_click_chooses_one_and_only_one(control: SegmentedControl) -> None:
    seen: list[str] = []
    control.changed.connect(seen.append)
    QTest.mouseClick(button(control, "Column %"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(button(control, "Column %"), Qt.MouseButton.LeftButton)
    assert control.value == "column"
    assert seen == ["column"]
    assert [found.isChecked() for found in control.findChildren(QToolButton)] == [False, False, True]


def test_keys_move_the_choice_and_stop_at_the_ends(control: SegmentedControl) -> None:
    values = []
    for key in ("Right", "Right", "Right", "Left", "Home", "Left", "End"):
        QTest.keyClick(control, getattr(Qt.Key, f"Key_{key}"))
        values.append(control.value)
    assert values == ["row", "column", "column", "row", "counts", "counts", "column"]


def test_a_forbidden_choice_is_skipped_and_says_why(control: SegmentedControl) -> None:
    control.set_choice_enabled("row", False, "Only for several classes.")
    QTest.keyClick(control, Qt.Key.Key_Right)
    assert control.value == "column"
    QTest.mouseClick(button(control, "Row %"), Qt.MouseButton.LeftButton)
    assert control.value == "column"
    assert button(control, "Row %").toolTip() == "Only for several classes."


def test_it_tells_assistive_technology_its_name_and_choice(control: SegmentedControl) -> None:
    control.set_value("row")
    assert (control.accessibleName(), control.accessibleDescription()) == ("Scale", "Row %")
    assert control.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_the_first_value_is_chosen_without_a_signal_and_unknown_ones_are_refused(qtbot) -> None:
    control = SegmentedControl((("a", "A"), ("b", "B", "brush")), "x", value="b")
    qtbot.addWidget(control)
    assert control.value == "b"
    assert not button(control, "B").icon().isNull()
    with pytest.raises(KeyError):
        control.set_value("c")


def test_it_is_24_pixels_high_and_follows_the_zoom(control: SegmentedControl) -> None:
    assert control.height() == 24
    theme().zoom = 1.5
    assert control.sizeHint().height() == pytest.approx(36, abs=2)
