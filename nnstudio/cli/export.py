"""``nnstudio export``: a model in another format."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.cli.codes import WorkFailed
from nnstudio.cli.output import print_json, say
from nnstudio.cli.specs import find_model
from nnstudio.engine.model import Model
from nnstudio.formats.exports import Export, export_for

TOLERANCE = 1e-5
SAMPLES = 16


def run(arguments: argparse.Namespace) -> None:
    """Writes the file, and with ``--verify`` runs it."""
    out = Path(arguments.out)
    export = export_for(out, arguments.to)
    checkpoint = find_model(arguments.model)
    model = checkpoint.model()
    export.write(out, model, checkpoint.project)
    parameters = model.network.report.parameters
    result: dict[str, Any] = {"file": str(out), "format": export.name, "parameters": parameters}
    if arguments.verify:
        result["largest_difference"] = _verify(export, out, model)
    if arguments.json:
        print_json(result)
        return
    print(f"{out}: {export.title}, {parameters:,} parameters")
    if arguments.verify and result["largest_difference"] is not None:
        print(f"Keras predicts the same, largest difference {result['largest_difference']:.1e}")


def _verify(export: Export, path: Path, model: Model) -> float | None:
    """Largest difference between Keras's predictions and ours, or None without Keras."""
    if importlib.util.find_spec("keras") is None:
        say("Keras is not installed, so the file was not run (pip install keras jax)")
        return None
    samples = np.random.default_rng(0).random((SAMPLES, *model.network.input_shape), dtype=np.float32)
    theirs, ours = export.run(path, model, samples), model.predict(samples, scaled=True)
    if theirs.shape[1] == 1:  # one sigmoid output is the probability of the second class
        ours = ours[:, 1:]
    difference = float(np.abs(theirs - ours).max())
    if not difference <= TOLERANCE:  # NaN is no agreement either
        raise WorkFailed(
            "Keras predicts something else",
            allowed=f"a difference of {TOLERANCE:g}",
            received=f"{difference:g}",
            fix="report it with the project, and don't use the file",
        )
    return difference
