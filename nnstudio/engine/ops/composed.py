"""Primitives made of two others, which a path with costly passes over memory may do in one."""

from __future__ import annotations

from typing import Any

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.window import Window
from nnstudio.layers.ops import Ops

Array = Any


class ComposedOps:
    """A linear layer together with its activation, one behind the other."""

    def affine_activate(
        self: Ops,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x @ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        self.affine(x, kernel, bias, z)
        return self.activate(function, z, out)

    def affine_activate_backward(
        self: Ops,
        function: ActivationFunction,
        dy: Array,
        y: Array,
        z: Array | None,
        x: Array,
        kernel: Array,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`affine_activate`; what is None is left out. ``dy`` becomes ``dz``."""
        dz = self.activate_backward(function, dy, y, z)
        self.affine_backward(dz, x, kernel, d_kernel, d_bias, dx)

    def convolve_activate(
        self: Ops,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        window: Window,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x ∗ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        self.convolve(x, kernel, bias, window, z)
        return self.activate(function, z, out)

    def convolve_activate_backward(
        self: Ops,
        function: ActivationFunction,
        dy: Array,
        y: Array,
        z: Array | None,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`convolve_activate`; what is None is left out. ``dy`` becomes ``dz``."""
        dz = self.activate_backward(function, dy, y, z)
        self.convolve_backward(dz, x, kernel, window, d_kernel, d_bias, dx)
