"""Keras 3's own formats: ``.keras``, a zip of config and weights, and ``.weights.h5``, the weights alone.

Late versions of Keras 2 read them too.

Weights lie at ``layers/<class>[_k]/vars/<i>``, where k counts the layers of one class from the second
on, and i the layer's arrays.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.atomic import atomic_file, atomic_hdf5
from nnstudio.engine.model import Model
from nnstudio.formats.keras_graph import KerasNode, keras_config, keras_nodes

if TYPE_CHECKING:
    import h5py


def export_keras_zip(path: Path | str, model: Model, project: ProjectSpec | None = None) -> None:
    """Writes a ``.keras`` file, atomically; it has no room for the recipe.

    Raises:
        FormatError: Keras has no such layer, or the file can't be written; what was there before is
            unharmed.
    """
    import h5py

    nodes = keras_nodes(model)
    weights = BytesIO()
    with h5py.File(weights, "w") as file:
        _write_variables(file, nodes)
    metadata = {"keras_version": "3.0.0", "date_saved": f"{datetime.now():%Y-%m-%d@%H:%M:%S}"}
    with atomic_file(Path(path)) as temporary, ZipFile(temporary, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(keras_3_config(nodes)))
        archive.writestr("model.weights.h5", weights.getbuffer())


def export_keras_weights(path: Path | str, model: Model, project: ProjectSpec | None = None) -> None:
    """Writes a ``.weights.h5`` file for a Keras model of the same layers, atomically; no recipe goes with it.

    Raises:
        FormatError: Keras has no such layer, or the file can't be written; what was there before is
            unharmed.
    """
    nodes = keras_nodes(model)
    with atomic_hdf5(Path(path)) as file:
        _write_variables(file, nodes)


def keras_3_config(nodes: list[KerasNode]) -> dict[str, Any]:
    """The nodes as Keras 3 stores a model, which names the module of each class."""
    config = keras_config(nodes)
    for layer in config["config"]["layers"]:
        layer.update(module="keras.layers", registered_name=None)
    kind = "Sequential" if config["class_name"] == "Sequential" else "Model"
    return {"module": "keras", "class_name": kind, "config": config["config"], "registered_name": None}


def _write_variables(file: h5py.File, nodes: list[KerasNode]) -> None:
    file.create_group("vars")  # Keras 2 looks for the model's own, and for those of every layer
    seen: Counter[str] = Counter()
    for node in nodes:
        stem = _snake_case(node.kind)
        group = f"layers/{stem}_{seen[stem]}" if seen[stem] else f"layers/{stem}"
        seen[stem] += 1
        variables = file.create_group(f"{group}/vars")
        for number, array in enumerate(node.weights.values()):
            variables.create_dataset(str(number), data=array)


def _snake_case(kind: str) -> str:
    """A class's name as Keras writes it in paths: ``Conv2D`` -> ``conv2d``, ``ReLU`` -> ``re_lu``."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
