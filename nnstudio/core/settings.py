"""A project's settings by dotted path: ``train.learning_rate``, ``network.layers.dense.units``.

The command line, sweeps and the list of what can vary all name a setting so.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from nnstudio.core.fields import FormField, describe
from nnstudio.core.layer import LayerSpec
from nnstudio.core.registry import did_you_mean
from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import SpecError

_KINDS = frozenset({"int", "float", "bool", "choice", "text", "spec"})


@dataclass(frozen=True)
class Setting:
    """One setting of a project that has a single value.

    Attributes:
        path: Its dotted path.
        group: What it belongs to, as the user reads it ("Training", "conv2d_1").
        row: Its declaration: label, bounds, choices, help.
        value: Its present value; of a spec that is chosen by type, the type's name.
    """

    path: str
    group: str
    row: FormField
    value: Any

    @property
    def numeric(self) -> bool:
        """A range of it makes sense."""
        return self.row.kind in ("int", "float")


def list_settings(project: ProjectSpec) -> tuple[Setting, ...]:
    """Every setting that can be varied or set by its path, in the order of the forms."""
    found = list(_of_spec("train", "Training", project.train))
    if project.generator is not None:
        found += _of_spec("generator", "Generator", project.generator)
    found += _of_layers("network.layers", project.network.layers)
    found += _of_spec("data", "Data", project.data, ("points",) if project.data.points else ())
    return tuple(found)


def setting_of(project: ProjectSpec, path: str) -> Setting:
    """The setting at a path; a layer may be named or numbered.

    Raises:
        SpecError: There is none; the message suggests the nearest one.
    """
    known = {setting.path: setting for setting in list_settings(project)}
    path = path.strip()
    wanted = _with_names(project, path)
    if wanted in known:
        return known[wanted]
    raise SpecError(
        f"the project has no setting called {path!r}",
        allowed="the dotted path of a single value, such as train.learning_rate or data.fraction",
        received=path,
        fix=_nearest(path, list(known)),
    )


def with_value(project: ProjectSpec, path: str, value: Any) -> ProjectSpec:
    """The project with one setting changed, in its JSON form.

    Args:
        project: The project.
        path: Dotted path; a layer may be named or numbered, and an optional group is switched on.
        value: JSON value.

    Raises:
        SpecError: The path leads nowhere, or the value is not allowed.
    """
    document = project.to_json()
    steps = path.strip().split(".")
    _put(document, steps, value, f"{path}={value}")
    if steps[0] == "generator":
        del document["network"]  # it is made anew
    return ProjectSpec.from_json(document)


def with_values(project: ProjectSpec, values: Mapping[str, Any]) -> ProjectSpec:
    """The project with several settings changed, one after the other; see :func:`with_value`."""
    for path, value in values.items():
        project = with_value(project, path, value)
    return project


def _of_layers(path: str, layers: tuple[LayerSpec, ...]) -> Iterator[Setting]:
    for layer in layers:
        here = f"{path}.{layer.name}"
        yield from _of_spec(here, layer.name, layer)
        yield from _of_layers(f"{here}.layers", layer.children)


def _of_spec(path: str, group: str, spec: Any, also: tuple[str, ...] = ()) -> Iterator[Setting]:
    """The settings of a spec, each followed by those inside it."""
    cls: type[BaseModel] = spec if isinstance(spec, type) else type(spec)
    for row in describe(cls, also):
        if row.name == "name" and "." in path:
            continue  # of a layer
        value = row.default if isinstance(spec, type) else getattr(spec, row.name)
        here = f"{path}.{row.name}"
        if row.kind == "spec":
            yield Setting(here, group, row, value if isinstance(value, str) else value.type_name())
            yield from _of_spec(here, group, row.registry.get(value) if isinstance(value, str) else value)  # type: ignore[union-attr]
        elif row.kind == "group" and row.model is not None:
            yield from _of_spec(here, f"{group}, {row.label.lower()}", row.model if value is None else value)
        elif row.kind in _KINDS:
            yield Setting(here, group, row, value)


def _with_names(project: ProjectSpec, path: str) -> str:
    """The path with a layer's number replaced by its name."""
    steps = path.split(".")
    number = steps[2] if len(steps) > 2 and steps[:2] == ["network", "layers"] else ""
    layers = project.network.layers
    if number.isdecimal() and len(number) < 9 and int(number) < len(layers):
        steps[2] = layers[int(number)].name
    return ".".join(steps)


def _nearest(path: str, known: list[str]) -> str:
    """A "did you mean" sentence; a path's last part alone finds it, too."""
    last = path.split(".")[-1].lower()
    ends = [name for name in known if name.lower().endswith(f".{last}")]
    if ends:
        return f"did you mean {' or '.join(map(repr, ends[:3]))}?"
    close = difflib.get_close_matches(path.lower(), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else "check the path"


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
