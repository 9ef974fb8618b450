from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.data.digits import generate
from nnstudio.gui.document import Document
from nnstudio.gui.views.predict import predictor as predictor_module
from nnstudio.gui.views.predict.page import PredictView
from nnstudio.layers.dense import Dense
from nnstudio.layers.flatten import Flatten
from nnstudio.layers.input import Input
from tests.gui.views.conftest import StillLive
from tests.gui.views.predict.test_canvas import draw

ONE = (((210, 80), (210, 340)),)
SEVEN = (((120, 100), (300, 100), (200, 340)),)
FOUR = (((180, 80), (120, 230), (300, 230)), ((260, 80), (250, 350)))
THREE = (
    (
        (130, 110), (170, 75), (230, 75), (270, 110), (265, 160), (230, 190), (190, 200),
        (240, 205), (285, 240), (285, 300), (240, 345), (180, 350), (130, 320),
    ),
)  # fmt: skip


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive) -> PredictView:
    return shown(qtbot, document, live)


def shown(qtbot: QtBot, document: Document, live: StillLive) -> PredictView:
    made = PredictView(document, live)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(1240, 768)
    made.show()
    return made


def drawn(qtbot: QtBot, view: PredictView, strokes: tuple) -> None:
    for stroke in strokes:
        draw(view.canvas, *stroke)
    settled(qtbot, view)


def settled(qtbot: QtBot, view: PredictView) -> None:
    predictor = view.predictor
    qtbot.waitUntil(lambda: not predictor._wanted and predictor._task is None, timeout=5000)


@pytest.mark.parametrize(("strokes", "digit"), [(ONE, "1"), (THREE, "3"), (FOUR, "4"), (SEVEN, "7")])
def test_a_digit_drawn_with_the_mouse_is_recognised(qtbot: QtBot, view: PredictView, strokes, digit: str):
    drawn(qtbot, view, strokes)
    assert view.prediction.state == "prediction"
    assert view.prediction.big.name == digit
    assert view.prediction.bars.bars[0].name == digit


def test_a_small_drawing_in_a_corner_is_read_like_a_large_one(qtbot: QtBot, view: PredictView):
    drawn(qtbot, view, THREE)
    large = view.input.view.sample.astype(float)
    QTest.mouseClick(view.drawing.clear, Qt.MouseButton.LeftButton)
    view.drawing.size_slider.setValue(15)
    small = tuple(tuple((x // 2 + 190, y // 2 + 10) for x, y in stroke) for stroke in THREE)
    drawn(qtbot, view, small)
    assert np.abs(view.input.view.sample - large).mean() < 6
    assert view.prediction.big.name == "3"


def test_without_centring_the_network_sees_the_cells_as_drawn(qtbot: QtBot, view: PredictView):
    QTest.mouseClick(view.drawing.centre, Qt.MouseButton.LeftButton, pos=QPoint(10, 12))
    assert not view.drawing.centre.isChecked()
    drawn(qtbot, view, (((60, 60), (61, 61)),))
    sample = view.input.view.sample[..., 0]
    rows, columns = np.nonzero(sample)
    assert rows.max() <= 5
    assert columns.max() <= 5
    assert "as drawn" in view.input.note.text()


def test_states_before_ink_and_before_training(qtbot: QtBot, document: Document, live: StillLive, trained):
    live.give(None)
    view = shown(qtbot, document, live)
    drawn(qtbot, view, ())
    assert view.prediction.state == "no model"
    with qtbot.waitSignal(view.train_requested):
        QTest.mouseClick(view.prediction.no_model.button, Qt.MouseButton.LeftButton)
    drawn(qtbot, view, THREE)
    assert view.prediction.state == "no model"
    assert view.input.view.sample.any()
    live.give(trained)
    settled(qtbot, view)
    assert view.prediction.big.name == "3"
    QTest.mouseClick(view.drawing.clear, Qt.MouseButton.LeftButton)
    settled(qtbot, view)
    assert view.prediction.state == "no ink"


def test_the_prediction_follows_the_model_while_it_trains(
    qtbot: QtBot, view: PredictView, live: StillLive, untrained_model
):
    drawn(qtbot, view, THREE)
    before = view.prediction.prediction.probabilities
    live.running = True
    live.give(untrained_model(3))
    settled(qtbot, view)
    after = view.prediction.prediction.probabilities
    assert np.abs(before - after).max() > 0.1


def test_a_close_call_is_said_below_25_points(
    qtbot: QtBot, view: PredictView, live: StillLive, untrained_model
):
    drawn(qtbot, view, THREE)
    assert "Close call" not in view.prediction.verdict.text()
    live.give(untrained_model(3))  # knows nothing, so every class is about as probable
    settled(qtbot, view)
    order = view.prediction.prediction.order
    assert view.prediction.verdict.text().startswith(f"Close call: {order[1]} is ")
    assert re.match(
        r"Margin (1 point|(0|[2-9]|1\d) points), entropy [\d.]+ bits", view.prediction.margin.text()
    )


def test_the_bars_show_as_many_classes_as_chosen_and_add_up(qtbot: QtBot, view: PredictView):
    drawn(qtbot, view, FOUR)
    assert len(view.prediction.bars.bars) == 5
    view.prediction.top.setCurrentIndex(2)
    bars = view.prediction.bars.bars
    assert len(bars) == 10
    assert sum(bar.probability for bar in bars) == pytest.approx(1, abs=1e-5)
    assert [bar.probability for bar in bars] == sorted((b.probability for b in bars), reverse=True)


def test_the_prediction_is_the_models_own(qtbot: QtBot, view: PredictView, trained):
    drawn(qtbot, view, FOUR)
    expected = trained.predict(view.input.view.sample[None])[0]
    assert view.prediction.prediction.probabilities == pytest.approx(expected, abs=1e-6)


def test_a_large_network_is_asked_on_a_worker(qtbot: QtBot, view: PredictView, monkeypatch):
    import threading

    threads: list[str] = []
    real = predictor_module.predict

    def spying(*arguments):
        threads.append(threading.current_thread().name)
        return real(*arguments)

    monkeypatch.setattr(predictor_module, "predict", spying)
    drawn(qtbot, view, ONE)
    assert set(threads) == {"MainThread"}
    threads.clear()
    monkeypatch.setattr(predictor_module, "DIRECT_MULTIPLY_ADDS", 1000)
    QTest.mouseClick(view.drawing.clear, Qt.MouseButton.LeftButton)
    drawn(qtbot, view, THREE)
    assert "MainThread" not in threads
    assert view.prediction.big.name == "3"


def test_predictions_are_made_once_a_frame_at_most(qtbot: QtBot, view: PredictView):
    made: list[object] = []
    settled(qtbot, view)
    qtbot.wait(50)
    view.predictor.done.connect(made.append)
    for _ in range(20):
        view.predictor.request()
    assert len(made) == 1
    qtbot.waitUntil(lambda: len(made) == 2)
    qtbot.wait(80)
    assert len(made) == 2


def test_hovering_and_keys_read_the_input(qtbot: QtBot, view: PredictView):
    drawn(qtbot, view, (((210, 80), (210, 340)),))
    grid = view.input.view
    QTest.mouseMove(grid, grid.rect().center())
    assert view.input.readout.full_text().startswith("Row 1")
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Down)
    text = view.input.readout.full_text()
    row, column = (int(part.split()[1]) for part in text.split(":")[0].split(","))
    value = grid.sample[row - 1, column - 1, 0] / 255
    assert text.endswith(f"ink {value:.2f}")


def test_a_network_without_pictures_says_so(qtbot: QtBot, live: StillLive):
    volume = ProjectSpec(network=NetworkSpec(layers=(Input(shape=(9, 9, 7)), Flatten(), Dense(units=2))))
    live.give(None)
    view = shown(qtbot, Document(volume), live)
    assert view._stack.currentWidget() is view.not_drawable
    assert "doesn't look at pictures" in view.not_drawable.accessibleName()
    assert "takes 9×9×7" in view.not_drawable.accessibleDescription()


def save_png(path: Path, image: np.ndarray) -> str:
    data = np.ascontiguousarray(image)
    picture = QImage(
        data.data, data.shape[1], data.shape[0], data.strides[0], QImage.Format.Format_Grayscale8
    )
    assert picture.copy().save(str(path))
    return str(path)


def test_an_opened_photo_is_read_like_a_drawing(qtbot: QtBot, view: PredictView, tmp_path: Path):
    images, labels = generate(1, seed=8)
    photo = 235 - images[0, ..., 0].repeat(9, axis=0).repeat(9, axis=1) * 0.8
    view.intake.open_files([save_png(tmp_path / "photo.jpg", photo.astype(np.uint8))])
    settled(qtbot, view)
    assert view.prediction.big.name == str(labels[0])
    QTest.keyClick(view.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert view.canvas.sheet.blank


def test_a_sample_of_the_networks_size_is_taken_as_it_is(qtbot: QtBot, view: PredictView, tmp_path: Path):
    image = generate(1, seed=8)[0][0]
    view.intake.open_files([save_png(tmp_path / "sample.png", image[..., 0])])
    settled(qtbot, view)
    assert not view.drawing.centre.isChecked()
    assert (view.input.view.sample == image).all()
    view.drawing.centre.setChecked(True)
    view.intake.open_sample(image)
    settled(qtbot, view)
    assert (view.input.view.sample == image).all()


def test_a_pasted_picture_lands_on_the_canvas(qtbot: QtBot, view: PredictView):
    picture = QImage(200, 200, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    for row in range(40, 160):
        for column in range(95, 108):
            picture.setPixelColor(column, row, QColor("navy"))
    QGuiApplication.clipboard().setImage(picture)
    for focused in (view.canvas, view.drawing.open):
        view.canvas.clear()
        focused.setFocus()
        QTest.keyClick(focused, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        settled(qtbot, view)
        assert view.prediction.big.name == "1", "Ctrl+V works wherever the focus is on the page"
    QGuiApplication.clipboard().clear()
    before = view.canvas.sheet.values()
    QTest.mouseClick(view.drawing.paste, Qt.MouseButton.LeftButton)
    assert "no picture on the clipboard" in view.drawing.message.text()
    assert (view.canvas.sheet.values() == before).all()


def test_bad_pictures_are_refused_in_words(qtbot: QtBot, view: PredictView, tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    blank = save_png(tmp_path / "blank.png", np.full((60, 60), 120, np.uint8))
    for path, part in (
        (str(broken), "is no picture that can be read"),
        (blank, "nothing to see"),
        (str(tmp_path / "gone.png"), "can't be read"),
    ):
        view.intake.open_files([path])
        assert part in view.drawing.message.text()
        assert view.drawing.message.property("role") == "error"
        assert view.canvas.sheet.blank


def test_several_dropped_images_are_listed_and_saved(
    qtbot: QtBot, view: PredictView, tmp_path: Path, trained
):
    images, _ = generate(4, seed=9)
    paths = [save_png(tmp_path / f"{i}.png", image[..., 0]) for i, image in enumerate(images)]
    (tmp_path / "bad.png").write_text("no picture")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in (*paths, str(tmp_path / "bad.png"))])
    view.canvas.pasted.emit(data)
    rows = view.results.rows
    qtbot.waitUntil(lambda: rows.rowCount() == 5 and rows.pictures[0].probabilities is not None, timeout=5000)
    expected = trained.predict(images).argmax(axis=1)
    said = [rows.data(rows.index(i, 1)) for i in range(4)]
    assert said == [str(digit) for digit in expected]
    assert "no picture" in rows.data(rows.index(4, 1))
    assert view.results.subtitle() == "5 images, 1 can't be read"
    view.results.table.selectRow(2)
    settled(qtbot, view)
    assert (view.input.view.sample == images[2]).all()
    (tmp_path / "1.png").unlink()
    view.results.table.selectRow(1)
    assert "can't be read" in view.drawing.message.text()
    assert said[1] == rows.data(rows.index(1, 1)), "what was said of it stays"
    view.results.save_csv(str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    assert [row["Prediction"] for row in saved[:4]] == said
    assert sum(float(saved[0][str(digit)]) for digit in range(10)) == pytest.approx(1, abs=1e-4)
    assert saved[4]["Problem"]
    QTest.mouseClick(view.results.remove, Qt.MouseButton.LeftButton)
    assert rows.rowCount() == 0


def test_the_model_is_wanted_only_while_the_page_is_seen(qtbot: QtBot, view: PredictView, live: StillLive):
    assert live.wanted[-1] is True
    view.hide()
    assert live.wanted[-1] is False
