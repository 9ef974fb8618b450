from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from nnstudio.engine.analysis import analyse
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.views.evaluate.page import EvaluateView
from tests.gui.views.conftest import DIGITS, StillLive, image_project, prepared_digits

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, document: Document, live: StillLive | Live) -> EvaluateView:
    view = EvaluateView(document, live)  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.resize(1240, 768)
    view.show()
    return view


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive) -> EvaluateView:
    made = shown(qtbot, document, live)
    qtbot.waitUntil(lambda: made.result is not None, timeout=5000)
    return made


@pytest.fixture
def worst(view: EvaluateView) -> tuple[int, int]:
    mistake = view.result.analysis.mistakes[0]
    return mistake.actual, mistake.predicted


def click(table, index) -> None:
    QTest.mouseClick(table.viewport(), LEFT, pos=table.visualRect(index).center())


def test_the_page_shows_what_the_analysis_says(view: EvaluateView, trained, digits):
    expected = analyse(trained.evaluate(digits.test.x, digits.test.labels))
    figures = view.strip.figures
    assert figures.value("accuracy") == f"{100 * expected.accuracy:.1f}%"
    assert figures.value("f1") == f"{expected.metrics.macro_f1:.3f}"
    assert figures.value("calibration") == f"{expected.calibration.error:.3f}"
    assert figures.value("errors") == str(expected.errors)
    matrix = view.table.matrix
    shown_counts = [[int(matrix.data(matrix.index(i, j))) for j in range(10)] for i in range(10)]
    assert shown_counts == expected.confusion.tolist()


def test_the_status_tells_samples_and_time(qtbot: QtBot, document: Document, live: StillLive):
    told: list[str] = []
    view = EvaluateView(document, live)  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.status.connect(told.append)
    view.show()
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert told[0].startswith("Evaluated 600 test images in ")
    assert told[0].endswith(("ms", " s"))


def test_before_training_the_page_says_how_to_fill_it(qtbot: QtBot, document: Document, live, trained):
    live.give(None)
    view = shown(qtbot, document, live)
    assert view.empty.isVisible()
    with qtbot.waitSignal(view.train_requested):
        QTest.mouseClick(view.empty.button, LEFT)
    live.give(trained)
    qtbot.waitUntil(lambda: view.table.isVisible(), timeout=5000)
    live.give(None)
    assert view.empty.isVisible()


def test_a_hidden_page_evaluates_nothing_until_it_is_seen(qtbot: QtBot, document: Document, live: StillLive):
    view = EvaluateView(document, live)  # type: ignore[arg-type]
    qtbot.addWidget(view)
    live.model_changed.emit()
    qtbot.wait(50)
    assert view.result is None
    view.show()
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)
    assert live.wanted[-1] is True
    view.hide()
    assert live.wanted[-1] is False


def test_a_model_from_before_one_looked_is_not_evaluated_while_a_run_goes_on(
    qtbot: QtBot, document: Document, live: StillLive, trained, untrained_model
):
    live.model = live.best_model = untrained_model(0)
    live.running = True
    view = shown(qtbot, document, live)
    qtbot.wait(50)
    assert view.result is None
    live.give(trained)  # as asked for
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)
    assert view.result.model is trained


def test_cells_are_chosen_with_mouse_and_keys_and_fill_the_gallery(qtbot: QtBot, view: EvaluateView, worst):
    actual, predicted = worst
    click(view.table, view.table.matrix.index(actual, predicted))
    assert view.gallery.title.full_text() == f"{DIGITS[actual]} predicted as {DIGITS[predicted]}"
    gallery = view.gallery.gallery.samples
    members = view.result.analysis.members(actual, predicted)
    assert [gallery.data(gallery.index(i), Qt.ItemDataRole.UserRole) for i in range(len(members))] == list(
        members
    )
    view.table.select_cell(0, 0)
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    QTest.keyClick(view.table, Qt.Key.Key_Right)
    current = view.table.currentIndex()
    assert (current.row(), current.column()) == (1, 1)
    assert view.gallery.title.full_text() == "1, correct"
    QTest.keyClick(view.table, Qt.Key.Key_Escape)
    assert not view.table.currentIndex().isValid()
    assert view.gallery.empty.isVisible()


def test_a_low_page_scrolls_no_more_with_nothing_chosen_than_with_a_cell(view: EvaluateView, worst):
    view.resize(1060, 700)
    bar = view.findChild(QScrollArea).verticalScrollBar()
    view.table.select_cell(-1, -1)
    QTest.qWait(0)
    assert bar.maximum() == 0
    view.table.select_cell(*worst)
    QTest.qWait(0)
    assert bar.maximum() == 0


def test_a_frequent_mistake_selects_its_cell_and_its_class(view: EvaluateView, worst):
    click(view.mistakes, view.mistakes.mistakes.index(0))
    current = view.table.currentIndex()
    assert (current.row(), current.column()) == worst
    row = view.per_class.currentIndex().row()
    assert view.per_class.figures.class_at(row) == worst[0]


def test_a_list_without_mistakes_says_so(view: EvaluateView):
    assert view.mistakes.accessibleDescription() == ""
    filled = view.mistakes.grab().toImage()
    view.mistakes.show_mistakes((), view.result.classes)
    assert view.mistakes.accessibleDescription().startswith("None. Every sample")
    said = view.mistakes.grab().toImage()
    colours = {said.pixelColor(x, y).name() for x in range(12, 120) for y in range(4, 20)}
    assert said != filled
    assert len(colours) > 3, "the sentence is painted"


def test_a_class_row_shows_all_its_mistakes(view: EvaluateView, worst):
    row = view.per_class.figures.row_of(worst[0])
    click(view.per_class, view.per_class.figures.index(row, 0))
    analysis = view.result.analysis
    assert view.gallery.title.full_text() == f"{DIGITS[worst[0]]}, all mistakes"
    assert view.gallery.count.text() == str(len(analysis.mistaken(worst[0])))
    assert not view.table.currentIndex().isValid()


def test_the_selection_survives_a_new_evaluation(qtbot: QtBot, view: EvaluateView, live, untrained_model):
    view.table.select_cell(3, 5)
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        live.give(untrained_model(5))
    current = view.table.currentIndex()
    assert (current.row(), current.column()) == (3, 5)
    assert view.gallery.count.text() == str(view.result.analysis.confusion[3, 5])


def test_modes_show_shares_of_rows_and_columns(view: EvaluateView, worst):
    matrix, confusion = view.table.matrix, view.result.analysis.confusion
    share = confusion[worst] / confusion[worst[0]].sum()
    view.mode.setFocus()
    QTest.keyClick(view.mode, Qt.Key.Key_Right)
    assert matrix.mode == "row"
    shown_share = float(matrix.data(matrix.index(*worst)))
    assert shown_share == pytest.approx(100 * share, abs=0.5)
    QTest.keyClick(view.mode, Qt.Key.Key_Right)
    column = confusion[worst] / confusion[:, worst[1]].sum()
    assert float(matrix.data(matrix.index(*worst))) == pytest.approx(100 * column, abs=0.5)
    assert "column" in view.matrix.legend.accessibleDescription()


def test_every_cell_says_what_it_is_to_a_screen_reader(view: EvaluateView, worst):
    matrix = view.table.matrix
    text = matrix.data(matrix.index(*worst), Qt.ItemDataRole.AccessibleTextRole)
    count = view.result.analysis.confusion[worst]
    assert text.startswith(f"{DIGITS[worst[0]]} predicted as {DIGITS[worst[1]]}: {count}")


def test_text_on_cells_is_the_more_legible_of_black_and_white(view: EvaluateView):
    from nnstudio.gui.look.tokens import DARK, LIGHT, contrast, text_on
    from nnstudio.gui.views.shades import hit_colour, mistake_colour

    for tokens in (LIGHT, DARK):
        for share in np.linspace(0, 1, 101):
            for ground in (hit_colour(share, tokens), mistake_colour(share, tokens)):
                assert contrast(text_on(ground), ground) >= 4.5


def test_numbers_in_cells_get_smaller_before_they_are_left_out():
    from PySide6.QtCore import QRect

    from nnstudio.gui.views.evaluate.confusion import _fitting

    def fitted(width: int) -> tuple[str, int] | None:
        found = _fitting("1,117", 600, QRect(0, 0, width, 24))
        return None if found is None else (found[0], found[1].pixelSize())

    assert fitted(60) == ("1,117", 12)
    results = [fitted(width) for width in range(60, 5, -1)]
    known = [result for result in results if result is not None]
    assert known[-1] == ("1117", 9)
    assert {text for text, _ in known} == {"1,117", "1117"}
    assert fitted(6) is None


def test_unequal_supports_have_a_column_and_narrow_tables_give_up_the_bars(qtbot: QtBot, view: EvaluateView):
    from nnstudio.engine.analysis import class_metrics
    from nnstudio.gui.views.evaluate.per_class_model import BAR, SUPPORT

    table, confusion = view.per_class, view.result.analysis.confusion.copy()
    assert not table.isColumnHidden(BAR)
    confusion[0] *= 9
    table.show_metrics(class_metrics(confusion), DIGITS)
    assert not table.isColumnHidden(SUPPORT)
    confusion[:] = 7
    table.show_metrics(class_metrics(confusion), DIGITS)
    assert table.isColumnHidden(SUPPORT)
    table.setFixedWidth(230)
    assert table.isColumnHidden(BAR)
    assert table.horizontalHeader().length() <= table.viewport().width()


def test_the_per_class_table_sorts_and_keeps_the_average_below(view: EvaluateView):
    table, figures = view.per_class, view.per_class.figures
    header = table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(3) + 10, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, pos=at)
    f1 = view.result.analysis.metrics.f1
    order = [figures.class_at(row) for row in range(10)]
    assert [f1[number] for number in order] == sorted(f1)
    assert figures.data(figures.index(10, 0)) in ("Macro average", "Macro avg.")
    QTest.mouseClick(header.viewport(), LEFT, pos=at)
    assert [figures.class_at(row) for row in range(10)] != order
    assert f1[figures.class_at(0)] == max(f1)
    assert figures.data(figures.index(10, 0)) in ("Macro average", "Macro avg.")


def test_a_sorted_table_keeps_its_selected_class(view: EvaluateView):
    table, figures = view.per_class, view.per_class.figures
    table.follow(7)
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert figures.class_at(table.currentIndex().row()) == 7


def test_another_split_is_evaluated_when_chosen(qtbot: QtBot, view: EvaluateView, digits, trained):
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        view.strip.split.setCurrentIndex(2)
    assert view.result.split == "train"
    assert view.result.analysis.samples == len(digits.train)
    assert view.strip.figures.accessibleName() == "Train figures"
    expected = trained.evaluate(digits.train.x, digits.train.labels).accuracy
    assert view.strip.figures.value("accuracy") == f"{100 * expected:.1f}%"


def test_a_missing_validation_part_cannot_be_chosen(qtbot: QtBot, document: Document, trained):
    live = StillLive(trained, prepared_digits(200, 100, validation=False))
    view = shown(qtbot, document, live)
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)
    states = [view.strip.split.model().item(row).isEnabled() for row in range(3)]
    assert states == [True, False, True]
    assert "held back" in view.strip.split.model().item(1).toolTip()


def test_evaluate_now_evaluates_again(qtbot: QtBot, view: EvaluateView):
    before = view.result
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        QTest.mouseClick(view.strip.again, LEFT)
    assert view.result is not before
    assert (view.result.analysis.confusion == before.analysis.confusion).all()


def test_while_training_evaluations_keep_their_distance(
    qtbot: QtBot, view: EvaluateView, live, untrained_model
):
    done: list[object] = []
    view.evaluator.done.connect(done.append)
    live.running = True
    for seed in range(4):
        live.give(untrained_model(seed))
    qtbot.wait(100)
    assert done == []
    live.running = False
    live.run_ended.emit(None)
    qtbot.waitUntil(lambda: len(done) == 1, timeout=5000)
    assert view.result.model is live.model


def test_best_and_latest_are_told_apart(qtbot: QtBot, view: EvaluateView, live, untrained_model):
    live.model = untrained_model(2)
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        view.set_showing("latest")
    assert view.result.model is live.model
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        view.set_showing("best")
    assert view.result.model is live.best_model


def test_an_error_in_the_evaluation_is_told_and_stops_nothing(
    qtbot: QtBot, view: EvaluateView, live, trained, monkeypatch
):
    told: list[str] = []
    view.status.connect(told.append)

    def broken(*_):
        raise MemoryError("no memory left")

    monkeypatch.setattr(trained, "evaluate", broken)
    QTest.mouseClick(view.strip.again, LEFT)
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert "no memory left" in told[0]
    monkeypatch.undo()
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        QTest.mouseClick(view.strip.again, LEFT)


def test_the_chosen_image_is_enlarged_and_opens_in_predict(qtbot: QtBot, view: EvaluateView, worst, digits):
    view.table.select_cell(*worst)
    gallery = view.gallery.gallery
    click(gallery, gallery.samples.index(0))
    assert view.gallery.detail.isVisible()
    names = [bar.name for bar in view.gallery.detail.bars.bars]
    assert names[0] == DIGITS[worst[1]]
    assert f"{DIGITS[worst[0]]} (true)" in names
    with qtbot.waitSignal(view.open_in_predict) as opened:
        view.gallery.detail.open_clicked.emit()
    position = view.result.analysis.members(*worst)[0]
    assert (opened.args[0] == digits.test.x[position]).all()


def test_the_gallery_can_be_turned_round(view: EvaluateView):
    view.table.select_cell(0, 0)
    samples = view.gallery.gallery.samples
    role = Qt.ItemDataRole.UserRole

    def positions() -> list[int]:
        return [samples.data(samples.index(row), role) for row in range(samples.rowCount())]

    surest = positions()
    view.gallery.order.setCurrentIndex(1)
    assert positions() == surest[::-1]
    view.gallery.order.setCurrentIndex(2)
    assert positions() == sorted(surest)


def test_the_evaluation_is_copied_and_saved(view: EvaluateView, tmp_path: Path):
    analysis = view.result.analysis
    view.export_menu.copy_all()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "digits, test samples"
    assert lines[1] == f"Accuracy\t{analysis.accuracy:.6g}"
    view.export_menu.save_all(str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    start = rows.index(["True \\ predicted", *DIGITS]) + 1
    assert [
        [int(cell) for cell in row[1:]] for row in rows[start : start + 10]
    ] == analysis.confusion.tolist()
    told: list[str] = []
    view.status.connect(told.append)
    view.export_menu.save_all(str(tmp_path / "nowhere" / "out.csv"))
    assert "could not be saved" in told[0]


def test_names_that_look_like_formulas_stay_text(view: EvaluateView):
    from nnstudio.gui.views.evaluate.evaluation_text import as_csv

    names = ("=1+1", "-3", *DIGITS[2:])
    text = as_csv(view.result.analysis, names, "t")
    assert "'=1+1" in text
    assert "'-3" not in text


def test_a_real_run_fills_the_page_when_it_ends(qtbot: QtBot, digits, tmp_path: Path):
    train, test = digits.train, digits.test
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=train.x, y_train=train.y, x_test=test.x, y_test=test.y)
    project = image_project()
    data, recipe = project.data.replace(source=str(path)), project.train.replace(epochs=1)
    document = Document(project.replace(data=data, train=recipe))
    live = Live(document, recorder=lambda *_: None)
    view = shown(qtbot, document, live)
    assert view.empty.isVisible()
    with qtbot.waitSignal(live.run_ended, timeout=20000):
        assert live.train()
    best = live.best_model
    qtbot.waitUntil(lambda: view.result is not None and view.result.model is best, timeout=5000)
    assert view.table.isVisible()
    live.reset()
    assert view.empty.isVisible()
    assert live.shutdown()


def test_a_model_from_a_file_is_evaluated_on_data_loaded_for_it(
    qtbot: QtBot, digits, trained, tmp_path: Path
):
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=digits.train.x, y_train=digits.train.y, x_test=digits.test.x, y_test=digits.test.y)
    project = image_project()
    document = Document(project.replace(data=project.data.replace(source=str(path))))
    view = shown(qtbot, document, StillLive(trained, None))
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)
    assert view.result.analysis.samples == len(digits.test)
    first = view.result.prepared
    with qtbot.waitSignal(view.evaluator.done, timeout=5000):
        view.evaluate_now()
    assert view.result.prepared is first


def test_missing_data_are_told_on_the_page(qtbot: QtBot, trained, tmp_path: Path):
    project = image_project()
    data = project.data.replace(source=str(tmp_path / "gone.npz"))
    view = shown(qtbot, Document(project.replace(data=data)), StillLive(trained, None))
    qtbot.waitUntil(lambda: view.empty.accessibleName() == "The evaluation failed", timeout=5000)
    assert "gone.npz" in view.empty.accessibleDescription()
