"""Field declarations: bounds, step, help and how a form shows a field, said once.

A field declared with :func:`field` gives its validation, its JSON schema and its row in the
inspector. ``describe`` reads the declarations back for whoever builds a form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from nnstudio.core.registry import Registered, Registry
from nnstudio.errors import SpecError

Kind = Literal["int", "float", "bool", "choice", "text", "spec", "shape", "pair", "sides", "numbers", "group"]


def field(
    default: Any = ...,
    *,
    help: str,
    label: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    step: float | None = None,
    log: bool = False,
    unit: str = "",
    off: str = "off",
    hidden: bool = False,
    rare: bool = False,
    when: dict[str, Any] | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
) -> Any:
    """Declares a spec field with everything a form needs to know.

    Args:
        default: Value when none is given; ``...`` makes the field required.
        help: One or two plain sentences, shown as tooltip and in the docs.
        label: Text beside the field; made from the name when empty.
        ge: Smallest value allowed. ``gt``, ``le`` and ``lt`` likewise bound the value.
        gt: The value must be greater.
        le: Largest value allowed.
        lt: The value must be smaller.
        step: Step of the arrows in a form.
        log: Steps multiply instead of add (learning rates).
        unit: Unit shown behind the value.
        off: What the form shows for ``None``.
        hidden: Not shown in a form.
        rare: Shown in a form only on demand, or where the value isn't the default.
        when: Shown only while other fields have these values, ``{"activation": "leaky_relu"}``.
        min_length: Shortest text or tuple.
        max_length: Longest text or tuple.
    """
    form: dict[str, Any] = {
        "label": label,
        "step": step,
        "log": log,
        "unit": unit,
        "off": off,
        "hidden": hidden,
        "rare": rare,
        "when": when,
    }
    bounds: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    lengths: dict[str, Any] = {"min_length": min_length, "max_length": max_length}
    return Field(default, description=help, json_schema_extra={"form": form}, **bounds, **lengths)


class OneOf:
    """Annotation of a field that holds any spec of a registry: ``Annotated[Optimizer, OneOf(...)]``."""

    def __init__(self, registry: Registry[Any]) -> None:
        self.registry = registry

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates through the registry and writes the type beside the fields."""
        return core_schema.no_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda spec: spec.to_json()),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """One schema per registered class, told apart by ``type``."""
        options = []
        for cls in self.registry:
            option = cls.model_json_schema()
            option.setdefault("properties", {})["type"] = {"const": cls.type_name()}
            options.append(option)
        return {"oneOf": options}

    def _validate(self, value: Any) -> Any:
        try:
            return self.registry.parse(value)
        except SpecError as error:
            raise as_value_error(error) from error


def as_value_error(error: SpecError) -> Exception:
    """The error as a validator may raise it.

    Pydantic only collects errors of its own; the SpecError travels in its context (see
    ``registry.spec_error``).
    """
    from pydantic_core import PydanticCustomError

    return PydanticCustomError("spec", "{message}", {"error": error, "message": str(error)})


@dataclass(frozen=True)
class FormField:
    """One row of a form, read from a spec class.

    Attributes:
        name: Field name.
        label: Text beside the field.
        kind: Which editor fits.
        help: Tooltip.
        default: Default value.
        optional: ``None`` is allowed and means "off" (or what ``off`` says).
        minimum: Smallest value allowed, or None.
        maximum: Largest value allowed, or None.
        exclusive_minimum: The minimum itself is not allowed.
        exclusive_maximum: The maximum itself is not allowed.
        step: Step of the arrows.
        log: Steps multiply.
        unit: Unit behind the value.
        off: Text for ``None``.
        choices: Values of a choice; of numbers, the words that may stand for them.
        registry: Registry of a nested spec that is chosen by type.
        model: Class of a nested group of fields.
        when: Other fields' values for which this one is shown.
        rare: Shown only on demand, or where the value isn't the default.
    """

    name: str
    label: str
    kind: Kind
    help: str
    default: Any
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    step: float | None = None
    log: bool = False
    unit: str = ""
    off: str = "off"
    choices: tuple[Any, ...] = ()
    registry: Registry[Any] | None = None
    model: type[BaseModel] | None = None
    when: dict[str, Any] = dataclasses.field(default_factory=dict)
    rare: bool = False

    def is_default(self, value: Any) -> bool:
        """The value is the one that a new spec begins with."""
        default = self.default if self.registry is None else self.registry.parse(self.default)
        return bool(value == default)


def describe(cls: type[BaseModel], also: Collection[str] = ()) -> list[FormField]:
    """The visible fields of a spec class, in declaration order, as a form needs them.

    Args:
        cls: The spec class.
        also: Names of hidden fields that are wanted too; they come last.
    """
    rows, last = [], []
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra
        form: dict[str, Any] = dict(extra.get("form", {})) if isinstance(extra, dict) else {}  # type: ignore[arg-type]
        if not form.get("hidden", False):
            rows.append(_row(name, info, form))
        elif name in also:
            last.append(_row(name, info, form))
    return rows + last


def _row(name: str, info: FieldInfo, form: dict[str, Any]) -> FormField:
    kind, optional, choices, registry, model = _kind(info)
    bounds: dict[str, float] = {}
    for constraint in info.metadata:
        for key in ("ge", "gt", "le", "lt"):
            value = getattr(constraint, key, None)
            if value is not None:
                bounds[key] = value
    return FormField(
        name=name,
        label=form.get("label") or name.replace("_", " ").capitalize(),
        kind=kind,
        help=info.description or "",
        default=info.get_default(call_default_factory=True),
        optional=optional,
        minimum=bounds.get("ge", bounds.get("gt")),
        maximum=bounds.get("le", bounds.get("lt")),
        exclusive_minimum="gt" in bounds,
        exclusive_maximum="lt" in bounds,
        step=form.get("step"),
        log=bool(form.get("log")),
        unit=form.get("unit") or "",
        off=form.get("off") or "off",
        choices=choices,
        registry=registry,
        model=model,
        when=form.get("when") or {},
        rare=bool(form.get("rare")),
    )


def _kind(
    info: FieldInfo,
) -> tuple[Kind, bool, tuple[Any, ...], Registry[Any] | None, type[BaseModel] | None]:
    for note in info.metadata:
        if isinstance(note, OneOf):
            return "spec", False, tuple(note.registry.names()), note.registry, None
    annotation, optional = info.annotation, False
    words: tuple[Any, ...] = ()
    if get_origin(annotation) in (Union, UnionType):
        members = get_args(annotation)
        optional = NoneType in members
        words = tuple(word for m in members if get_origin(m) is Literal for word in get_args(m))
        annotation = next(m for m in members if m is not NoneType)
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return "choice", optional, get_args(annotation), None, None
    if get_origin(annotation) is tuple:
        members = get_args(annotation)
        if float in members:
            return "numbers", optional, words, None, None
        nested: Kind = "sides" if get_origin(members[0]) is tuple else "pair"
        return "shape" if Ellipsis in members else nested, optional, (), None, None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "group", optional, (), None, annotation
    plain: dict[Any, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
    return plain.get(annotation, "text"), optional, (), None, None


__all__ = ["FormField", "OneOf", "Registered", "as_value_error", "describe", "field"]
