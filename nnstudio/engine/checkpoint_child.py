"""Checkpoints from anywhere, parsed in a child process: a crash or a hang becomes an error message.

The child reads the file as :func:`~nnstudio.engine.checkpoint.load_checkpoint` does and sends its text and
its vectors, which are checked against each other once more on arrival.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.sources.child import MEMORY, Child, Message, error_header, limit_self, write_message
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, plain_state, state_of
from nnstudio.engine.network import Network
from nnstudio.errors import DataError, FormatError, NNStudioError
from nnstudio.optim import Loss, Optimizer

_MODULE = "nnstudio.engine.checkpoint_child"
_COPIES = 3  # of the file's bytes that reading needs at most


def load_foreign_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint that anybody may have made; harmful ones end a child process alone.

    Raises:
        FormatError: The file is missing, no HDF5, damaged, no NNStudio checkpoint, or made the child crash.
    """
    path = Path(path)
    size = path.stat().st_size if path.is_file() else 0
    try:
        with Child(_MODULE, (os.path.abspath(path),), path, MEMORY + _COPIES * size) as child:
            return _received(child.messages(lambda: None))
    except DataError as error:
        raise FormatError(
            error.what, allowed=error.allowed, received=error.received, fix=error.fix
        ) from error
    except (StopIteration, NNStudioError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path.name} is damaged", received=repr(error)[:200], fix="use another file"
        ) from error


def _received(messages: Iterator[Message]) -> Checkpoint:
    first = next(messages)
    project = ProjectSpec.loads(first.header["project"])
    network = Network(project.network, cast(Loss, project.train.loss))
    classes = tuple(str(name) for name in first.header["classes"])
    network.loss.check(network.output_shape, len(classes))
    scaling = Scaling.from_json(first.header["scaling"])
    scaling.check(network.input_shape)
    vectors = {str(message.header["name"]): _vector(message) for message in messages if message.payload}
    _check_sizes(vectors, network)
    weights, plain = vectors.pop("weights"), first.header["state"]
    if plain is None:
        return Checkpoint(project, classes, scaling, weights)
    state_weights, best = vectors.pop("state weights", weights), vectors.pop("best weights", None)
    slots = {name: vectors[f"slot {name}"] for name in cast(Optimizer, project.train.optimizer).slots}
    state = state_of(plain, state_weights, slots, best)
    return Checkpoint(project, classes, scaling, weights, state)


def _vector(message: Message) -> NDArray[np.float32]:
    values = np.frombuffer(message.payload, np.float32).copy()
    if not np.isfinite(values).all():
        raise ValueError("NaN or Inf among the weights")
    return values


def _check_sizes(vectors: dict[str, NDArray[np.float32]], network: Network) -> None:
    for name, vector in vectors.items():
        size = network.trainable if name.startswith("slot ") else network.size
        if vector.size != size:
            raise ValueError(f"{name} has {vector.size:,} numbers, not {size:,}")


def main(arguments: Sequence[str]) -> None:
    """Reads one file and sends what it holds (in the child)."""
    limit_self()
    (path,) = arguments
    try:
        _send(load_checkpoint(Path(path)))
    except NNStudioError as error:
        write_message(sys.stdout.buffer, error_header(error))
    except MemoryError:
        write_message(sys.stdout.buffer, error_header(FormatError(f"{path} needs too much memory")))


def _send(checkpoint: Checkpoint) -> None:
    state, stream = checkpoint.state, sys.stdout.buffer
    vectors: dict[str, Any] = {"weights": checkpoint.weights}
    if state is not None:
        if not np.array_equal(state.weights, checkpoint.weights):
            vectors["state weights"] = state.weights
        vectors |= {f"slot {name}": slot for name, slot in state.slots.items()}
        if state.best_weights is not None:
            vectors["best weights"] = state.best_weights
    header = {
        "kind": "checkpoint",
        "project": checkpoint.project.dumps(),
        "classes": list(checkpoint.classes),
        "scaling": checkpoint.scaling.to_json(),
        "state": None if state is None else plain_state(state),
    }
    write_message(stream, header)
    for name, vector in vectors.items():
        write_message(stream, {"kind": "vector", "name": name}, vector.data.cast("B"))
    write_message(stream, {"kind": "end", "last": True})
