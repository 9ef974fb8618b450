"""Vanishing gradients: the first layers hardly learn, for the gradient dies out on its way to them."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.dead import BLOCKED
from nnstudio.engine.doctor.finding import Figure, Finding, ProjectFix, percent, short
from nnstudio.engine.statistics import LayerStatistics

MIN_SHARE = 1e-3
"""Of the last layer's root-mean-square gradient. Networks that train well had 0.01 and more when this was
set, six sigmoid layers 0.0002."""

LEARNED = 0.5
"""Of the loss of guessing: below that, the network learns in spite of it."""

MOSTLY = 0.5
"""Share of a layer's outputs that may be saturated. Trained sigmoid and tanh layers had 0 to 0.1."""

MEANING = (
    "Going back through a layer, the gradient is multiplied by its weights and by the slope of its "
    "activation. The slope of a sigmoid is at most 1/4, so that every layer shrinks the gradient, and "
    "saturated units or small weights shrink it much more (Glorot & Bengio, 2010). The slope of ReLU is 1, "
    "He's initial weights keep the size of the signal, and BatchNorm restores it."
)


def vanishing(case: Case) -> Finding | None:
    """A layer that gets next to no gradient, or has most units saturated, while nothing is learned."""
    statistics = case.statistics
    if statistics is None or len(statistics.trainable) < 2:
        return None
    if case.last is not None and case.last.train_loss < LEARNED * case.guess_loss:
        return None
    if any((layer.dead or 0.0) >= BLOCKED for layer in statistics.layers):
        return None  # nothing can pass there: that is what has to be said
    *earlier, end = statistics.trainable
    smallest = min(earlier, key=_size)
    stuck = max(statistics.layers, key=lambda layer: layer.saturated or 0.0)
    saturated = stuck.saturated or 0.0
    if _size(smallest) >= MIN_SHARE * _size(end) and saturated <= MOSTLY:
        return None
    title, layer = f"Vanishing gradients in {smallest.name}", smallest.name
    evidence = f"Gradient {short(_size(end))} in {end.name}, {short(_size(smallest))} in {smallest.name}."
    if saturated > MOSTLY:
        title, layer = f"Saturated units in {stuck.name}", stuck.name
        evidence = f"{percent(saturated)} of its outputs are at the flat ends of {stuck.activation}."
    figures = (
        *(Figure(f"Gradient of {one.name} (root mean square)", _size(one)) for one in statistics.trainable),
        *(
            Figure(f"Saturated outputs of {one.name}", one.saturated)
            for one in statistics.layers
            if one.saturated is not None
        ),
    )
    lower = (remedies.lower_rate(case),) if case.long_steps else ()
    fixes = (*remedies.scale_inputs(case), *lower, *_weights(case), *remedies.batch_norm(case))
    return Finding("vanishing", "error", title, evidence, MEANING, figures, fixes, layer)


def _size(layer: LayerStatistics) -> float:
    return layer.gradients.rms if layer.gradients is not None else 0.0


def _weights(case: Case) -> tuple[ProjectFix, ...]:
    """ReLU instead of bounded functions, and the initial weights that go with it."""
    assert case.statistics is not None
    bounded = [layer.name for layer in case.statistics.layers if layer.saturated is not None]
    relus = [layer.name for layer in case.statistics.layers if layer.activation == "relu"]
    return remedies.he_weights(case, bounded, "relu") or remedies.he_weights(case, relus)
