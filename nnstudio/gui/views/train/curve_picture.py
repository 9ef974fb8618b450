"""What the curves panel draws: a run, what it is compared with, and how."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nnstudio.gui.views.train.curve_data import Best, RunCurves


@dataclass
class Picture:
    """What is to be drawn.

    Attributes:
        run: The run.
        epochs: Epochs planned.
        ghost: An earlier run, or None.
        best: The epoch to mark, or None.
        raw: Draw the raw epochs and the batches.
        log: Logarithmic loss axis.
        error: Show the share of mistakes in place of the accuracy.
    """

    run: RunCurves
    epochs: int = 1
    ghost: RunCurves | None = None
    best: Best | None = None
    raw: bool = True
    log: bool = False
    error: bool = False

    @property
    def x_end(self) -> float:
        """Right end of the x axis: all epochs, or a part of a long plan that grows with the run."""
        reached = max(self.run.end, len(self.ghost.records) if self.ghost and self.epochs <= 100 else 0)
        if self.epochs <= 100:
            return float(max(self.epochs, math.ceil(reached), 1))
        part = 100.0
        while part < 1.25 * reached:
            part *= 2
        return min(part, float(max(self.epochs, math.ceil(reached))))
