"""The engine from Python, in a few names (``import nnstudio as nn``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnstudio.core.layer import LAYERS, LayerSpec, Shape
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.catalog import load_dataset
from nnstudio.data.convert import as_part, number_names
from nnstudio.data.dataset import Dataset
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.fast_path import Device
from nnstudio.engine.lr_finder import RateTest
from nnstudio.engine.lr_finder import find_learning_rate as range_test
from nnstudio.engine.model import Model
from nnstudio.engine.state import EpochRecord, Event
from nnstudio.engine.trainer import Reason, Trainer
from nnstudio.errors import DataError, SpecError
from nnstudio.formats.keras_h5 import save_model

Source = str | Path | Dataset | tuple[Any, Any]
"""What can be trained on: a name, a path, a data set, or samples and labels."""


class TrainedModel(Model):
    """A model that can be saved."""

    project: ProjectSpec | None = None

    def save(self, path: Path | str) -> None:
        """Writes an HDF5 file that NNStudio opens, and Keras where it has such layers.

        Raises:
            FormatError: The file can't be written.
        """
        save_model(path, self, self.project)


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        model: The network with its final weights.
        history: What is known after each epoch.
        best_epoch: Number of the best one.
        reason: Why the run ended.
        data: The prepared data.
    """

    model: TrainedModel
    history: tuple[EpochRecord, ...]
    best_epoch: int
    reason: Reason
    data: Prepared


def Network(layers: Sequence[LayerSpec], input_shape: Shape) -> NetworkSpec:  # noqa: N802 - reads as a class
    """A network of ``layers`` for samples of ``input_shape``.

    Args:
        layers: The stack, without the input.
        input_shape: Shape of one sample, ``(28, 28, 1)`` or ``(2,)``.
    """
    return NetworkSpec(layers=(LAYERS.create("Input", shape=tuple(input_shape)), *layers))


def train(
    network: NetworkSpec,
    data: Source,
    *,
    watch: Callable[[Event], None] | None = None,
    device: Device = "auto",
    **settings: Any,
) -> Run:
    """Trains a network.

    Args:
        network: The network.
        data: Name or path of a data set, a ``Dataset``, or arrays ``(x, y)``: samples ``(N, features)``,
            ``(N, H, W)`` or ``(N, H, W, C)`` and class numbers ``(N,)``, all of them to train on unless
            ``test`` is given.
        watch: Called with every block of steps and every epoch.
        device: "cpu", "gpu", or "auto", which takes the GPU where there is one.
        **settings: Fields of the training recipe and of the data recipe, such as ``epochs=5``,
            ``optimizer="SGD"``, ``learning_rate=0.01``, ``validation=0.2``.

    Raises:
        SpecError: A setting is unknown or not allowed.
        ShapeError: The network has problems or doesn't fit the data.
        DataError: There are no such data, or they can't be read.
        TrainingError: There is no GPU to train on, which was asked for, or its memory is too small.
    """
    project = _project(network, data, settings)
    trainer = Trainer(project, _prepared(data, project.data), device=device)
    with closing(trainer.run()) as events:  # so that an error in ``watch`` ends the run at once
        for event in events:
            if watch is not None:
                watch(event)
    state, trained = trainer.state, _trained(trainer.model, project)
    return Run(trained, tuple(state.history), state.best_epoch, trainer.reason, trainer.data)


def find_learning_rate(network: NetworkSpec, data: Source, **settings: Any) -> RateTest:
    """Tries a hundred growing learning rates, one a step (see ``engine.lr_finder``).

    Args:
        network: The network; it stays untrained.
        data: As for :func:`train`.
        **settings: As for :func:`train`; the learning rate and its schedule don't matter.

    Returns:
        The rates, the losses, and the suggested rate.
    """
    project = _project(network, data, settings)
    return range_test(project, _prepared(data, project.data))


def load(path: Path | str) -> TrainedModel:
    """Reads a model that NNStudio wrote.

    Raises:
        FormatError: The file is missing, no HDF5, damaged, or not written by NNStudio.
    """
    checkpoint = load_checkpoint(Path(path))
    return _trained(checkpoint.model(), checkpoint.project)


def _project(network: NetworkSpec, data: Source, settings: dict[str, Any]) -> ProjectSpec:
    """The project that a network, data and settings by name make."""
    known = set(TrainSpec.model_fields) | set(DataSpec.model_fields) - {"source"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise SpecError(f"there is no setting {unknown[0]!r}", allowed=", ".join(sorted(known)))
    of_train = {k: v for k, v in settings.items() if k in TrainSpec.model_fields}
    of_data = {k: v for k, v in settings.items() if k in DataSpec.model_fields}
    if isinstance(data, (str, Path)):
        of_data["source"] = str(data)
    else:
        of_data = {"source": "arrays", "test": None if isinstance(data, Dataset) else 0, **of_data}
    recipe = DataSpec.build(of_data)
    return ProjectSpec(network=network, data=recipe, train=TrainSpec.build(of_train))


def _trained(model: Model, project: ProjectSpec) -> TrainedModel:
    trained = TrainedModel(model.network, model.weights, model.classes, model.scaling)
    trained.project = project
    return trained


def _prepared(data: Source, recipe: DataSpec) -> Prepared:
    """The data, prepared as the recipe says."""
    if isinstance(data, (str, Path)):
        data = load_dataset(str(data), reading=recipe.reading, points=recipe.points)
    if not isinstance(data, Dataset):
        if len(data) != 2:
            raise DataError("the arrays aren't understood", allowed="(x, y)", received=f"{len(data)} values")
        part = as_part(*data, "the arrays")
        classes = number_names(part) if part.labels.max() > 0 else ("0", "1")
        data = Dataset("arrays", "Arrays", part, part.none(), classes)
    return prepare_dataset(data, recipe)
