"""``nnstudio gradcheck``: numeric against analytic gradients."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.cli.codes import DONE, FAILED
from nnstudio.cli.output import print_json, progress, table
from nnstudio.cli.specs import find_model, find_project, is_model
from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.gradcheck import TOLERANCE, affordable_effort, check_gradients
from nnstudio.engine.network import Network
from nnstudio.errors import ShapeError
from nnstudio.optim import Loss


def run(arguments: argparse.Namespace) -> int:
    """Prints a row per weight array; 1 if one fails."""
    project = find_project(arguments.spec, arguments.set)
    loss = cast(Loss, project.train.loss)
    network = Network(project.network, loss)
    classes = max(2, network.output_shape[0])
    loss.check(network.output_shape, classes)
    if network.trainable == 0:
        raise ShapeError("the network has no weights to check", fix="add a Dense layer")
    effort, weights = affordable_effort(network), _weights(arguments, project, network)
    x, labels = _batch(project, network, classes, effort.samples)
    with progress() as display:
        rows = check_gradients(
            network, weights, x, labels, directions=effort.directions, progress=display.update
        )
    ok = all(row.ok for row in rows)
    if arguments.json:
        print_json({"ok": ok, "rows": [{**asdict(row), "ok": row.ok} for row in rows]})
        return DONE if ok else FAILED
    cells = [
        (
            row.layer,
            row.weight,
            f"{row.analytic:.9g}",
            f"{row.numeric:.9g}",
            f"{row.relative_error:.1e}",
            "pass" if row.ok else "FAIL",
        )
        for row in rows
    ]
    print(table(("layer", "weight", "analytic", "numeric", "relative error", ""), cells, left=2))
    verdict = "all gradients agree" if ok else "some gradients are wrong"
    samples = f"{effort.samples} sample{'' if effort.samples == 1 else 's'}"
    print(f"\n{verdict} (float64, {samples}, relative error allowed {TOLERANCE:g})")
    return DONE if ok else FAILED


def _weights(arguments: argparse.Namespace, project: ProjectSpec, network: Network) -> NDArray[np.float32]:
    """A model's own weights, or fresh ones for a recipe and for a network that ``--set`` changed."""
    if is_model(arguments.spec):
        checkpoint = find_model(arguments.spec)
        if checkpoint.project.network == project.network:
            return checkpoint.weights
    return network.initial_weights(project.train.seed)


def _batch(
    project: ProjectSpec, network: Network, classes: int, size: int
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Random samples and labels; the gradients of any batch must agree."""
    random = np.random.default_rng(project.train.seed)
    samples = random.random((size, *network.input_shape))
    return samples, random.integers(0, classes, size)
