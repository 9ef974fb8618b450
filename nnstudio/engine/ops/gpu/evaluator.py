"""Passes without training on the GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import ActivationFunction
from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.measure import evaluation_batch
from nnstudio.engine.network import Network
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.engine.ops.gpu.feed import Feed, Residents
from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.gpu.problems import problems_explained

Array = Any
Vector = NDArray[np.float32]


class GpuEvaluator:
    """Evaluates a network on the device. One object serves one thread at a time.

    Args:
        network: The network.
        weights: Its flat weight vector on the device, read at every call.
        scaling: How raw samples become its input.
        device: Where to compute.
        residents: Data on the device that calls may share; None for those of a call alone.
    """

    def __init__(
        self,
        network: Network,
        weights: Array,
        scaling: Scaling,
        device: Device,
        residents: Residents | None = None,
    ) -> None:
        self._network, self._weights, self._scaling, self._device = network, weights, scaling, device
        self._residents = residents
        self._ops = GpuOps(device)

    def measure(self, part: Part) -> tuple[float, float]:
        """Mean loss and share of hits on a part that isn't empty."""
        loss, hits = self._run(part, self._scaling)
        return loss / len(part), hits / len(part)

    def evaluate(
        self, x: NDArray[Any], labels: NDArray[np.int64] | None = None, *, scaled: bool = False
    ) -> tuple[float, int, Vector]:
        """Summed loss, hits and what the loss's link makes of the outputs, ``(n, outputs)``.

        Args:
            x: Samples ``(n, *shape)``, uint8 or float32.
            labels: Their classes; without them loss and hits are 0.
            scaled: The samples are already as the network needs them.
        """
        part = Part(x, np.zeros(len(x), np.int64) if labels is None else labels)
        output = np.empty((len(x), *self._network.output_shape), np.float32)
        loss, hits = self._run(part, Scaling() if scaled else self._scaling, output)
        return (loss, hits, output) if labels is not None else (0.0, 0, output)

    def _run(self, part: Part, scaling: Scaling, output: Vector | None = None) -> tuple[float, int]:
        """Summed loss and hits; fills ``output`` with what the link makes of the outputs."""
        network, device, ops = self._network, self._device, self._ops
        batch = evaluation_batch(network, len(part))
        residents = self._residents or Residents(device)
        link = network.loss.link
        with problems_explained(network, batch, residents.bytes, 0, device):
            feed = Feed(ops, part, scaling, batch, residents)
            workspace = network.workspace(self._weights, batch, ops=ops)
            linked = None if output is None else device.xp.empty(output.shape, np.float32)
            feed.begin(np.arange(len(part)))
            count = -(-len(part) // batch)
            totals = device.xp.empty((count, 2), np.float64)
            for number in range(count):
                x, labels = feed.batch(number)
                logits = workspace.forward(x)
                ops.cross_entropy(link, logits, labels, None, totals[number], fatal=False)
                if linked is not None:
                    ops.activate(ActivationFunction(link), logits, linked[number * batch :][: len(labels)])
            found = np.empty((count, 2))
            device.download(totals, found)
            if output is not None:
                device.download(linked, output)
        loss, hits = found.sum(axis=0)
        return float(loss), int(hits)
