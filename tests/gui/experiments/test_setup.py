"""The set-up panel: what varies, how, and what it will take; every edit is an undo step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from nnstudio.core.spec import ProjectSpec, SweepSpec
from nnstudio.gui.experiments.setup_panel import cost_words
from nnstudio.gui.experiments.vary_rows import VaryRows
from nnstudio.gui.form.spins import NumberSpin
from nnstudio.gui.shell.page_tabs import PAGES
from tests.experiments.sweeps.sample_sweeps import project
from tests.gui.acting import focused, pick, retype, state
from tests.gui.experiments.conftest import Page, choose, click

Key = Qt.Key


def test_the_tab_and_its_key_bring_the_page_and_its_panel(page: Page) -> None:
    window = page.window
    window.show_page("train")
    assert not page.panel.isVisible()
    bar = window.tabs.tabs
    click(bar, bar.tabRect([key for key, _ in PAGES].index("experiments")).center())
    assert page.panel.isVisible()
    assert window.pages.current == "experiments"
    window.show_page("train")
    QTest.keyClick(window, Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.current == "experiments"


def test_a_parameter_is_added_from_the_menu_with_values_around_its_own(page: Page) -> None:
    click(page.panel.add)
    assert page.panel.menu.isVisible()
    choose(page.panel.menu, "Training", "Learning rate")
    (row,) = page.panel.rows.rows
    assert page.sweep.vary[0].path == "train.learning_rate"
    assert (row.kind.currentText(), row.values.text()) == ("log", "1e-4 to 0.01")
    assert row.values.hasFocus()
    assert page.document.undo_label == "Vary Learning rate"
    page.document.undo()
    assert page.panel.rows.rows == []
    assert page.panel.rows.empty.isVisible()


def test_layers_and_choices_are_in_the_menu_until_they_vary(page: Page) -> None:
    click(page.panel.add)
    choose(page.panel.menu, "Layers", "hidden", "Units")
    click(page.panel.add)
    choose(page.panel.menu, "Training", "Optimizer")
    assert [vary.text() for vary in page.sweep.vary] == [
        "2, 4, 8",
        "SGD, Momentum, Nesterov, Adagrad, RMSProp, Adam, AdamW",
    ]
    page.panel.menu.fill()
    listed = set(paths_in(page.panel.menu))
    assert "train.learning_rate" in listed
    assert not {"train.optimizer", "network.layers.hidden.units", "train.seed"} & listed


def paths_in(menu: QMenu) -> Iterator[str]:
    for action in menu.actions():
        yield from paths_in(action.menu()) if action.menu() else (action.objectName(),)


@pytest.fixture
def varied(page: Page) -> Page:
    page.open(project({"lr": "1e-3,1e-2", "units": "3,4"}, repeats=3))
    return page


def test_values_are_typed_and_become_one_undo_step(varied: Page) -> None:
    field = varied.panel.rows.rows[0].values
    retype(field, "0.1, 0.2, 0.3", enter=True)
    assert varied.sweep.vary[0].values == (0.1, 0.2, 0.3)
    assert varied.document.undo_label == "Set values of learning rate"
    varied.document.undo()
    assert varied.panel.rows.rows[0].values.text() == "0.001, 0.01"
    assert not varied.document.undo_label
    varied.document.redo()
    assert varied.panel.rows.rows[0].values.text() == "0.1, 0.2, 0.3"


def test_a_range_may_be_typed_where_a_list_was(varied: Page) -> None:
    retype(varied.panel.rows.rows[1].values, "2 to 10, 2", enter=True)
    vary = varied.sweep.vary[1]
    assert (vary.kind, vary.low, vary.high, vary.step) == ("range", 2, 10, 2)
    assert varied.panel.rows.rows[1].kind.currentText() == "range"
    assert varied.panel.summary.text().startswith("10 trials × 3 seeds = 30 runs")


WRONG_VALUES = (
    ("5 to 1", "The range of network.layers.hidden.units is empty"),
    ("0, 4", "Use a value that is greater than or equal to 1."),
    ("", "nothing to try"),
    ("4, 4", "twice"),
    ("many", "valid integer"),
)


def test_wrong_values_say_why_and_the_last_right_ones_stay(varied: Page) -> None:
    row = varied.panel.rows.rows[1]
    for text, sentence in WRONG_VALUES:
        focused(row.values).selectAll()
        QTest.keyClick(row.values, Key.Key_Backspace)
        QTest.keyClicks(row.values, text)
        assert sentence in row.problem(), text
        assert state(row.values) == "invalid"
        assert varied.sweep.vary[1].values == (3, 4)
        QTest.keyClick(row.values, Key.Key_Escape)
        assert (row.values.text(), row.problem(), state(row.values)) == ("3, 4", "", "")


def test_another_kind_spans_the_values_there_were(varied: Page) -> None:
    pick(varied.panel.rows.rows[0].kind, "log")
    vary = varied.sweep.vary[0]
    assert (vary.kind, vary.low, vary.high) == ("log", 1e-3, 1e-2)
    assert varied.document.undo_label == "Set kind of learning rate"
    varied.document.undo()
    assert varied.panel.rows.rows[0].kind.currentText() == "list"


def test_a_parameter_is_removed_and_comes_back_with_undo(varied: Page) -> None:
    click(varied.panel.rows.rows[0].remove)
    assert [row.path for row in varied.panel.rows.rows] == ["network.layers.hidden.units"]
    assert varied.document.undo_label == "Don't vary learning rate"
    varied.document.undo()
    assert [row.values.text() for row in varied.panel.rows.rows] == ["0.001, 0.01", "3, 4"]


def test_the_strategy_is_chosen_by_key_and_trials_belong_to_a_search(varied: Page) -> None:
    trials = varied.panel.form.editor("trials")
    assert not trials.isVisible()
    QTest.keyClick(focused(varied.panel.strategy), Key.Key_Right)
    assert varied.sweep.strategy == "random"
    assert trials.isVisible()
    varied.document.undo()
    assert varied.panel.strategy.value == "grid"


def test_typing_a_number_is_one_step_as_everywhere(varied: Page) -> None:
    varied.open(project({"lr": "1e-4..1e-1:log"}, strategy="random"))
    spin = varied.panel.form.editor("trials")
    assert isinstance(spin, NumberSpin)
    retype(spin, "144")
    assert varied.sweep.trials == 144
    QTest.keyClick(spin, Key.Key_Tab)
    varied.document.undo()
    assert varied.sweep.trials == 20
    assert not varied.document.undo_label


def test_a_layer_that_is_gone_is_named_at_its_row_and_nothing_starts(varied: Page) -> None:
    network = varied.document.network
    layer = network.layer("hidden").replace(name="first")
    varied.document.apply_network("Rename", network.replace_layer("hidden", layer))
    assert "Did you mean 'network.layers.first.units'" in varied.panel.rows.rows[1].problem()
    assert "no setting called" in varied.panel.summary.text()
    assert not varied.panel.start.isEnabled()
    varied.document.undo()
    assert varied.panel.start.isEnabled()
    assert varied.panel.rows.rows[1].problem() == ""


def test_what_it_takes_is_told_before_it_starts() -> None:
    sweep = SweepSpec(repeats=3, workers=2)
    assert cost_words(6, sweep, None) == "6 trials × 3 seeds = 18 runs."
    assert cost_words(6, sweep, 10.0) == "6 trials × 3 seeds = 18 runs, about 1:30 with 2 workers."
    assert cost_words(1, SweepSpec(), 10.0) == "1 trial, about 0:10."


def test_the_estimate_follows_the_measurement(varied: Page) -> None:
    assert varied.panel.summary.text() == "4 trials × 3 seeds = 12 runs."
    varied.window.estimating._show(5.0)
    assert varied.panel.summary.text() == "4 trials × 3 seeds = 12 runs, about 1:00."


def test_the_set_up_is_saved_with_the_project(varied: Page, tmp_path: Path) -> None:
    retype(varied.panel.rows.rows[0].values, "0.5", enter=True)
    path = tmp_path / "with-sweep.nnproject.json"
    assert varied.window.files._write(path)
    saved = ProjectSpec.from_json(json.loads(path.read_text(encoding="utf-8")))
    assert saved.sweep == varied.sweep
    assert saved.sweep.vary[0].values == (0.5,)


def test_edits_elsewhere_cost_nothing_here_until_somebody_looks(
    varied: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    real = VaryRows.show_all
    monkeypatch.setattr(VaryRows, "show_all", lambda rows, project: looked.append(0) or real(rows, project))
    varied.window.show_page("train")
    varied.document.set_layer_field("hidden", "units", 9)
    varied.document.undo()
    varied.document.apply("Sweep", varied.document.project.replace(sweep=varied.sweep.with_vary(0, None)))
    assert looked == []
    varied.window.show_page("experiments")
    assert [row.path for row in varied.panel.rows.rows] == ["network.layers.hidden.units"]
