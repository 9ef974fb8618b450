"""The run's HDF5 file: written atomically, and enough to go on exactly where the run was.

Layout: root group ``nnstudio`` with the recipe as JSON, the flat weight vector and its index; below it
``training`` with the optimizer's vectors, the best weights, the place in the run and the history.
``also`` lets another writer put its own view of the same weights beside it (the Keras model, see
``formats.keras_h5``).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from nnstudio.core.spec import ProjectSpec, parse_json
from nnstudio.data.batches import Scaling
from nnstudio.engine.atomic import atomic_hdf5
from nnstudio.engine.hdf5 import child, open_for_reading, read_array, read_text, write_array, write_text
from nnstudio.engine.memory import aligned_copy
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.state import EpochRecord, Parent, TrainerState
from nnstudio.errors import FormatError, NNStudioError
from nnstudio.optim import Loss, Optimizer

if TYPE_CHECKING:
    import h5py

Floats = NDArray[np.float32]

CHECKPOINT_VERSION = 2
GROUP = "nnstudio"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        project: The recipe.
        classes: Names of the classes.
        scaling: How raw samples become the network's inputs.
        weights: Flat weight vector.
        state: The trainer's state, or None in a file that holds a model only.
    """

    project: ProjectSpec
    classes: tuple[str, ...]
    scaling: Scaling
    weights: NDArray[np.float32]
    state: TrainerState | None = None

    @cached_property
    def network(self) -> Network:
        """The recipe's network."""
        return Network(self.project.network, cast(Loss, self.project.train.loss))

    def model(self) -> Model:
        """The model with these weights."""
        return Model(self.network, self.weights, self.classes, self.scaling)


def save_checkpoint(
    path: Path, checkpoint: Checkpoint, also: Callable[[h5py.File], None] | None = None
) -> None:
    """Writes a checkpoint so that the file is at any moment the old one or the new one.

    Args:
        path: Where to.
        checkpoint: What to write.
        also: Writes more into the open file.

    Raises:
        FormatError: The file can't be written; what was there before is unharmed.
    """
    with atomic_hdf5(path) as file:
        if also is not None:
            also(file)
        _write(file.create_group(GROUP), checkpoint)


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads what :func:`save_checkpoint` wrote, trusting nothing.

    Raises:
        FormatError: The file is missing, no HDF5, damaged, or no NNStudio checkpoint.
    """
    path = Path(path)
    with open_for_reading(path) as file:
        try:
            _check_version(file, path.name)
            return _read(file)
        except FormatError:
            raise
        except NNStudioError as error:
            raise FormatError(f"{path.name} is damaged: {error}", fix="use another checkpoint") from error
        except (KeyError, TypeError, ValueError, RuntimeError, OSError) as error:  # h5py raises them all
            raise FormatError(
                f"{path.name} is damaged", received=repr(error)[:200], fix="use another checkpoint"
            ) from error


def _check_version(file: h5py.File, name: str) -> None:
    version = child(file, GROUP).attrs.get("version") if GROUP in file else None
    if version is None:
        raise FormatError(
            f"{name} holds no NNStudio data",
            allowed="a file written by NNStudio",
            received="HDF5 without the group 'nnstudio'",
            fix="choose a file that NNStudio saved or exported",
        )
    if not isinstance(version, (int, np.integer)) or not 1 <= version <= CHECKPOINT_VERSION:
        raise FormatError(
            f"{name} has a version that this NNStudio doesn't read",
            allowed=f"1 to {CHECKPOINT_VERSION}",
            received=str(version),
            fix="update NNStudio",
        )


def _write(group: h5py.Group, checkpoint: Checkpoint) -> None:
    group.attrs["version"] = CHECKPOINT_VERSION
    group.attrs["resumable"] = checkpoint.state is not None
    write_text(group, "scaling", json.dumps(checkpoint.scaling.to_json()))
    write_text(group, "project", checkpoint.project.dumps())
    write_text(group, "classes", json.dumps(checkpoint.classes))
    write_text(group, "index", json.dumps(_layout(checkpoint.network)))
    write_array(group, "weights", checkpoint.weights)
    state = checkpoint.state
    if state is None:
        return
    training = group.create_group("training")
    if np.array_equal(state.weights, checkpoint.weights):
        training["weights"] = group["weights"]  # a hard link
    else:
        write_array(training, "weights", state.weights)
    for name, slot in state.slots.items():
        write_array(training, f"slots/{name}", slot)
    if state.best_weights is not None:
        write_array(training, "best_weights", state.best_weights)
    write_text(training, "state", json.dumps(plain_state(state)))


def _layout(network: Network) -> list[list[Any]]:
    """Where each array lies in the weight vector: layer, weight, shape, first position."""
    return [[entry.layer, entry.spec.name, list(entry.spec.shape), entry.start] for entry in network.index]


def plain_state(state: TrainerState) -> dict[str, Any]:
    """The state without its vectors."""
    vectors = {"weights", "slots", "best_weights"}
    plain = {f.name: getattr(state, f.name) for f in dataclasses.fields(state) if f.name not in vectors}
    plain["history"] = [dataclasses.asdict(record) for record in state.history]
    plain["parent"] = None if state.parent is None else dataclasses.asdict(state.parent)
    return plain


def _read(file: h5py.File) -> Checkpoint:
    group = file[GROUP]
    project = ProjectSpec.loads(read_text(group, "project"))
    network = Network(project.network, cast(Loss, project.train.loss))
    if group.attrs["version"] > 1 and parse_json(read_text(group, "index")) != _layout(network):
        raise FormatError(
            "the weights lie in another order than the network's layers", fix="use another checkpoint"
        )
    weights = _read_vector(group, "weights", network, network.size)
    # an attribute in older files; HDF5 limits those to 64 KB, which may be too few for a number per feature
    text = read_text(group, "scaling") if "scaling" in group else str(group.attrs["scaling"])
    scaling = Scaling.from_json(parse_json(text))
    scaling.check(network.input_shape)
    classes = tuple(str(name) for name in parse_json(read_text(group, "classes")))
    network.loss.check(network.output_shape, len(classes))
    state = None
    if group.attrs.get("resumable", "training" in group):
        slots = cast(Optimizer, project.train.optimizer).slots
        state = _read_state(child(group, "training"), network, slots)
    return Checkpoint(project, classes, scaling, weights, state)


def _read_state(group: h5py.Group, network: Network, names: tuple[str, ...]) -> TrainerState:
    plain = parse_json(read_text(group, "state"))
    weights = _read_vector(group, "weights", network, network.size)
    slots = {name: _read_vector(group, f"slots/{name}", network, network.trainable) for name in names}
    best = _read_vector(group, "best_weights", network, network.size) if "best_weights" in group else None
    return state_of(plain, weights, slots, best)


def state_of(
    plain: dict[str, Any], weights: Floats, slots: dict[str, Floats], best: Floats | None
) -> TrainerState:
    """The state from what :func:`plain_state` gives, and its vectors.

    Raises:
        ValueError, TypeError, KeyError: No run can be in such a state.
    """
    plain["history"] = TypeAdapter(list[EpochRecord]).validate_python(plain["history"])
    plain["parent"] = TypeAdapter(Parent | None).validate_python(plain.get("parent"))
    plain.pop("random", None)  # of version 1, whose dropout kept a generator
    state = TrainerState(weights, slots, best_weights=best, **plain)
    _check_state(state)
    return state


def _read_vector(group: h5py.Group, path: str, network: Network, size: int) -> NDArray[np.float32]:
    """A vector as long as the weights or the trainable ones; NaN or Inf in it is named by its layer."""

    def where(position: int) -> str:
        owner = next(entry for entry in network.index if entry.start <= position < entry.stop)
        return f"{path}, {owner.spec.name} of {owner.layer},"

    return aligned_copy(read_array(group, path, (size,), where=where))


def _check_state(state: TrainerState) -> None:
    """Raises ValueError for a state that no run can be in, before it is counted and looked up with."""
    counts = (state.epoch, state.batch, state.step, state.hits, state.seen, state.best_epoch)
    if not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError(f"a count is no whole number: {counts}")
    if not all(type(value) in (int, float) for value in (state.loss_sum, state.seconds)):
        raise ValueError("the summed loss or the time is no number")
    if state.path not in ("", "numpy", "jit", "gpu"):
        raise ValueError(f"there is no compute path {state.path!r}"[:80])
    if [record.epoch for record in state.history] != list(range(1, state.epoch + 1)):
        raise ValueError(f"the history doesn't hold the {state.epoch} epochs")
    if state.best_epoch > state.epoch or (state.best_epoch > 0) != (state.best_weights is not None):
        raise ValueError(f"the best epoch, {state.best_epoch}, doesn't fit the rest")
    if state.hits > state.seen or (state.batch > 0) != (state.seen > 0) or state.batch > state.step:
        raise ValueError("the figures of the epoch under way don't fit each other")
