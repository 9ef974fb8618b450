"""Other libraries that train the same networks, the way a good user would train them there.

Each has its module, imported only when it is asked for: their names are those that ``bench --vs`` takes.
"""

from __future__ import annotations

from typing import Protocol

from nnstudio.data.prepare import Prepared
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case

PEERS = ("torch", "jax")
"""What a network can be compared to."""


class Contestant(Protocol):
    """Whoever trains a network, or evaluates it."""

    def train(self, seconds: float) -> float:
        """Trains for some seconds; samples per second."""

    def evaluate(self, samples: int) -> float:
        """Loss and accuracy on the first training samples, once; samples per second."""


def peer_named(name: str, case: Case, data: Prepared, threads: int, *, gpu: bool = False) -> Contestant:
    """A network in another library, once its gradients have been found to be ours.

    Args:
        name: One of :data:`PEERS`.
        case: What to train.
        data: On what.
        threads: Threads that the library may use.
        gpu: Train on the GPU.

    Raises:
        DataError: The library is not installed, finds no GPU or can't be told this network, or its
            gradients are others.
    """
    if name == "torch":
        from nnstudio.experiments.bench.peers.torch_peer import TorchPeer

        return TorchPeer(case, data, threads, gpu=gpu)
    if name == "jax" and not gpu:
        from nnstudio.experiments.bench.peers.jax_peer import JaxPeer

        return JaxPeer(case, data, threads)
    raise DataError("no such library to compare with", allowed=", ".join(PEERS), received=name)
