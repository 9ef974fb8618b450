"""The table behind the curves: it grows with the run, and can be copied and saved."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.views.train.plot_data import PlotData
from nnstudio.gui.widgets.buttons import Button
from tests.gui.windows import shown_window, spiral_project


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(3), None)
        made.files.opened.emit()
        yield made


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> PlotData:
    train(window, qtbot)
    window.actions_["plot_data"].trigger()
    found = window.findChild(PlotData)
    assert found is not None
    return found


def train(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.live.train()


def press(dialog: PlotData, text: str) -> None:
    button = next(button for button in dialog.findChildren(Button) if button.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_before_the_first_epoch_it_says_that_there_is_nothing(window: MainWindow) -> None:
    window.actions_["plot_data"].trigger()
    assert window.findChild(PlotData) is None
    assert window.messages.title == "There are no curves yet"


def test_a_row_per_epoch_that_grows_with_the_run(window: MainWindow, dialog: PlotData, qtbot: QtBot) -> None:
    records = window.live.records
    model = dialog.view.model()
    assert model.rowCount() == 3
    assert model.index(1, 0).data() == "2"
    assert float(model.index(2, 1).data()) == pytest.approx(records[2].train_loss, rel=1e-5)
    train(window, qtbot)  # three more epochs
    qtbot.waitUntil(lambda: model.rowCount() == 6)
    window.actions_["plot_data"].trigger()
    assert len(window.findChildren(PlotData)) == 1


@pytest.mark.parametrize("width", [840, 400])
def test_numbers_and_names_are_never_cut_off(dialog: PlotData, width: int) -> None:
    dialog.resize(width, 300)
    header, model = dialog.view.horizontalHeader(), dialog.view.model()
    for column in range(model.columnCount()):
        needed = max(header.sectionSizeHint(column), dialog.view.sizeHintForColumn(column))
        assert header.sectionSize(column) >= needed, model.headerData(column, Qt.Orientation.Horizontal)


def test_it_is_wide_enough_for_all_columns_beside_the_bar_of_many_rows(dialog: PlotData) -> None:
    dialog.resize(dialog.sizeHint().width(), 160)
    QApplication.processEvents()
    assert dialog.view.verticalScrollBar().isVisible()
    assert not dialog.view.horizontalScrollBar().isVisible()


def test_it_closes_with_its_project(window: MainWindow, dialog: PlotData, qtbot: QtBot) -> None:
    assert dialog.isVisible()
    window.document.open(spiral_project(3), None)
    qtbot.waitUntil(lambda: window.findChild(PlotData) is None)


def test_copy_takes_all_rows_and_ctrl_c_the_selected_ones(window: MainWindow, dialog: PlotData) -> None:
    press(dialog, "Copy")
    rows = QApplication.clipboard().text().splitlines()
    assert rows[0].split("\t")[:3] == ["epoch", "train_loss", "train_accuracy"]
    assert len(rows) == 4
    assert float(rows[1].split("\t")[1]) == pytest.approx(window.live.records[0].train_loss, rel=1e-8)
    dialog.view.selectRow(2)
    QTest.keyClick(dialog.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = QApplication.clipboard().text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["epoch", "3"]
    assert dialog.said.text() == "Copied 1 epoch."


def test_save_writes_a_table_and_says_so(
    dialog: PlotData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    press(dialog, "Save as CSV…")
    with path.open(newline="", encoding="utf-8") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]
    assert dialog.said.text() == "Saved run.csv."


def test_a_file_that_cannot_be_written_is_told(
    dialog: PlotData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "no folder" / "run.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    press(dialog, "Save as CSV…")
    assert dialog.said.text().startswith("run.csv can't be written")
