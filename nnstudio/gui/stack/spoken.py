"""What screen readers say of the cards."""

from __future__ import annotations

from nnstudio.core.layer import Shape
from nnstudio.core.shapes import LayerReport
from nnstudio.gui.stack.edits import is_input
from nnstudio.gui.stack.problems import shown_problems
from nnstudio.gui.stack.texts import card_problem_text, plain, problem_text
from nnstudio.gui.widgets.numbers import count


def spoken_shape(sizes: Shape | None) -> str:
    """``28x28x1``: screen readers skip the multiplication sign."""
    return "unknown" if sizes is None else "x".join(map(str, sizes))


def spoken_card(
    row: LayerReport,
    position: int,
    total: int,
    *,
    block: str = "",
    frozen: bool = False,
    disabled: bool = False,
) -> str:
    """``Dense dense, layer 2 of 4, 784 to 64, 50,240 parameters, no error``.

    Args:
        row: What is known of the layer.
        position: Its place in its stack, from 0.
        total: Layers in that stack.
        block: Name of the block that holds it, or "".
        frozen: Its weights stay as they are.
        disabled: It is skipped.
    """
    place = f"layer {position + 1} of {total}" + (f" in {block}" if block else "")
    parts = [f"{row.layer.title} {row.layer.name}", place]
    inside = len(row.layer.children)
    if inside:
        parts.append(f"holds {inside} {'layer' if inside == 1 else 'layers'}")
    if disabled:
        return ", ".join([*parts, "skipped"])
    into, out = spoken_shape(row.input_shape), spoken_shape(row.output_shape)
    parts.append(out if is_input(row.layer) else f"{into} to {out}")
    amount = "unknown" if row.parameters is None else count(row.parameters)
    parts.append(f"{amount} {'parameter' if row.parameters == 1 else 'parameters'}")
    if frozen:
        parts.append("frozen")
    return ", ".join([*parts, *_problems(row)])


def _problems(row: LayerReport) -> list[str]:
    told = [f"{problem.severity}: {plain(problem_text(problem)).rstrip('.')}" for problem in row.problems]
    inside = [problem for problem in shown_problems(row) if problem.layer != row.layer.name]
    if inside:
        told.append(plain(card_problem_text(row, inside)).rstrip("."))
    return told or ["no error"]
