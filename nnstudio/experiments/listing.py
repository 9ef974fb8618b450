"""The kept runs as a list to choose from, and the model of any moment of one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.checkpoint_child import load_foreign_checkpoint
from nnstudio.engine.model import Model
from nnstudio.errors import FormatError, NNStudioError
from nnstudio.experiments.kept import kept_checkpoints, load_kept
from nnstudio.experiments.runs import runs_dir

Moment = Literal["best", "last"] | int
"""The best epoch, the last state, or the number of an epoch that was kept."""

_FOLDER = re.compile(r"(\d{8}-\d{6})-(.+)")
LOOKED_AT = 300
"""Runs that are looked through for the best one."""
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class ListedRun:
    """A run on disk, as far as a list needs to know it.

    Attributes:
        folder: Its folder.
        name: Name of its project.
        begun: When it began; None if the folder's name doesn't tell.
        best_epoch: Number of its best epoch, or None if that isn't known.
        accuracy: Its test accuracy, or None.
        moments: What there is to look at, the best first, then the last, then the kept epochs.
    """

    folder: Path
    name: str
    begun: datetime | None
    best_epoch: int | None
    accuracy: float | None
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class RunPoint:
    """One moment of a run.

    Attributes:
        folder: The run's folder.
        name: Name of its project.
        moment: Which moment.
    """

    folder: Path
    name: str
    moment: Moment

    @property
    def title(self) -> str:
        """``mlp-64, best`` or ``mlp-64, epoch 3``."""
        return f"{self.name}, {moment_text(self.moment)}"


@dataclass(frozen=True, eq=False)
class KeptModel:
    """A model from a kept run.

    Attributes:
        point: Where it comes from.
        project: The run's recipe.
        model: The model.
    """

    point: RunPoint
    project: ProjectSpec
    model: Model


def list_runs(base: Path | None = None, limit: int | None = None) -> tuple[ListedRun, ...]:
    """The runs in a folder that hold a model, newest first; what can't be read is left out.

    Args:
        base: The folder; the application's own by default.
        limit: How many at most.
    """
    base = base or runs_dir()
    try:
        folders = sorted((path for path in base.iterdir() if path.is_dir()), reverse=True)
    except OSError:
        return ()
    found: list[ListedRun] = []
    for folder in folders:
        if limit is not None and len(found) >= limit:
            break
        run = look_at_run(folder)
        if run is not None:
            found.append(run)
    return tuple(found)


def look_at_run(folder: Path) -> ListedRun | None:
    """A run's entry of the list, without reading its weights; None for a folder that holds no model."""
    try:
        moments: list[Moment] = [moment for moment in ("best", "last") if (folder / f"{moment}.h5").is_file()]
        moments += [kept.epoch for kept in kept_checkpoints(folder)]
    except OSError:
        return None
    if not moments:
        return None
    named = _FOLDER.fullmatch(folder.name)
    result = _result(folder)
    best, test = result.get("best_epoch"), result.get("test")
    accuracy = test.get("accuracy") if isinstance(test, dict) else None
    return ListedRun(
        folder,
        named[2] if named else folder.name,
        _begun(named[1]) if named else None,
        best if isinstance(best, int) else None,
        float(accuracy) if isinstance(accuracy, (int, float)) else None,
        tuple(moments),
    )


def best_accuracies(projects: Mapping[str, ProjectSpec], base: Path | None = None) -> dict[str, float]:
    """The best test accuracy that kept runs of exactly these recipes have reached, by name.

    Args:
        projects: Recipes by any name; those without a run are left out of the answer.
        base: Folder of the runs; the application's own by default.
    """
    best: dict[str, float] = {}
    for run in list_runs(base, LOOKED_AT):
        alike = [name for name, project in projects.items() if project.name == run.name]
        recipe = _recipe(run.folder) if alike and run.accuracy is not None else None
        for name in alike:
            if recipe == projects[name] and run.accuracy is not None:
                best[name] = max(run.accuracy, best.get(name, 0.0))
    return best


def load_point(point: RunPoint) -> KeptModel:
    """Reads the model of one moment of a run; a run from elsewhere is parsed in a child process.

    Raises:
        FormatError: It isn't there, or is damaged.
    """
    own = point.folder.resolve().is_relative_to(runs_dir().resolve())
    load = load_checkpoint if own else load_foreign_checkpoint
    if isinstance(point.moment, int):
        checkpoint = load_kept(point.folder, point.moment, load)
    else:
        checkpoint = load(point.folder / f"{point.moment}.h5")
    return KeptModel(point, checkpoint.project, checkpoint.model())


def point_of(folder: Path) -> RunPoint:
    """The best moment of a run's folder.

    Raises:
        FormatError: It is no run's folder.
    """
    run = look_at_run(folder)
    if run is None:
        raise FormatError(
            f"{folder.name} is no run with a model in it",
            allowed="a folder with best.h5 or last.h5",
            received=str(folder),
            fix="choose the folder of a run",
        )
    return RunPoint(folder, run.name, run.moments[0])


def moment_text(moment: Moment) -> str:
    """``best``, ``last`` or ``epoch 3``."""
    return moment if isinstance(moment, str) else f"epoch {moment}"


def _begun(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP)
    except ValueError:
        return None


def _recipe(folder: Path) -> ProjectSpec | None:
    try:
        return ProjectSpec.loads((folder / "project.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, NNStudioError):
        return None


def _result(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
