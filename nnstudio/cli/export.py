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
from nnstudio.errors import FormatError
from nnstudio.formats.keras_h5 import export_keras

ENDINGS = {".h5": "keras-h5", ".hdf5": "keras-h5"}
TOLERANCE = 1e-5


def run(arguments: argparse.Namespace) -> None:
    """Writes the file, and with ``--verify`` runs it."""
    out = Path(arguments.out)
    kind = arguments.to or ENDINGS.get(out.suffix.lower())
    if kind is None:
        raise FormatError(
            "the format isn't clear from the file's name",
            allowed=", ".join(ENDINGS),
            received=out.suffix or out.name,
            fix="name the file with .h5, or say --to keras-h5",
        )
    checkpoint = find_model(arguments.model)
    model = checkpoint.model()
    export_keras(out, model, checkpoint.project)
    result: dict[str, Any] = {"file": str(out), "format": kind, "parameters": model.network.report.parameters}
    if arguments.verify:
        result["largest_difference"] = _verify(out, model)
    if arguments.json:
        print_json(result)
        return
    print(f"{out}: Keras HDF5, {model.network.report.parameters:,} parameters")
    if arguments.verify and result["largest_difference"] is not None:
        print(f"Keras predicts the same, largest difference {result['largest_difference']:.1e}")


def _verify(path: Path, model: Model) -> float | None:
    """Largest difference between Keras's predictions and ours, or None without Keras."""
    if importlib.util.find_spec("keras") is None:
        say("Keras is not installed, so the file was not run (pip install keras jax)")
        return None
    import os

    if "KERAS_BACKEND" not in os.environ:
        found = next((name for name in ("jax", "tensorflow", "torch") if importlib.util.find_spec(name)), "")
        os.environ["KERAS_BACKEND"] = found or "numpy"
    import keras

    samples = np.random.default_rng(0).random((64, *model.network.input_shape), dtype=np.float32)
    theirs = np.asarray(keras.models.load_model(path, compile=False).predict(samples, verbose=0))
    ours = model.predict(samples, scaled=True)
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
