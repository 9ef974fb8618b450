"""What a window would need to go on after a crash, as files in a folder of their own. Free of Qt.

One JSON file per window: the project with its whole undo history, where it was saved, and the run.
Steps share most of what they hold, so each layer and each recipe is written once and then counted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nnstudio.core.history import Step
from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import PROJECT_VERSION, ProjectSpec, Spec, parse_json
from nnstudio.engine.locks import FileLock
from nnstudio.errors import FormatError, NNStudioError
from nnstudio.paths import data_dir

FORMAT = "nnstudio-recovery"
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Sitting:
    """A window's work at one moment.

    Attributes:
        steps: The states of the project, oldest first.
        position: The current one of them.
        saved: What counts as saved.
        path: The project's file, or None.
        run: Folder of the run, or None.
        training: The run was under way.
    """

    steps: tuple[Step, ...]
    position: int
    saved: ProjectSpec
    path: Path | None = None
    run: Path | None = None
    training: bool = False

    @property
    def project(self) -> ProjectSpec:
        """The current state of the project."""
        return self.steps[self.position].project

    @property
    def worth_keeping(self) -> bool:
        """Whether anything would be lost without it: an edit, or the rest of a run."""
        return len(self.steps) > 1 or self.project != self.saved or self.training


def recovery_dir() -> Path:
    """Folder of the recovery files, never the one of the user's own files."""
    return data_dir() / "recovery"


def new_recovery_file() -> Path:
    """A name for the recovery file of a new window."""
    return recovery_dir() / f"{datetime.now():%Y%m%d-%H%M%S-%f}-{os.getpid()}.json"


def lock_of(file: Path) -> FileLock:
    """The lock that says whether the window of a recovery file is still open."""
    return FileLock(file.with_suffix(".lock"))


def abandoned() -> Iterator[tuple[Path, FileLock]]:
    """Recovery files whose windows are gone, newest first, each with its lock taken."""
    try:
        files = sorted(recovery_dir().glob("*.json"), reverse=True)
    except OSError:
        return
    for file in files:
        lock = lock_of(file)
        try:
            taken = lock.take()
        except OSError:
            continue
        if taken and file.exists():
            yield file, lock
        else:  # open in another window, or thrown away by one a moment ago
            lock.release()


def dumps(sitting: Sitting) -> str:
    """The sitting as JSON text."""
    pool = _Pool()
    return json.dumps(
        {
            "format": FORMAT,
            "version": PROJECT_VERSION,
            "path": None if sitting.path is None else str(sitting.path),
            "run": None if sitting.run is None else str(sitting.run),
            "training": sitting.training,
            "position": sitting.position,
            "steps": [{"label": step.label, **pool.project(step.project)} for step in sitting.steps],
            "saved": pool.project(sitting.saved),
            "layers": pool.layers.values,
            "recipes": pool.recipes.values,
        }
    )


def loads(text: str) -> Sitting:
    """Reads what :func:`dumps` wrote.

    Raises:
        FormatError: It is no recovery file, or is damaged.
        SpecError: It holds a value that is not allowed.
    """
    found = parse_json(text)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise FormatError("this is no recovery file of NNStudio", fix="open the project itself")
    try:
        return _sitting(found)
    except NNStudioError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(
            "the recovery file is damaged",
            received=f"{type(error).__name__}: {error}",
            fix="open the project as it was saved last",
        ) from error


def read(file: Path) -> tuple[Sitting, datetime]:
    """Reads a recovery file, and says when it was written, in local time.

    Raises:
        FormatError: It can't be read, or is damaged.
        SpecError: It holds a value that is not allowed.
    """
    try:
        if file.stat().st_size > MAX_BYTES:
            raise FormatError(f"{file.name} is too large for a recovery file", fix="open the project itself")
        text = file.read_text(encoding="utf-8", errors="replace")
        written = datetime.fromtimestamp(file.stat().st_mtime)
    except OSError as error:
        received = error.strerror or str(error)
        raise FormatError(f"{file.name} can't be read", received=received, fix="check the disk") from error
    return loads(text), written


class _Shared:
    """Values that are written once; equal objects of Python are found by their identity."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[int, int] = {}

    def place(self, thing: Any, value: Any) -> int:
        """Where the value of an immutable thing stands; ``value`` makes it if it is new."""
        if id(thing) not in self._places:
            self._places[id(thing)] = len(self.values)
            self.values.append(value(thing))
        return self._places[id(thing)]


class _Pool:
    """What the steps of a sitting share."""

    def __init__(self) -> None:
        self.layers, self.recipes = _Shared(), _Shared()

    def project(self, project: ProjectSpec) -> dict[str, Any]:
        """A project in which layers and recipes are numbers."""
        return {
            "name": project.name,
            "generator": project.generator.model_dump(mode="json") if project.generator else None,
            "network": [self.layers.place(layer, _layer_json) for layer in project.network.layers],
            "data": self.recipes.place(project.data, _recipe_json),
            "train": self.recipes.place(project.train, _recipe_json),
        }


def _layer_json(layer: LayerSpec) -> dict[str, Any]:
    return layer.to_json()


def _recipe_json(recipe: Spec) -> dict[str, Any]:
    return recipe.model_dump(mode="json")


def _sitting(found: dict[str, Any]) -> Sitting:
    layers = [LAYERS.parse(layer) for layer in found["layers"]]
    recipes = found["recipes"]

    def project(entry: dict[str, Any]) -> ProjectSpec:
        return ProjectSpec.from_json(
            {
                "format": "nnstudio-project",
                "version": found["version"],
                "name": entry["name"],
                "generator": entry["generator"],
                "network": {"layers": [layers[place] for place in entry["network"]]},
                "data": recipes[entry["data"]],
                "train": recipes[entry["train"]],
            }
        )

    steps = tuple(Step(str(entry["label"]), project(entry)) for entry in found["steps"])
    sitting = Sitting(
        steps,
        int(found["position"]),
        project(found["saved"]),
        _path(found["path"]),
        _path(found["run"]),
        bool(found["training"]),
    )
    if not 0 <= sitting.position < len(steps):
        raise IndexError(f"step {sitting.position} of {len(steps)}")
    return sitting


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
