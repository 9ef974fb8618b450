"""Mean loss and accuracy on a part of the data, with the weights as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.crew import Crew
from nnstudio.engine.ops import NumpyOps

if TYPE_CHECKING:
    from nnstudio.engine.network import Network

EVALUATION_BATCH = 1024
"""Most samples of an evaluation pass: enough for the matrix product, small enough for the cache."""
EVALUATION_BYTES = 48 * 2**20
"""Memory that the activations of an evaluation pass may take; large images go in smaller batches."""


def evaluation_batch(network: Network, samples: int) -> int:
    """How many of ``samples`` samples one evaluation pass takes."""
    fitting = max(1, EVALUATION_BYTES // max(1, network.activation_bytes))
    return max(1, min(EVALUATION_BATCH, fitting, samples))


def measure(
    network: Network,
    weights: NDArray[np.float32],
    part: Part,
    scaling: Scaling,
    crew: Crew | None = None,
) -> tuple[float, float]:
    """Mean loss and share of hits on a part, in evaluation mode.

    Args:
        network: The network.
        weights: Its flat weight vector.
        part: The samples, one at least.
        scaling: How raw samples become the network's inputs.
        crew: The threads that help; None for nobody.
    """
    batch = evaluation_batch(network, len(part))
    crew = crew or Crew(1)
    gather = Gather(part, scaling, batch, share=crew.run)
    workspace: Any = network.workspace(weights, batch, ops=NumpyOps(crew))
    loss, hits = 0.0, 0
    with crew:
        for start in range(0, len(part), batch):
            rows = np.arange(start, min(start + batch, len(part)))
            with crew.as_many_as_pay(len(rows)):
                logits = workspace.forward(gather.x(rows))
                part_loss, part_hits = workspace.loss(logits, gather.labels(rows), backward=False)
            loss, hits = loss + part_loss, hits + part_hits
    return loss / len(part), hits / len(part)
