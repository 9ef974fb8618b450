"""What to say when the GPU's memory is full: what takes it, and what to reduce."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.errors import TrainingError


@contextmanager
def full_memory_explained(
    network: Network, batch: int, data_bytes: int, slots: int, device: Device
) -> Iterator[None]:
    """Turns a failed allocation into an error that names the largest part.

    Args:
        network: The network that is trained.
        batch: Samples of a step.
        data_bytes: What the data on the device take.
        slots: Vectors that the optimizer keeps.
        device: Where.

    Raises:
        TrainingError: The memory is full.
    """
    try:
        yield
    except MemoryError as error:  # CuPy's OutOfMemoryError is one
        device.free()
        raise _full(network, batch, data_bytes, slots, device.memory) from error


def _full(network: Network, batch: int, data_bytes: int, slots: int, memory: int) -> TrainingError:
    vectors = 4 * (network.size + (1 + slots) * network.trainable)
    per_sample = 2 * network.activation_bytes  # forward and backward
    parts = {
        f"a batch of {batch:,}": (batch * per_sample, _smaller_batch(batch)),
        "weights, gradients and the optimizer's vectors": (vectors, "use fewer or narrower layers"),
        "the data": (data_bytes, "use a smaller share of the data"),
    }
    ordered = sorted(parts.items(), key=lambda part: -part[1][0])
    return TrainingError(
        "the GPU's memory is too small for this run",
        allowed=f"{_size(memory)}, most of which a run may take",
        received=", ".join(f"{_size(taken)} for {name}" for name, (taken, _) in ordered),
        fix=f"{ordered[0][1][1]}, or train on the CPU",
    )


def _smaller_batch(batch: int) -> str:
    return f"set a batch size of {max(1, batch // 4):,}" if batch > 1 else "use smaller images or layers"


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**29 else f"{count / 2**20:.1f} MB"
