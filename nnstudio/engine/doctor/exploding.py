"""Exploding gradients: steps that no learning rate makes sensible."""

from __future__ import annotations

from nnstudio.engine.doctor import remedies
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import Figure, Finding, ProjectFix, short

MAX_NORM = 30.0
"""Gradient norms of networks that train well stayed below 5 when this was set, deep ones with large steps
came to 27; a tenfold first kernel or raw bytes as input gave 50 to 1,300."""

WORSE_THAN_GUESSING = 1.5
"""Of the loss of guessing: a network below that is on its way, however steep."""

_SCALED = ("He", "Glorot", "LeCun", "Orthogonal")  # initialisers that heed the number of inputs

MEANING = (
    "The gradient says how steep the loss is. On so steep a slope an ordinary step overshoots and throws the "
    "weights far away. It comes from inputs that are much larger than 1 or from initial weights that make "
    "every layer's outputs larger than its inputs; clipping keeps the direction and limits the length."
)


def exploding(case: Case) -> Finding | None:
    """A gradient whose norm over all layers is above :data:`MAX_NORM`, and a loss to match."""
    statistics = case.statistics
    if statistics is None or not statistics.gradient_norm > MAX_NORM:
        return None
    if case.samples and statistics.loss < WORSE_THAN_GUESSING * case.guess_loss:
        return None
    steepest = max(statistics.trainable, key=lambda layer: layer.gradients.norm if layer.gradients else 0.0)
    share = steepest.gradients.norm if steepest.gradients else 0.0
    inputs = statistics.inputs.rms
    evidence = f"Gradient norm {short(statistics.gradient_norm)}, most of it in {steepest.name}."
    if inputs > remedies.LARGE_INPUT:
        evidence = f"Gradient norm {short(statistics.gradient_norm)}; inputs of the order of {short(inputs)}."
    figures = (
        Figure("Gradient norm", statistics.gradient_norm),
        Figure("Usual at most", MAX_NORM),
        Figure(f"Gradient norm of {steepest.name}", share),
        Figure("Size of the inputs (root mean square)", inputs),
    )
    weights, clip, lower = _other_weights(case), remedies.clip(case), remedies.lower_rate(case)
    fixes = (*remedies.scale_inputs(case), *weights, *clip, lower)
    title = "Exploding gradients"
    return Finding("exploding", "error", title, evidence, MEANING, figures, fixes, steepest.name)


def _other_weights(case: Case) -> tuple[ProjectFix, ...]:
    """He's initial weights for the layers whose own don't heed the number of inputs."""
    assert case.statistics is not None
    names = []
    for layer in case.statistics.trainable:
        spec = case.project.network.find(layer.name)
        initializer = getattr(spec, "kernel_initializer", None)
        if initializer is not None and not initializer.type_name().startswith(_SCALED):
            names.append(layer.name)
    return remedies.he_weights(case, names)
