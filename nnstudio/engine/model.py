"""A trained (or untrained) network with its weights and all it takes to use it on raw data."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.crew import Crew
from nnstudio.engine.fast_path import Device, fast_evaluator, pays_on_gpu
from nnstudio.engine.measure import evaluation_batch
from nnstudio.engine.network import Network, Workspace
from nnstudio.engine.ops.numpy_ops import NumpyOps
from nnstudio.engine.threads import one_blas_thread
from nnstudio.errors import DataError
from nnstudio.optim import Loss

if TYPE_CHECKING:
    from nnstudio.engine.ops.gpu.evaluator import GpuEvaluator
    from nnstudio.engine.ops.jit.evaluation import JitEvaluator


@dataclass(frozen=True)
class Evaluation:
    """Result of :meth:`Model.evaluate`.

    Attributes:
        loss: Mean loss over the samples, without penalties.
        accuracy: Share of samples classified correctly.
        probabilities: ``(N, classes)``, float32.
        labels: True classes, ``(N,)``.
    """

    loss: float
    accuracy: float
    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    @property
    def predictions(self) -> NDArray[np.int64]:
        """Most probable class of each sample."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)


class Model:
    """A network with weights, class names and the scaling its inputs need.

    Args:
        network: The network.
        weights: Flat float32 vector of its weights.
        classes: Names of the classes.
        scaling: How raw samples become the network's inputs.
        device: "gpu" for a network that was trained there: large evaluations then go there, too.
    """

    def __init__(
        self,
        network: Network,
        weights: NDArray[np.float32],
        classes: tuple[str, ...],
        scaling: Scaling,
        device: Device = "cpu",
    ) -> None:
        self.device = device
        self.network = network
        self.weights = weights
        self.classes = classes
        self.scaling = scaling
        self._local = threading.local()  # one workspace per thread: passes may run side by side

    @property
    def spec(self) -> NetworkSpec:
        """The network's spec."""
        return self.network.spec

    @property
    def loss(self) -> Loss:
        """The loss it was trained with."""
        return self.network.loss

    def predict(self, x: Any, *, scaled: bool = False) -> NDArray[np.float32]:
        """Class probabilities.

        Args:
            x: Samples, ``(N, *input_shape)``; raw unless ``scaled``.
            scaled: The samples are already as the network needs them.

        Returns:
            ``(N, classes)``. A network with one sigmoid output gives ``[1 − p, p]``.

        Raises:
            DataError: The samples have another shape than the network's input.
        """
        x = self.checked(x)
        if fast := self._fast_passes(len(x)):
            return self._of_every_class(fast.evaluate(_compact(x), scaled=scaled)[2])
        probabilities = np.empty((len(x), *self.network.output_shape), dtype=np.float32)
        workspace = self._passes(len(x))
        with one_blas_thread(), self._crew() as crew, np.errstate(all="ignore"):  # overflow gives NaN
            for start in range(0, len(x), workspace.batch):
                part = x[start : start + workspace.batch]
                with crew.as_many_as_pay(len(part)):
                    batch = part.astype(np.float32) if scaled else self.scaling.apply(part)
                    probabilities[start : start + len(part)] = workspace.probabilities(batch)
        return self._of_every_class(probabilities)

    def evaluate(self, x: Any, y: Any) -> Evaluation:
        """Mean loss, accuracy and probabilities on raw samples ``x`` with labels ``y``."""
        x = self.checked(x)
        labels = np.ascontiguousarray(y, dtype=np.int64)
        n = max(1, len(x))
        if fast := self._fast_passes(len(x)):
            total, hits, probabilities = fast.evaluate(_compact(x), labels)
            return Evaluation(total / n, hits / n, self._of_every_class(probabilities), labels)
        probabilities = np.empty((len(x), *self.network.output_shape), dtype=np.float32)
        workspace, total, hits = self._passes(len(x)), 0.0, 0
        link = ActivationFunction(self.loss.link)
        with one_blas_thread(), self._crew() as crew, np.errstate(all="ignore"):  # overflow: inf or NaN
            for start in range(0, len(x), workspace.batch):
                stop = min(start + workspace.batch, len(x))
                with crew.as_many_as_pay(stop - start):
                    logits = workspace.forward(self.scaling.apply(x[start:stop]))
                    loss, right = workspace.loss(logits, labels[start:stop], backward=False)
                    workspace.ops.activate(link, logits, probabilities[start:stop])
                total, hits = total + loss, hits + right
        return Evaluation(total / n, hits / n, self._of_every_class(probabilities), labels)

    def _of_every_class(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """``(N, classes)``: one sigmoid output stands for the second of two classes."""
        if self.loss.link == "sigmoid" and self.network.output_shape == (1,):
            return np.concatenate([1 - probabilities, probabilities], axis=1)
        return probabilities

    def checked(self, x: Any) -> NDArray[Any]:
        """Samples as an array ``(N, *input_shape)``.

        Raises:
            DataError: They have another shape than the network's input.
        """
        samples: NDArray[Any] = np.asarray(x)
        if samples.shape[1:] != self.network.input_shape:
            raise DataError(
                "the samples don't fit the network",
                allowed=f"an array of shape (N, {', '.join(map(str, self.network.input_shape))})",
                received=f"shape {samples.shape}",
                fix="reshape the samples, with one axis for the samples in front",
            )
        return samples

    def _fast_passes(self, samples: int) -> JitEvaluator | GpuEvaluator | None:
        """Faster passes, where there are any and they pay."""
        kind = "gpu" if self.device == "gpu" and pays_on_gpu(self.network, samples) else "fast"
        found: JitEvaluator | GpuEvaluator | None = getattr(self._local, kind, None)
        if found is None and samples > 0:
            device: Device = "gpu" if kind == "gpu" else "cpu"
            found = fast_evaluator(self.network, self.weights, self.scaling, samples, device)
            setattr(self._local, kind, found)
        return found

    def _passes(self, samples: int) -> Workspace:
        batch = evaluation_batch(self.network, samples)
        workspace: Workspace | None = getattr(self._local, "workspace", None)
        if workspace is None or workspace.batch < batch:
            ops = NumpyOps(self._crew())
            workspace = self._local.workspace = self.network.workspace(self.weights, batch, ops=ops)
        return workspace

    def _crew(self) -> Crew:
        """The threads that share out this thread's large products."""
        crew: Crew | None = getattr(self._local, "crew", None)
        if crew is None:
            crew = self._local.crew = Crew()
        return crew


def _compact(x: NDArray[Any]) -> NDArray[Any]:
    """Samples of a type that the compiled passes read."""
    return np.ascontiguousarray(x, None if x.dtype == np.uint8 else np.float32)
