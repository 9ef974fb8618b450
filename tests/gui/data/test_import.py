"""Data of one's own in the window: previewed, read with progress, cancelled, refused; nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.import_options import ImportOptions
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import prepare
from nnstudio.data.sources import importing
from nnstudio.gui.data.import_view import ImportView
from nnstudio.gui.main_window import MainWindow
from tests.data.sources.pictures import write_zip
from tests.gui.acting import pick, retype
from tests.gui.data.conftest import CLASSES, data_page, imported, settled

LEFT = Qt.MouseButton.LeftButton


def drop(window: MainWindow, *paths: Path) -> ImportView:
    """Drops files or folders on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(200, 200),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    return data_page(window).importer


def go(qtbot: QtBot, window: MainWindow) -> None:
    """Presses Import and waits until the data are the project's."""
    page = data_page(window)
    imported(qtbot, page)
    QTest.mouseClick(page.importer.go, LEFT)
    qtbot.waitUntil(lambda: not page.importer.isVisible(), timeout=20_000)
    settled(qtbot, page)


def test_several_dropped_at_once_are_one_data_set_or_the_others_are_named(
    qtbot: QtBot, window: MainWindow, folder: Path, table: Path, tmp_path: Path
) -> None:
    view = drop(window, table, folder)
    imported(qtbot, data_page(window))
    assert view.title.full_text() == "Import points.csv"
    assert window.messages.title == "Not opened: pets."
    assert "One data set is imported at a time" in window.messages.text
    window.messages.clear()
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    drop(window, *classes)
    imported(qtbot, data_page(window))
    assert view.title.full_text() == "Import pets"
    assert window.messages.title == ""
    assert "a class each" in window.status._hint.text()
    go(qtbot, window)
    assert window.document.project.data.source == str(folder)


def test_a_dropped_folder_is_previewed_then_imported_as_one_step(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    before = window.document.project
    view = drop(window, folder)
    page = data_page(window)
    imported(qtbot, page)
    assert window.document.project == before, "a preview changes nothing"
    facts = view.facts
    assert [facts.value(key) for key in ("samples", "test", "shape", "classes")] == ["12", "0", "8×8×1", "3"]
    assert "Each folder is a class" in view.steps.text()
    assert view.samples.grid.samples.rowCount() == 3
    go(qtbot, window)
    document = window.document
    assert document.project.data.source == str(folder)
    assert document.undo_label == "Choose pets"
    assert document.network.input_shape == (8, 8, 1)
    assert page.source.summary.dataset.classes == CLASSES
    document.undo()
    assert document.project == before


def test_the_preview_shows_how_a_table_is_read_and_a_choice_changes_it(
    qtbot: QtBot, window: MainWindow, table: Path
) -> None:
    view = drop(window, table)
    imported(qtbot, data_page(window))
    spec = view.form.spec
    found = (spec.delimiter, spec.header, spec.decimal, spec.encoding, spec.label)
    assert found == ("semicolon", "yes", "comma", "utf-8", "kind")
    assert view.facts.value("shape") == "2"
    pick(view.form.editor("header"), "no")
    imported(qtbot, data_page(window))
    qtbot.waitUntil(lambda: view.facts.value("samples") == "31", timeout=10_000)
    pick(view.form.editor("header"), "yes")
    qtbot.waitUntil(lambda: view.facts.value("samples") == "30", timeout=10_000)
    go(qtbot, window)
    reading = window.document.project.data.reading
    assert reading.label == "kind"
    assert (reading.delimiter, reading.decimal) == ("semicolon", "comma")
    assert prepare(window.document.project.data).counts["train"] == 22


def test_a_click_on_a_columns_head_makes_it_the_class(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "two.csv"
    path.write_text("a,b,c\n" + "".join(f"{i % 2},{i},{i % 4}\n" for i in range(12)))
    view = drop(window, path)
    imported(qtbot, data_page(window))
    assert view.form.spec.label == "c"
    header = view.samples.rows.horizontalHeader()
    place = header.viewport().rect().topLeft()
    place.setX(header.sectionViewportPosition(0) + 10)
    place.setY(8)
    QTest.mouseClick(header.viewport(), LEFT, pos=place)
    qtbot.waitUntil(lambda: view.form.spec.label == "a", timeout=10_000)
    assert view.facts.value("classes") == "2"


def test_images_are_scaled_as_chosen(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    view = drop(window, folder)
    imported(qtbot, data_page(window))
    pick(view.form.editor("fit"), "crop")
    pick(view.form.editor("colour"), "rgb")
    retype(view.form.editor("size").lineEdit(), "6 × 4", enter=True)
    qtbot.waitUntil(lambda: view.facts.value("shape") == "6×4×3", timeout=10_000)
    assert "cut off" in view.steps.text()
    go(qtbot, window)
    assert window.document.project.data.reading.size == (6, 4)
    assert window.document.network.input_shape == (6, 4, 3)


def test_bad_rows_are_listed_by_line_and_skipped(qtbot: QtBot, window: MainWindow, table: Path) -> None:
    lines = table.read_text().splitlines()
    lines[3:3] = ["1;2", "nan;1,0;cat", "x;1,0;dog"]
    table.write_text("\n".join(lines) + "\n")
    view = drop(window, table)
    page = data_page(window)
    imported(qtbot, page)
    items = [view.problems.list.item(i).text() for i in range(view.problems.list.count())]
    assert [text.split(":")[0] for text in items] == ["line 4", "line 5", "line 6"]
    assert not view.go.isEnabled(), "they can only be skipped"
    assert "skip them, or mend the file" in view.go.toolTip()
    assert view.problems.skip.text() == "Skip these 3 and import"
    QTest.mouseClick(view.problems.skip, LEFT)
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=10_000)
    settled(qtbot, page)
    assert window.document.project.data.reading.skip_bad
    assert len(page.source.summary.dataset.train) == 30


def test_cancelling_at_the_problems_keeps_everything_as_it_was(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    (folder / "cat" / "broken.png").write_bytes(b"no image")
    before = window.document.project
    view = drop(window, folder)
    imported(qtbot, data_page(window))
    assert "cat/broken.png" in view.problems.list.item(0).text()
    QTest.mouseClick(view.problems.cancel, LEFT)
    assert not view.isVisible()
    assert window.document.project == before


def test_an_import_tells_its_progress_and_can_be_cancelled(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(source: Any, progress: Callable[[str, float], None], name: str) -> None:
        share = 0.0
        while True:
            share = min(0.9, share + 1e-4)
            progress("Reading images: 5 of 12", share)
            begun.set()

    monkeypatch.setattr(importing, "import_source", endless)
    before = window.document.project
    view = drop(window, folder)
    imported(qtbot, data_page(window))
    QTest.mouseClick(view.go, LEFT)
    qtbot.waitUntil(lambda: begun.is_set() and view.working.text.text() == "Reading images: 5 of 12")
    assert view.working.bar.value() > 0
    task = view.job._task
    QTest.mouseClick(view.working.cancel, LEFT)
    assert not view.working.isVisible()
    qtbot.waitUntil(lambda: task.finished)
    assert window.document.project == before
    assert view.go.isEnabled(), "it can be tried again"


def test_a_file_that_cannot_be_read_is_told_in_place_and_read_otherwise(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "words.csv"
    path.write_text("name,size,kind\n" + "".join(f"n{i},{i},{'ab'[i % 2]}\n" for i in range(20)))
    view = drop(window, path)
    qtbot.waitUntil(lambda: not view.error.isHidden(), timeout=10_000)
    assert "columns that hold no numbers" in view.error.title
    assert "--set" not in view.error.text
    assert not view.go.isEnabled()
    assert view.error._action.text() == "Leave out name"
    QTest.mouseClick(view.error._action, LEFT)
    imported(qtbot, data_page(window))
    assert view.form.spec.ignore == "name"
    assert view.error.isHidden()
    go(qtbot, window)
    assert data_page(window).source.summary.dataset.features == ("size",)


def test_own_data_stay_in_the_list_with_the_way_they_are_read(
    qtbot: QtBot, window: MainWindow, folder: Path, tmp_path: Path
) -> None:
    drop(window, folder)
    go(qtbot, window)
    panel = window.data.datasets
    card = panel.own[str(folder)]
    assert card.isChecked()
    assert "12 images, 8×8×1" in card.accessibleDescription()
    QTest.mouseClick(panel.cards["digits"], LEFT)
    assert window.document.project.data.source == "digits"
    assert window.document.project.data.reading is None
    QTest.mouseClick(panel.own[str(folder)], LEFT)
    settled(qtbot, data_page(window))
    recipe = window.document.project.data
    assert recipe.source == str(folder)
    assert isinstance(recipe.reading, ImportOptions)
    folder.rename(tmp_path / "elsewhere")
    panel.show_recent()
    assert panel.own[str(folder)].tag.text() == "Missing"


def test_escape_leaves_the_preview_as_if_nothing_had_been(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    view = drop(window, folder)
    imported(qtbot, data_page(window))
    QTest.keyClick(view.go, Qt.Key.Key_Escape)
    assert not view.isVisible()


def test_an_archive_is_read_like_a_folder(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    names = sorted(path for path in folder.rglob("*.png"))
    archive = write_zip(
        folder.parent / "pets.zip", {str(path.relative_to(folder)): path.read_bytes() for path in names}
    )
    view = drop(window, archive)
    imported(qtbot, data_page(window))
    assert view.facts.value("samples") == "12"
    go(qtbot, window)
    assert data_page(window).source.summary.dataset.train.shape == (8, 8, 1)


def test_arrays_have_no_options_and_are_imported(qtbot: QtBot, window: MainWindow, images: Path) -> None:
    view = drop(window, images)
    imported(qtbot, data_page(window))
    assert view.form is None
    assert [view.facts.value(key) for key in ("samples", "test")] == ["90", "30"]
    go(qtbot, window)
    assert window.document.project.data.reading is None


def test_while_training_data_are_imported_but_not_chosen(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(window.live), "running", property(lambda _self: True))
    before = window.document.project
    drop(window, folder)
    page = data_page(window)
    imported(qtbot, page)
    QTest.mouseClick(page.importer.go, LEFT)
    qtbot.waitUntil(lambda: not page.importer.isVisible(), timeout=10_000)
    assert window.document.project == before
    assert window.messages.title == "pets is imported."
    assert str(folder) in window.data.datasets.own


def test_values_that_numbers_hold_are_shown_as_they_will_be_read(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "grey.csv"
    rng = np.random.default_rng(1)
    rows = [",".join(map(str, [label, *rng.integers(0, 256, 64)])) for label in (0, 1) * 10]
    path.write_text("\n".join(rows) + "\n")
    view = drop(window, path)
    imported(qtbot, data_page(window))
    assert view.facts.value("shape") == "8×8×1"
    assert view.samples.grid.isVisible()


def test_imported_images_train_and_the_project_finds_them_again(
    qtbot: QtBot, window: MainWindow, folder: Path, tmp_path: Path
) -> None:
    layers = [
        {"type": "Input", "shape": [28, 28, 1]},
        {"type": "Flatten"},
        {"type": "Dense", "units": 3, "activation": "softmax"},
    ]
    train = {"epochs": 2, "batch_size": 4}
    window.document.open(ProjectSpec.build({"network": {"layers": layers}, "train": train}), None)
    drop(window, folder)
    go(qtbot, window)
    recipe = window.document.project.data
    assert window.live.train()
    qtbot.waitUntil(lambda: window.live.state == "finished", timeout=20_000)
    assert window.live.session.prepared.classes == CLASSES
    assert ProjectSpec.loads(window.document.project.dumps()).data == recipe
