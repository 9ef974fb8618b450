"""Escape in a wrong number: as if nothing had been typed, in the project and in its history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnstudio.core import history
from nnstudio.core.spec import DataSpec
from tests.gui.acting import focused, retype, state
from tests.gui.test_inspector import Inspected

Key = Qt.Key
Find = Callable[[Inspected], QWidget]


def units(inspected: Inspected) -> QWidget:
    return inspected.layer("units")


def beta(inspected: Inspected) -> QWidget:
    inspected.training("optimizer").parentWidget().fold_button.click()  # type: ignore[attr-defined]
    nested = inspected.panel.training.form.nested("optimizer")
    assert nested is not None
    return nested.editor("beta_1")


def points(inspected: Inspected) -> QWidget:
    return inspected.panel.points.form.editor("points")


def fraction(inspected: Inspected) -> QWidget:
    return inspected.panel.data.form.editor("fraction")


FIELDS = [
    pytest.param(units, "256x", id="a layer"),
    pytest.param(units, "9999999", id="a layer, too large at last"),
    pytest.param(lambda inspected: inspected.training("epochs"), "25.5", id="training"),
    pytest.param(lambda inspected: inspected.training("batch_size"), "12x", id="training, no number at last"),
    pytest.param(lambda inspected: inspected.training("clip_norm"), "1.5.", id="training, off before"),
    pytest.param(lambda inspected: inspected.training("learning_rate"), "2e-3e", id="training, 2e-3"),
    pytest.param(beta, "0.95-", id="the optimizer"),
    pytest.param(fraction, "500%", id="data"),
    pytest.param(points, "120000000", id="points"),
]


@pytest.fixture
def inspected(qtbot: QtBot) -> Inspected:
    made = Inspected(qtbot, height=1600)
    document = made.document
    document.apply("Use spiral", document.project.replace(data=DataSpec(source="spiral")))
    document.apply("Rename", document.project.replace(name="second"))
    document.undo()
    document.select("dense")
    made.panel.training.more_button.button.click()
    made.panel.data.head.button.click()
    made.panel.points_edited.connect(
        lambda spec, name: made.document.apply(
            f"Set {name}",
            made.document.project.replace(data=DataSpec(source="spiral", points=spec)),
            ("points", name),
        )
    )
    return made


@pytest.mark.parametrize(("find", "text"), FIELDS)
@pytest.mark.parametrize("slowly", [False, True])
def test_escape_takes_the_typing_back_in_one_go(
    inspected: Inspected, monkeypatch: pytest.MonkeyPatch, find: Find, text: str, slowly: bool
) -> None:
    if slowly:
        monkeypatch.setattr(history, "MERGE_SECONDS", 0.0)  # each character a step of its own
    document, widget = inspected.document, find(inspected)
    before, steps, shown = document.project, document.steps, widget.text()
    retype(widget, text)
    assert document.project != before
    assert widget.text() != shown
    QTest.keyClick(widget, Key.Key_Escape)
    assert (document.project, widget.text(), state(widget)) == (before, shown, "")
    assert document.steps == steps
    assert document.redo_label == "Rename", "as if nothing had been typed"
    assert widget.hasFocus()


def test_a_right_number_stays(inspected: Inspected, qtbot: QtBot) -> None:
    retype(units(inspected), "32")
    with qtbot.waitSignal(inspected.panel.left):
        QTest.keyClick(units(inspected), Key.Key_Escape)
    assert inspected.document.network.layer("dense").units == 32  # type: ignore[attr-defined]
    assert inspected.document.undo_label == "Set units"


def test_the_sentence_below_the_field_goes_with_the_wrong_text(inspected: Inspected) -> None:
    retype(units(inspected), "0")
    form = inspected.panel.layer.form
    assert form is not None
    assert form.problem("units")
    QTest.keyClick(units(inspected), Key.Key_Escape)
    assert not form.problem("units")
    assert units(inspected).text() == "64"


def test_what_was_entered_stays_and_what_is_typed_behind_it_goes(inspected: Inspected, qtbot: QtBot) -> None:
    field, document = units(inspected), inspected.document
    retype(field, "32", enter=True)
    QTest.keyClicks(field, "128x")
    QTest.keyClick(field, Key.Key_Escape)
    assert (document.network.layer("dense").units, field.text()) == (32, "32")  # type: ignore[attr-defined]
    assert document.undo_label == "Set units"
    document.undo()
    assert document.network.layer("dense").units == 64  # type: ignore[attr-defined]
    with qtbot.waitSignal(inspected.panel.left):
        QTest.keyClick(field, Key.Key_Escape)


def test_undo_while_typing_leaves_nothing_for_escape(inspected: Inspected, qtbot: QtBot) -> None:
    retype(units(inspected), "32")
    inspected.document.undo()
    with qtbot.waitSignal(inspected.panel.left):
        QTest.keyClick(focused(units(inspected)), Key.Key_Escape)
    assert units(inspected).text() == "64"


def test_several_layers_get_each_its_own_value_back(inspected: Inspected) -> None:
    document = inspected.document
    document.select_many(["dense", "dense_1"], "dense")
    before, steps = document.project, document.steps
    retype(units(inspected), "32x")
    assert [document.network.layer(name).units for name in ("dense", "dense_1")] == [32, 32]  # type: ignore[attr-defined]
    QTest.keyClick(units(inspected), Key.Key_Escape)
    assert (document.project, document.steps) == (before, steps)
    assert "Units ≠" in inspected.shown_text()


def test_a_name_is_taken_back_too(inspected: Inspected) -> None:
    name, before = inspected.layer("name"), inspected.document.project
    retype(name, "mine")
    QTest.keyClick(name, Key.Key_Escape)
    assert (name.text(), inspected.document.project) == ("dense", before)


def test_a_run_is_not_told_of_what_was_taken_back(inspected: Inspected, qtbot: QtBot) -> None:
    inspected.panel.set_running(2)
    field = inspected.training("epochs")
    before = field.text()
    retype(field, "7x")
    assert state(field) == "invalid"
    QTest.keyClick(field, Key.Key_Escape)
    assert (field.text(), state(field)) == (before, "")
    QTest.keyClick(field, Key.Key_Tab)
    assert inspected.told == []
