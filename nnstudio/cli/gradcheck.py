"""``nnstudio gradcheck``: numeric against analytic gradients."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import cast

import numpy as np

from nnstudio.cli.output import print_json, table
from nnstudio.cli.specs import find_model, find_project
from nnstudio.engine.gradcheck import TOLERANCE, check_gradients
from nnstudio.engine.network import Network
from nnstudio.optim import Loss

SAMPLES = 16


def run(arguments: argparse.Namespace) -> int:
    """Prints a row per weight array; 1 if one fails."""
    from nnstudio.cli.main import DONE, FAILED

    project = find_project(arguments.spec, arguments.set)
    network = Network(project.network, cast(Loss, project.train.loss))
    weights = network.initial_weights(project.train.seed)
    if arguments.spec.endswith((".h5", ".hdf5")):
        weights = find_model(arguments.spec).weights
    random = np.random.default_rng(project.train.seed)
    samples = random.random((SAMPLES, *network.input_shape))
    labels = random.integers(0, max(2, network.output_shape[0]), SAMPLES)
    rows = check_gradients(network, weights, samples, labels)
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
    print(f"\n{verdict} (float64, relative error allowed {TOLERANCE:g})")
    return DONE if ok else FAILED
