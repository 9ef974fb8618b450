"""Which problems a card shows, going from one to the next, and mending them."""

from __future__ import annotations

from nnstudio.core.fixes import Fix
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import LayerReport
from nnstudio.gui.document import Document


def shown_problems(row: LayerReport, opened: bool = False) -> tuple[Problem, ...]:
    """What a card has to show, errors first: the layer's own problems, of a closed block also those inside.

    Args:
        row: What is known of the layer.
        opened: It is a block that shows what it holds, and each layer inside its own problems.
    """
    if opened or not row.branches:
        return row.problems
    found = [problem for inner in row.tree() for problem in inner.problems]
    return tuple(sorted(found, key=lambda problem: problem.severity != "error"))


def apply_fix(document: Document, fix: Fix, layer: str) -> None:
    """Applies a fix; the layer that had the problem stays selected, or the selected block around it."""
    document.seal()
    selected = document.selected_layer
    around = selected is not None and any(inner.name == layer for inner in selected.tree())
    kept = document.selection if around else layer
    document.apply_fix(fix, layer)
    if document.network.find(kept) is not None:
        document.select(kept)


def next_problem(document: Document, step: int = 1) -> Problem | None:
    """Selects the next (or with -1 the previous) layer with a problem, round the end."""
    known = {layer.name for layer in document.network.walk()}  # a block makes layers of its own
    rows = [row for row in document.report.rows() if row.layer.name in known]
    names = [row.layer.name for row in rows]
    bad = [place for place, row in enumerate(rows) if row.problems]
    if not bad:
        return None
    outside = -1 if step > 0 else len(names)
    here = names.index(document.selection) if document.selection in names else outside
    ahead = [place for place in bad if (place > here if step > 0 else place < here)]
    order = ahead or bad
    chosen = rows[order[0] if step > 0 else order[-1]]
    document.select(chosen.layer.name)
    return chosen.problems[0]


def first_fix(document: Document) -> bool:
    """Applies the best fix of the selected layer or block, or else of the first layer that has one."""
    selected = document.report.row(document.selection)
    rows = [*(selected.tree() if selected is not None else ()), *document.report.rows()]
    for row in rows:
        for problem in row.problems:
            if problem.fixes:
                apply_fix(document, problem.fixes[0], row.layer.name)
                return True
    return False
