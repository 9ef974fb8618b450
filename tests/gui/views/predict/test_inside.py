"""What Predict shows behind a prediction: saliency, activations, similar training images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.engine.analysis import explain, filter_images, layer_passes
from nnstudio.engine.model import Model
from nnstudio.formats.keras_h5 import save_model
from nnstudio.gui.document import Document
from nnstudio.gui.views.map_colours import diverging, overlaid, sequential
from nnstudio.gui.views.predict.insight import NEIGHBOURS
from nnstudio.gui.views.predict.page import PredictView
from tests.gui.acting import pick
from tests.gui.views.conftest import StillLive, image_project
from tests.gui.views.evaluate.test_page import shown as evaluate_shown
from tests.gui.views.predict.test_page import ONE, THREE, drawn, shown

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive) -> PredictView:
    made = shown(qtbot, document, live)
    drawn(qtbot, made, THREE)
    known(qtbot, made)
    return made


def known(qtbot: QtBot, view: PredictView) -> None:
    """Waits until everything about the drawing is found out."""
    qtbot.waitUntil(lambda: not view.insights.busy, timeout=20_000)


def test_saliency_explains_the_predicted_class_by_the_chosen_method(
    qtbot: QtBot, view: PredictView, trained: Model
):
    assert view.input.view.effects is None
    view.input.show_what.setFocus()
    QTest.keyClick(view.input.show_what, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: view.input.view.effects is not None, timeout=20_000)
    sample = view.input.view.sample
    assert (view.input.view.effects == explain(trained, sample[None], "integrated", 3)[0]).all()
    assert view.input.legend.accessibleDescription() == "Blue pushes toward others, orange toward 3"
    view.input.methods.setCurrentIndex(2)
    known(qtbot, view)
    np.testing.assert_array_equal(view.input.view.effects, explain(trained, sample[None], "gradient", 3)[0])
    assert "effect" in view.input.view.text_at(10, 10)


def test_strength_changes_the_colours_only(qtbot: QtBot, view: PredictView):
    view.input.show_what.set_value("saliency")
    known(qtbot, view)
    effects = view.input.view.effects
    strong = view.input.view.grab().toImage()
    view.input.strength.setFocus()
    QTest.keyClick(view.input.strength, Qt.Key.Key_Home)
    assert view.input.view.effects is effects
    assert view.input.view.grab().toImage() != strong


def test_a_close_call_is_explained_against_the_second_class(
    qtbot: QtBot, view: PredictView, live: StillLive, untrained_model
):
    view.input.show_what.set_value("saliency")
    model = untrained_model(3)
    live.give(model)
    known(qtbot, view)
    first, second = view.prediction.prediction.order[:2]
    assert view.input.legend.accessibleDescription() == f"Blue pushes toward {second}, orange toward {first}"
    expected = explain(model, view.input.view.sample[None], "integrated", first, second)[0]
    np.testing.assert_array_equal(view.input.view.effects, expected)


def test_methods_that_a_network_does_not_allow_cannot_be_chosen(view: PredictView):
    items = view.input.methods.model()
    assert view.input.methods.itemText(3) == "Grad-CAM"
    assert [items.item(row).isEnabled() for row in range(4)] == [True, True, True, False]


def test_another_drawing_drops_the_old_saliency(qtbot: QtBot, view: PredictView):
    view.input.show_what.set_value("saliency")
    known(qtbot, view)
    QTest.mouseClick(view.drawing.clear, LEFT)
    drawn(qtbot, view, ())
    assert view.input.view.effects is None
    assert view.activations.strip.places == ()


def test_similar_training_images_are_the_nearest_in_the_last_hidden_layer(
    qtbot: QtBot, view: PredictView, digits
):
    found = view.prediction.similar.shown
    assert len(found) == NEIGHBOURS
    index = view.insights.index
    assert index.part is digits.train
    assert found == index.nearest(view.input.view.sample, NEIGHBOURS)
    assert [one.label for one in found].count(3) >= 5
    assert view.prediction.search.features.full_text().startswith("features of dense, 96")


def test_similar_images_wait_while_a_run_goes_on(qtbot: QtBot, document: Document, live: StillLive):
    live.running = True
    view = shown(qtbot, document, live)
    drawn(qtbot, view, ONE)
    known(qtbot, view)
    assert view.prediction.similar.shown == ()
    assert "pauses or ends" in view.prediction.similar.accessibleDescription()
    live.running = False
    view._adapt()
    known(qtbot, view)
    qtbot.waitUntil(lambda: len(view.prediction.similar.shown) == NEIGHBOURS, timeout=20_000)


def test_every_layer_is_shown_with_its_own_numbers(qtbot: QtBot, view: PredictView, trained: Model):
    layers = view.activations._layers
    assert [one.title for one in layers] == ["Dense, ReLU", "Dense"]
    passes = layer_passes(trained, view.input.view.sample[None])
    np.testing.assert_array_equal(layers[0].maps, passes["dense"].y[0])
    assert layers[1].classes == trained.classes
    assert {place.layer for place in view.activations.strip.places} == {0, 1}


def test_a_click_enlarges_a_unit_beside_its_filter_and_keys_walk_on(
    qtbot: QtBot, view: PredictView, trained: Model
):
    strip, detail = view.activations.strip, view.activations.detail
    place = next(place for place in strip.places if (place.layer, place.channel) == (0, 5))
    QTest.mouseClick(strip, LEFT, pos=place.area.center())
    assert view.activations.enlarged == (0, 5)
    assert detail.isVisible()
    kernel = filter_images(trained.network, trained.weights, "dense")[5]
    assert detail.filter_text.text().startswith("Filter 28×28×1, from ")
    assert f"to {kernel.max():.3g}"[:6] in detail.filter_text.text()
    QTest.keyClick(detail, Qt.Key.Key_Right)
    assert detail.title.text() == "Dense, ReLU, unit 7 of 96"
    QTest.keyClick(detail, Qt.Key.Key_Escape)
    assert view.activations.enlarged is None
    assert strip.hasFocus()
    QTest.keyClick(strip, Qt.Key.Key_Right)
    assert "unit 7" in strip.accessibleDescription()
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert view.activations.enlarged == (0, 6)


def test_an_enlarged_unit_follows_the_drawing(qtbot: QtBot, view: PredictView):
    view.activations.strip.chosen.emit(0, 5)
    before = view.activations.detail.text.text()
    view.canvas.clear()
    drawn(qtbot, view, ONE)
    known(qtbot, view)
    assert view.activations.enlarged is None  # a bare sheet showed nothing to enlarge
    view.activations.strip.chosen.emit(0, 5)
    assert view.activations.detail.text.text() != before


def test_colours_keep_their_meaning():
    from nnstudio.gui.look.tokens import DARK, LIGHT, channels

    for tokens in (LIGHT, DARK):
        ends = diverging(np.array([[-1, 0, 1]], np.float32), tokens)[0]
        assert [tuple(map(int, colour)) for colour in ends] == [channels(one) for one in tokens.diverging]
        scale = sequential(np.array([[0, 1, np.nan]], np.float32), tokens)[0]
        assert [tuple(map(int, colour)) for colour in scale[:2]] == [channels(c) for c in tokens.sequential]
        assert (scale[2] == scale[0]).all()
        picture = np.full((1, 1, 3), 77, np.uint8)
        assert (overlaid(picture, np.ones((1, 1), np.float32), 0, tokens) == picture).all()


def test_drawings_are_collected_in_a_test_set_and_evaluated(
    qtbot: QtBot, view: PredictView, document: Document, live: StillLive, trained: Model
):
    bar, told = view.prediction.own_tests, []
    view.status.connect(told.append)
    assert bar.label.currentText() == "3"
    QTest.mouseClick(bar.save, LEFT)
    assert bar.count.text() == "1 saved"
    assert told[-1] == "Saved as 3 to your test set, 1 in it now"
    view.canvas.clear()
    drawn(qtbot, view, ONE)
    pick(bar.label, "7")
    drawn(qtbot, view, (((100, 60), (110, 60)),))
    assert bar.label.currentText() == "7", "a label chosen by hand stays"
    QTest.mouseClick(bar.save, LEFT)
    page = evaluate_shown(qtbot, document, live)
    qtbot.waitUntil(lambda: page.result is not None, timeout=10_000)
    assert page.strip.split.model().item(3).isEnabled()
    with qtbot.waitSignal(page.evaluator.done, timeout=10_000):
        page.strip.split.setCurrentIndex(3)
    assert page.result.split == "own"
    assert page.result.analysis.labels.tolist() == [3, 7]
    assert page.strip.figures.value("accuracy") == "50.0%"
    QTest.mouseClick(bar.undo, LEFT)
    assert bar.count.text() == "1 saved"


def test_a_second_run_is_asked_the_same(qtbot: QtBot, view: PredictView, trained: Model, tmp_path: Path):
    noise = np.random.default_rng(0).normal(0, 0.05, trained.weights.shape).astype(np.float32)
    other = Model(trained.network, trained.weights + noise, trained.classes, trained.scaling)
    folder = tmp_path / "20260101-120000-noisy"
    folder.mkdir()
    save_model(folder / "last.h5", other, image_project())
    second = view.prediction.second
    second.menu.ask_folder(str(folder))
    qtbot.waitUntil(lambda: view.prediction.prediction.other is not None, timeout=10_000)
    expected = other.predict(view.input.view.sample[None])[0]
    np.testing.assert_allclose(view.prediction.prediction.other, expected, rtol=1e-5)
    assert second.chooser.choice == "noisy, last"
    digit = str(expected.argmax())
    assert second.answer.full_text().startswith(f"It {'agrees' if digit == '3' else 'says'}: {digit}, ")
    assert view.prediction.bars.bars[0].other == pytest.approx(float(expected[3]), rel=1e-5)
    second.menu.fill()
    second.menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: view.prediction.prediction.other is None, timeout=10_000)
    assert second.answer.full_text() == ""
