"""What F1 says about the focused item: a layer's formula and shapes, a field's meaning and range.

A widget that knows more than its tooltip has a method ``help_topic(item)``; the nearest one around the
focused item is asked first. All words come from the docstrings and the fields' declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from PySide6.QtWidgets import QWidget

from nnstudio.core.fields import FormField
from nnstudio.core.layer import LayerSpec, shape_text
from nnstudio.core.shapes import LayerReport
from nnstudio.gui.form.facts import work
from nnstudio.gui.form.helping import docstring_html
from nnstudio.gui.form.words import choice_text, range_sentence
from nnstudio.gui.widgets import numbers

NOWHERE = "F6 goes to the next part of the window, Tab to the next item."


@dataclass(frozen=True)
class Topic:
    """Something to be explained.

    Attributes:
        title: What it is.
        html: The explanation, as rich text with its own heading.
    """

    title: str
    html: str


def topic_of(item: QWidget) -> Topic:
    """The topic of the nearest widget around ``item`` that has one, else its name and tooltip."""
    widget: QWidget | None = item
    while widget is not None:
        provide = getattr(widget, "help_topic", None)
        found = provide(item) if provide is not None else None
        if isinstance(found, Topic):
            return found
        widget = widget.parentWidget() if not widget.isWindow() else None
    return _plain(item)


def layer_topic(layer: LayerSpec, row: LayerReport | None = None) -> Topic:
    """A layer type: what it computes and when to use it, and the shapes it has in its place.

    Args:
        layer: The layer.
        row: What is known of it in its place; None for one of the layer list.
    """
    title = layer.title if row is None else f"{layer.title} “{layer.name}”"
    return Topic(title, _here(row) + docstring_html(type(layer)))


def field_topic(row: FormField, value: Any) -> Topic:
    """A setting: what it means, what it may be, and what the present choice computes."""
    parts = [f"<b>{escape(row.label)}</b>", f"<p>{escape(row.help)}</p>"]
    allowed = _allowed(row)
    if allowed:
        parts.append(f"<p>{escape(allowed)}</p>")
    default = "" if row.kind in ("group", "spec") else _value(row, row.default)
    if row.registry is None and default:
        parts.append(f"<p>Default: {escape(default)}</p>")
    if row.registry is not None and value is not None:
        parts.append(docstring_html(type(value)))
    elif row.name == "activation":
        from nnstudio.layers import Activation

        parts.append(docstring_html(Activation))
    return Topic(row.label, "".join(parts))


def _here(row: LayerReport | None) -> str:
    """The shapes and counts of a layer in its place, and what is wrong with it."""
    if row is None:
        return ""
    into, out = (shape_text(shape) if shape else "?" for shape in (row.input_shape, row.output_shape))
    lines = [f"In {into}, out {out}."]
    if row.parameters is not None:
        lines.append(f"{numbers.count(row.parameters)} parameters. {work(row)}".strip())
    lines += [problem.message[:1].upper() + problem.message[1:].rstrip(".") + "." for problem in row.problems]
    return f"<p><b>Here</b><br>{'<br>'.join(escape(line) for line in lines)}</p>"


def _allowed(row: FormField) -> str:
    if row.kind in ("int", "float"):
        return range_sentence(row)
    if row.kind == "choice":
        return "One of " + ", ".join(choice_text(value) for value in row.choices) + "."
    return ""


def _value(row: FormField, value: Any) -> str:
    if value is None:
        return row.off
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{numbers.field_text(value)} {row.unit}".strip()
    return shape_text(value) if isinstance(value, tuple) and value else choice_text(value)


def _plain(item: QWidget) -> Topic:
    title, text = "", ""
    widget: QWidget | None = item
    while widget is not None and not (title and text):
        title = title or widget.accessibleName() or widget.windowTitle()
        text = text or widget.whatsThis() or widget.toolTip() or widget.accessibleDescription()
        widget = widget.parentWidget() if not widget.isWindow() else None
    title, text = title or "NNStudio", text or NOWHERE
    body = text if text.startswith("<") else f"<p>{escape(text)}</p>".replace("\n", "<br>")
    return Topic(title, f"<b>{escape(title)}</b>{body}")
