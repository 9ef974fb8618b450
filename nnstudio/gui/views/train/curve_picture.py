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
        ended: The run is over: what was planned beyond its end won't come.
    """

    run: RunCurves
    epochs: int = 1
    ghost: RunCurves | None = None
    best: Best | None = None
    raw: bool = True
    log: bool = False
    error: bool = False
    ended: bool = False

    @property
    def x_end(self) -> float:
        """Right end of the x axis: all epochs, or a part of a long plan that grows with the run.

        A run that is over ends it; the batches of one that ended in its first epoch have the whole width.
        """
        if self.ended and 0 < self.run.end < 1:
            return self.run.end
        reached = max(self.run.end, len(self.ghost.records) if self.ghost and self.epochs <= 100 else 0)
        whole = float(max(math.ceil(reached), 1))
        if self.ended:
            return whole
        if self.epochs <= 100:
            return max(float(self.epochs), whole)
        part = 100.0
        while part < 1.25 * reached:
            part *= 2
        return min(part, max(float(self.epochs), whole))
