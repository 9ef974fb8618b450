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
    """

    def __init__(self, rule: EarlyStopping | None, state: TrainerState) -> None:
        self._record = state.history[state.best_epoch - 1] if state.best_epoch else None
        self.configure(rule)
        self._since = state.best_epoch  # the epoch that patience is counted from
        if self.exhausted(state.epoch):
            self._since = state.epoch  # a run that had stopped goes on: it gets new patience

    def configure(self, rule: EarlyStopping | None) -> None:
        """Changes the rule during a run; the best epoch so far is from now on measured by the new one."""
        self.rule = rule
        self._best = None if self._record is None else self._figure(self._record)

    def see(self, record: EpochRecord, state: TrainerState) -> bool:
        """Looks at a finished epoch; True if it is the best so far."""
        figure = self._figure(record)
        if not math.isfinite(figure):
            return False  # an overflow in the validation is no figure to beat
        least = self.rule.min_delta if self.rule else 0.0
        if self._best is not None and not figure < self._best - least:
            return False
        self._record, self._best, self._since = record, figure, record.epoch
        state.best_epoch = record.epoch
        state.best_weights = state.weights.copy()  # a new vector: copies of the state share the old one
        return True

    def exhausted(self, epoch: int) -> bool:
        """Whether the patience is used up after ``epoch`` epochs."""
        return self.rule is not None and epoch - self._since >= self.rule.patience

    def restore(self, state: TrainerState) -> None:
        """Goes back to the best weights, if the rule says so."""
        if self.rule is not None and self.rule.restore_best and state.best_weights is not None:
            np.copyto(state.weights, state.best_weights)

    def _figure(self, record: EpochRecord) -> float:
        """The monitored figure, turned so that smaller is better."""
        monitor = self.rule.monitor if self.rule else "val_loss"
        value = getattr(record, monitor)
        if value is None:  # no validation samples
            value = getattr(record, monitor.replace("val_", "train_"))
        return -value if monitor.endswith("accuracy") else float(value)
