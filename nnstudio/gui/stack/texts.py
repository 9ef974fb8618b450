"""The words on cards and in the footer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nnstudio.core.activations import TITLES
from nnstudio.core.layer import LayerSpec, Shape
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import LayerReport, ShapeReport
from nnstudio.gui.stack.edits import is_input, lacks_output
from nnstudio.gui.widgets.numbers import compact, count, shape

ARROW = "→"
UNKNOWN = "?"
NO_BREAK = "\N{NO-BREAK SPACE}"
_EXACT_BELOW = 1_000_000
_LONG_NAME = 20


def parameters_text(parameters: int | None) -> str:
    """``50,240 params``, ``1.61 M params``, or ``? params`` behind a problem."""
    if parameters is None:
        return f"{UNKNOWN} params"
    amount = count(parameters) if parameters < _EXACT_BELOW else compact(parameters)
    return f"{amount} param" if parameters == 1 else f"{amount} params"


def amount_text(parameters: int | None) -> str:
    """The number alone, for rows that have no room for words: ``2,320``."""
    return parameters_text(parameters).removesuffix("s").removesuffix(" param")


def multiply_adds_text(multiply_adds: int | None) -> str:
    """``12.5 k MAC``."""
    return f"{UNKNOWN if multiply_adds is None else compact(multiply_adds)} MAC"


def shape_or_unknown(sizes: Shape | None) -> str:
    """``28×28×1``, or ``?``."""
    return UNKNOWN if sizes is None else shape(sizes)


def shapes_of(row: LayerReport, always: bool = False) -> tuple[str, str]:
    """Texts before and behind the arrow; the first is empty where a layer leaves the shape as it is.

    Args:
        row: What is known of the layer.
        always: Give both even then.
    """
    into, out = shape_or_unknown(row.input_shape), shape_or_unknown(row.output_shape)
    if is_input(row.layer) or (into == out and not row.problems and not always):
        return "", out
    return into, out


def detail_text(layer: LayerSpec, data_title: str = "", skip: str = "") -> str:
    """What stands behind the title: the key settings or the skip path, then a name of the user's own."""
    if is_input(layer):
        return data_title
    own = "" if has_default_name(layer) else layer.name
    return " · ".join(part for part in (skip or layer.detail(), own) if part)


def skip_text(row: LayerReport) -> str:
    """What the skip path of a block is: ``identity``, ``projection``, or "" where that isn't known."""
    if "skip" not in row.branches:
        return ""
    return "projection" if row.branches["skip"] else "identity"


def block_end(layer: LayerSpec) -> str:
    """What a block does behind its layers: ``Add skip, then ReLU``."""
    function = getattr(layer, "activation", "linear")
    return "Add skip" if function == "linear" else f"Add skip, then {TITLES[function]}"


def inside_text(row: LayerReport, brief: bool = False) -> str:
    """A closed block in a line: ``5 layers, 28×28×16``; in brief without the shape that comes in."""
    amount = len(row.layer.children)
    if brief:
        return f"{amount} {'layer' if amount == 1 else 'layers'} {ARROW} {shape_or_unknown(row.output_shape)}"
    return f"{amount} {'layer' if amount == 1 else 'layers'}, {' '.join(_with_arrow(*shapes_of(row)))}"


def _with_arrow(into: str, out: str) -> tuple[str, ...]:
    return (into, ARROW, out) if into else (out,)


def has_default_name(layer: LayerSpec) -> bool:
    """The name was made from the type (``dense``, ``dense_1``), not chosen by the user."""
    made = [layer.default_name]
    if layer.category == "activation":  # the function was changed, and the name is that of the first one
        made += TITLES
    return re.fullmatch(f"({'|'.join(map(re.escape, made))})" + r"(_\d+)?", layer.name) is not None


def problem_text(problem: Problem) -> tuple[tuple[str, bool], ...]:
    """The sentence inside a card as (text, bold) pieces: "**Expected** 64, **got** 28×28"."""
    if not problem.expected:
        text = problem.message[:1].upper() + problem.message[1:]
        return ((text if text.endswith((".", "?", "!")) else f"{text}.", False),)
    if not problem.got:
        return (("Expected", True), (f" {problem.expected}.", False))
    got = f"{NO_BREAK}{problem.got}"  # stays with its word when the line breaks
    return (("Expected", True), (f" {problem.expected},", False), (" got", True), (got, False))


def card_problem_text(row: LayerReport, problems: Sequence[Problem]) -> tuple[tuple[str, bool], ...]:
    """The same for the first of the problems that a card shows; a block says how many are inside, and where.

    "**2 errors inside**, first in conv2d_1. **Expected** 64, **got** 28×28"
    """
    first = problems[0]
    if first.layer == row.layer.name:
        return problem_text(first)
    alike = [problem for problem in problems if problem.severity == first.severity]
    amount = sum(problem.layer != row.layer.name for problem in alike)
    where = first.layer if len(first.layer) <= _LONG_NAME else f"{first.layer[:_LONG_NAME]}…"
    place = f", {'first ' if amount > 1 else ''}in {where}. "
    counted = f"{amount} {first.severity}{'' if amount == 1 else 's'} inside"
    return ((counted, True), (place, False), *problem_text(first))


def plain(pieces: tuple[tuple[str, bool], ...]) -> str:
    """The pieces as one sentence."""
    return "".join(text for text, _ in pieces).replace(NO_BREAK, " ")


def verdict(report: ShapeReport) -> tuple[str, str]:
    """What the footer says of the stack, and its kind: ``good``, ``caution`` or ``error``."""
    if lacks_output(report):
        return "No output layer yet", "caution"
    errors = len(report.errors)
    if errors:
        return ("1 error" if errors == 1 else f"{errors} errors"), "error"
    warnings = len(report.warnings)
    if warnings:
        return f"Valid, {warnings} warning{'' if warnings == 1 else 's'}", "caution"
    return "Valid", "good"


def totals(report: ShapeReport) -> str:
    """``206,314 params, 3.96 M MAC``; up to the first layer that isn't known, which it then says."""
    text = parameters_text(report.parameters)
    if report.multiply_adds:
        text += f", {multiply_adds_text(report.multiply_adds)}"
    unknown = any(row.parameters is None for row in report.layers)
    return f"{text} before it" if unknown else text
