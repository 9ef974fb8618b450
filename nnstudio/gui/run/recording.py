"""Keeps a run on disk without ever being the reason that it ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.engine.state import Event
from nnstudio.engine.trainer import Trainer

if TYPE_CHECKING:
    from nnstudio.experiments.runs import RunRecorder


class RunKeeper:
    """A ``Recorder`` that makes the run's folder on the training thread and survives a full disk.

    Reading and writing HDF5 takes a moment to import; here that happens on the worker, not between the
    click on Train and the first point.

    Attributes:
        folder: The run's folder, or None before the run began.
        problem: Why something could not be written, or "".

    Args:
        name: Name of the project.
        folder: Folder of the run that is continued, or None for a new one.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self.folder = folder
        self.problem = ""
        self._name = name
        self._recorder: RunRecorder | None = None

    @property
    def kept(self) -> str:
        """The checkpoints that stay on disk, in words; "" for none."""
        return self._recorder.kept if self._recorder is not None else ""

    def keep_next(self) -> bool:
        """Has a checkpoint kept at the end of the epoch under way; False if nothing is being written."""
        if self._recorder is None or self.problem:
            return False
        self._recorder.keep_next = True
        return True

    def begin(self, trainer: Trainer) -> None:
        """The run is about to train."""
        try:
            from nnstudio.experiments.runs import RunRecorder, new_run_folder

            self.folder = self.folder or new_run_folder(self._name)
            recorder = RunRecorder(self.folder)
            recorder.begin(trainer)
            self._recorder = recorder
        except Exception as error:
            self.problem = str(error)

    def event(self, event: Event, trainer: Trainer) -> None:
        """A block of steps or an epoch is done."""
        if self._recorder is not None:
            try:
                self._recorder.event(event, trainer)
            except Exception as error:  # a full disk may have room again at the next epoch
                self.problem = str(error)

    def end(self, trainer: Trainer) -> None:
        """The run is over."""
        if self._recorder is not None:
            try:
                self._recorder.end(trainer)
            except Exception as error:
                self.problem = str(error)

    def close(self) -> None:
        """The run broke off; what was kept so far stays as it is."""
        if self._recorder is not None:
            try:
                self._recorder.close()
            except Exception as error:
                self.problem = str(error)
