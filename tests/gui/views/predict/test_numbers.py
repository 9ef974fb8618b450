"""Predict for data without images: a form with one field per feature, or a point of the plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.analysis import explain
from nnstudio.engine.analysis.plane import REACH
from nnstudio.engine.model import Model
from nnstudio.engine.trainer import Trainer
from nnstudio.gui.document import Document
from nnstudio.gui.views.predict.page import PredictView
from nnstudio.layers import Dense, Input
from tests.gui.acting import retype
from tests.gui.views.conftest import StillLive
from tests.gui.views.predict.test_page import settled, shown

NAMES = ("height", "weight", "age")


def trained_on(data: DataSpec, inputs: int) -> tuple[ProjectSpec, Model, Prepared]:
    layers = (Input(shape=(inputs,)), Dense(units=8, activation="tanh"), Dense(units=2, activation="softmax"))
    project = ProjectSpec(
        network=NetworkSpec(layers=layers), data=data, train=TrainSpec(epochs=30, learning_rate=0.02)
    )
    trainer = Trainer(project, prepare(data))
    for _ in trainer.run():
        pass
    return project, trainer.model, trainer.data


@pytest.fixture
def table(tmp_path: Path) -> DataSpec:
    """A class that depends on height and age: tall or old."""
    random = np.random.default_rng(0)
    x = random.normal((170, 70, 40), (10, 8, 15), (400, 3))
    y = np.where((x[:, 0] - 170) / 10 + (x[:, 2] - 40) / 15 > 0, "yes", "no")
    rows = (f"{a:.1f},{b:.1f},{c:.1f},{k}" for (a, b, c), k in zip(x, y, strict=True))
    lines = [",".join([*NAMES, "label"]), *rows]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines))
    return DataSpec(source=str(path), scaling="per_channel")


@pytest.fixture
def form(qtbot: QtBot, table: DataSpec) -> PredictView:
    project, model, prepared = trained_on(table, 3)
    view = shown(qtbot, Document(project), StillLive(model, prepared))
    qtbot.waitUntil(
        lambda: [spin.accessibleName() for spin in view.numbers.spins] == list(NAMES), timeout=9000
    )
    settled(qtbot, view)
    return view


def test_a_table_gets_a_field_per_column_with_usual_values(form: PredictView):
    prepared = form._live.prepared
    medians = np.median(prepared.train.samples(slice(None)), axis=0)
    assert [spin.value() for spin in form.numbers.spins] == pytest.approx(medians.tolist(), rel=1e-6)
    assert form.drawing.isHidden()
    assert form.numbers.pad.isHidden()
    assert form.prediction.state == "prediction"
    assert form.prediction.similar.isHidden()


def test_typed_numbers_are_predicted_as_the_model_says(qtbot: QtBot, form: PredictView):
    retype(form.numbers.spins[0], "200", enter=True)
    retype(form.numbers.spins[2], "80", enter=True)
    settled(qtbot, form)
    assert form.prediction.big.name == "yes"
    values = np.array([[200, form.numbers.spins[1].value(), 80]], np.float32)
    np.testing.assert_allclose(
        form.prediction.prediction.probabilities, form.model.predict(values)[0], rtol=1e-5
    )
    retype(form.numbers.spins[0], "140", enter=True)
    retype(form.numbers.spins[2], "5", enter=True)
    settled(qtbot, form)
    assert form.prediction.big.name == "no"


def test_each_field_says_what_its_value_adds(qtbot: QtBot, form: PredictView):
    retype(form.numbers.spins[0], "210", enter=True)
    settled(qtbot, form)
    qtbot.waitUntil(lambda: not form.insights.busy, timeout=9000)
    first = form.prediction.prediction.order[0]
    second = form.prediction.prediction.order[1] if form.prediction.prediction.close else None
    expected = explain(form.model, form.numbers.values[None], "integrated", first, second)[0]
    said = [float(label.text().replace("−", "-")) for label in form.numbers.effects]
    assert said == pytest.approx(expected.tolist(), abs=0.006)
    assert [one.title for one in form.activations._layers] == ["Dense, Tanh", "Dense, Softmax"]


def test_a_test_sample_fills_the_form(qtbot: QtBot, form: PredictView):
    QTest.mouseClick(form.numbers.draw_one, Qt.MouseButton.LeftButton)
    values = form.numbers.values
    samples = form._live.prepared.test.samples(slice(None))
    assert np.abs(samples - values).max(axis=1).min() == pytest.approx(0, abs=1e-3)
    QTest.mouseClick(form.numbers.usual, Qt.MouseButton.LeftButton)
    assert not np.allclose(form.numbers.values, values)


def test_before_training_the_form_waits(qtbot: QtBot, table: DataSpec):
    layers = (Input(shape=(3,)), Dense(units=2, activation="softmax"))
    project = ProjectSpec(network=NetworkSpec(layers=layers), data=table)
    view = shown(qtbot, Document(project), StillLive(None, None))
    settled(qtbot, view)
    assert [spin.accessibleName() for spin in view.numbers.spins] == ["Feature 1", "Feature 2", "Feature 3"]
    assert view.prediction.state == "no model"


@pytest.fixture
def plane(qtbot: QtBot) -> PredictView:
    project, model, prepared = trained_on(DataSpec(source="moons", validation=0), 2)
    view = shown(qtbot, Document(project), StillLive(model, prepared))
    qtbot.waitUntil(lambda: view.numbers.pad.look is not None, timeout=9000)
    settled(qtbot, view)
    return view


def test_a_point_of_the_plane_is_clicked_dragged_and_moved_by_keys(qtbot: QtBot, plane: PredictView):
    pad, spins = plane.numbers.pad, plane.numbers.spins
    assert [spin.accessibleName() for spin in spins] == ["x", "y"]
    QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(pad.width() // 4, pad.height() // 4))
    settled(qtbot, plane)
    assert [spin.value() for spin in spins] == pytest.approx([-REACH / 2, REACH / 2], abs=0.05)
    point = np.array([[spin.value() for spin in spins]], np.float32)
    expected = plane.model.predict(point)[0]
    np.testing.assert_allclose(plane.prediction.prediction.probabilities, expected, rtol=1e-4)
    pad.setFocus()
    before = spins[0].value()
    QTest.keyClick(pad, Qt.Key.Key_Right)
    assert spins[0].value() == pytest.approx(before + REACH / 25, abs=2e-3)
    retype(spins[1], "0.5", enter=True)
    settled(qtbot, plane)
    assert plane.prediction.prediction.raw[1] == pytest.approx(0.5)


def test_hovering_does_not_move_the_point(qtbot: QtBot, plane: PredictView):
    pad = plane.numbers.pad
    before = plane.numbers.values
    QTest.mouseMove(pad, QPoint(5, 5))
    assert (plane.numbers.values == before).all()
