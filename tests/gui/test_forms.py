from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnstudio.core.fields import OneOf, describe, field
from nnstudio.core.layer import INITIALIZERS, InitializerSpec
from nnstudio.core.spec import DataSpec, EarlyStopping, Spec, TrainSpec
from nnstudio.gui.form.words import range_sentence, type_text
from nnstudio.gui.forms import SpecForm
from nnstudio.layers import Activation, Dense
from nnstudio.optim.initializers import Normal
from tests.gui.acting import focused, pick, roll, state

Key = Qt.Key


class Sample(Spec):
    count: int = field(4, help="How many.", ge=1, le=64, unit="samples")
    rate: float = field(0.5, help="A share.", ge=0, lt=1, step=0.25)
    size: float = field(0.01, help="A size.", gt=0, le=10, log=True)
    limit: float | None = field(None, help="A limit.", gt=0, le=100, log=True, unit="norm")
    own: float | None = field(None, help="Its own.", ge=0, le=1, log=True, off="inherit")
    mode: Literal["one_way", "other"] = field("one_way", help="A mode.")
    extra: int = field(1, help="Only one way.", ge=0, le=9, when={"mode": "one_way"})
    ready: bool = field(False, help="Ready.")
    start: Annotated[InitializerSpec, OneOf(INITIALIZERS)] = field("Zeros", help="Start.")
    stop: EarlyStopping | None = field(None, help="Stop.")


class Shown:
    """A form whose owner does what a document does: it takes every edit over and shows the result."""

    def __init__(self, qtbot: QtBot, spec: BaseModel, **options: Any) -> None:
        self.form = SpecForm(type(spec), **options)
        self.edits: list[tuple[str, object]] = []
        self.spec: Any = spec
        qtbot.addWidget(self.form)
        self.form.resize(268, 600)
        self.form.set_spec(spec)
        self.form.edited.connect(self._take_over)
        with qtbot.waitActive(self.form):
            self.form.show()
            self.form.activateWindow()

    def _take_over(self, name: str, value: object) -> None:
        self.edits.append((name, value))
        self.spec = self.spec.replace(**{name: value})
        self.form.set_spec(self.spec)

    def focus(self, name: str) -> Any:
        widget = self.form.editor(name)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        assert QApplication.focusWidget() is widget
        return widget

    def type(self, name: str, text: str, *, enter: bool = False) -> Any:
        widget = self.focus(name)
        QTest.keyClick(widget, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(widget, text)
        if enter:
            QTest.keyClick(widget, Key.Key_Return)
        return widget


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, Sample())


def test_every_declared_field_has_a_labelled_row_in_declared_order(shown: Shown) -> None:
    names = [row.name for row in describe(Sample)]
    tops = [
        shown.form.editor(name).mapTo(shown.form, QPoint()).y()
        for name in names
        if name not in ("ready", "extra")
    ]
    assert tops == sorted(tops)
    assert shown.form.editor("ready").mapTo(shown.form, QPoint()).y() > tops[-1]  # check boxes come last
    for row in describe(Sample):
        assert shown.form.editor(row.name).accessibleName() == row.label
        assert row.help.rstrip(".") in shown.form.editor(row.name).accessibleDescription()
    assert shown.form.editor("count").accessibleDescription().startswith("samples")


def test_typing_announces_every_valid_number(shown: Shown) -> None:
    shown.type("count", "32")
    assert shown.edits == [("count", 3), ("count", 32)]
    assert shown.form.editor("count").text() == "32"


def test_a_number_out_of_range_is_marked_and_the_last_valid_one_stays(shown: Shown) -> None:
    widget = shown.type("count", "99", enter=True)
    assert shown.spec.count == 9  # the first 9 was valid
    assert state(widget) == "invalid"
    assert shown.form.problem("count") == "Use a whole number from 1 to 64."
    shown.focus("rate")
    assert widget.text() == "9"
    assert (state(widget), shown.form.problem("count")) == ("", "")


def test_text_that_is_no_number_is_refused_and_escape_takes_it_back(shown: Shown) -> None:
    widget = shown.type("rate", "abc")
    assert shown.edits == []
    assert shown.form.problem("rate") == "Use a number of at least 0, less than 1."
    QTest.keyClick(widget, Key.Key_Escape)
    assert (widget.text(), shown.form.problem("rate"), state(widget)) == ("0.5", "", "")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("rate", "1", "Use a number of at least 0, less than 1."),
        ("size", "0", "Use a number greater than 0, at most 10."),
        ("limit", "0", "Use a number greater than 0, at most 100, or off."),
        ("own", "2", "Use a number from 0 to 1, or nothing to inherit."),
    ],
)
def test_open_and_optional_bounds_are_kept_and_said(
    shown: Shown, name: str, text: str, sentence: str
) -> None:
    before = getattr(shown.spec, name)
    shown.type(name, text, enter=True)
    assert shown.form.problem(name) == sentence
    assert getattr(shown.spec, name) == before


def test_arrows_step_by_the_declared_step_and_stop_before_an_open_bound(shown: Shown) -> None:
    widget = shown.focus("rate")
    for _ in range(3):
        QTest.keyClick(widget, Key.Key_Up)
    assert shown.edits == [("rate", 0.75)]


def test_arrows_of_a_logarithmic_field_walk_the_decades(shown: Shown) -> None:
    widget = shown.focus("size")
    QTest.keyClick(widget, Key.Key_Up)
    QTest.keyClick(widget, Key.Key_Down)
    QTest.keyClick(widget, Key.Key_Down)
    assert [value for _, value in shown.edits] == [0.02, 0.01, 0.005]


def test_an_optional_number_is_switched_on_by_the_arrow_and_off_by_the_word(shown: Shown) -> None:
    widget = shown.focus("limit")
    assert widget.text() == "off"
    QTest.keyClick(widget, Key.Key_Up)
    assert shown.spec.limit == 1.0
    shown.type("limit", "off", enter=True)
    assert shown.spec.limit is None


def test_an_inherited_number_is_a_placeholder_and_clearing_brings_it_back(shown: Shown) -> None:
    shown.form.set_placeholder("own", "inherit 1e-4")
    line = shown.form.editor("own").lineEdit()
    assert (line.text(), line.placeholderText()) == ("", "inherit 1e-4")
    shown.type("own", "0.5", enter=True)
    assert shown.spec.own == 0.5
    widget = shown.focus("own")
    QTest.keyClick(widget, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(widget, Key.Key_Delete)
    assert shown.spec.own is None
    assert shown.form.problem("own") == ""


def test_setting_a_spec_never_emits(shown: Shown) -> None:
    shown.form.set_spec(
        Sample(count=7, rate=0.25, limit=2.0, own=0.1, mode="other", ready=True, start="Normal", stop={})
    )
    assert shown.edits == []
    assert shown.form.editor("count").text() == "7"
    assert shown.form.editor("ready").isChecked()


def test_the_wheel_counts_only_with_the_focus(shown: Shown) -> None:
    for name in ("count", "mode"):
        shown.focus("rate")
        roll(shown.form.editor(name), -120)
    assert shown.edits == []
    roll(shown.focus("count"), 120)
    roll(shown.focus("mode"), -120)
    assert shown.edits == [("count", 5), ("mode", "other")]


def test_rows_follow_the_fields_they_depend_on(shown: Shown) -> None:
    assert shown.form.editor("extra").isVisible()
    QTest.keyClick(shown.focus("mode"), Key.Key_Down)
    assert shown.spec.mode == "other"
    assert not shown.form.editor("extra").isVisible()


def test_a_check_box_is_ticked_with_mouse_and_space(shown: Shown) -> None:
    box = shown.form.editor("ready")
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    QTest.keyClick(shown.focus("ready"), Key.Key_Space)
    assert shown.edits == [("ready", True), ("ready", False)]


def test_choosing_a_type_shows_its_own_settings_below(shown: Shown) -> None:
    box = shown.form.editor("start")
    assert shown.form.nested("start") is None
    choose(shown, "start", "Normal")
    assert shown.spec.start == Normal()
    nested = shown.form.nested("start")
    assert nested is not None
    assert nested.isVisible()
    assert nested.editor("stddev").mapTo(shown.form, QPoint()).y() > box.mapTo(shown.form, QPoint()).y()
    spin = nested.editor("stddev")
    spin.setFocus()
    QTest.keyClick(spin, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(spin, "0.2")
    QTest.keyClick(spin, Key.Key_Return)
    assert shown.spec.start == Normal(stddev=0.2)
    assert nested.editor("stddev") is spin  # the field that is being typed in is never rebuilt


def test_settings_that_are_a_types_defaults_start_folded(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Sample(start=Normal()))
    nested = shown.form.nested("start")
    assert nested is not None
    assert not nested.isVisible()
    fold = next(w for w in shown.form.focus_chain() if w.accessibleName() == "Settings of Start")
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert nested.isVisible()
    other = Shown(qtbot, Sample(start=Normal(stddev=0.3))).form.nested("start")
    assert other is not None
    assert other.isVisible()


def test_a_group_is_switched_on_off_and_remembers_its_settings(shown: Shown) -> None:
    choose(shown, "stop", "on")
    assert shown.spec.stop == EarlyStopping()
    nested = shown.form.nested("stop")
    assert nested is not None
    QTest.keyClick(focused(nested.editor("patience")), Key.Key_Up)
    assert shown.spec.stop == EarlyStopping(patience=6)
    choose(shown, "stop", "off")
    assert shown.spec.stop is None
    assert shown.form.nested("stop") is None
    choose(shown, "stop", "on")
    assert shown.spec.stop == EarlyStopping(patience=6)


def test_a_locked_field_can_not_be_changed_and_says_how_to_unlock_it(shown: Shown) -> None:
    choose(shown, "start", "Normal")
    shown.edits.clear()
    for name in ("count", "mode", "ready", "start"):
        shown.form.set_state(name, "locked", "Stop the run to change it.")
    QTest.keyClick(shown.focus("count"), Key.Key_Up)
    QTest.keyClicks(shown.focus("count"), "7")
    QTest.keyClick(shown.focus("mode"), Key.Key_Down)
    QTest.keyClick(shown.focus("ready"), Key.Key_Space)
    QTest.mouseClick(shown.form.editor("ready"), Qt.MouseButton.LeftButton, pos=QPoint(8, 12))
    nested = shown.form.nested("start")
    assert nested is not None
    QTest.keyClick(focused(nested.editor("stddev")), Key.Key_Up)
    assert shown.edits == []
    assert state(shown.form.editor("count")) == "locked"
    assert "Stop the run" in shown.form.editor("count").toolTip()
    assert "Stop the run" in shown.form.editor("count").accessibleDescription()
    shown.form.set_state("count", "normal")
    QTest.keyClick(shown.focus("count"), Key.Key_Up)
    assert shown.edits == [("count", 5)]
    assert "Stop" not in shown.form.editor("count").toolTip()


def test_changed_and_invalid_states_are_marked(shown: Shown) -> None:
    shown.form.set_state("size", "changed", "Applies at epoch 4.")
    assert state(shown.form.editor("size")) == "changed"
    assert "Applies at epoch 4" in shown.form.editor("size").accessibleDescription()
    shown.form.set_state("size", "invalid", "Too much.")
    assert (state(shown.form.editor("size")), shown.form.problem("size")) == ("invalid", "Too much.")
    shown.form.set_state("size", "normal")
    assert (state(shown.form.editor("size")), shown.form.problem("size")) == ("", "")
    with pytest.raises(ValueError, match="one of normal, locked"):
        shown.form.set_state("size", "odd")


def test_leaving_a_field_is_announced(shown: Shown, qtbot: QtBot) -> None:
    shown.focus("count")
    with qtbot.waitSignal(shown.form.left):
        shown.focus("rate")


def test_undo_belongs_to_the_project_and_not_to_a_number_field(shown: Shown) -> None:
    from PySide6.QtGui import QAction

    undone: list[bool] = []
    action = QAction(shown.form)
    action.setShortcut("Ctrl+Z")
    action.triggered.connect(lambda: undone.append(True))
    shown.form.addAction(action)
    widget = shown.type("count", "12")
    QTest.keyClick(widget, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [True]
    assert widget.text() == "12"


def test_text_is_taken_over_by_return_and_by_leaving(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Dense(name="first"))
    shown.type("name", "wide", enter=True)
    shown.type("name", "wider")
    shown.focus("units")
    assert shown.edits == [("name", "wide"), ("name", "wider")]


def test_text_that_the_owner_refuses_shows_why_while_it_is_typed(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Dense(name="first"))
    shown.form.set_check(lambda name, value: "That name is taken." if value == "other" else "")
    widget = shown.type("name", "other", enter=True)
    assert shown.form.problem("name") == "That name is taken."
    assert state(widget) == "invalid"
    shown.focus("units")
    assert (widget.text(), shown.form.problem("name"), shown.edits) == ("first", "", [])


def test_percentages_are_shown_and_typed_as_such(qtbot: QtBot) -> None:
    shown = Shown(qtbot, DataSpec(), only=("fraction", "validation"), percent=("fraction", "validation"))
    assert shown.form.editor("validation").text() == "10%"
    shown.type("fraction", "20", enter=True)
    shown.type("validation", "7%", enter=True)
    assert (shown.spec.fraction, shown.spec.validation) == (0.2, 0.07)
    shown.type("fraction", "0", enter=True)
    assert shown.form.problem("fraction") == "Use a number greater than 0%, at most 100%."
    QTest.keyClick(shown.focus("validation"), Key.Key_Up)
    assert shown.spec.validation == pytest.approx(0.12)


def test_a_field_may_show_a_tenth_of_its_digits_and_keep_them_all(qtbot: QtBot) -> None:
    shown = Shown(qtbot, TrainSpec(learning_rate=0.000123456789))
    QTest.keyClick(shown.focus("learning_rate"), Key.Key_Return)
    assert shown.edits == []
    assert shown.form.editor("learning_rate").value() == 0.000123456789


def test_hidden_fields_are_gone_with_their_nested_settings(qtbot: QtBot) -> None:
    shown = Shown(qtbot, TrainSpec(early_stopping=EarlyStopping()))
    nested = shown.form.nested("early_stopping")
    assert nested is not None
    assert nested.isVisible()
    shown.form.set_hidden({"early_stopping", "loss"})
    assert not nested.isVisible()
    assert not shown.form.editor("loss").isVisible()
    shown.form.set_hidden(())
    assert nested.isVisible()


def test_the_functions_own_number_shows_with_its_function(qtbot: QtBot) -> None:
    shown = Shown(qtbot, Activation(name="a", function="relu"))
    assert not shown.form.editor("alpha").isVisible()
    choose(shown, "function", "elu")
    assert shown.form.editor("alpha").isVisible()


def test_a_long_choice_is_shortened_with_its_whole_text_in_reach(qtbot: QtBot) -> None:
    shown = Shown(qtbot, TrainSpec())
    shown.form.show_rare(True)
    box = shown.form.editor("loss")
    assert box.is_elided()
    assert box.currentText() == "Categorical crossentropy"
    assert not shown.form.editor("optimizer").is_elided()


def test_words_of_types_and_ranges() -> None:
    assert [
        type_text(INITIALIZERS, name) for name in ("HeNormal", "LeCunUniform", "L2Normalised", "Zeros")
    ] == [
        "He normal",
        "LeCun uniform",
        "L2 normalised",
        "Zeros",
    ]
    rows = {row.name: row for row in describe(Sample)}
    assert range_sentence(rows["count"]) == "Use a whole number from 1 to 64."
    assert range_sentence(rows["rate"]) == "Use a number of at least 0, less than 1."


def choose(shown: Shown, name: str, text: str) -> None:
    """Chooses an entry from the open list with the mouse."""
    pick(shown.focus(name), text)
