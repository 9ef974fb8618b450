"""The compute primitives that layers are written in; ``nnstudio.engine.ops`` implements them."""

from __future__ import annotations

from typing import Any, Protocol

from nnstudio.core.activations import ActivationFunction

Array = Any
"""A NumPy or CuPy array; samples along axis 0."""


class Ops(Protocol):
    """The compute primitives that layers are written in (see ``nnstudio.engine.ops``)."""

    @property
    def xp(self) -> Any:
        """NumPy or CuPy."""
        ...

    def affine(self, x: Array, kernel: Array, bias: Array | None, out: Array) -> Array:
        """``out = x @ kernel + bias``."""
        ...

    def affine_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`affine`; what is None is left out."""
        ...

    def activate(self, function: ActivationFunction, z: Array, out: Array) -> Array:
        """``out = f(z)``; ``out`` may be ``z``."""
        ...

    def activate_backward(self, function: ActivationFunction, dy: Array, y: Array, z: Array | None) -> Array:
        """``dy * f'(z)``, in place of ``dy``."""
        ...

    def dropout(self, x: Array, rate: float, key: int, mask: Array, out: Array) -> Array:
        """``out = x * mask`` with a mask of zeros and ``1 / (1 - rate)`` that follows from ``key``."""
        ...

    def add(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a + b``."""
        ...

    def multiply(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a * b``."""
        ...
