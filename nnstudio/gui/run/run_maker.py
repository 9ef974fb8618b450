"""Makes the session of a run: its frozen recipe, its data, and what keeps it on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nnstudio.core.spec import DataSpec, ProjectSpec, TrainSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.fast_path import Device
from nnstudio.engine.session import Recorder, Session, StateMaker
from nnstudio.engine.state import TrainerState
from nnstudio.gui.run.prepared_cache import PreparedCache
from nnstudio.gui.run.recording import RunKeeper
from nnstudio.gui.run.resuming import Recipe

RecorderMaker = Callable[[str, Path | None], Recorder | None]


class RunMaker:
    """Makes sessions, and knows what the newest one trains by and where it is kept.

    Attributes:
        recipe: What the newest run trains by.
        recorder: What keeps it, or None.

    Args:
        project: Its recipe stands until the first run.
        recorder: Makes what keeps a run from the project's name and the folder of the run that is
            continued (None for a new one).
    """

    def __init__(self, project: ProjectSpec, recorder: RecorderMaker) -> None:
        self.recipe = Recipe(project)
        self.recorder: Recorder | None = None
        self._recorder_for = recorder
        self._prepared = PreparedCache()

    @property
    def folder(self) -> Path | None:
        """Folder that keeps the run, once it is made."""
        return getattr(self.recorder, "folder", None)

    def make(
        self,
        project: ProjectSpec,
        state: TrainerState | StateMaker | None,
        done: int,
        folder: Path | None,
        device: Device,
    ) -> Session:
        """A session at ``state``, with ``done`` epochs behind it, kept in ``folder`` or a new one."""
        self.recipe = Recipe(project, done)
        project = project.replace(train=self.recipe.train)
        self.recorder = self._recorder_for(project.name, folder)
        prepared = self._prepared.get(project.data)
        return Session(project, self.recorder, state=state, prepared=prepared, device=device)

    def adopt(self, name: str, folder: Path | None) -> None:
        """A run that was read from ``folder`` goes on being kept there."""
        self.recorder = self._recorder_for(name, folder) if folder else None

    def drop(self) -> None:
        """The run is nobody's any more."""
        self.recorder = None

    def keep_next(self) -> bool:
        """Has a checkpoint kept at the end of the epoch under way; False if no run is being kept."""
        return isinstance(self.recorder, RunKeeper) and self.recorder.keep_next()

    def in_force(self, session: Session | None) -> TrainSpec | None:
        """What a run trains by, to be compared with the project's; None without a run."""
        trainer = session.trainer if session is not None else None
        return self.recipe.as_planned(trainer.spec) if trainer is not None else None

    def keep_data(self, session: Session) -> None:
        """Keeps the data of a run that has ended for the next one."""
        if session.prepared is not None:
            self._prepared.put(session.project.data, session.prepared)

    def data(self, recipe: DataSpec) -> Prepared | None:
        """The last run's data, if ``recipe`` names the same."""
        return self._prepared.get(recipe)
