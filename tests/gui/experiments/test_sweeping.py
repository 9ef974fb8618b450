"""Sweeps from the window: begun, watched, stopped, continued, looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.experiments.listing import KeptModel
from nnstudio.experiments.sweeps.folders import list_sweeps, new_sweep_folder
from nnstudio.experiments.sweeps.sweep import read_trials
from nnstudio.gui.experiments.run_on import RunOn
from nnstudio.gui.main_window import MainWindow
from tests.experiments.sweeps.sample_sweeps import InProcess, project, ran
from tests.gui.acting import double_click, pick, retype
from tests.gui.experiments.conftest import Page, click
from tests.gui.states import open_project
from tests.gui.windows import shown_window

PATIENCE = 30_000
FAILING = {"lr": "1e-3,1e6"}
"""With a rate of a million plain gradient descent overflows."""


def start(page: Page, qtbot: QtBot) -> None:
    """Presses Start and waits for the end."""
    with qtbot.waitSignal(page.window.experiments.runner.ended, timeout=PATIENCE):
        click(page.panel.start)


def failing() -> Any:
    wanted = project(FAILING, repeats=2)
    return wanted.replace(train=wanted.train.replace(optimizer="SGD"))


def test_a_sweep_fills_the_table_best_first(page: Page, workers: list[InProcess], qtbot: QtBot) -> None:
    page.open(project({"lr": "1e-4,1e-2", "units": "3,5"}, repeats=2))
    assert page.view.empty.isVisible()
    start(page, qtbot)
    assert page.view.table.isVisible()
    assert page.column("Status") == ["Done"] * 4
    trials = page.view.table.rows.trials
    means = [trial.figure.mean for trial in trials if trial.figure]
    assert means == sorted(means, reverse=True)
    assert all(" ± " in text for text in page.column("Val accuracy, 2 seeds"))
    assert sorted(page.column("Units")) == ["3", "3", "5", "5"]
    assert page.view.verdict.text().startswith("Best: learning_rate=")
    assert page.panel.start.isVisible()
    assert page.panel.start.hasFocus()
    assert not page.panel.stop.isVisible()
    assert page.panel.summary.text() == "4 trials × 2 seeds = 8 runs, about 0:01."  # now that it is known
    assert page.view.panel.subtitle() == "4 of 4"


def test_a_click_on_a_head_sorts_and_another_turns_it(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"units": "5,3,12"}))
    start(page, qtbot)
    header = page.view.table.horizontalHeader()

    def head(column: int) -> None:
        where = header.rect().center()
        where.setX(header.sectionViewportPosition(column) + 8)
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)

    head(2)
    assert page.column("Units") == ["3", "5", "12"]
    head(2)
    assert page.column("Units") == ["12", "5", "3"]
    head(0)
    assert page.column("Trial") == ["1", "2", "3"]


def test_failed_trials_say_why_and_are_retried_alone(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(failing())
    start(page, qtbot)
    assert page.column("Status").count("Failed") == 1
    last = page.view.table.rows.index(1, 1)
    assert last.data(Qt.ItemDataRole.ToolTipRole) == "the loss became infinite or NaN in epoch 1"
    table = page.view.table
    click(table.viewport(), table.visualRect(last).center())
    assert "The loss became infinite or NaN in epoch 1." in page.view.detail.text()
    assert not page.view.evaluate.isEnabled()
    assert page.view.retry.text() == "Retry 1 failed"
    with qtbot.waitSignal(page.window.experiments.runner.ended, timeout=PATIENCE):
        click(page.view.retry)
    assert workers[1].begun == [(1, 0), (1, 1)]
    assert page.column("Status").count("Failed") == 1


class Slow(InProcess):
    """Waits for the window between two runs."""

    def wait(self, seconds: float) -> Any:
        QTest.qSleep(150)
        return super().wait(seconds)


def test_stop_keeps_what_there_is_and_the_sweep_goes_on(
    page: Page, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[InProcess] = []
    monkeypatch.setattr(
        "nnstudio.gui.experiments.runner.LocalWorkers", lambda _n: made.append(Slow()) or made[-1]
    )
    page.open(project({"lr": "1e-4,1e-3,1e-2,1e-1"}))
    runner = page.window.experiments.runner
    click(page.panel.start)
    qtbot.waitUntil(lambda: runner.shown is not None and runner.shown.over >= 1, timeout=PATIENCE)
    assert page.panel.progress.text().startswith(f"{runner.shown.over} of 4 trials")
    assert page.panel.bar.isVisible()
    with qtbot.waitSignal(runner.ended, timeout=PATIENCE):
        click(page.panel.stop)
    done = page.column("Status").count("Done")
    assert 1 <= done < 4
    assert page.view.verdict.text() == "" or "so far" in page.view.verdict.text()
    with qtbot.waitSignal(runner.ended, timeout=PATIENCE):
        click(page.view.go_on)
    assert page.column("Status") == ["Done"] * 4
    assert len(list_sweeps()) == 1
    assert len(made[1].begun) < 4


def test_edits_during_a_sweep_are_for_the_next_one(
    page: Page, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.gui.experiments.runner.LocalWorkers", lambda _n: Slow())
    page.open(project({"lr": "1e-3,1e-2"}))
    runner = page.window.experiments.runner
    with qtbot.waitSignal(runner.ended, timeout=PATIENCE):
        qtbot.waitUntil(page.panel.rows.rows[0].remove.isVisible)
        click(page.panel.start)
        click(page.panel.rows.rows[0].remove)
        assert page.panel.stop.isVisible()
    assert runner.shown is not None
    assert [len(trial.values) for trial in runner.shown.trials] == [1, 1]
    assert page.sweep.vary == ()


def test_a_sweep_that_ends_behind_another_page_is_told_and_shown_later(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"lr": "1e-3,1e-2"}))
    with qtbot.waitSignal(page.window.experiments.runner.ended, timeout=PATIENCE):
        click(page.panel.start)
        page.window.show_page("train")
    assert page.window.messages.title == "The sweep is done: 2 trials."
    page.window.show_page("experiments")
    assert page.column("Status") == ["Done", "Done"]


def test_a_trial_opens_in_evaluate_by_key_and_by_double_click(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"lr": "1e-3,1e-2"}))
    start(page, qtbot)
    table = page.view.table
    spot = table.visualRect(table.rows.index(0, 2)).center()
    click(table.viewport(), spot)  # the first of the two
    double_click(table.viewport(), spot)
    assert page.window.pages.current == "evaluate"
    qtbot.waitUntil(lambda: isinstance(page.window.run.showing, KeptModel), timeout=PATIENCE)
    showing = page.window.run.showing
    assert isinstance(showing, KeptModel)
    assert showing.project.name == table.rows.trials[0].name
    page.window.show_page("experiments")
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: page.window.run.showing.project.name == table.rows.trials[1].name, timeout=PATIENCE
    )


def test_a_trial_opens_as_the_project_on_the_train_page(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"lr": "1e-3,1e-2"}))
    start(page, qtbot)
    page.view.table.selectRow(0)
    name = page.view.table.rows.trials[0].name
    click(page.view.open)
    qtbot.waitUntil(lambda: page.document.project.name == name, timeout=PATIENCE)
    assert page.window.pages.current == "train"
    assert len(page.window.live.records) == 2
    page.window.show_page("experiments")
    assert page.view.table.isVisible(), "one can go on to the next trial"


def test_the_values_of_a_trial_become_the_projects_as_one_step(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"lr": "0.3", "units": "9"}))
    start(page, qtbot)
    page.view.table.selectRow(0)
    click(page.view.use)
    assert page.document.project.train.learning_rate == 0.3
    assert page.document.undo_label == "Use learning_rate=0.3, units=9"
    page.document.undo()
    assert page.document.project.train.learning_rate == 0.001
    assert not page.document.undo_label


def test_earlier_sweeps_are_chosen_from_the_list(page: Page, workers: list[InProcess], qtbot: QtBot) -> None:
    ran(new_sweep_folder("other"), project({"units": "3"}).replace(name="other"))
    page.open(project({"lr": "1e-3,1e-2"}))
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.view.sweeps.count() == 2, timeout=PATIENCE)
    assert page.view.sweeps.currentText().startswith("spiral")
    other = page.view.sweeps.findText("other", Qt.MatchFlag.MatchStartsWith)
    page.view.sweeps.setFocus()
    QTest.keyClick(page.view.sweeps, Qt.Key.Key_Down if other else Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: page.view.table.rows.rowCount() == 1, timeout=PATIENCE)
    assert page.column("Units") == ["3"]


def test_another_sweep_can_be_looked_at_while_one_is_under_way(
    page: Page, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnstudio.gui.experiments.runner.LocalWorkers", lambda _n: Slow())
    ran(new_sweep_folder("other"), project({"units": "3"}).replace(name="other"))
    page.open(project({"lr": "1e-4,1e-3,1e-2,1e-1"}))
    runner = page.window.experiments.runner
    with qtbot.waitSignal(runner.ended, timeout=PATIENCE):
        click(page.panel.start)
        qtbot.waitUntil(lambda: page.view.sweeps.count() == 2, timeout=PATIENCE)
        pick(page.view.sweeps, page.view.sweeps.itemText(1 - page.view.sweeps.currentIndex()))
        qtbot.waitUntil(lambda: page.view.table.rows.rowCount() == 1, timeout=PATIENCE)
        assert runner.running
    assert page.column("Units") == ["3"]


def test_another_project_begins_with_an_empty_page(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    page.open(project({"lr": "1e-3,1e-2"}))
    start(page, qtbot)
    page.open(project({}).replace(name="fresh"))
    qtbot.waitUntil(lambda: page.view.sweeps.count() == 1, timeout=PATIENCE)
    assert page.view.empty.isVisible()
    assert page.view.sweeps.currentIndex() == -1


def test_the_newest_sweep_of_the_project_is_there_when_the_page_is_opened(
    tmp_path: Path, qtbot: QtBot
) -> None:
    wanted = project({"units": "3,4"})
    ran(new_sweep_folder("spiral"), wanted)
    with shown_window(tmp_path) as window:
        page = Page(window)
        page.open(wanted)
        qtbot.waitUntil(lambda: page.view.table.rows.rowCount() == 2, timeout=PATIENCE)
        assert page.view.sweeps.currentText().startswith("spiral, ")


def test_data_that_are_not_there_are_told_before_anything_trains(
    page: Page, workers: list[InProcess], qtbot: QtBot
) -> None:
    wanted = project({"lr": "1e-3"})
    page.open(wanted.replace(data=wanted.data.replace(source="/nowhere.csv")))
    start(page, qtbot)
    assert "/nowhere.csv" in page.window.messages.title + page.window.messages.text
    assert workers == []
    assert list_sweeps() == ()


def test_a_cluster_trains_by_its_address_which_is_remembered(
    page: Page, workers: list[InProcess], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "nnstudio.experiments.sweeps.cluster.DaskWorkers",
        lambda address: asked.append(address) or InProcess(),
    )
    page.open(project({"lr": "1e-3"}))
    run_on = page.panel.run_on
    qtbot.waitUntil(run_on.there.isVisible)
    QTest.mouseClick(run_on.there, Qt.MouseButton.LeftButton, pos=QPoint(8, run_on.there.height() // 2))
    assert page.panel.summary.text() == "Give the address of the cluster."
    assert not page.panel.start.isEnabled()
    retype(run_on.address, "tcp://127.0.0.1:8786", enter=True)
    start(page, qtbot)
    assert asked == ["tcp://127.0.0.1:8786"]
    assert workers == []
    assert page.column("Status") == ["Done"]
    again = RunOn(page.window.settings)
    qtbot.addWidget(again)
    assert again.cluster == "tcp://127.0.0.1:8786"


def test_a_cluster_that_is_not_there_is_told_and_nothing_is_begun(
    page: Page, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("nnstudio.experiments.sweeps.cluster.PATIENCE", 0.5)
    page.open(project({"lr": "1e-3"}))
    page.panel.run_on.there.setChecked(True)
    retype(page.panel.run_on.address, "nonsense")
    start(page, qtbot)
    assert "no Dask cluster at nonsense" in page.window.messages.title + page.window.messages.text
    assert list_sweeps() == ()


def test_real_processes_train_and_closing_the_window_saves_their_runs(tmp_path: Path, qtbot: QtBot) -> None:
    wanted = project({"lr": "1e-3,1e-2"}, epochs=100_000, workers=2)
    with shown_window(tmp_path) as window:
        open_project(window, wanted)
        window.show_page("experiments")
        click(window.experiments.panel.start)
        runner = window.experiments.runner

        def both_train() -> bool:
            shown = runner.shown
            return shown is not None and len(shown.trials) == 2 and all(t.epoch > 1 for t in shown.trials)

        qtbot.waitUntil(both_train, timeout=PATIENCE)
        assert runner.shown is not None
        folder = runner.shown.folder
        assert Page(window).column("Status")[0].startswith("Epoch ")
        _close(window)
    assert [trial.status for trial in read_trials(folder, wanted)] == ["queued", "queued"]
    assert len(list(folder.glob("runs/*/last.h5"))) == 2


def _close(window: MainWindow) -> None:
    window.document.mark_saved(Path("nowhere"))  # so that nothing is asked
    assert window.close()
