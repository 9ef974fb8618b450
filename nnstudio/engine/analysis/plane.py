"""What a network for points of the plane answers everywhere on it, and what each of its units responds to.

A grid over the plane is passed through the network like any other batch. Rows of a grid run from the
largest y to the smallest, as in a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import NetworkSpec
from nnstudio.data.plane_inputs import plane_inputs
from nnstudio.engine.model import Model
from nnstudio.engine.threads import one_blas_thread
from nnstudio.layers import Dense

Floats = NDArray[np.float32]

REACH = 1.25
"""Half the side of the part of the plane that is looked at; the points span −1 to 1."""


def plane_grid(side: int, reach: float = REACH) -> NDArray[np.float64]:
    """Centres of ``side`` × ``side`` equal squares, ``(side², 2)``, row by row from the top."""
    steps = (np.arange(side) + 0.5) / side * 2 * reach - reach
    x, y = np.meshgrid(steps, steps[::-1])
    return np.stack([x.ravel(), y.ravel()], axis=1)


def decision_surface(model: Model, inputs: Sequence[str], side: int) -> Floats:
    """Probability of the second class over the plane, ``(side, side)``.

    Args:
        model: A network with two classes.
        inputs: What it is told of a point (see ``plane_inputs``).
        side: Squares along each side.
    """
    answers = model.predict(plane_inputs(plane_grid(side), inputs))
    return answers[:, 1].reshape(side, side)


def unit_responses(model: Model, inputs: Sequence[str], side: int) -> dict[str, Floats]:
    """What the units of every hidden Dense layer put out over the plane, by layer: ``(units, side, side)``.

    Of a layer whose activation is computed with it (also one that stands behind it as a layer of its
    own), that is the activation's output.
    """
    x = plane_inputs(plane_grid(side), inputs)
    workspace = model.network.workspace(model.weights, len(x))
    with one_blas_thread(), np.errstate(all="ignore"):  # weights that overflow give NaN
        workspace.forward(model.scaling.apply(x))
        outputs = workspace.outputs()
    wanted = [layer.name for layer in hidden_dense(model.spec)]
    # (side², units) -> (units, side, side)
    return {
        name: np.ascontiguousarray(outputs[name].T).reshape(-1, side, side)
        for name in wanted
        if name in outputs
    }


def hidden_dense(network: NetworkSpec) -> list[Dense]:
    """The Dense layers of the outer stack but for the last, which answers."""
    return [layer for layer in network.layers if isinstance(layer, Dense) and not layer.disabled][:-1]


def unit_lines(model: Model, inputs: Sequence[str], side: int) -> NDArray[np.bool_]:
    """Where a unit of the first Dense layer changes its sign, ``(side, side)``: Σ w·input + b = 0.

    With x and y alone these are straight lines, the material that all later layers work with.
    """
    first = next(iter(hidden_dense(model.spec)), None)
    lines = np.zeros((side, side), dtype=np.bool_)
    if first is None:
        return lines
    arrays: dict[str, Any] = model.network.views(model.weights)[first.name]
    x = model.scaling.apply(plane_inputs(plane_grid(side), inputs))
    with np.errstate(all="ignore"):
        sums = x @ arrays["kernel"] + arrays.get("bias", 0.0)
    positive = (sums > 0).T.reshape(-1, side, side)
    lines[:, 1:] |= (positive[:, :, 1:] != positive[:, :, :-1]).any(axis=0)
    lines[1:, :] |= (positive[:, 1:, :] != positive[:, :-1, :]).any(axis=0)
    return lines
