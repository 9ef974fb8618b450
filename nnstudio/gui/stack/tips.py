"""Tooltips of the cards: meaning first, then the formula."""

from __future__ import annotations

import textwrap

from nnstudio.core.layer import LayerSpec
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import LayerReport
from nnstudio.gui.stack.problems import shown_problems
from nnstudio.gui.stack.texts import shape_or_unknown
from nnstudio.gui.widgets.numbers import count, shape

WIDTH = 56
"""Characters per line: Qt wraps plain tooltips nowhere."""


def summary(layer: LayerSpec) -> str:
    """First paragraph of the layer's own description."""
    text = (type(layer).__doc__ or "").strip().split("\n\n")[0]
    return textwrap.fill(" ".join(text.replace("`", "").split()), WIDTH)


def card_tip(row: LayerReport) -> str:
    """What the layer is and does; with a problem, that first."""
    layer = row.layer
    problems = [_told(problem, layer) for problem in shown_problems(row)]
    heading = f"{layer.title} “{layer.name}”"
    detail = f", {layer.detail()}" if layer.detail() else ""
    return "\n".join([*problems, heading + detail, summary(layer)])


def _told(problem: Problem, layer: LayerSpec) -> str:
    """The sentence of a problem; one inside a block says where."""
    if problem.layer != layer.name:
        return f"{problem.layer}: {problem.message}."
    return f"{problem.message[:1].upper()}{problem.message[1:]}."


def tile_tip(unit: int, row: LayerReport) -> str:
    """What the picture of a unit's responses shows."""
    return (
        f"Unit {unit + 1} of {row.layer.name}: what it puts out over the plane.\n"
        "Orange where positive, blue where negative, each up to the unit's strongest response."
    )


def parameters_tip(row: LayerReport) -> str:
    """How the parameter count comes about: ``kernel 784×64 + bias 64 = 50,240``."""
    meaning = "Parameters: the numbers that training adjusts."
    if row.parameters is None or row.input_shape is None:
        return meaning if row.parameters == 0 else f"{meaning}\nKnown as soon as the shapes fit."
    found = (one for one in row.layer.weights(row.input_shape) if one.trainable)
    arrays = " + ".join(f"{one.name} {shape(one.shape)}" for one in found)
    return f"{meaning}\n{arrays} = {count(row.parameters)}" if arrays else f"{meaning}\nThis layer has none."


def multiply_adds_tip(row: LayerReport) -> str:
    """What the work means."""
    meaning = "Multiply-adds (MAC): work for one sample. Time grows with this number."
    if row.multiply_adds is None:
        return f"{meaning}\nKnown as soon as the shapes fit."
    return f"{meaning}\n{count(row.multiply_adds)} for {shape_or_unknown(row.input_shape)}"
