"""What primitives share whose work is cut into pieces for several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from nnstudio.engine.crew import Crew
from nnstudio.engine.ops.scratch import ScratchOps

LEAST_WORK = 24_000_000
"""Multiply-adds from which work is cut in pieces. Waking another thread up and waiting for it takes a tenth
of a millisecond on a virtual machine, so that less is done sooner by one."""


class SharedOps(ScratchOps):
    """Primitives whose pieces a crew computes.

    Args:
        crew: Helps the calling thread; None for nobody.

    Attributes:
        crew: The threads.
    """

    def __init__(self, crew: Crew | None = None) -> None:
        super().__init__()
        self.crew = crew or Crew(1)

    def share(self, compute: Callable[[slice], None], parts: Iterable[slice]) -> None:
        """Calls a function with every part, on any thread and in any order.

        Args:
            compute: Writes to places that belong to its part alone.
            parts: They follow from the shapes, so that the bits are the same for any number of threads.
        """
        self.crew.run([partial(compute, part) for part in parts])
