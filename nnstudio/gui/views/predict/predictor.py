"""Predicts what is on the canvas, once a frame of the screen at most, without holding the window up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.engine.drawing import network_input
from nnstudio.engine.model import Model
from nnstudio.engine.standing import StandingModel
from nnstudio.gui.background import Task, run_in_background

FRAME_MS = 16
"""Shortest time between two predictions; with twice as much, a stroke would wait for its bars up to 40 ms."""
CLOSE_CALL = 0.25
"""A lead over the second class below this is called a close call."""
DIRECT_MULTIPLY_ADDS = 40_000_000
"""Networks up to this size are asked directly: on one core that takes 1 ms for Dense 784-512-256-10,
most of it for scaling the drawing, and 2 ms for the four convolutions of ``s5-cnn2``. Larger ones go to
a worker."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is to be predicted.

    Attributes:
        values: The sheet, as ``Sheet.values`` gives it; or the numbers of a sample, ``(features,)``.
        centre: Centre and scale it like MNIST.
        bytes: The network was trained on bytes; otherwise on floats from 0 to 1.
        other: A second network to be asked, or None.
    """

    values: NDArray[np.float32]
    centre: bool
    bytes: bool = True
    other: Model | None = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says.

    Attributes:
        model: The network that was asked.
        sample: What it sees, ``(H, W, C)``, 0 to 255; or numbers, ``(features,)``.
        raw: The same in the type that the model takes.
        scaled: The same after the network's scaling.
        probabilities: One per class.
        classes: Names of the classes.
        seconds: Time for preparing the drawing and asking the network.
        other: What a second network says, or None if none was asked or it knows other classes.
    """

    model: Model
    sample: NDArray[Any]
    raw: NDArray[np.uint8] | NDArray[np.float32]
    scaled: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]
    seconds: float
    other: NDArray[np.float32] | None = None

    @property
    def order(self) -> list[int]:
        """Class numbers, most probable first."""
        return [int(number) for number in np.argsort(-self.probabilities, kind="stable")]

    @property
    def lead(self) -> float:
        """Lead of the first class over the second; 1 where there is only one."""
        order = self.order
        first = float(self.probabilities[order[0]])
        return first - float(self.probabilities[order[1]]) if len(order) > 1 else 1.0

    @property
    def close(self) -> bool:
        """A close call: the lead is below ``CLOSE_CALL``."""
        return self.lead < CLOSE_CALL


def predict(model: Model, drawing: Drawing, standing: StandingModel | None = None) -> Prediction:
    """Asks a model; runs on any thread.

    Args:
        model: The model.
        drawing: What it is asked about.
        standing: Keeps the passes prepared from one question to the next.

    Raises:
        DataError: The model doesn't look at pictures.
    """
    started = time.perf_counter()
    shape = model.network.input_shape
    if len(shape) == 1:
        sample: NDArray[Any] = drawing.values
        raw: NDArray[Any] = sample
    else:
        sample = network_input(drawing.values, shape, centre=drawing.centre)
        raw = raw_sample(sample, drawing.bytes)
    scaled = model.scaling.apply(raw)
    probabilities = (standing or StandingModel()).predict(model, scaled[None])[0]
    seconds = time.perf_counter() - started
    other = _second(drawing.other, model, raw)
    return Prediction(model, sample, raw, scaled, probabilities, model.classes, seconds, other)


def _second(other: Model | None, model: Model, raw: NDArray[Any]) -> NDArray[np.float32] | None:
    if other is None or other.classes != model.classes or other.network.input_shape != raw.shape:
        return None
    answer: NDArray[np.float32] = other.predict(raw[None])[0]
    return answer


def raw_sample(sample: NDArray[np.uint8], as_bytes: bool) -> NDArray[np.uint8] | NDArray[np.float32]:
    """A sample in the type that the network's scaling expects."""
    return sample if as_bytes else sample.astype(np.float32) / np.float32(255)


class Predictor(QObject):
    """Asks for the newest drawing when it is time, and tells what came out.

    Args:
        source: Gives model and drawing, or None when there is nothing to predict.
        parent: Qt parent.

    Signals:
        done(Prediction | None): The newest prediction; None where there is nothing to predict.
        failed(str): It could not be made.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(
        self, source: Callable[[], tuple[Model, Drawing] | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._wanted = False
        self._task: Task | None = None
        self._standing = StandingModel()
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(FRAME_MS)
        self._frame.timeout.connect(self._next)

    def request(self) -> None:
        """Something changed: predict now, or as soon as the last prediction is a frame old."""
        self._wanted = True
        if not self._frame.isActive():
            self._next()

    def warm_up(self, model: Model) -> None:
        """Has what a question needs loaded on a worker, so that the first stroke doesn't wait for it."""
        blank = np.zeros((1, *model.network.input_shape), np.float32)
        run_in_background(lambda: StandingModel().predict(model, blank), parent=self)

    def stop(self) -> None:
        """Nobody looks any more."""
        self._wanted = False
        self._frame.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _next(self) -> None:
        if not self._wanted or self._task is not None:
            return
        self._wanted = False
        found = self._source()
        self._frame.start()
        if found is None:
            self.done.emit(None)
            return
        model, drawing = found
        second = drawing.other.network.report.multiply_adds if drawing.other else 0
        if model.network.report.multiply_adds + second > DIRECT_MULTIPLY_ADDS:
            self._task = run_in_background(
                lambda: predict(model, drawing, self._standing), self._finish, self._fail, self, urgent=True
            )
            return
        try:
            prediction = predict(model, drawing, self._standing)
        except Exception as error:
            self._fail(error)
        else:
            self._finish(prediction)

    def _finish(self, prediction: Prediction) -> None:
        self._task = None
        self.done.emit(prediction)
        self._go_on()

    def _fail(self, error: Exception) -> None:
        self._task = None
        self.failed.emit(str(error))
        self._go_on()

    def _go_on(self) -> None:
        if self._wanted and not self._frame.isActive():
            self._next()
