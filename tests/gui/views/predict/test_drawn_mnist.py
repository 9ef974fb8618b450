"""MNIST's test digits drawn on the canvas with the mouse are read as well as the images themselves."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import DataSpec, TrainSpec
from nnstudio.data.idx_sets import load_idx_folder
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.engine.model import Model
from nnstudio.engine.trainer import Trainer
from nnstudio.gui.views.predict.canvas import PENS, Canvas
from nnstudio.gui.views.predict.canvas_sheet import SIDE
from nnstudio.gui.views.predict.predictor import Drawing, predict
from tests.gui.views.conftest import image_project
from tests.gui.views.predict.strokes import Handwriting, vectorised
from tests.gui.views.predict.test_canvas import draw
from tests.realdata import real_data_dir

PER_CLASS = 20
_CELL = SIDE / 28


@pytest.fixture(scope="module")
def mnist() -> Prepared:
    dataset = load_idx_folder(real_data_dir() / "mnist")
    return prepare_dataset(dataset, DataSpec(source="mnist", fraction=0.3))


@pytest.fixture(scope="module")
def reader(mnist: Prepared) -> Model:
    """About 96 % right on MNIST's test images, after about three seconds."""
    project = image_project().replace(train=TrainSpec(epochs=5, batch_size=64, learning_rate=0.002))
    trainer = Trainer(project, mnist)
    for _ in trainer.run():
        pass
    return trainer.model


@pytest.fixture(scope="module")
def digits(mnist: Prepared) -> tuple[np.ndarray, np.ndarray, list[Handwriting]]:
    """200 test images, 20 of each digit, their labels and their strokes."""
    labels = mnist.test.labels
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:PER_CLASS] for digit in range(10)])
    images = mnist.test.samples(chosen)
    return images, labels[chosen], [vectorised(image[..., 0]) for image in images]


def drawn(canvas: Canvas, hand: Handwriting, size: float, shift: tuple[float, float]) -> np.ndarray:
    """The sheet after all strokes were drawn with the mouse, ``size`` times as large and moved."""
    canvas.sheet.clear()
    canvas.set_pen(round(max(PENS[0], min(PENS[1], hand.width * _CELL * size))))
    for stroke in hand.strokes:
        points = [
            (
                round(SIDE / 2 + (x * _CELL - SIDE / 2) * size + shift[0]),
                round(SIDE / 2 + (y * _CELL - SIDE / 2) * size + shift[1]),
            )
            for x, y in stroke
        ]
        draw(canvas, *points)
    return canvas.sheet.values()


@pytest.mark.parametrize(
    ("size", "shift"),
    [(1.0, (0, 0)), (0.5, (0, 0)), (1.35, (0, 0)), (0.6, (110, 90)), (0.5, (-130, -120))],
    ids=["as written", "small", "large", "low right", "high left"],
)
def test_drawn_digits_are_read_like_the_images(qtbot: QtBot, reader: Model, digits, size, shift):
    images, labels, hands = digits
    canvas = Canvas()
    qtbot.addWidget(canvas)  # drawn on without being shown: painting the screen would take longest
    said = [
        int(predict(reader, Drawing(drawn(canvas, hand, size, shift), centre=True)).probabilities.argmax())
        for hand in hands
    ]
    on_images = reader.evaluate(images, labels).accuracy
    on_drawings = float(np.mean(np.array(said) == labels))
    assert on_images > 0.9
    assert on_drawings >= on_images - 0.03, f"{on_drawings:.3f} drawn, {on_images:.3f} on the images"
