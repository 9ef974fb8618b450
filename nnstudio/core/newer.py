"""Projects from a newer version: what this version understands of them, and what it had to leave out."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from nnstudio.core.fields import OneOf
from nnstudio.core.spec import PROJECT_VERSION, ProjectSpec
from nnstudio.errors import SpecError


def is_newer(value: Any) -> bool:
    """Whether JSON data are a project with a version that is yet to come."""
    if not isinstance(value, dict) or value.get("format") != "nnstudio-project":
        return False
    version = value.get("version")
    return isinstance(version, int) and not isinstance(version, bool) and version > PROJECT_VERSION


def understood(value: dict[str, Any]) -> tuple[ProjectSpec, tuple[str, ...]]:
    """Reads a newer project without the settings that this version doesn't know.

    Returns:
        The project, and the settings left out (``train.warmth``).

    Raises:
        SpecError: It needs something this version lacks, such as a layer.
    """
    left_out: list[str] = []
    fields = {key: entry for key, entry in value.items() if key not in ("format", "version")}
    try:
        known = _model(fields, ProjectSpec, "", left_out)
        return ProjectSpec.build(known), tuple(left_out)
    except SpecError as error:
        raise SpecError(
            f"this project is from a newer NNStudio and needs what this one lacks: {error.what}",
            allowed=error.allowed,
            received=error.received,
            fix="update NNStudio, or save the project again with the version that made it",
        ) from error


def _model(value: dict[str, Any], cls: type[BaseModel], at: str, left_out: list[str]) -> dict[str, Any]:
    """The fields that a class has; what else there is is noted."""
    kept = {}
    for key, entry in value.items():
        field = cls.model_fields.get(key)
        if field is None:
            left_out.append(f"{at}{key}")
        else:
            annotation = (
                Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
            )
            kept[key] = _any(entry, annotation, f"{at}{key}", left_out)
    return kept


def _any(value: Any, annotation: Any, at: str, left_out: list[str]) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        choice = next((mark for mark in inner[1:] if isinstance(mark, OneOf)), None)
        if choice is None:
            return _any(value, inner[0], at, left_out)
        if isinstance(value, dict) and isinstance(value.get("type"), str):
            cls = choice.registry.get(value["type"])
            rest = {key: entry for key, entry in value.items() if key != "type"}
            return {"type": value["type"], **_model(rest, cls, f"{at}.", left_out)}
    elif origin in (Union, UnionType):
        classes = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
        if len(classes) == 1:
            return _any(value, classes[0], at, left_out)
    elif origin is tuple and isinstance(value, list):
        return [_any(entry, inner[0], f"{at}[{place}]", left_out) for place, entry in enumerate(value)]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and isinstance(value, dict):
        return _model(value, annotation, f"{at}.", left_out)
    return value
