"""Registries of the things that specs name: layers, initializers, optimizers.

A registry lives here, below everything that fills it, so that a spec can be read from JSON without
core importing the packages above it. The package that fills a registry is imported by name the
first time the registry is asked for something.
"""

from __future__ import annotations

import difflib
import importlib
import json
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nnstudio.errors import SpecError

T = TypeVar("T", bound="Registered")
C = TypeVar("C", bound="type[Registered]")


class Registered(BaseModel):
    """Base of every frozen spec that is chosen by the name of its type.

    In JSON it is an object with a ``type`` key beside its fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    @classmethod
    def type_name(cls) -> str:
        """Name under which the class is registered and written to JSON."""
        return cls.__name__

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON-ready data, its ``type`` first."""
        return {"type": self.type_name(), **self.model_dump(mode="json")}

    def replace(self: T, **changes: Any) -> T:
        """A validated copy with some fields changed.

        Raises:
            SpecError: A value is out of its bounds or of the wrong kind.
        """
        return self.build({**{k: getattr(self, k) for k in type(self).model_fields}, **changes})

    @classmethod
    def build(cls: type[T], fields: dict[str, Any]) -> T:
        """Builds the spec, turning pydantic's report into one sentence for the user."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise spec_error(cls.type_name(), error) from error


class Registry(Generic[T]):
    """Named classes with a duplicate check and a did-you-mean.

    Args:
        kind: What it holds, as the user calls it ("layer").
        package: Package whose import registers everything.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._classes: dict[str, type[T]] = {}

    def register(self, cls: C) -> C:
        """Class decorator that adds a class under its type name."""
        name = cls.type_name()
        if name in self._classes and self._classes[name].__module__ != cls.__module__:
            raise ValueError(f"two {self.kind}s are called {name!r}")
        self._classes[name] = cls  # type: ignore[assignment]
        return cls

    def get(self, name: str) -> type[T]:
        """The class registered under ``name`` (case doesn't matter).

        Raises:
            SpecError: Nothing has that name; the message suggests the nearest one.
        """
        self._load()
        for known, cls in self._classes.items():
            if known.lower() == str(name).lower():
                return cls
        raise SpecError(
            f"there is no {self.kind} called {name!r}",
            allowed=", ".join(sorted(self._classes)),
            received=str(name),
            fix=did_you_mean(str(name), self._classes) or f"use one of the {self.kind}s above",
        )

    def create(self, name: str, /, **fields: Any) -> T:
        """Builds a registered spec from its name and fields."""
        return self.get(name).build(fields)

    def parse(self, value: Any) -> T:
        """Reads a spec from an instance, a bare name, or JSON data with a ``type`` key.

        Raises:
            SpecError: The type is missing or unknown, or a field is not allowed.
        """
        if isinstance(value, Registered):
            return value  # type: ignore[return-value]
        if isinstance(value, str):
            return self.create(value)
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            example = json.dumps({"type": self.names()[0]})
            raise SpecError(
                f"a {self.kind} has no type",
                allowed=f"an object with a 'type' key, such as {example}",
                received=_short(value),
                fix=f"name the {self.kind} under the key 'type'",
            )
        return self.create(value["type"], **{k: v for k, v in value.items() if k != "type"})

    def names(self) -> list[str]:
        """All registered names, in the order of registration."""
        self._load()
        return list(self._classes)

    def __iter__(self) -> Iterator[type[T]]:
        self._load()
        return iter(list(self._classes.values()))

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._classes

    def _load(self) -> None:
        importlib.import_module(self._package)


def did_you_mean(name: str, known: Any) -> str:
    """A "did you mean" sentence for a mistyped name, or an empty string."""
    close = difflib.get_close_matches(name.lower(), {k.lower(): k for k in known}, n=1, cutoff=0.5)
    if not close:
        return ""
    return f"did you mean {next(k for k in known if k.lower() == close[0])!r}?"


def spec_error(owner: str, error: ValidationError) -> SpecError:
    """Turns the first complaint of pydantic into a :class:`SpecError` naming field and bounds."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, SpecError):
        return cause
    field = ".".join(str(part) for part in first["loc"]) or owner
    more = "" if error.error_count() == 1 else f" (and {error.error_count() - 1} more)"
    if first["type"] == "value_error":  # raised by a validator of ours, in words of its own
        return SpecError(str(cause))
    if first["type"] == "extra_forbidden":
        return SpecError(f"{owner} has no setting {field!r}{more}", fix="remove it or check its spelling")
    what = f"{owner}: {field} is not valid" if field != owner else f"{owner} is not valid"
    allowed = first["msg"].replace("Input should be", "").strip()
    return SpecError(what + more, allowed=allowed, received=_short(first.get("input")), fix=f"change {field}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
