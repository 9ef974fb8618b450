"""Keras's full-model HDF5 file, with NNStudio's own data beside it.

Keras finds the model in the attribute ``model_config`` and the group ``model_weights``; it ignores
the group ``nnstudio``, from which NNStudio resumes. Kernels need no permutation: activations are
NHWC, convolution kernels HWIO and dense kernels (in, out) in both.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.model import Model
from nnstudio.engine.state import TrainerState
from nnstudio.errors import FormatError
from nnstudio.formats.keras_graph import KerasNode, keras_config, keras_nodes

if TYPE_CHECKING:
    import h5py

MAX_ATTRIBUTE = 64_512
"""Bytes of an HDF5 attribute above which Keras splits lists of names."""


def save_model(
    path: Path | str, model: Model, project: ProjectSpec | None = None, state: TrainerState | None = None
) -> None:
    """Writes a model that NNStudio resumes from and, where Keras has such layers, Keras opens; atomically.

    Args:
        path: Where to.
        model: The model.
        project: The recipe it came from; without one, the network alone is kept.
        state: The trainer's state, to resume from.

    Raises:
        FormatError: The file can't be written; what was there before is unharmed.
    """
    try:
        nodes = keras_nodes(model)
    except FormatError:  # a run of such a network has to be kept all the same
        nodes = []
    _save(Path(path), model, nodes, project, state)


def export_keras(path: Path | str, model: Model, project: ProjectSpec | None = None) -> None:
    """Writes a model that Keras opens, and NNStudio too; atomically.

    Args:
        path: Where to.
        model: The model.
        project: The recipe it came from; without one, the network alone is kept.

    Raises:
        FormatError: Keras has no such layer, or the file can't be written; what was there before is
            unharmed.
    """
    _save(Path(path), model, keras_nodes(model), project)


def load_model(path: Path | str) -> Model:
    """Reads a model that NNStudio wrote.

    Raises:
        FormatError: The file is missing, no HDF5, damaged, or not written by NNStudio.
    """
    return load_checkpoint(Path(path)).model()


def _save(
    path: Path,
    model: Model,
    nodes: list[KerasNode],
    project: ProjectSpec | None,
    state: TrainerState | None = None,
) -> None:
    if project is None:
        project = ProjectSpec(network=model.spec)
        project = project.replace(train=project.train.replace(loss=model.loss))
    checkpoint = Checkpoint(project, model.classes, model.scaling, model.weights, state)
    save_checkpoint(path, checkpoint, also=partial(write_keras, nodes=nodes) if nodes else None)


def write_keras(file: h5py.File, nodes: list[KerasNode]) -> None:
    """Writes Keras's view of a model into an open file."""
    file.attrs["model_config"] = json.dumps(keras_config(nodes))
    file.attrs["keras_version"] = "3.0.0"
    file.attrs["backend"] = "tensorflow"
    group = file.create_group("model_weights")
    weighted = [node for node in nodes if node.weights]
    _write_names(group, "layer_names", [node.name for node in weighted])
    for node in weighted:
        layer = group.create_group(node.name)
        paths = [f"{node.name}/{weight}" for weight in node.weights]
        _write_names(layer, "weight_names", paths)
        for path, array in zip(paths, node.weights.values(), strict=True):
            layer.create_dataset(path, data=array)


def _write_names(group: h5py.Group, name: str, values: list[str]) -> None:
    """A list of names, split as Keras does where it is longer than an attribute may be."""
    import h5py

    text = h5py.string_dtype("utf-8")
    longest = max((len(value.encode()) for value in values), default=1) + 16  # variable-length heap entry
    per_part = max(1, MAX_ATTRIBUTE // longest)
    if len(values) <= per_part:
        group.attrs.create(name, np.array(values, dtype=object), dtype=text)
        return
    for part, start in enumerate(range(0, len(values), per_part)):
        chunk = np.array(values[start : start + per_part], dtype=object)
        group.attrs.create(f"{name}{part}", chunk, dtype=text)
