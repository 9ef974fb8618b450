"""What a form says: names of choices, and sentences about what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from nnstudio.core.fields import FormField
from nnstudio.core.registry import Registry
from nnstudio.errors import SpecError
from nnstudio.gui.widgets import numbers

OFF = "off"


def choice_text(value: Any) -> str:
    """A choice as it is shown: ``val_loss`` is "val loss"."""
    return str(value).replace("_", " ")


def type_text(registry: Registry[Any], name: str) -> str:
    """A registered type as it is shown: ``HeNormal`` is "He normal"; optimizers keep their names."""
    if registry.kind == "optimizer":
        return name
    words = re.findall(r"LeCun|L2|[A-Z]+(?![a-z])|[A-Z][a-z]+|\d+", name)
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def range_sentence(row: FormField, write: Callable[[float], str] = numbers.field_text) -> str:
    """What a number field takes: "Use a number greater than 0, at most 1e6, or off."."""
    kind = "whole number" if row.kind == "int" else "number"
    low = None if row.minimum is None else write(row.minimum)
    high = None if row.maximum is None else write(row.maximum)
    if low and high and not (row.exclusive_minimum or row.exclusive_maximum):
        bounds = [f"from {low} to {high}"]
    else:
        least = f"{'greater than' if row.exclusive_minimum else 'of at least'} {low}" if low else ""
        most = f"{'less than' if row.exclusive_maximum else 'at most'} {high}" if high else ""
        bounds = [bound for bound in (least, most) if bound]
    ending = ""
    if row.optional:
        ending = ", or off" if row.off == OFF else f", or nothing to {row.off}"
    return f"Use a {kind} {', '.join(bounds)}".rstrip() + ending + "."


def error_sentence(error: SpecError) -> str:
    """A refused value in one sentence for the form."""
    if not error.allowed:
        return _sentence(error.what)
    said = error.allowed.removeprefix("Value error, ")
    if said != error.allowed or " should " in said:
        return _sentence(said)
    return _sentence(f"use a value that is {said}")


def tooltip(text: str) -> str:
    """Plain text as a tooltip that wraps."""
    return f"<p>{escape(text)}</p>" if text else ""


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
