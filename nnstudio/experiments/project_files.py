"""Reads projects and networks from JSON files, for the application and the command line alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnstudio.core.newer import is_newer, understood
from nnstudio.core.plain_list import is_plain_list, network_from_plain_list
from nnstudio.core.spec import NetworkSpec, ProjectSpec, parse_json
from nnstudio.errors import FormatError

MAX_PROJECT_BYTES = 64 * 2**20


def read_project(path: Path) -> ProjectSpec:
    """A project from a project file, or around a network in one of its JSON forms.

    A network may be ``{"layers": [...]}``, a list of layers, or the plain list form (see
    ``core.plain_list``); it gets the default recipe and the file's name.

    Raises:
        FormatError: The file can't be read, is too large, or is no text.
        SpecError: It is neither project nor network, or a value in it is not allowed.
    """
    return _project(parse_json(_read_text(path)), path.stem)


def read_newer_project(path: Path) -> tuple[ProjectSpec, tuple[str, ...]] | None:
    """What this version understands of a newer version's project, and the settings it left out.

    Returns:
        None if the file is no newer project; :func:`read_project` then reads it or says why not.

    Raises:
        FormatError: The file can't be read.
        SpecError: It is no JSON, or needs something this version lacks.
    """
    value = parse_json(_read_text(path))
    return understood(value) if is_newer(value) else None


def holds_network_only(path: Path) -> bool:
    """Whether a file that :func:`read_project` reads has a network in it but no recipe."""
    value = parse_json(_read_text(path))
    return isinstance(value, list) or "format" not in value


def _project(value: Any, name: str) -> ProjectSpec:
    if is_plain_list(value):
        return ProjectSpec(name=name, network=network_from_plain_list(value))
    if isinstance(value, list):
        return ProjectSpec(name=name, network=NetworkSpec.build({"layers": value}))
    if isinstance(value, dict) and "layers" in value and "format" not in value:
        return ProjectSpec(name=name, network=NetworkSpec.build(value))
    return ProjectSpec.from_json(value)


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_PROJECT_BYTES:
            raise FormatError(
                f"{path.name} is too large for a project",
                allowed=f"at most {MAX_PROJECT_BYTES:,} bytes",
                received=f"{size:,} bytes",
                fix="open a file saved by NNStudio",
            )
        return path.read_text(encoding="utf-8-sig")  # some editors put a mark in front
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path.name} is no text",
            allowed="a project in UTF-8 text",
            received=f"byte {error.object[error.start]:#04x} at position {error.start:,}",
            fix="open a file saved by NNStudio",
        ) from error
    except OSError as error:
        raise FormatError(
            f"{path.name} can't be read",
            received=error.strerror or str(error),
            fix="check the name, the folder and your rights to read it",
        ) from error
