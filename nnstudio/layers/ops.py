"""The compute primitives that layers are written in; ``nnstudio.engine.ops`` implements them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.window import Pads, Window

Array = Any
"""A NumPy or CuPy array; samples along axis 0."""


@dataclass(frozen=True)
class Normalisation:
    """What brings values to mean 0 and variance 1, and what is learnt on top.

    Attributes:
        mean: Taken off, ``(C,)`` in float64 for a batch, ``(..., 1)`` for samples by themselves.
        inverse: ``1 / √(variance + epsilon)``, shaped like ``mean``.
        gamma: Factors, ``(C,)``; None for 1.
        beta: What is added, ``(C,)``; None for 0.
    """

    mean: Array
    inverse: Array
    gamma: Array | None
    beta: Array | None


@dataclass(frozen=True)
class Statistics:
    """What BatchNorm finds out about every channel; arrays ``(C,)``, float64, to be filled.

    Attributes:
        mean: Means.
        variance: Biased variances.
        inverse: ``1 / √(variance + epsilon)``.
    """

    mean: Array
    variance: Array
    inverse: Array


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

    def affine_activate(
        self,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x @ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        ...

    def affine_activate_backward(
        self,
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
        ...

    def convolve_activate(
        self,
        function: ActivationFunction,
        x: Array,
        kernel: Array,
        bias: Array | None,
        window: Window,
        z: Array,
        out: Array,
    ) -> Array:
        """``z = x ∗ kernel + bias`` and ``out = f(z)``; ``out`` may be ``z``."""
        ...

    def convolve_activate_backward(
        self,
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
        ...

    def convolve(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out = x ∗ kernel + bias``, ``(n, H, W, C) -> (n, oH, oW, F)``; kernel ``(kh, kw, C/G, F)``."""
        ...

    def convolve_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`convolve`; what is None is left out."""
        ...

    def depthwise(self, x: Array, kernel: Array, bias: Array | None, window: Window, out: Array) -> Array:
        """``out[..., c·M + m] = x[..., c] ∗ kernel[..., c, m] + bias``; the kernel is ``(kh, kw, C, M)``."""
        ...

    def depthwise_backward(
        self,
        dz: Array,
        x: Array,
        kernel: Array,
        window: Window,
        d_kernel: Array | None,
        d_bias: Array | None,
        dx: Array | None,
    ) -> None:
        """Gradients of :meth:`depthwise`; what is None is left out."""
        ...

    def pad(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` with zeros around it."""
        ...

    def crop(self, x: Array, pads: Pads, out: Array) -> Array:
        """``x`` without its border."""
        ...

    def max_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The largest value under the window, channel by channel."""
        ...

    def max_pool_backward(self, dy: Array, x: Array, y: Array, window: Window, dx: Array) -> Array:
        """The gradient goes to the largest value, and to the first of several equal ones."""
        ...

    def average_pool(self, x: Array, window: Window, out: Array) -> Array:
        """The mean of the pixels under the window, channel by channel; padding doesn't count."""
        ...

    def average_pool_backward(self, dy: Array, window: Window, dx: Array) -> Array:
        """Each pixel under the window gets an equal share of the gradient."""
        ...

    def global_average(self, x: Array, out: Array) -> Array:
        """The mean of each channel, ``(n, H, W, C) -> (n, C)``."""
        ...

    def global_average_backward(self, dy: Array, dx: Array) -> Array:
        """Each pixel gets an equal share of its channel's gradient."""
        ...

    def activate(self, function: ActivationFunction, z: Array, out: Array) -> Array:
        """``out = f(z)``; ``out`` may be ``z``."""
        ...

    def activate_backward(self, function: ActivationFunction, dy: Array, y: Array, z: Array | None) -> Array:
        """``dy * f'(z)``, in place of ``dy``."""
        ...

    def batch_statistics(
        self,
        x: Array,
        statistics: Statistics,
        moving: tuple[Array, Array],
        momentum: float,
        epsilon: float,
    ) -> None:
        """The statistics of a batch ``(..., C)``; moves the running mean and variance towards them.

        ``moving ← momentum · moving + (1 − momentum) · that of the batch``.
        """
        ...

    def moving_statistics(self, statistics: Statistics, moving: tuple[Array, Array], epsilon: float) -> None:
        """The running mean and variance as the statistics."""
        ...

    def batch_norm(
        self, x: Array, norm: Normalisation, function: ActivationFunction, z: Array, out: Array
    ) -> Array:
        """``z = gamma · (x − mean) · inverse + beta`` and ``out = f(z)``; ``out`` may be ``z``."""
        ...

    def batch_norm_backward(
        self,
        dz: Array,
        x: Array,
        norm: Normalisation,
        d_gamma: Array | None,
        d_beta: Array | None,
        *,
        of_batch: bool,
        needs_dx: bool,
    ) -> Array | None:
        """Gradients of :meth:`batch_norm`; ``dx``, if needed, in place of ``dz``.

        Args:
            dz: Gradient with respect to ``z``.
            x: Input of the forward pass.
            norm: As in the forward pass.
            d_gamma: Filled, unless None.
            d_beta: Filled, unless None.
            of_batch: The statistics follow from ``x``; otherwise they are constants.
            needs_dx: Somebody needs ``dx``.
        """
        ...

    def layer_norm(self, x: Array, norm: Normalisation, epsilon: float, out: Array) -> Array:
        """``out = gamma · (x − mean) · inverse + beta`` over the last axis; fills the statistics."""
        ...

    def layer_norm_backward(
        self,
        dy: Array,
        x: Array,
        norm: Normalisation,
        d_gamma: Array | None,
        d_beta: Array | None,
        *,
        needs_dx: bool,
    ) -> Array | None:
        """Gradients of :meth:`layer_norm`; ``dx``, if needed, in place of ``dy``."""
        ...

    def begin_dropout(self, rate: float, key: int, mask: Array) -> None:
        """Says what :meth:`dropout` will be asked for, whose mask may be drawn until then."""
        ...

    def dropout(self, x: Array, rate: float, key: int, mask: Array, out: Array) -> Array:
        """``out = x * mask`` with a mask of zeros and ``1 / (1 - rate)`` that follows from ``key``.

        The mask may have length 1 along some axes. Its value depends on the position in the batch.
        """
        ...

    def gaussian_noise(self, x: Array, stddev: float, key: int, out: Array) -> Array:
        """``out = x + stddev · N(0, 1)``; what is added follows from ``key`` and the position."""
        ...

    def copy(self, x: Array, out: Array) -> Array:
        """``out = x``."""
        ...

    def add(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a + b``."""
        ...

    def multiply(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a * b``."""
        ...
