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
from nnstudio.engine.analysis import FeatureIndex, Method, Neighbour, explain
from nnstudio.engine.model import Model
from nnstudio.engine.threads import one_blas_thread
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.views.predict.layer_maps import LayerMaps, layer_maps
from nnstudio.gui.views.predict.predictor import Prediction
from nnstudio.gui.views.predict.similar_search import SimilarSearch, same_model

REST_MS = 90
"""So long after the last change of the drawing it is looked into, or after the first of other weights."""
LONGEST = 1.0
"""Seconds without a look after which a drawing that goes on changing is looked into all the same."""
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
    similar = index.nearest(raw, NEIGHBOURS) if index is not None and _is_of(index, model) else ()
    return Insight(prediction, saliency, against, layers, similar)


def _is_of(index: FeatureIndex, model: Model) -> bool:
    return index.known > 0 and same_model(index.model, model)


class Insights(QObject):
    """Keeps what is known of the newest prediction up to date.

    Args:
        training: Gives the training samples to look for similar ones in (see ``SimilarSearch``).
        parent: Qt parent.

    Signals:
        found(Insight): News of the newest prediction.
        failed(str): It couldn't be looked into.
    """

    found = Signal(object)
    failed = Signal(str)

    def __init__(self, training: Callable[[], Part | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.search = SimilarSearch(training, self)
        self._wanted = Wanted()
        self._prediction: Prediction | None = None
        self._looked_at = 0.0  # seconds of time.monotonic
        self._task: Task | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._look)
        self.search.changed.connect(lambda: self.show(self._prediction))
        self.search.failed.connect(self.failed)

    @property
    def index(self) -> FeatureIndex | None:
        """What is known of the training samples."""
        return self.search.index

    @property
    def busy(self) -> bool:
        """Something is still being found out."""
        return self._rest.isActive() or self._task is not None or self.search.searching

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
            self.search.hand_moves()
        if prediction is None:
            self._rest.stop()
        elif not self._rest.isActive() or (drawn and now - self._looked_at < LONGEST):
            self._rest.start()

    def stop(self) -> None:
        """Nobody looks any more."""
        self._rest.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.search.pause()

    def _look(self) -> None:
        prediction, wanted = self._prediction, self._wanted
        if prediction is None or self._task is not None:
            return
        self._looked_at = time.monotonic()
        self.search.look_in(prediction.model)
        index = self.search.index
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
