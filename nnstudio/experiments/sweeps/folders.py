"""The sweeps that are kept on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import NNStudioError
from nnstudio.experiments.runs import new_run_folder
from nnstudio.experiments.sweeps.expansion import axes_of, trial_count
from nnstudio.experiments.sweeps.sweep import RECIPE, is_finished, read_recipe, read_trials, same_sweep
from nnstudio.paths import data_dir

_STAMPED = re.compile(r"(\d{8}-\d{6})-.+")


@dataclass(frozen=True)
class ListedSweep:
    """A sweep on disk.

    Attributes:
        folder: Its folder.
        project: Its project, with the set-up.
        begun: When it began, or None if the folder's name doesn't tell.
    """

    folder: Path
    project: ProjectSpec
    begun: datetime | None


def sweeps_dir() -> Path:
    """Folder that keeps the sweeps."""
    return data_dir() / "sweeps"


def new_sweep_folder(name: str) -> Path:
    """A new folder for a sweep of a project.

    Raises:
        FormatError: It can't be made.
    """
    return new_run_folder(name, sweeps_dir())


def list_sweeps(limit: int = 30) -> tuple[ListedSweep, ...]:
    """The kept sweeps, newest first; what can't be read is left out."""
    try:
        folders = sorted((path.parent for path in sweeps_dir().glob(f"*/{RECIPE}")), reverse=True)
    except OSError:
        return ()
    found = []
    for folder in folders[:limit]:
        try:
            project = read_recipe(folder)
        except NNStudioError:
            continue
        stamp = _STAMPED.fullmatch(folder.name)
        found.append(
            ListedSweep(folder, project, datetime.strptime(stamp[1], "%Y%m%d-%H%M%S") if stamp else None)
        )
    return tuple(found)


def find_unfinished(project: ProjectSpec) -> Path | None:
    """Folder of the newest sweep of exactly this project that something is left to do for, or None."""
    for listed in list_sweeps():
        if same_sweep(listed.project, project):
            try:
                trials = read_trials(listed.folder, listed.project)
                total = trial_count(project.sweep, axes_of(project))
            except NNStudioError:
                continue
            return None if is_finished(trials, total) else listed.folder
    return None
