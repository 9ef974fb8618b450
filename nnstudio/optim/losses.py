"""Losses, computed from logits so that they are stable, together with their gradient.

A network that ends in the loss's own activation (softmax or sigmoid) is trained from the values in
front of it, and so is one that ends in a linear layer; predictions always apply the activation.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Protocol

from nnstudio.core.activations import ActivationName
from nnstudio.core.layer import Shape, shape_text
from nnstudio.core.spec import LOSSES, LossSpec
from nnstudio.errors import ShapeError

Array = Any


class LossOps(Protocol):
    """The compute primitives that losses are written in."""

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
    """What training makes small.

    Attributes:
        link: Activation that turns logits into probabilities.
    """

    link: ClassVar[ActivationName]

    @abstractmethod
    def evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """Loss and hits of a batch, each summed over its samples.

        Args:
            ops: Compute primitives.
            logits: ``(n, outputs)``, before the link.
            labels: Class numbers, ``(n,)``.
            gradient: Filled with the gradient of the *sum*, ``(n, outputs)``, unless None.

        Returns:
            Summed loss, number of samples classified correctly.
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

    def evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """See the class; a hit is the largest logit at the label."""
        return ops.softmax_cross_entropy(logits, labels, gradient)

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

    def evaluate(
        self, ops: LossOps, logits: Array, labels: Array, gradient: Array | None
    ) -> tuple[float, int]:
        """See the class; a hit is ``z > 0`` where the label is 1, or the largest output at the label."""
        return ops.sigmoid_cross_entropy(logits, labels, gradient)

    def check(self, outputs: Shape, classes: int) -> None:
        """One output for two classes, or one per class."""
        if outputs != (classes,) and not (outputs == (1,) and classes == 2):
            raise ShapeError(
                "binary cross-entropy needs one output for two classes, or one per class",
                expected=f"{classes} outputs" + (" or 1" if classes == 2 else ""),
                got=shape_text(outputs),
                fix=f"end the network with Dense {classes}",
            )
