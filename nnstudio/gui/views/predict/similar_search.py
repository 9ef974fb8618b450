"""Goes through the training samples in the background, so that similar ones can be told at any time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis import FeatureIndex
from nnstudio.engine.model import Model
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import Report, Task, run_in_background

PATIENCE = 0.4
"""Seconds without a stroke after which the search goes on."""
NEWS_SECONDS = 1.0
"""Least time between two tellings of how far it is."""
KEPT = 2
"""Searches that are kept: going back to other weights, or to the page, goes on where it was."""


class SimilarSearch(QObject):
    """One search per state of the weights.

    Args:
        training: Gives the training samples, or None while there are none or a run goes on, whose every
            new state would need all their features anew.
        parent: Qt parent.

    Signals:
        changed: More is known, or the search began, ended or was stopped.
        failed(str): It couldn't be done.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, training: Callable[[], Part | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._searches: list[FeatureIndex] = []  # the newest last
        self._stopped: FeatureIndex | None = None  # by hand
        self._task: Task | None = None
        self._told_at = self._drawn_at = 0.0  # seconds of time.monotonic

    @property
    def index(self) -> FeatureIndex | None:
        """What is known of the samples; None before the first search."""
        return self._searches[-1] if self._searches else None

    @property
    def searching(self) -> bool:
        """A search is under way."""
        return self._task is not None

    @property
    def can_go_on(self) -> bool:
        """A search was stopped by hand before its end."""
        return self.index is not None and self.index is self._stopped and not self.index.complete

    def hand_moves(self) -> None:
        """Somebody draws: two busy threads share one interpreter, so the search waits."""
        self._drawn_at = time.monotonic()

    def look_in(self, model: Model) -> None:
        """Searches for what is similar to this model from now on."""
        part = self._training()
        if part is None or part.shape != model.network.input_shape:
            return
        index = next(
            (one for one in self._searches if one.part is part and same_model(one.model, model)), None
        )
        if index is None:
            index = FeatureIndex(model, part)
        elif index is self.index:
            self._begin()
            return
        self.pause()
        self._searches = [*(one for one in self._searches if one is not index), index][-KEPT:]
        self._begin()

    def toggle(self) -> None:
        """Stops the search by hand, or goes on with it."""
        if self._task is not None:
            self.pause()
            self._stopped = self.index
        else:
            self._stopped = None
            self._begin()
        self.changed.emit()

    def pause(self) -> None:
        """Stops the search; ``look_in`` goes on with it."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _begin(self) -> None:
        index = self.index
        if index is None or index.complete or index is self._stopped or self._task is not None:
            return
        self._task = run_in_background(
            lambda report: index.fill(self._patient(report)),
            lambda _: self._end(),
            self._fail,
            self,
            on_progress=lambda *_: self._tell(),
        )

    def _patient(self, report: Report) -> Report:
        def wait(message: str, share: float | None) -> None:
            report(message, share)
            while time.monotonic() - self._drawn_at < PATIENCE:
                time.sleep(PATIENCE / 10)
                report(message, share)

        return wait

    def _tell(self) -> None:
        if time.monotonic() - self._told_at >= NEWS_SECONDS:
            self._told_at = time.monotonic()
            self.changed.emit()

    def _end(self) -> None:
        self._task = None
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._task, self._stopped = None, self.index
        self.failed.emit(error.what if isinstance(error, NNStudioError) else str(error))


def same_model(one: Model, other: Model) -> bool:
    """Both have the same network and weights."""
    return one is other or (one.network is other.network and np.array_equal(one.weights, other.weights))
