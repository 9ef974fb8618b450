"""One look at a network over the plane, worked out away from the window's thread. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.points_spec import PointsSpec
from nnstudio.core.spec import DataSpec, ProjectSpec
from nnstudio.data.plane_inputs import plane_inputs
from nnstudio.data.points2d import CLASSES, SETS
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.analysis.plane import decision_surface, unit_lines, unit_responses
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.threads import one_blas_thread
from nnstudio.optim import Loss

SURFACE_SIDE = 110
"""Squares of the surface along each side; between them it is drawn smoothly."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """What is to be looked at.

    Attributes:
        project: The project; its data recipe names a 2-D set.
        model: The run's model, or None to look at the initial weights of the project's network.
        tile_side: Squares of a unit's tile along each side.
        lines_side: Squares of the picture of the hidden units' lines along each side; 0 for none.
    """

    project: ProjectSpec
    model: Model | None = None
    tile_side: int = 25
    lines_side: int = 0


@dataclass(frozen=True, eq=False)
class PointGroup:
    """The points of one part.

    Attributes:
        places: ``(n, 2)``, in the plane.
        labels: True classes, ``(n,)``.
        wrong: Where the network answers another class, ``(n,)``; None without an answer.
    """

    places: Floats
    labels: NDArray[np.int64]
    wrong: NDArray[np.bool_] | None = None

    @property
    def hits(self) -> int:
        """Points that are classified correctly."""
        return 0 if self.wrong is None else int(np.count_nonzero(~self.wrong))


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen.

    Attributes:
        groups: Points under "train", "validation" and "test"; those without points are left out.
        surface: Probability of class B, ``(side, side)`` from the top; None if the network can't answer.
        units: Outputs of the units of every hidden Dense layer, ``(units, tile, tile)``.
        lines: Where a unit of the first layer changes its sign, or None if nobody asked.
        model: The model that was looked at.
        trained: It is a run's, not the initial weights.
    """

    groups: dict[str, PointGroup]
    surface: Floats | None = None
    units: dict[str, Floats] = field(default_factory=dict)
    lines: NDArray[np.bool_] | None = None
    model: Model | None = None
    trained: bool = False


def is_plane(data: DataSpec) -> bool:
    """The recipe names one of the 2-D sets."""
    return data.source in SETS


def look(question: Question) -> Look:
    """Looks at the network and the points; a few milliseconds."""
    with one_blas_thread():  # once: it takes longer than a small network's answers
        return _look(question)


def _look(question: Question) -> Look:
    project = question.project
    points = project.data.points or PointsSpec()
    groups = _groups(project.data)
    model = question.model or _untrained(project)
    if model is None or not fits(model, points):
        return Look(groups)
    answered = {}
    for name, group in groups.items():
        predicted = model.predict(plane_inputs(group.places, points.inputs)).argmax(axis=1)
        answered[name] = PointGroup(group.places, group.labels, predicted != group.labels)
    lines = question.lines_side
    return Look(
        answered,
        decision_surface(model, points.inputs, SURFACE_SIDE),
        unit_responses(model, points.inputs, question.tile_side),
        unit_lines(model, points.inputs, lines) if lines else None,
        model,
        question.model is not None,
    )


def fits(model: Model, points: PointsSpec) -> bool:
    """The model takes these inputs and tells two classes apart."""
    shape = (len(points.inputs),)
    return model.network.input_shape == shape and model.network.output_shape in ((1,), (2,))


@lru_cache(4)
def _prepared(data: DataSpec) -> Prepared:
    return prepare(data)


@lru_cache(4)
def _groups(data: DataSpec) -> dict[str, PointGroup]:
    """Where the points of every part lie: which point is in which part doesn't depend on the inputs.

    Looks at equal recipes share the arrays.
    """
    points = (data.points or PointsSpec()).replace(inputs=("x", "y"))
    prepared = _prepared(data.replace(points=points))
    parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    return {
        name: PointGroup(cast(Floats, part.samples(slice(None))), part.labels)
        for name, part in parts.items()
        if part is not None and len(part)
    }


def _untrained(project: ProjectSpec) -> Model | None:
    """The project's network with its initial weights; None if it has problems."""
    from nnstudio.core.shapes import infer_shapes

    points = project.data.points or PointsSpec()
    classes, shape = len(CLASSES), (len(points.inputs),)
    if not infer_shapes(project.network, classes=classes, input_shape=shape).ok:
        return None
    network = Network(project.network, cast(Loss, project.train.loss))
    scaling = _prepared(project.data).scaling
    return Model(network, network.initial_weights(project.train.seed), CLASSES, scaling)
