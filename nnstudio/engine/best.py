"""Keeps the weights of the best epoch and says when to stop waiting for a better one."""

from __future__ import annotations

import math

import numpy as np

from nnstudio.core.spec import EarlyStopping
from nnstudio.engine.state import EpochRecord, TrainerState


class BestKeeper:
    """Follows one figure of the epochs.

    Without early stopping it follows the validation loss (or the training loss where there are no
    validation samples), so that every run knows its best epoch.

    Args:
        rule: The early-stopping rule, or None.
        state: The run's state, whose ``best_epoch`` and ``best_weights`` it keeps.
        validated: The run has validation samples; without them the training figures count instead.
    """

    def __init__(self, rule: EarlyStopping | None, state: TrainerState, *, validated: bool) -> None:
        self._validated = validated
        self._record = state.history[state.best_epoch - 1] if state.best_epoch else None
        self.configure(rule)
        self._since = state.best_epoch  # the epoch that patience is counted from
        self._judged = self._last_judged(state)
        if self.exhausted():
            self._since = state.epoch  # a run that had stopped goes on: it gets new patience

    def configure(self, rule: EarlyStopping | None) -> None:
        """Changes the rule during a run; the best epoch so far is from now on measured by the new one."""
        self.rule = rule
        self._best = None if self._record is None else self._figure(self._record)

    def see(self, record: EpochRecord, state: TrainerState) -> bool:
        """Looks at a finished epoch; True if it is the best so far."""
        figure = self._figure(record)
        if figure is None:
            return False  # the recipe leaves this epoch's validation out
        self._judged = record.epoch
        if not math.isfinite(figure):
            return False  # an overflow in the validation is no figure to beat
        least = self.rule.min_delta if self.rule else 0.0
        if self._best is not None and not figure < self._best - least:
            return False
        self._record, self._best, self._since = record, figure, record.epoch
        state.best_epoch = record.epoch
        state.best_weights = state.weights.copy()  # a new vector: copies of the state share the old one
        return True

    def exhausted(self) -> bool:
        """Whether the patience is used up by the last epoch that there are figures of."""
        return self.rule is not None and self._judged - self._since >= self.rule.patience

    def restore(self, state: TrainerState) -> None:
        """Goes back to the best weights, if the rule says so."""
        if self.rule is not None and self.rule.restore_best and state.best_weights is not None:
            np.copyto(state.weights, state.best_weights)

    def _last_judged(self, state: TrainerState) -> int:
        judged = (record.epoch for record in reversed(state.history) if self._figure(record) is not None)
        return next(judged, 0)

    def _figure(self, record: EpochRecord) -> float | None:
        """The monitored figure, turned so that smaller is better; None if the epoch wasn't looked at."""
        monitor = self.rule.monitor if self.rule else "val_loss"
        value = getattr(record, monitor if self._validated else monitor.replace("val_", "train_"))
        if value is None:
            return None
        return -value if monitor.endswith("accuracy") else float(value)
