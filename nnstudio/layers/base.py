"""The arithmetic half of a layer, and what the engine hands it for one pass.

A layer object holds settings only. Weights, gradients and everything a pass leaves behind live in a
:class:`Frame` that belongs to the pass, so any number of passes can use one network at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from pydantic import ValidationError

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.layer import LayerSpec, Shape
from nnstudio.core.registry import spec_error
from nnstudio.layers.ops import Array, Ops

__all__ = ["Array", "BufferSpec", "Frame", "KerasLayer", "Layer", "NoiseSource", "Ops"]

KerasLayer = tuple[str, dict[str, Any]]
"""Keras's class name and config, without the layer's name."""


@dataclass(frozen=True)
class BufferSpec:
    """An array that a layer needs during a pass, allocated once for the largest batch.

    Attributes:
        shape: Shape per sample, or of the whole array if ``per_batch``.
        backward: Only needed when gradients are wanted.
        per_batch: One array for the batch as a whole (statistics) instead of a row per sample.
        dtype: Type of the values; "" for the network's own.
    """

    shape: Shape
    backward: bool = False
    per_batch: bool = False
    dtype: str = ""


class Passes(Protocol):
    """A chain of layers inside a container, ready to run (see ``nnstudio.engine.chain``)."""

    def forward(self, x: Array, noise: NoiseSource | None) -> Array:
        """The output of the chain's last layer."""
        ...

    def backward(self, dy: Array) -> Array | None:
        """The gradient with respect to the chain's input, or None where nobody needs it."""
        ...


class NoiseSource(Protocol):
    """Random numbers of one training step."""

    def key(self, number: int) -> int:
        """64 random bits that belong to the layer with that number."""
        ...


@dataclass
class Frame:
    """What one layer works with during one pass over one batch.

    Attributes:
        ops: The compute primitives.
        weights: Views into the network's flat weight vector, by name.
        gradients: Views into the flat gradient vector, by name; empty in evaluation and where the
            layer is frozen.
        buffers: The arrays the layer asked for, cut to the batch.
        activation: Activation that is computed with the layer: its own, or that of the Activation
            card behind it.
        needs_dx: Somebody needs the gradient with respect to the layer's input.
        training: Layers that differ between training and evaluation train. A frozen layer's
            statistics are used as they are (``learning``).
        learning: As ``training``, and the layer isn't frozen.
        noise: Key of the layer's random numbers in this step (see ``Ops.dropout``).
        source: Where the keys come from, to pass on to the chains; None in evaluation.
        chains: The chains inside a container, by branch.
    """

    ops: Ops
    weights: Mapping[str, Array]
    gradients: Mapping[str, Array]
    buffers: Mapping[str, Array]
    activation: ActivationFunction = LINEAR
    needs_dx: bool = True
    training: bool = False
    learning: bool = False
    noise: int = 0
    source: NoiseSource | None = None
    chains: Mapping[str, Passes] = field(default_factory=dict)


class Layer(LayerSpec):
    """A layer that can compute."""

    fuses_activation: ClassVar[bool] = False
    """The layer computes ``frame.activation`` itself, with its own output still at hand."""
    noisy: ClassVar[bool] = False
    """The layer draws random numbers in training."""

    def __init__(self, /, *values: Any, **fields: Any) -> None:
        """A layer from its settings, by name or in their order (``Dense(64, "relu")``), as in Keras.

        Raises:
            SpecError: A value is not allowed, or there is no such setting.
        """
        names = [name for name in type(self).model_fields if name not in LayerSpec.model_fields]
        if len(values) > len(names):
            raise TypeError(f"{self.type_name()} takes {len(names)} values, not {len(values)}")
        given = dict(zip(names, values, strict=False))
        if twice := sorted(given.keys() & fields.keys()):
            raise TypeError(f"{self.type_name()} got {twice[0]} twice")
        try:
            super().__init__(**given, **fields)
        except ValidationError as error:
            raise spec_error(self.type_name(), error) from error

    def activation_function(self) -> ActivationFunction:
        """The activation the layer ends with."""
        return LINEAR

    def buffers(self, shape: Shape, activation: ActivationFunction) -> Mapping[str, BufferSpec]:
        """The arrays a pass needs, for an input sample of ``shape``."""
        return {}

    def begin(self, frame: Frame) -> None:
        """Called before the first layer of the chain computes, if the layer is ``noisy`` and trains."""

    @abstractmethod
    def forward(self, frame: Frame, x: Array) -> Array:
        """The layer's output for a batch ``x`` ``(n, *shape)``; must leave ``x`` as it is."""

    @abstractmethod
    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """Gradient with respect to ``x``; fills ``frame.gradients``. May overwrite ``dy``.

        ``x``, ``y`` and what a container has handed to its chains must stay as they are: gradients of
        kernels are computed from them until the whole pass is over (see ``engine.crew``).

        Args:
            frame: The frame of the forward pass.
            x: Input of the forward pass.
            y: Output of the forward pass.
            dy: Gradient of the loss with respect to ``y``.

        Returns:
            ``dx``, or None where ``frame.needs_dx`` is false.
        """

    @abstractmethod
    def keras(self) -> tuple[KerasLayer, ...]:
        """The Keras layers that compute the same, one behind the other, as Keras 2 and 3 both read them.

        The first one has the layer's weights, in their order. A container's first one joins its
        branches, which are written in front of it, as ``Add`` does. The activation ``"leaky_relu"``
        becomes a layer of its own when it is written.

        Raises:
            FormatError: Keras has no such layer; the message says why.
        """
