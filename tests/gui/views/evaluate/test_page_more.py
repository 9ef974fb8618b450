"""What Evaluate shows beyond the matrix: comparison, suspects, curves, saliency, files to take away."""

from __future__ import annotations

import csv
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.engine.analysis import compare, wilson_interval
from nnstudio.engine.model import Model
from nnstudio.experiments.listing import KeptModel, RunPoint
from nnstudio.formats.keras_h5 import save_model
from nnstudio.gui.document import Document
from nnstudio.gui.run.kept_runs import RunMenu
from nnstudio.gui.theme import font
from nnstudio.gui.views.evaluate import evaluation_strip
from nnstudio.gui.views.evaluate.comparison_bar import verdict
from nnstudio.gui.views.evaluate.confusion import ConfusionTable
from nnstudio.gui.views.evaluate.page import EvaluateView
from nnstudio.gui.views.evaluate.per_class_model import CHANGE
from tests.gui.views.conftest import StillLive, image_project
from tests.gui.views.evaluate.test_page import click, shown

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive) -> EvaluateView:
    made = shown(qtbot, document, live)
    qtbot.waitUntil(lambda: made.result is not None, timeout=10_000)
    return made


@pytest.fixture
def kept(trained: Model, tmp_path: Path) -> KeptModel:
    """A worse model: the trained one with noise on its weights, kept as a run."""
    noise = np.random.default_rng(0).normal(0, 0.06, trained.weights.shape).astype(np.float32)
    worse = Model(trained.network, trained.weights + noise, trained.classes, trained.scaling)
    folder = tmp_path / "20260101-120000-noisy"
    folder.mkdir()
    save_model(folder / "best.h5", worse, image_project())
    return KeptModel(RunPoint(folder, "noisy", "best"), image_project(), worse)


@pytest.fixture
def compared(qtbot: QtBot, view: EvaluateView, kept: KeptModel) -> EvaluateView:
    """The page, after the folder of the worse run was chosen in the menu."""
    view.strip.runs.ask_folder(str(kept.point.folder))
    qtbot.waitUntil(lambda: view.result.comparison is not None, timeout=10_000)
    return view


def test_the_accuracy_has_its_interval(view: EvaluateView):
    analysis = view.result.analysis
    low, high = wilson_interval(analysis.samples - analysis.errors, analysis.samples)
    note = view.strip.figures.tooltip_at(view.strip.figures.cells()[0].center())
    assert f"95%: {100 * low:.1f}% to {100 * high:.1f}%" in note


def test_a_kept_run_is_compared_on_the_same_samples(compared: EvaluateView, kept: KeptModel, digits):
    other = kept.model.evaluate(digits.test.x, digits.test.labels)
    result = compared.result
    assert result.other.accuracy == pytest.approx(other.accuracy)
    expected = compare(result.analysis, result.other)
    assert compared.strip.compare.choice == "noisy, best"
    gain = 100 * (result.analysis.accuracy - other.accuracy)
    assert f"▲ {gain:.1f} pts" in compared.strip.figures.accessibleDescription()
    words = compared.matrix.comparison.words.text()
    assert words.startswith("Better than “noisy, best” by ")
    assert f"{gain:.1f} points" in words
    assert compared.matrix.comparison.improved.text() == f"▲ Improved {len(expected.improved)}"
    assert not compared.per_class.isColumnHidden(CHANGE)
    change = compared.per_class.figures.index(3, CHANGE)
    assert float(change.data(Qt.ItemDataRole.UserRole)) == pytest.approx(expected.f1[3])


def test_improved_and_worsened_images_fill_the_gallery(compared: EvaluateView):
    samples = compared.gallery.gallery.samples
    for button, wanted in (
        (compared.matrix.comparison.improved, compared.result.comparison.improved),
        (compared.matrix.comparison.worsened, compared.result.comparison.worsened),
    ):
        if not len(wanted):
            assert not button.isEnabled()
            continue
        QTest.mouseClick(button, LEFT)
        shown_now = [samples.data(samples.index(i), Qt.ItemDataRole.UserRole) for i in range(len(wanted))]
        assert shown_now == wanted.tolist()
        assert samples.rowCount() == len(wanted)
    assert not compared.table.currentIndex().isValid()


def test_the_matrix_shows_what_changed_and_goes_back_without_a_comparison(qtbot, compared: EvaluateView):
    compared.mode.setFocus()
    QTest.keyClick(compared.mode, Qt.Key.Key_End)
    assert compared.mode.value == "change"
    matrix, difference = compared.table.matrix, compared.result.comparison.difference
    place = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    text = str(matrix.data(matrix.index(*map(int, place)))).replace("−", "-")
    assert float(text) == pytest.approx(100 * difference[place], abs=0.5)
    assert "Better" in compared.matrix.legend.accessibleDescription()
    compared.strip.runs.fill()
    with qtbot.waitSignal(compared.evaluator.done, timeout=10_000):
        compared.strip.runs.actions()[0].trigger()
    assert compared.mode.value == "counts"
    assert compared.matrix.comparison.isHidden()
    assert compared.strip.compare.choice == "no run"
    assert compared.per_class.isColumnHidden(CHANGE)


def test_a_run_of_other_classes_is_refused_in_words(qtbot: QtBot, view: EvaluateView, kept: KeptModel):
    other = Model(kept.model.network, kept.model.weights, tuple("abcdefghij"), kept.model.scaling)
    view.evaluator.compare_with(KeptModel(kept.point, kept.project, other))
    qtbot.waitUntil(lambda: bool(view.result.problem), timeout=10_000)
    assert view.matrix.comparison.isVisible()
    assert view.matrix.comparison.words.text() == "noisy, best knows other classes."
    assert view.matrix.comparison.improved.isHidden()


def test_a_folder_without_a_run_is_told(qtbot: QtBot, view: EvaluateView, tmp_path: Path):
    with qtbot.waitSignal(view.status) as told:
        view.strip.runs.ask_folder(str(tmp_path))
    assert "no run with a model" in told.args[0]


def test_the_menu_lists_kept_runs_with_their_moments(qtbot: QtBot, kept: KeptModel, monkeypatch):
    from nnstudio.experiments import listing

    monkeypatch.setattr(listing, "runs_dir", lambda: kept.point.folder.parent)
    menu = RunMenu()
    qtbot.addWidget(menu)
    menu.fill()
    (run,) = [action.menu() for action in menu.actions() if action.menu() is not None]
    assert run.title() == "noisy, 1 Jan 12:00"
    with qtbot.waitSignal(menu.chosen) as chosen:
        run.actions()[0].trigger()
    assert chosen.args[0] == kept.point


def test_a_kept_run_can_be_shown_itself(qtbot: QtBot, view: EvaluateView, kept: KeptModel):
    with qtbot.waitSignal(view.evaluator.done, timeout=10_000):
        view.set_showing(kept)
    assert view.result.model is kept.model


@pytest.mark.parametrize(
    ("first", "second", "start"),
    [
        (30, 5, "Better than “B” by 2.5 points, hardly"),
        (5, 30, "Worse than “B” by 2.5 points"),
        (6, 5, "Within noise: 0.1 points better"),
        (0, 0, "As good as “B”"),
    ],
)
def test_the_paired_test_is_said_in_words(first: int, second: int, start: str):
    from nnstudio.engine.analysis import mcnemar_test

    labels = np.zeros(1000, np.int64)
    one, two = labels.copy(), labels.copy()
    two[:first] = 1
    one[first : first + second] = 1
    assert verdict(mcnemar_test(labels, one, two), "B").startswith(start)


def test_suspects_are_listed_by_loss(qtbot: QtBot, view: EvaluateView):
    suspects = view.result.analysis.suspects
    assert view.matrix.suspects.text() == f"Likely mislabelled {len(suspects)}"
    QTest.mouseClick(view.matrix.suspects, LEFT)
    samples = view.gallery.gallery.samples
    assert samples.rowCount() == len(suspects)
    if len(suspects):
        first = samples.data(samples.index(0), Qt.ItemDataRole.UserRole)
        assert first == suspects[0]
        assert view.result.analysis.losses[first] == view.result.analysis.losses[suspects].max()


def test_the_gallery_is_sorted_by_loss_and_margin(view: EvaluateView):
    view.table.select_cell(1, 1)
    samples, analysis = view.gallery.gallery.samples, view.result.analysis
    for name, values in (("Highest loss", -analysis.losses), ("Smallest margin", analysis.margins)):
        view.gallery.order.setCurrentText(name)
        rows = range(samples.rowCount())
        positions = [samples.data(samples.index(row), Qt.ItemDataRole.UserRole) for row in rows]
        assert (np.diff(values[positions]) >= 0).all()


def test_the_chosen_image_is_explained(qtbot: QtBot, view: EvaluateView, trained: Model):
    mistake = view.result.analysis.mistakes[0]
    view.table.select_cell(mistake.actual, mistake.predicted)
    click(view.gallery.gallery, view.gallery.gallery.samples.index(0))
    detail = view.gallery.detail
    qtbot.waitUntil(lambda: detail.effects is not None, timeout=10_000)
    position = view.result.analysis.members(mistake.actual, mistake.predicted)[0]
    sample = view.result.part.samples(slice(position, position + 1))
    from nnstudio.engine.analysis import explain

    expected = explain(trained, sample, "integrated", mistake.predicted)[0]
    np.testing.assert_allclose(detail.effects, expected, rtol=1e-4, atol=1e-5)


def test_curves_follow_the_selected_class(view: EvaluateView):
    view.table.select_cell(-1, -1)
    view.quality.kind.setFocus()
    QTest.keyClick(view.quality.kind, Qt.Key.Key_Right)
    assert view.quality.finding.full_text().startswith("Mean AUC 0.9")
    view.table.select_cell(4, 4)
    area = view.quality.curves("roc")[4].area
    assert view.quality.finding.full_text().startswith(f"4 {area:.3f}, mean AUC")
    QTest.keyClick(view.quality.kind, Qt.Key.Key_Right)
    area = view.quality.curves("precision")[4].area
    assert view.quality.finding.full_text().startswith(f"4 {area:.3f}, mean average precision")
    assert view.quality.plot.accessibleName() == "Precision/recall curve"


def test_everything_is_saved_in_every_kind(view: EvaluateView, tmp_path: Path):
    things = view.export_menu.things
    assert [one.name for one in things] == [
        "Confusion matrix", "Most frequent mistakes", "Per class", "Calibration", "ROC", "Precision/recall",
    ]  # fmt: skip
    for one in things:
        for kind in ("png", "svg", "csv", "tex"):
            view.export_menu.save(one, kind, str(tmp_path / f"{one.file_name}.{kind}"))
        image = QImage(str(tmp_path / f"{one.file_name}.png"))
        assert min(image.width(), image.height()) > 200
        root = ET.parse(tmp_path / f"{one.file_name}.svg").getroot()
        assert root.find("{http://www.w3.org/2000/svg}title").text.endswith(one.table.title[1:])
        latex = (tmp_path / f"{one.file_name}.tex").read_text()
        assert latex.count("&") == (len(one.table.rows) + 1) * (len(one.table.header) - 1)
        with (tmp_path / f"{one.file_name}.csv").open(newline="") as file:
            assert len(list(csv.reader(file))) == len(one.table.rows) + 1
    with (tmp_path / "confusion.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [[int(cell) for cell in row[1:]] for row in rows] == view.result.analysis.confusion.tolist()


def test_pictures_and_tables_are_copied(view: EvaluateView):
    view.export_menu.fill()
    menus = [action.menu() for action in view.export_menu.actions() if action.menu() is not None]
    per_class = next(menu for menu in menus if menu.title() == "Per class")
    per_class.actions()[1].trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "Class\tPrecision\tRecall\tF1\tSupport"
    assert lines[-1].startswith("Macro average\t")
    per_class.actions()[0].trigger()
    assert not QGuiApplication.clipboard().image().isNull()


def test_a_file_that_cannot_be_written_is_told(qtbot: QtBot, view: EvaluateView, tmp_path: Path):
    for kind in ("png", "svg"):
        with qtbot.waitSignal(view.status) as told:
            view.export_menu.save(view.export_menu.things[0], kind, str(tmp_path / "nowhere" / f"x.{kind}"))
        assert "could not be saved" in told.args[0]


def test_a_long_evaluation_can_be_cancelled(qtbot: QtBot, view: EvaluateView, trained: Model, monkeypatch):
    monkeypatch.setattr(evaluation_strip, "CANCEL_AFTER_MS", 10)
    view.strip._patience.setInterval(10)
    go_on, real, before = threading.Event(), trained.evaluate, view.result

    def slow(*arguments):
        go_on.wait(10)
        return real(*arguments)

    monkeypatch.setattr(trained, "evaluate", slow)
    QTest.mouseClick(view.strip.again, LEFT)
    qtbot.waitUntil(lambda: view.strip.again.accessibleName().startswith("Cancel"), timeout=5000)
    with qtbot.waitSignal(view.status) as told:
        QTest.mouseClick(view.strip.again, LEFT)
    go_on.set()
    assert "cancelled" in told.args[0]
    assert view.result is before
    assert view.strip.again.accessibleName() == "Evaluate now"
    monkeypatch.undo()
    with qtbot.waitSignal(view.evaluator.done, timeout=10_000):
        QTest.mouseClick(view.strip.again, LEFT)


def test_a_hundred_classes_stay_readable(qtbot: QtBot):
    table = ConfusionTable()
    qtbot.addWidget(table)
    table.resize(430, 480)
    table.show()
    confusion = np.random.default_rng(1).integers(0, 30, (100, 100))
    table.matrix.show_matrix(confusion, tuple(f"class {number}" for number in range(100)))
    assert table.verticalHeader().defaultSectionSize() >= 20
    assert table.horizontalScrollBar().maximum() > 0
    table.select_cell(98, 99)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())
    text = table.matrix.data(table.currentIndex(), Qt.ItemDataRole.AccessibleTextRole)
    assert text.startswith(f"class 99 predicted as class 99: {confusion[99, 99]}")


def test_names_are_no_commands_in_files_that_leave():
    from nnstudio.gui.views.evaluate.evaluation_figures import matrix_svg
    from nnstudio.gui.views.tables import Table

    table = Table("50 % & more", ("Class", "Value"), ((r"\input{x}_$", 0.5), ("=1+1", 2)))
    assert r"\textbackslash{}input\{x\}\_\$ & 0.500 \\" in table.latex()
    assert r"\caption{50 \% \& more}" in table.latex()
    assert "'=1+1,2" in table.csv()
    svg = matrix_svg("<script>", np.eye(2, dtype=np.int64), ("<b>", "&"))
    assert "<script>" not in svg
    assert ET.fromstring(svg).find("{http://www.w3.org/2000/svg}title").text == "<script>"


@pytest.fixture
def own_data(qtbot: QtBot, trained: Model, digits, tmp_path: Path) -> EvaluateView:
    """The page on a model from a file, whose data are read for it."""
    path = tmp_path / "digits.npz"
    np.savez(path, x_train=digits.train.x, y_train=digits.train.y, x_test=digits.test.x, y_test=digits.test.y)
    project = image_project()
    document = Document(project.replace(data=project.data.replace(source=str(path))))
    made = shown(qtbot, document, StillLive(trained, None))
    qtbot.waitUntil(lambda: made.result is not None, timeout=10_000)
    return made


def test_a_label_is_corrected_in_the_recipe_and_counts_at_once(qtbot: QtBot, own_data: EvaluateView):
    view, document = own_data, own_data._document
    mistake = view.result.analysis.mistakes[0]
    errors = view.result.analysis.errors
    view.table.select_cell(mistake.actual, mistake.predicted)
    click(view.gallery.gallery, view.gallery.gallery.samples.index(0))
    position = int(view.result.analysis.members(mistake.actual, mistake.predicted)[0])
    detail = view.gallery.detail
    detail.list_labels()
    with qtbot.waitSignal(view.evaluator.done, timeout=10_000):
        detail.labels.actions()[mistake.predicted].trigger()
    (correction,) = document.project.data.corrections
    assert (correction.part, correction.row) == ("test", position)
    assert correction.label == str(mistake.predicted)
    assert view.result.analysis.errors == errors - 1
    with qtbot.waitSignal(view.evaluator.done, timeout=10_000):
        document.undo()
    assert view.result.analysis.errors == errors


def test_an_image_is_left_out_and_the_suspects_follow(qtbot: QtBot, own_data: EvaluateView):
    view, samples = own_data, own_data.gallery.gallery.samples
    suspects = view.result.analysis.suspects
    if not len(suspects):
        pytest.skip("this network suspects no label")
    QTest.mouseClick(view.matrix.suspects, LEFT)
    click(view.gallery.gallery, samples.index(0))
    view.gallery.detail.list_labels()
    with qtbot.waitSignal(view.evaluator.done, timeout=10_000):
        view.gallery.detail.labels.actions()[-1].trigger()
    assert view._document.project.data.corrections[0].label is None
    assert view.result.analysis.samples == 599
    assert samples.rowCount() == len(view.result.analysis.suspects)
    assert view._document.undo_label == "Leave image out"


def test_samples_of_other_data_are_not_corrected(view: EvaluateView):
    mistake = view.result.analysis.mistakes[0]
    view.table.select_cell(mistake.actual, mistake.predicted)
    click(view.gallery.gallery, view.gallery.gallery.samples.index(0))
    view.gallery.set_correctable(False)
    assert view.gallery.detail.label_button.isHidden()


@pytest.mark.parametrize("compared", [False, True])
def test_the_smallest_window_shows_every_class_with_its_whole_name_and_the_average(
    qtbot: QtBot, view: EvaluateView, compared: bool
):
    metrics = view.result.analysis.metrics
    names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Boot",
    )
    view.resize(1072, 560)  # the window is 1280x720
    view.per_class.show_metrics(metrics, names, metrics if compared else None)
    qtbot.wait(50)
    table = view.per_class
    assert table.verticalScrollBar().maximum() == 0
    assert table.isColumnHidden(CHANGE) is not compared
    words = QFontMetrics(font(12, 600))
    shown_names = [table.figures.index(row, 0).data() for row in range(11)]
    assert shown_names[:10] == list(names)
    assert all(words.horizontalAdvance(name) + 16 <= table.columnWidth(0) for name in shown_names)
    assert table.horizontalHeader().length() <= table.viewport().width()
    assert view.quality.diagram.height() >= 120
