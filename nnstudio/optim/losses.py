"""Losses, computed from logits so that they are stable, together with their gradient.

A network that ends in the loss's own activation (softmax or sigmoid) is trained from the values in
front of it, and so is one that ends in a linear layer; predictions always apply the activation.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Protocol

import numpy as np

from nnstudio.core.activations import ActivationName
from nnstudio.core.layer import Shape, shape_text
from nnstudio.core.spec import LOSSES, LossSpec
from nnstudio.errors import ShapeError
from nnstudio.optim.targets import Targets

Array = Any


class LossOps(Protocol):
    """The compute primitives that losses are written in."""

    @property
    def xp(self) -> Any:
        """NumPy or CuPy."""
        ...

    def softmax_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed loss and number of hits; fills ``gradient`` with ``∂(sum)/∂logits``."""
        ...

    def sigmoid_cross_entropy(
        self, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Summed loss and number of hits; fills ``gradient`` with ``∂(sum)/∂logits``."""
        ...


class Loss(LossSpec):
    """What training makes small, with its arithmetic."""

    def evaluate(
        self,
        ops: LossOps,
        logits: Array,
        labels: Array,
        gradient: Array | None,
        targets: Targets | None = None,
    ) -> tuple[float, int]:
        """Loss and hits of a batch, each summed over its samples.

        Args:
            ops: Compute primitives.
            logits: ``(n, outputs)``, before the link.
            labels: Class numbers, ``(n,)``.
            gradient: Filled with the gradient of the *sum*, ``(n, outputs)``, unless None.
            targets: Label smoothing and class weights of the gradient; the loss is always the plain one.

        Returns:
            Summed loss, number of samples classified correctly.
        """
        loss, hits = self._evaluate(ops, logits, labels, gradient)
        if gradient is not None and targets is not None:
            if targets.smoothing > 0:
                self._smooth(ops, gradient, labels, targets.smoothing)
            targets.weigh(gradient, labels)
        return loss, hits

    @abstractmethod
    def objective(self, logits: Array, labels: Array, targets: Targets) -> float:
        """What the gradient belongs to: the smoothed and weighted loss, summed over the batch."""

    @abstractmethod
    def _evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """:meth:`evaluate` with the plain labels."""

    @abstractmethod
    def _smooth(self, ops: LossOps, gradient: Array, labels: Array, smoothing: float) -> None:
        """Turns the gradient for plain labels into that for smoothed ones, in place.

        The gradient is linear in the targets, so it is enough to take their change off it.
        """

    @abstractmethod
    def check(self, outputs: Shape, classes: int) -> None:
        """Raises ShapeError if a network with these outputs can't be trained on so many classes."""


@LOSSES.register
class CategoricalCrossentropy(Loss):
    """Softmax cross-entropy: ``−log softmax(z)[label]``, as ``log Σ e^(z−max) − (z_label − max)``.

    Gradient with respect to the logits: ``softmax(z) − onehot(label)``.
    """

    link: ClassVar[ActivationName] = "softmax"

    def objective(self, logits: Array, labels: Array, targets: Targets) -> float:
        """``Σ weight·(log Σ e^z − Σ t·z)`` with the targets ``t = (1−s)·onehot + s / outputs``."""
        top = logits.max(axis=1)
        log_sum = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        s = targets.smoothing
        aimed = (1 - s) * logits[np.arange(len(labels)), labels] + s * logits.mean(axis=1)
        return _weighted_sum(log_sum - aimed, labels, targets)

    def _evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """See the class; a hit is the largest logit at the label."""
        return ops.softmax_cross_entropy(logits, labels, gradient)

    def _smooth(self, ops: LossOps, gradient: Array, labels: Array, smoothing: float) -> None:
        """``softmax(z) − t``: the targets lose ``s`` at the label and gain ``s / outputs`` everywhere."""
        gradient -= smoothing / gradient.shape[1]
        gradient[ops.xp.arange(len(labels)), labels] += smoothing

    def check(self, outputs: Shape, classes: int) -> None:
        """One output per class."""
        if outputs != (classes,):
            raise ShapeError(
                "softmax cross-entropy needs one output per class",
                expected=f"{classes} outputs",
                got=shape_text(outputs),
                fix=f"end the network with Dense {classes}"
                + (", or choose binary cross-entropy" if outputs == (1,) else ""),
            )


@LOSSES.register
class BinaryCrossentropy(Loss):
    """Sigmoid cross-entropy: ``max(z, 0) − z·t + log(1 + e^−|z|)``, averaged over the outputs.

    With one output and two classes the target ``t`` is the label; with one output per class it is
    the one-hot label. Gradient with respect to the logits: ``(σ(z) − t) / outputs``.
    """

    link: ClassVar[ActivationName] = "sigmoid"

    def objective(self, logits: Array, labels: Array, targets: Targets) -> float:
        """``Σ weight·mean(max(z, 0) − z·t + log(1 + e^−|z|))``, ``t`` pulled towards ½ by the share ``s``."""
        k = logits.shape[1]
        plain = labels[:, None] if k == 1 else labels[:, None] == np.arange(k)  # (n, k)
        t = (1 - targets.smoothing) * plain + targets.smoothing / 2
        each = np.maximum(logits, 0) - logits * t + np.log1p(np.exp(-np.abs(logits)))
        return _weighted_sum(each.mean(axis=1), labels, targets)

    def _evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """See the class; a hit is ``z > 0`` where the label is 1, or the largest output at the label."""
        return ops.sigmoid_cross_entropy(logits, labels, gradient)

    def _smooth(self, ops: LossOps, gradient: Array, labels: Array, smoothing: float) -> None:
        """``(σ(z) − t) / outputs``: every target goes from 0 or 1 towards ½ (Keras's rule)."""
        k = gradient.shape[1]
        gradient -= smoothing / (2 * k)
        if k == 1:
            gradient[:, 0] += smoothing * labels
        else:
            gradient[ops.xp.arange(len(labels)), labels] += smoothing / k

    def check(self, outputs: Shape, classes: int) -> None:
        """One output for two classes, or one per class."""
        if outputs != (classes,) and not (outputs == (1,) and classes == 2):
            raise ShapeError(
                "binary cross-entropy needs one output for two classes, or one per class",
                expected=f"{classes} outputs" + (" or 1" if classes == 2 else ""),
                got=shape_text(outputs),
                fix=f"end the network with Dense {classes}",
            )


def _weighted_sum(losses: Array, labels: Array, targets: Targets) -> float:
    weights = 1.0 if targets.weights is None else targets.weights[labels]
    return float((weights * losses).sum(dtype=np.float64))
