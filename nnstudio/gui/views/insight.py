"""Looks behind the newest prediction in the background: saliency, activations, similar training samples.

The bars never wait for it: it begins when the pen rests for a moment, or once a second where it doesn't, and
what comes out of a drawing that has changed meanwhile is dropped. While the network trains it follows the
newest weights as fast as it can.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import FeatureIndex, Method, Neighbour, explain, feature_index
from nnstudio.engine.model import Model
from nnstudio.engine.threads import one_blas_thread
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Report, Task, run_in_background
from nnstudio.gui.views.layer_maps import LayerMaps, layer_maps
from nnstudio.gui.views.predictor import Prediction

REST_MS = 90
"""So long after the last change of the drawing it is looked into, or after the first of other weights."""
LONGEST = 1.0
"""Seconds without a look after which a drawing that goes on changing is looked into all the same."""
PATIENCE = 0.4
"""Seconds without a change after which the training samples are gone through."""
NEIGHBOURS = 7


@dataclass(frozen=True, eq=False)
class Wanted:
    """What somebody looks at.

    Attributes:
        method: Way of explaining, or None.
        layers: The activations of the layers.
    """

    method: Method | None = None
    layers: bool = False


@dataclass(frozen=True, eq=False)
class Insight:
    """What was found behind a prediction.

    Attributes:
        prediction: The prediction.
        saliency: What speaks for the first class (above 0) and against it, ``(H, W)`` or
            ``(features,)``; or None.
        against: Class that the first one is compared with in a close call, or None.
        layers: Outputs of the layers; empty if nobody wanted them.
        similar: The most similar training samples; empty until they are known.
    """

    prediction: Prediction
    saliency: NDArray[np.float32] | None
    against: int | None
    layers: tuple[LayerMaps, ...]
    similar: tuple[Neighbour, ...]


def look_into(prediction: Prediction, wanted: Wanted, index: FeatureIndex | None) -> Insight:
    """Looks behind a prediction; runs on any thread."""
    with one_blas_thread():  # two threads that multiply on all cores would wait for each other
        return _look_into(prediction, wanted, index)


def _look_into(prediction: Prediction, wanted: Wanted, index: FeatureIndex | None) -> Insight:
    first, *others = prediction.order
    against = others[0] if others and prediction.close else None
    model, raw = prediction.model, prediction.raw
    saliency = explain(model, raw[None], wanted.method, first, against)[0] if wanted.method else None
    layers = layer_maps(model, raw) if wanted.layers else ()
    similar = index.nearest(raw, NEIGHBOURS) if index is not None and index.model is model else ()
    return Insight(prediction, saliency, against, layers, similar)


class Insights(QObject):
    """Keeps what is known of the newest prediction up to date.

    Args:
        training: Gives the training samples to look for similar ones in, or None while there are none or
            a run goes on, whose every new state would need all their features anew.
        parent: Qt parent.

    Signals:
        found(Insight): News of the newest prediction.
        failed(str): It couldn't be looked into.
    """

    found = Signal(object)
    failed = Signal(str)

    def __init__(self, training: Callable[[], Part | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._wanted = Wanted()
        self._prediction: Prediction | None = None
        self._changed_at = self._looked_at = 0.0  # seconds of time.monotonic
        self._index: FeatureIndex | None = None
        self._indexed: tuple[Model, Part] | None = None
        self._indexing: Task | None = None
        self._task: Task | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)

    @property
    def index(self) -> FeatureIndex | None:
        """The features of the training samples, once they are known."""
        return self._index

    @property
    def busy(self) -> bool:
        """Something is still being found out."""
        return self._rest.isActive() or self._task is not None or self._indexing is not None

    def want(self, wanted: Wanted) -> None:
        """Looks at other things from now on."""
        self._wanted = wanted
        self.show(self._prediction)

    def show(self, prediction: Prediction | None) -> None:
        """Another prediction is on show, or none."""
        before, self._prediction = self._prediction, prediction
        now = time.monotonic()
        drawn = prediction is None or before is None or not np.array_equal(prediction.raw, before.raw)
        if drawn:
            self._changed_at = now
        if prediction is None:
            self._rest.stop()
        elif not self._rest.isActive() or (drawn and now - self._looked_at < LONGEST):
            self._rest.start()

    def stop(self) -> None:
        """Nobody looks any more."""
        self._rest.stop()
        for task in (self._task, self._indexing):
            if task is not None:
                task.cancel()
        self._task, self._indexing, self._indexed = None, None, None

    def _look(self) -> None:
        prediction, wanted = self._prediction, self._wanted
        if prediction is None or self._task is not None:
            return
        self._looked_at = time.monotonic()
        self._prepare_index(prediction.model)
        index = self._index
        self._task = run_in_background(
            lambda: look_into(prediction, wanted, index), self._done, self._failed, self
        )

    def _done(self, insight: Insight) -> None:
        self._task = None
        now = self._prediction
        if now is None:
            return
        if np.array_equal(insight.prediction.raw, now.raw):
            self.found.emit(insight)
        if insight.prediction is not now:
            self.show(now)

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.failed.emit(error.what if isinstance(error, NNStudioError) else str(error))

    def _prepare_index(self, model: Model) -> None:
        part = self._training()
        known = self._indexed is not None and self._indexed[0] is model and self._indexed[1] is part
        if part is None or known or part.shape != model.network.input_shape:
            return
        if self._indexing is not None:
            self._indexing.cancel()
        self._indexed, self._index = (model, part), None
        self._indexing = run_in_background(
            lambda report: feature_index(model, part, self._patient(report)),
            self._index_ready,
            self._index_failed,
            self,
            on_progress=lambda *_: None,
        )

    def _patient(self, report: Report) -> Report:
        """Lets the work that reports wait while somebody draws: two busy threads share one interpreter."""

        def wait(message: str, share: float | None) -> None:
            report(message, share)
            while time.monotonic() - self._changed_at < PATIENCE:
                time.sleep(PATIENCE / 10)
                report(message, share)

        return wait

    def _index_ready(self, index: FeatureIndex) -> None:
        self._indexing, self._index = None, index
        self.show(self._prediction)

    def _index_failed(self, error: Exception) -> None:
        self._indexing = None
        self.failed.emit(error.what if isinstance(error, NNStudioError) else str(error))
