"""What begins a forked run on its own thread, once its data are there. Free of Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.fork import Fork, fork
from nnstudio.engine.state import TrainerState

if TYPE_CHECKING:
    from nnstudio.experiments.kept import ForkPoint


class Forking:
    """Makes the state that a forked run begins with.

    Attributes:
        made: The fork with what could not go with it, once it is made.

    Args:
        origin: Where the new run begins.
        project: What it trains.
    """

    def __init__(self, origin: ForkPoint, project: ProjectSpec) -> None:
        self.made: Fork | None = None
        self._origin, self._project = origin, project

    def __call__(self, data: Prepared) -> TrainerState:
        """The state to train on from."""
        origin = self._origin
        made = fork(origin.state, origin.project, self._project, len(data.train), origin.parent)
        self.made = made
        return made.state
