"""Dead ReLUs: units that are 0 for every sample, and so get no gradient."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, Severity, percent

MAX_DEAD = 0.5
"""Share of a layer's units. "As much as 40 % of your network can be dead if the learning rate is set too
high" (Karpathy, CS231n notes); small layers that train well come near a half in their first epochs."""

BLOCKED = 0.95
"""With so few units left the layer hardly lets anything through."""

MEANING = (
    "A ReLU gives 0 for negative sums, and its gradient is 0 there. A unit whose sum is negative for every "
    "sample can't be changed by training any more. A step that was too long often pushes units there. "
    "LeakyReLU keeps a small slope on the negative side, so that its units can come back."
)


def dead(case: Case) -> Finding | None:
    """Layers in which more than :data:`MAX_DEAD` of the units are 0 for every sample looked at."""
    if case.statistics is None:
        return None
    shares = {layer.name: layer.dead for layer in case.statistics.layers if layer.dead is not None}
    found = {name: share for name, share in shares.items() if share > MAX_DEAD}
    if not found:
        return None
    worst = max(found, key=lambda name: found[name])
    others = f", and {len(found) - 1} more layers" if len(found) > 2 else ", and one more layer"
    evidence = (
        f"{percent(found[worst])} of its units are 0 for all {case.statistics.samples} samples looked at"
        f"{others if len(found) > 1 else ''}."
    )
    figures = tuple(Figure(f"Dead units in {name}", share) for name, share in shares.items())
    leaky, lower = remedies.he_weights(case, found, "leaky_relu"), remedies.lower_rate(case)
    fixes = (lower, *leaky) if case.long_steps else (*leaky, lower)
    severity: Severity = "error" if found[worst] >= BLOCKED else "caution"
    return Finding("dead", severity, f"Dead ReLUs in {worst}", evidence, MEANING, figures, fixes, worst)
