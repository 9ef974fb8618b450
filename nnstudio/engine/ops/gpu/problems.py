"""What to say when a run can't go on on the GPU: its memory is full, or it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.errors import TrainingError


@contextmanager
def problems_explained(
    network: Network, batch: int, data_bytes: int, slots: int, device: Device
) -> Iterator[None]:
    """Turns a failed allocation into an error that names what takes the memory and what to reduce.

    Args:
        network: The network that is trained.
        batch: Samples of a step.
        data_bytes: What the data on the device take.
        slots: Vectors that the optimizer keeps.
        device: Where.

    Raises:
        TrainingError: The memory is full, or the GPU failed.
    """
    try:
        yield
    except MemoryError as error:  # CuPy's OutOfMemoryError is one
        device.free()
        raise _full(network, batch, data_bytes, slots, device.memory) from error
    except device.failures as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrainingError(
            f"the GPU failed ({reason[:160]})",
            fix="go on from the last saved state on the CPU; if it happens again, update the GPU's driver",
        ) from error


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
