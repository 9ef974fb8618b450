"""Optimizers that find a step length for every weight, from the gradients it had so far.

All of them divide by a root plus ε, as in the papers and in PyTorch. Keras adds its ε below the root
(Adagrad, RMSProp) or before the correction of the bias (Adam), which makes a difference only where
the gradients are as small as ε.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from nnstudio.core.fields import field
from nnstudio.core.spec import OPTIMIZERS
from nnstudio.optim.optimizers import Array, Optimizer


@OPTIMIZERS.register
class Adagrad(Optimizer):
    """Steps that shrink with all squared gradients so far (Duchi et al., 2011).

    ``G ← G + g²``, ``w ← w − α·g / (√G + ε)``. Good for rare features; slow in long runs.
    """

    slots: ClassVar[tuple[str, ...]] = ("accumulator",)

    initial_accumulator_value: float = field(
        0.1,
        label="Initial sum",
        help="What the sum G of squared gradients begins with.",
        ge=0,
        le=1e6,
        log=True,
    )
    epsilon: float = field(1e-7, help="ε: keeps the division finite.", gt=0, le=1, log=True)

    def initial_slot(self, name: str) -> float:
        """``G`` doesn't begin at 0, so that the first steps are not all of one length."""
        return self.initial_accumulator_value

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``G += g²; w −= αg / (√G + ε)``."""
        (total,), real = slots, w.dtype.type
        xp.multiply(g, g, out=t)
        xp.add(total, t, out=total)
        xp.sqrt(total, out=t)
        xp.add(t, real(self.epsilon), out=t)
        xp.divide(g, t, out=t)
        xp.multiply(t, real(rate), out=t)
        xp.subtract(w, t, out=w)


@OPTIMIZERS.register
class RMSProp(Optimizer):
    """Divides by the root of a moving mean of squared gradients (Tieleman & Hinton, 2012).

    ``v ← ρv + (1−ρ)g²``, ``w ← w − α·g / (√v + ε)``. ``centered`` divides by the standard deviation
    ``√(v − m²)`` instead, with ``m ← ρm + (1−ρ)g`` (Graves, 2013); momentum gathers the steps before
    the rate: ``b ← γb + g / (√v + ε)``, ``w ← w − α·b``.
    """

    rho: float = field(0.9, help="ρ: memory of the squared gradient.", ge=0, lt=1, step=0.01)
    momentum: float = field(0.0, help="γ: share of the last step that is kept.", ge=0, lt=1, step=0.1)
    centered: bool = field(False, help="Divide by the standard deviation of the gradient, not its size.")
    epsilon: float = field(1e-7, help="ε: keeps the division finite.", gt=0, le=1, log=True)

    @property
    def slots(self) -> tuple[str, ...]:
        """``v``, and what centring and momentum need."""
        return ("v", *(["m"] if self.centered else []), *(["velocity"] if self.momentum > 0 else []))

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``v = ρv + (1−ρ)g²; w −= αg / (√v + ε)``, with ``m`` and ``b`` where they are asked for."""
        kept, real = dict(zip(self.slots, slots, strict=True)), w.dtype.type
        xp.multiply(g, g, out=t)
        _average(xp, kept["v"], t, self.rho, t)
        if self.centered:
            _average(xp, kept["m"], g, self.rho, t)
            xp.multiply(kept["m"], kept["m"], out=t)
            xp.subtract(kept["v"], t, out=t)
            xp.maximum(t, 0, out=t)  # rounding can make a variance of 0 negative
        else:
            xp.copyto(t, kept["v"])
        xp.sqrt(t, out=t)
        xp.add(t, real(self.epsilon), out=t)
        xp.divide(g, t, out=t)
        if self.momentum > 0:
            xp.multiply(kept["velocity"], real(self.momentum), out=kept["velocity"])
            xp.add(kept["velocity"], t, out=t)
            xp.copyto(kept["velocity"], t)
        xp.multiply(t, real(rate), out=t)
        xp.subtract(w, t, out=w)


@OPTIMIZERS.register
class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba, 2015, algorithm 1).

    ``m ← β₁m + (1−β₁)g``, ``v ← β₂v + (1−β₂)g²``, ``w ← w − α·m̂ / (√v̂ + ε)`` with
    ``m̂ = m / (1−β₁ᵗ)`` and ``v̂ = v / (1−β₂ᵗ)``. AMSGrad (Reddi et al., 2018) takes the largest
    ``v`` so far for the root.
    """

    beta_1: float = field(0.9, label="Beta 1", help="β₁: memory of the mean gradient.", ge=0, lt=1, step=0.01)
    beta_2: float = field(
        0.999, label="Beta 2", help="β₂: memory of the squared gradient.", ge=0, lt=1, step=0.001
    )
    epsilon: float = field(1e-7, help="ε: keeps the division finite.", gt=0, le=1, log=True)
    amsgrad: bool = field(False, label="AMSGrad", help="Divide by the largest v so far: steps never grow.")

    @property
    def slots(self) -> tuple[str, ...]:
        """``m`` and ``v``; AMSGrad keeps the largest ``v`` as well."""
        return ("m", "v", "v_max") if self.amsgrad else ("m", "v")

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``w −= α·√c/(1−β₁ᵗ) · m / (√v + √c·ε)`` with ``c = 1−β₂ᵗ``: the same numbers with fewer passes."""
        m, v = slots[:2]
        real, root = w.dtype.type, math.sqrt(1 - self.beta_2**step)
        _average(xp, m, g, self.beta_1, t)
        xp.multiply(g, g, out=g)
        _average(xp, v, g, self.beta_2, g)
        if self.amsgrad:
            v = xp.maximum(slots[2], v, out=slots[2])
        xp.sqrt(v, out=t)
        xp.add(t, real(root * self.epsilon), out=t)
        xp.divide(m, t, out=t)
        xp.multiply(t, real(rate * root / (1 - self.beta_1**step)), out=t)
        xp.subtract(w, t, out=w)


@OPTIMIZERS.register
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2019): ``w ← (1 − α·λ)·w``, then Adam's step.

    Unlike the L2 penalty, the decay does not pass through the division, so that all weights shrink
    by the same share. As in PyTorch and Keras it is for all weights, unless biases are left out.
    """

    weight_decay: float = field(
        0.004,
        help="λ: share of the weights, times the learning rate, that a step takes off.",
        ge=0,
        le=100,
        log=True,
    )
    exclude_biases: bool = field(
        False, label="Kernels only", help="Leave biases and the weights of normalisation as they are."
    )

    @property
    def decays(self) -> Literal["nothing", "kernels", "all"]:
        """All weights, or the kernels."""
        return "kernels" if self.exclude_biases else "all"

    def decay(self, xp: Any, w: Array, rate: float) -> None:
        """``w *= 1 − αλ``."""
        xp.multiply(w, w.dtype.type(1 - rate * self.weight_decay), out=w)


def _average(xp: Any, mean: Array, values: Array, memory: float, t: Array) -> None:
    """``mean = memory·mean + (1 − memory)·values``; ``t`` may be ``values``."""
    real = mean.dtype.type
    xp.multiply(mean, real(memory), out=mean)
    xp.multiply(values, real(1 - memory), out=t)  # subtracted in float64: float32's 1 − 0.999 is off by 4e-5
    xp.add(mean, t, out=mean)
