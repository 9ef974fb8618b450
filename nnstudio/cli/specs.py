"""From what the user names on the command line to a project or a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.core.registry import did_you_mean
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
        document = project.to_json()  # anew each time, so that a name set before has become a group
        path, equals, text = setting.partition("=")
        if not equals:
            raise SpecError(
                "--set needs a path and a value", allowed="path=value", received=setting, fix="add '='"
            )
        steps = path.strip().split(".")
        _put(document, steps, value_of(text), setting)
        if steps[0] == "generator":
            del document["network"]  # it is made anew
        project = ProjectSpec.from_json(document)
    return project


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


def _put(document: Any, path: list[str], value: Any, setting: str) -> None:
    here = document
    for part in path[:-1]:
        following = _get(here, part, setting)
        if following is None:  # an optional group that is off, such as train.early_stopping
            following = _assign(here, part, {}, setting)
        here = following
    if path[-1] == "type" and isinstance(here, dict) and here.get("type") != value:
        for name in set(here) - {"name"}:  # another type has other fields
            del here[name]
    _assign(here, path[-1], value, setting)


def _assign(here: Any, part: str, value: Any, setting: str) -> Any:
    if isinstance(here, list):
        here[_position(here, part, setting)] = value
    elif isinstance(here, dict):
        here[part] = value
    else:
        raise _no_field(here, part, setting)
    return value


def _get(here: Any, part: str, setting: str) -> Any:
    if isinstance(here, list):
        return here[_position(here, part, setting)]
    if isinstance(here, dict) and part in here:
        return here[part]
    raise _no_field(here, part, setting)


def _no_field(here: Any, part: str, setting: str) -> SpecError:
    known = list(here) if isinstance(here, dict) else []
    return SpecError(
        f"the project has no field {part!r} there",
        allowed=", ".join(known) or "no further name, for this is a single value",
        received=setting,
        fix=did_you_mean(part, known) or "check the path",
    )


def _position(layers: list[Any], part: str, setting: str) -> int:
    """A layer's place in the stack, by number or by name."""
    if part.isdecimal() and len(part) < 9 and int(part) < len(layers):
        return int(part)
    names = [layer.get("name", "") for layer in layers if isinstance(layer, dict)]
    if part in names:
        return names.index(part)
    allowed = f"0 to {len(layers) - 1}, or " + ", ".join(names)
    raise SpecError(f"there is no layer {part!r}", allowed=allowed, received=setting)
