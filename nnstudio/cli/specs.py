"""From what the user names on the command line to a project or a model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.core.settings import with_value
from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import FormatError, SpecError
from nnstudio.experiments.presets import list_presets, load_preset
from nnstudio.experiments.project_files import read_project

if TYPE_CHECKING:
    from nnstudio.engine.checkpoint import Checkpoint

MODELS = (".h5", ".hdf5")


def find_project(spec: str, settings: list[str] | None = None) -> ProjectSpec:
    """The project that SPEC names, with ``--set`` applied.

    Args:
        spec: A preset's name, or the path of a project, a network or a model.
        settings: ``path=value`` texts.

    Raises:
        SpecError: Nothing has that name, or it holds a value that is not allowed.
        FormatError: The file is damaged.
    """
    return with_settings(_find(spec), settings or [])


def find_model(path: str) -> Checkpoint:
    """The model in an ``.h5`` file or a run folder (its best epoch, else its last).

    Raises:
        FormatError: There is none, or it is damaged.
    """
    from nnstudio.engine.checkpoint import load_checkpoint

    place = Path(path)
    if place.is_dir():
        for name in ("best.h5", "last.h5"):
            if (place / name).is_file():
                return load_checkpoint(place / name)
        raise FormatError(
            f"the folder {path} holds no model",
            allowed="a run's folder, with best.h5 or last.h5 in it",
            fix="give a run's folder or an .h5 file",
        )
    return load_checkpoint(place)


def is_model(spec: str) -> bool:
    """Whether SPEC names trained weights: an HDF5 file, or a run's folder with one in it."""
    path = Path(spec)
    if path.is_dir():
        return any((path / name).is_file() for name in ("best.h5", "last.h5"))
    return path.suffix.lower() in MODELS


def with_settings(project: ProjectSpec, settings: list[str]) -> ProjectSpec:
    """The project with ``path=value`` settings applied to its JSON form.

    Raises:
        SpecError: A setting has no ``=``, its path leads nowhere, or its value is not allowed.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise SpecError(
                "--set needs a path and a value", allowed="path=value", received=setting, fix="add '='"
            )
        project = with_value(project, path, value_of(text))
    return project


def with_options(project: ProjectSpec, arguments: argparse.Namespace) -> ProjectSpec:
    """The project with the options of the command line; ``--set`` comes last."""
    data = {"source": arguments.data, "fraction": arguments.fraction, "validation": arguments.validation}
    train = {
        "epochs": arguments.epochs,
        "batch_size": arguments.batch_size,
        "learning_rate": arguments.lr,
        "optimizer": arguments.optimizer,
        "seed": arguments.seed,
    }
    recipe = project.data
    if arguments.data and not arguments.resume:  # which goes on with the same data at another place
        recipe = recipe.of_source(arguments.data, recipe.reading)
    project = project.replace(
        data=recipe.replace(**{k: v for k, v in data.items() if v is not None}),
        train=project.train.replace(**{k: v for k, v in train.items() if v is not None}),
    )
    return with_settings(project, arguments.set)


def _find(spec: str) -> ProjectSpec:
    names = [preset.name for preset in list_presets()]
    path = Path(spec)
    if spec in names:
        return load_preset(spec)
    if path.is_dir() and not is_model(spec) and (path / "project.json").is_file():
        return read_project(path / "project.json")  # a run that ended before its first save
    if path.is_dir() or is_model(spec):
        return find_model(spec).project
    if path.is_file():
        return read_project(path)
    if path.suffix or len(path.parts) > 1:
        raise SpecError(f"there is no file {spec}", fix="check the path, or give a preset's name")
    return load_preset(spec)  # says which names there are


def value_of(text: str) -> Any:
    """The JSON value that a text of the command line is, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # RecursionError: a thousand brackets
        return text
