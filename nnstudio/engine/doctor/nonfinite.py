"""NaN and infinity: where they appeared first."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, ProjectFix, percent, short
from nnstudio.engine.statistics import NonFinite, RunStatistics

MEANING = (
    "A number became too large for 32-bit floats (about 3.4e38), and every number computed from it is "
    "infinite or NaN too. Smaller steps or clipped gradients keep the weights in range; inputs of the "
    "order of 1 keep the outputs in range."
)


def nonfinite(case: Case) -> Finding | None:
    """NaN or infinity in a run, named by the layer and the numbers where it appeared first."""
    statistics = case.statistics
    first = statistics.nonfinite if statistics is not None else None
    if first is None and not case.diverged:
        return None
    figures: tuple[Figure, ...] = ()
    evidence = "The loss or the weights are no longer finite."
    if statistics is not None and first is not None:
        evidence = _evidence(statistics, first)
        if statistics.epoch:
            evidence += f" The weights of epoch {statistics.epoch} are kept."
        figures = (
            Figure("Layer", first.layer or "the input"),
            Figure("First in its", first.place),
            Figure("Share not finite", first.share),
            Figure("Learning rate", case.project.train.learning_rate),
        )
    fixes: tuple[ProjectFix, ...] = ()
    if first is None or first.layer:  # broken samples are mended in the data
        fixes = (*remedies.scale_inputs(case), remedies.lower_rate(case), *remedies.clip(case))
    title = f"Loss became NaN or infinite{_when(statistics)}"
    layer = first.layer if first is not None else ""
    return Finding("nonfinite", "error", title, evidence, MEANING, figures, fixes, layer)


def _when(statistics: RunStatistics | None) -> str:
    if statistics is None:
        return ""
    if statistics.batch:
        return f" at batch {statistics.batch} of epoch {statistics.epoch + 1}"
    return f" in epoch {statistics.epoch}" if statistics.epoch else ""


def _evidence(statistics: RunStatistics, first: NonFinite) -> str:
    if not first.layer:
        return f"{percent(first.share)} of the input values are not finite."
    text = f"First in the {first.place} of {first.layer}"
    layer = next(layer for layer in statistics.layers if layer.name == first.layer)
    if first.place == "outputs" and layer.weights is not None:
        return f"{text}; its weights reach {short(layer.weights.largest)}."
    return f"{text}, {percent(first.share)} of them."
