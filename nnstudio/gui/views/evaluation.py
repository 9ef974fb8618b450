"""Evaluates the run's model in the background, as often as is useful and never more than one at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.spec import DataSpec
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.analysis import Analysis, analyse
from nnstudio.engine.model import Model
from nnstudio.errors import DataError
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.prepared_cache import PreparedCache

Split = Literal["test", "validation", "train"]
Showing = Literal["best", "latest"]

WHILE_TRAINING_MS = 3000
"""Least time between two evaluations of a network that is still training."""


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A finished evaluation.

    Attributes:
        analysis: What came out.
        part: The samples it was made on.
        split: Which part of the data they are.
        classes: Names of the classes.
        model: The model.
        prepared: The data that the samples are part of.
        seconds: Time it took.
    """

    analysis: Analysis
    part: Part
    split: Split
    classes: tuple[str, ...]
    model: Model
    prepared: Prepared
    seconds: float


class Evaluator(QObject):
    """Keeps ``result`` up to date while it is ``active``.

    Signals:
        started: An evaluation began.
        done(Evaluated): It has ended; ``result`` is new.
        failed(str): It has ended with an error.
        cleared: There is no model any more.
    """

    started = Signal()
    done = Signal(object)
    failed = Signal(str)
    cleared = Signal()

    def __init__(self, document: Document, live: Live, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._kept = PreparedCache()  # for a model from a file, whose data nobody has loaded yet
        self._split: Split = "test"
        self._showing: Showing = "best"
        self._active = False
        self._stale = False  # a run goes on and its model has not been renewed since somebody looks
        self._task: Task | None = None
        self._asked: tuple[Model, Split] | None = None
        self.result: Evaluated | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(WHILE_TRAINING_MS)
        self._again.timeout.connect(self.refresh)
        live.model_changed.connect(self._model_changed)
        live.run_ended.connect(self._run_ended)

    @property
    def model(self) -> Model | None:
        """The model to evaluate."""
        best = self._live.best_model if self._showing == "best" else None
        return best or self._live.model

    @property
    def split(self) -> Split:
        """Part of the data it is evaluated on."""
        return self._split

    @property
    def busy(self) -> bool:
        """An evaluation is under way."""
        return self._task is not None

    def set_split(self, split: Split) -> None:
        """Evaluates on another part from now on."""
        self._split = split
        self.refresh()

    def set_showing(self, showing: Showing) -> None:
        """Evaluates the model of the best epoch, or the newest."""
        self._showing = showing
        self.refresh()

    def set_active(self, active: bool) -> None:
        """Somebody looks, or nobody does any more; then nothing is evaluated."""
        self._active = active
        self._live.set_model_wanted(active, self)
        self._stale = active and self._live.running and not self._live.paused
        if active:
            self.refresh()
        else:
            self._again.stop()

    def refresh(self) -> None:
        """Evaluates if there is anything new to evaluate."""
        self._evaluate(again=False)

    def evaluate_now(self) -> None:
        """Evaluates even if nothing is new."""
        self._evaluate(again=True)

    def _evaluate(self, again: bool) -> None:
        model = self.model
        if model is None:
            self._clear()
            return
        if not self._active or self._task is not None:
            return
        if not again and (self._stale or self._asked == (model, self._split)):
            return
        self._asked = (model, self._split)
        self._again.stop()
        split, data = self._split, self._document.project.data
        prepared = self._live.prepared or self._kept.get(data)
        self._task = run_in_background(
            lambda: evaluate_split(model, prepared or prepare(data), split),
            lambda result: self._done(result, data),
            self._failed,
            self,
        )
        self.started.emit()

    def _done(self, result: Evaluated, data: DataSpec) -> None:
        if self._live.prepared is None:
            self._kept.put(data, result.prepared)
        self._task, self.result = None, result
        self.done.emit(result)
        self._model_changed()  # it may have changed meanwhile

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.failed.emit(str(error))

    def _clear(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task, self._asked, self.result = None, None, None
        self._again.stop()
        self.cleared.emit()

    def _run_ended(self) -> None:
        self._stale = False
        self.refresh()

    def _model_changed(self) -> None:
        if self.model is None:
            self._clear()
        elif not self._active or self._task is not None:
            return
        elif self._stale or not self._live.running or self.result is None or self.result.split != self._split:
            self._stale = False
            self.refresh()
        elif not self._again.isActive() and self._asked != (self.model, self._split):
            self._again.start()


def part_of(prepared: Prepared, split: Split) -> Part | None:
    """The samples of a split, or None if the recipe holds none back."""
    return {"test": prepared.test, "validation": prepared.validation, "train": prepared.train}[split]


def evaluate_split(model: Model, prepared: Prepared, split: Split) -> Evaluated:
    """Evaluates a model on a part of the data; runs on any thread.

    Raises:
        DataError: There are no such samples, or they don't fit the model.
    """
    part = part_of(prepared, split)
    if part is None or not len(part):
        raise DataError(f"there are no {split} samples", fix="choose another split")
    started = time.perf_counter()
    samples = part.x if part.indices is None else part.samples(slice(None))
    analysis = analyse(model.evaluate(samples, part.labels))
    seconds = time.perf_counter() - started
    return Evaluated(analysis, part, split, model.classes, model, prepared, seconds)
