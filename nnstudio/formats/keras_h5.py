"""Keras's full-model HDF5 file, with NNStudio's own data beside it.

Keras finds a ``Sequential`` model in the attribute ``model_config`` and the group ``model_weights``;
it ignores the group ``nnstudio``, from which NNStudio resumes. Kernels need no permutation: dense
kernels are (in, out) in both.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.model import Model
from nnstudio.engine.state import TrainerState
from nnstudio.layers.base import KerasLayer

if TYPE_CHECKING:
    import h5py

MAX_ATTRIBUTE = 64_512
"""Bytes of an HDF5 attribute above which Keras splits lists of names."""


def save_model(
    path: Path | str, model: Model, project: ProjectSpec | None = None, state: TrainerState | None = None
) -> None:
    """Writes a model that Keras opens and NNStudio resumes from, atomically.

    Args:
        path: Where to.
        model: The model.
        project: The recipe it came from; without one, the network alone is kept.
        state: The trainer's state, to resume from.

    Raises:
        FormatError: The file can't be written; what was there before is unharmed.
    """
    if project is None:
        project = ProjectSpec(network=model.spec)
        project = project.replace(train=project.train.replace(loss=model.loss))
    checkpoint = Checkpoint(project, model.classes, model.scaling, model.weights, state)
    save_checkpoint(Path(path), checkpoint, also=partial(write_keras, model=model))


def load_model(path: Path | str) -> Model:
    """Reads a model that NNStudio wrote.

    Raises:
        FormatError: The file is missing, no HDF5, damaged, or not written by NNStudio.
    """
    return load_checkpoint(Path(path)).model()


def write_keras(file: h5py.File, model: Model) -> None:
    """Writes Keras's view of a model into an open file."""
    layers = _keras_layers(model)
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "nnstudio",
            "layers": [
                {"class_name": kind, "config": {"name": name, **settings}}
                for name, (kind, settings), _ in layers
            ],
        },
    }
    file.attrs["model_config"] = json.dumps(config)
    file.attrs["keras_version"] = "3.0.0"
    file.attrs["backend"] = "tensorflow"
    group = file.create_group("model_weights")
    views = model.network.views(model.weights)
    weighted = [(name, owner) for name, _, owner in layers if owner and views[owner]]
    _write_names(group, "layer_names", [name for name, _ in weighted])
    for name, owner in weighted:
        layer = group.create_group(name)
        paths = [f"{name}/{weight}" for weight in views[owner]]
        _write_names(layer, "weight_names", paths)
        for path, array in zip(paths, views[owner].values(), strict=True):
            layer.create_dataset(path, data=np.ascontiguousarray(array, dtype=np.float32))


def _keras_layers(model: Model) -> list[tuple[str, KerasLayer, str]]:
    """Name in Keras, layer, and the name of our layer whose weights it holds ("" for none)."""
    rows: list[tuple[str, KerasLayer, str]] = []
    taken: set[str] = set()
    for step in model.network.steps:
        for position, described in enumerate(step.layer.keras()):
            owner = step.layer.name if position == 0 else ""
            rows.append((_unique(step.layer.name, taken), described, owner))
    if not _ends_in_probabilities(model):
        link: dict[str, Any] = {"activation": model.loss.link}
        rows.append((_unique("probabilities", taken), ("Activation", link), ""))
    return rows


def _ends_in_probabilities(model: Model) -> bool:
    """Whether the stack itself ends in the loss's link, as opposed to logits."""
    return model.network.steps[-1].layer.activation_function().name == model.loss.link


def _unique(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^\w.-]", "_", name).strip(".") or "layer"  # to HDF5 "." is the group itself
    unique, number = stem, 1
    while unique in taken:
        number += 1
        unique = f"{stem}_{number}"
    taken.add(unique)
    return unique


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
