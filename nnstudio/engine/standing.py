"""Answers about single samples from ever newer weights of one network, with nothing made anew."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.model import Model


class StandingModel:
    """Asks one model after another; those of a run share their network, and so the prepared passes.

    A run gives out a model of its own with every copy of its weights. Preparing the passes of each takes
    several times as long as one sample does, so one set of passes is kept, and the newest weights are copied
    into the vector that it reads.
    """

    def __init__(self) -> None:
        self._own: Model | None = None
        self._asked: Model | None = None  # whose weights the own model has
        self._lock = threading.Lock()

    def predict(self, model: Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class probabilities of scaled samples ``(N, *input_shape)``, as ``model.predict`` gives them.

        Raises:
            DataError: The samples have another shape than the network's input.
        """
        with self._lock:
            own = self._own
            if own is None or own.network is not model.network:
                own = Model(model.network, model.weights.copy(), model.classes, model.scaling)
                self._own = own
            elif self._asked is not model:
                np.copyto(own.weights, model.weights)
            self._asked = model
            return own.predict(x, scaled=True)
