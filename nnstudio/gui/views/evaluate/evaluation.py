"""Evaluates the run's model in the background, as often as is useful and never more than one at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal, cast

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.core.history import Change
from nnstudio.core.spec import DataSpec
from nnstudio.data.dataset import Part
from nnstudio.data.own_tests import OwnTests
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.analysis import Analysis, Comparison, analyse, compare
from nnstudio.engine.analysis.in_blocks import Report, evaluate_in_blocks
from nnstudio.engine.model import Model
from nnstudio.errors import DataError, NNStudioError
from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.run.prepared_cache import PreparedCache

Split = Literal["test", "validation", "train", "own"]
Showing = Literal["best", "latest"] | KeptModel
"""Which weights are looked at: of the run's best epoch, its newest, or of a moment of a kept run."""

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
        other: The same for the model it is compared with, or None.
        comparison: What changed, or None.
        problem: Why it can't be compared with that model.
    """

    analysis: Analysis
    part: Part
    split: Split
    classes: tuple[str, ...]
    model: Model
    prepared: Prepared
    seconds: float
    other: Analysis | None = None
    comparison: Comparison | None = None
    problem: str = ""


class Evaluator(QObject):
    """Keeps ``result`` up to date while it is ``active``.

    Signals:
        started: An evaluation began.
        progress(str, float | None): What it does, and how far it is, 0 to 1.
        cancelled: It was cancelled; what was shown before still holds.
        done(Evaluated): It has ended; ``result`` is new.
        failed(str): It has ended with an error.
        cleared: There is no model any more.
    """

    started = Signal()
    progress = Signal(str, object)
    cancelled = Signal()
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
        self._asked: tuple[Model, Split, KeptModel | None, DataSpec] | None = None
        self._other: KeptModel | None = None
        self._others: tuple[KeptModel, Part, Analysis] | None = None  # evaluated last
        self.result: Evaluated | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(WHILE_TRAINING_MS)
        self._again.timeout.connect(self.refresh)
        live.model_changed.connect(self._model_changed)
        live.run_ended.connect(self._run_ended)
        document.changed.connect(self._edited)

    @property
    def model(self) -> Model | None:
        """The model to evaluate."""
        if isinstance(self._showing, KeptModel):
            return self._showing.model
        best = self._live.best_model if self._showing == "best" else None
        return best or self._live.model

    @property
    def data(self) -> DataSpec:
        """The recipe of the data that the model is evaluated on: its own run's, with today's corrections."""
        now = self._document.project.data
        if isinstance(self._showing, KeptModel):
            data = self._showing.project.data
        else:
            session = self._live.session
            data = session.project.data if session is not None else now
        return data.replace(corrections=now.corrections) if data.source == now.source else data

    @property
    def other(self) -> KeptModel | None:
        """The model it is compared with."""
        return self._other

    @property
    def split(self) -> Split:
        """Part of the data it is evaluated on."""
        return self._split

    @property
    def busy(self) -> bool:
        """An evaluation is under way."""
        return self._task is not None

    @property
    def waits(self) -> bool:
        """The run's newest weights are on their way, and are evaluated when they come."""
        return self._stale and self.model is not None and not isinstance(self._showing, KeptModel)

    def set_split(self, split: Split) -> None:
        """Evaluates on another part from now on."""
        self._split = split
        self.refresh()

    def set_showing(self, showing: Showing) -> None:
        """Evaluates the model of the best epoch, the newest, or one of a kept run."""
        self._showing = showing
        self.refresh()

    def compare_with(self, other: KeptModel | None) -> None:
        """Compares with a model of a kept run from now on, or with none."""
        self._other = other
        self.refresh()

    def cancel(self) -> None:
        """Gives the evaluation under way up."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.cancelled.emit()

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
        if not again and (self.waits or self._asked == self._question):
            return
        self._asked = self._question
        self._again.stop()
        split, data, other = self._split, self.data, self._other
        prepared, others = self._prepared(data), self._others
        self._task = run_in_background(
            lambda report: evaluate_split(
                model, prepared or prepare(data, report), split, other, others, report
            ),
            lambda result: self._done(result, data, other),
            self._failed,
            self,
            on_progress=self.progress.emit,
        )
        self.started.emit()

    @property
    def _question(self) -> tuple[Model, Split, KeptModel | None, DataSpec] | None:
        model = self.model
        return None if model is None else (model, self._split, self._other, self.data)

    def _prepared(self, data: DataSpec) -> Prepared | None:
        session = self._live.session
        of_run = session.project.data if session is not None else self._document.project.data
        return (self._live.prepared if data == of_run else None) or self._kept.get(data)

    def _done(self, result: Evaluated, data: DataSpec, other: KeptModel | None) -> None:
        if self._live.prepared is not result.prepared:
            self._kept.put(data, result.prepared)
        if other is not None and result.other is not None:
            self._others = (other, result.part, result.other)
        self._task, self.result = None, result
        if self._asked is not None and result.split != self._split == self._asked[1]:  # that split is empty
            model, _, compared, recipe = self._asked
            self._split, self._asked = result.split, (model, result.split, compared, recipe)
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

    def _edited(self, change: Change) -> None:
        if change.data and self.result is not None:
            self.refresh()

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
        elif not self._again.isActive() and self._asked != self._question:
            self._again.start()


def available_splits(prepared: Prepared) -> list[Split]:
    """The parts of the data that hold samples."""
    splits: tuple[Split, ...] = ("test", "validation", "train")
    found = [split for split in splits if (part := part_of(prepared, split)) is not None and len(part)]
    return [*found, "own"] if OwnTests().count(prepared.shape, prepared.classes) else found


def part_of(prepared: Prepared, split: Split) -> Part | None:
    """The samples of a split, or None if there are none."""
    if split == "own":
        return OwnTests().load(prepared.shape, prepared.classes)
    return {"test": prepared.test, "validation": prepared.validation, "train": prepared.train}[split]


def evaluate_split(
    model: Model,
    prepared: Prepared,
    split: Split,
    other: KeptModel | None = None,
    known: tuple[KeptModel, Part, Analysis] | None = None,
    report: Report | None = None,
) -> Evaluated:
    """Evaluates a model on a part of the data; runs on any thread.

    Args:
        model: The model.
        prepared: The data.
        split: Which part of them; where it has no samples, the first of the others that has some.
        other: A model to compare with.
        known: Its last evaluation, with the part it was made on.
        report: Told what is going on; may raise ``Cancelled``.

    Raises:
        DataError: There are no such samples, or they don't fit the model.
        Cancelled: ``report`` stopped it.
    """
    part = part_of(prepared, split)
    if part is None or not len(part):  # data without test samples are still worth a look
        split = available_splits(prepared)[0]
        part = cast(Part, part_of(prepared, split))
    started = time.perf_counter()
    analysis = analyse(evaluate_in_blocks(model, part, report))
    seconds = time.perf_counter() - started
    result = Evaluated(analysis, part, split, model.classes, model, prepared, seconds)
    if other is None:
        return result
    same = known is not None and known[0] is other and known[1] is part
    try:
        second = known[2] if same and known else _other_analysis(other, model, part, report)
        return replace(result, other=second, comparison=compare(analysis, second))
    except NNStudioError as error:
        return replace(result, problem=error.what)


def _other_analysis(other: KeptModel, model: Model, part: Part, report: Report | None) -> Analysis:
    if other.model.classes != model.classes:
        raise DataError(f"{other.point.title} knows other classes")
    if other.model.network.input_shape != part.shape:
        raise DataError(f"{other.point.title} takes samples of another shape")
    return analyse(evaluate_in_blocks(other.model, part, report))
