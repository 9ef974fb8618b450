"""The training doctor: from what is known about a run to findings, each with evidence and fixes.

One file per idea; each check is a pure function ``Case -> Finding | None``. Thresholds are constants in
their check's file, with the reason for their value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nnstudio.core.shapes import infer_shapes
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.chance import chance
from nnstudio.engine.doctor.dead import dead
from nnstudio.engine.doctor.diverging import diverging
from nnstudio.engine.doctor.exploding import exploding
from nnstudio.engine.doctor.finding import Figure, Finding, Kind, ProjectFix
from nnstudio.engine.doctor.healthy import healthy
from nnstudio.engine.doctor.imbalance import imbalance
from nnstudio.engine.doctor.nonfinite import nonfinite
from nnstudio.engine.doctor.overfitting import overfitting
from nnstudio.engine.doctor.plateau import plateau
from nnstudio.engine.doctor.rate import rate_high, rate_low
from nnstudio.engine.doctor.vanishing import vanishing

__all__ = ["CHECKS", "Case", "Figure", "Finding", "ProjectFix", "diagnose"]

CHECKS: tuple[Callable[[Case], Finding | None], ...] = (
    exploding,
    diverging,
    rate_high,
    vanishing,
    dead,
    chance,
    rate_low,
    overfitting,
    imbalance,
    plateau,
)
"""For runs whose numbers are finite, the most urgent first."""

_HIDES: dict[Kind, set[Kind]] = {
    "exploding": {"diverging", "vanishing", "chance", "rate_high", "plateau"},
    "diverging": {"vanishing", "chance", "rate_high", "overfitting", "plateau"},
    "rate_high": {"vanishing", "chance", "plateau"},
    "vanishing": {"chance", "rate_low", "plateau"},
    "dead": {"chance", "rate_low", "plateau"},
    "chance": {"plateau"},
    "rate_low": {"chance", "plateau"},
}
"""What follows from what: a symptom is not reported beside its cause."""


def diagnose(case: Case) -> list[Finding]:
    """All findings of a case, the most urgent first; that it is healthy if there are none.

    Returns:
        Empty only while too little is known.
    """
    broken = nonfinite(case)
    checks = (imbalance,) if broken else CHECKS  # figures that aren't finite say nothing more
    found = [broken] if broken else []
    found += [finding for check in checks if (finding := check(case)) is not None]
    hidden = {kind for finding in found for kind in _HIDES.get(finding.kind, ())}
    kept = [_with_valid_fixes(finding, case) for finding in found if finding.kind not in hidden]
    if kept:
        return kept
    well = healthy(case)
    return [well] if well is not None else []


def _with_valid_fixes(finding: Finding, case: Case) -> Finding:
    """The finding without fixes that change nothing, or leave a network whose shapes don't fit."""
    pairs = ((fix, fix.apply(case.project)) for fix in finding.fixes)
    good = (fix for fix, after in pairs if after != case.project and infer_shapes(after.network).ok)
    return replace(finding, fixes=tuple(good))
