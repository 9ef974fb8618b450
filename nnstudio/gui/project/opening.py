"""What a file holds that somebody wants to open: a project, a run or a model. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import FormatError
from nnstudio.experiments.project_files import holds_network_only, read_newer_project, read_project

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint

PROJECT_ENDING = ".nnstudio"
OPENS = "a project (.nnstudio or .json), a model (.h5) or the folder of a run"


@dataclass(frozen=True)
class Opened:
    """What was found.

    Attributes:
        project: The recipe.
        file: Project file that Save writes to, or None for a run or a model.
        checkpoint: Weights, and perhaps the state to train on from, of a run or a model.
        folder: Folder of the run, or None.
        left_out: Settings of a newer version that this one doesn't know; None for a project of this one.
    """

    project: ProjectSpec
    file: Path | None = None
    checkpoint: Checkpoint | None = None
    folder: Path | None = None
    left_out: tuple[str, ...] | None = None


def read(path: Path) -> Opened:
    """Reads a project, a model or a run.

    Raises:
        FormatError: It can't be read, or is none of these.
        SpecError: Its content is not allowed; the message says where.
    """
    if path.is_dir():
        return _read_run(path)
    if path.suffix.lower() in (".h5", ".hdf5"):
        return _read_model(path)
    if path.suffix.lower() not in (PROJECT_ENDING, ".json"):
        raise FormatError(
            f"{path.name} is no file that NNStudio opens",
            allowed=OPENS,
            received=f"a {path.suffix} file" if path.suffix else "a file without an ending",
            fix="choose another file",
        )
    newer = read_newer_project(path)
    if newer is not None:
        return Opened(newer[0], path, left_out=newer[1])
    project = read_project(path)
    if path.name == "project.json" and (path.parent / "last.h5").is_file():
        return _read_run(path.parent)
    # Save must not turn somebody's list of layers into a project
    return Opened(project, None if holds_network_only(path) else path)


def _read_run(folder: Path) -> Opened:
    last = folder / "last.h5"
    if last.is_file():
        found = _read_model(last)
        return Opened(found.project, None, found.checkpoint, folder)
    recipe = folder / "project.json"
    if recipe.is_file():
        return Opened(read_project(recipe), None, None, folder)
    raise FormatError(
        f"the folder {folder.name} is no run of NNStudio",
        allowed="a folder with project.json or last.h5 in it",
        received=f"{folder}",
        fix=f"open {OPENS}",
    )


def _read_model(path: Path) -> Opened:
    from nnstudio.engine.checkpoint_child import load_foreign_checkpoint

    checkpoint = load_foreign_checkpoint(path)
    return Opened(checkpoint.project, None, checkpoint)
