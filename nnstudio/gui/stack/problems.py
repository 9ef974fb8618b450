"""Going from problem to problem and mending them."""

from __future__ import annotations

from nnstudio.core.fixes import Fix
from nnstudio.core.problem import Problem
from nnstudio.gui.document import Document


def apply_fix(document: Document, fix: Fix, layer: str) -> None:
    """Applies a fix and keeps the layer that had the problem selected, if it is still there."""
    document.seal()
    document.apply_fix(fix, layer)
    if document.network.find(layer) is not None:
        document.select(layer)


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
    """Applies the best fix of the selected layer's problem, or else of the first one that has a fix."""
    rows = sorted(document.report.rows(), key=lambda row: row.layer.name != document.selection)
    for row in rows:
        for problem in row.problems:
            if problem.fixes:
                apply_fix(document, problem.fixes[0], row.layer.name)
                return True
    return False
