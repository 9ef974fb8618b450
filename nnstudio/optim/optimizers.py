"""Optimizers: one pass over the flat weight vector per step.

The formulas are written once, against ``xp`` (NumPy or CuPy), in place and without temporaries.
The trainer hands in chunks that fit the cache. Those with a step of one length for all weights are
here; those that find one for each weight are in ``adaptive.py``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from nnstudio.core.fields import field
from nnstudio.core.spec import OPTIMIZERS, OptimizerSpec

Array = Any


class Optimizer(OptimizerSpec):
    """Turns a gradient into a weight change."""

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the vectors it keeps between steps, each as long as the weights."""
        return ()

    @property
    def decays(self) -> Literal["nothing", "kernels", "all"]:
        """Which weights it shrinks by itself before each step."""
        return "nothing"

    def initial_slot(self, name: str) -> float:
        """Value that a kept vector begins with."""
        return 0.0

    def decay(self, xp: Any, w: Array, rate: float) -> None:
        """Shrinks the weights that it decays in place, before :meth:`update`.

        Args:
            xp: NumPy or CuPy.
            w: Weights, 1-D.
            rate: Learning rate of this step.
        """

    @abstractmethod
    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """Changes ``w`` and ``slots`` in place.

        Args:
            xp: NumPy or CuPy.
            w: Weights, a 1-D chunk.
            g: Their gradients; may be overwritten.
            slots: The same chunk of each kept vector.
            t: Scratch of the same length.
            rate: Learning rate of this step.
            step: Number of this step, from 1.
        """


@OPTIMIZERS.register
class SGD(Optimizer):
    """Plain stochastic gradient descent: ``w ← w − α·g``."""

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``w −= α·g``."""
        xp.multiply(g, w.dtype.type(rate), out=t)
        xp.subtract(w, t, out=w)


@OPTIMIZERS.register
class Momentum(Optimizer):
    """SGD with momentum (Polyak, 1964): ``v ← γv + g``, ``w ← w − α·v``.

    ``damped`` gives the other usual form, an average of gradients: ``v ← γv + (1−γ)·α·g``,
    ``w ← w − v``. Its steps are (1−γ) times as long at the same learning rate.
    """

    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: float = field(0.9, help="γ: share of the last velocity that is kept.", ge=0, lt=1, step=0.01)
    damped: bool = field(False, label="Damped form", help="v = γv + (1−γ)α∂E/∂w instead of v = γv + ∂E/∂w.")

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``v = γv + g; w −= αv``, or damped ``v = γv + (1−γ)αg; w −= v``."""
        (v,), real = slots, w.dtype.type
        xp.multiply(v, real(self.momentum), out=v)
        if self.damped:
            xp.multiply(g, real((1 - self.momentum) * rate), out=t)
            xp.add(v, t, out=v)
            xp.subtract(w, v, out=w)
        else:
            xp.add(v, g, out=v)
            xp.multiply(v, real(rate), out=t)
            xp.subtract(w, t, out=w)


@OPTIMIZERS.register
class Nesterov(Optimizer):
    """Momentum that looks ahead (Nesterov, 1983): ``v ← γv + g``, ``w ← w − α·(g + γv)``.

    The form of Sutskever et al. (2013) as PyTorch and Keras write it.
    """

    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: float = field(0.9, help="γ: share of the last velocity that is kept.", ge=0, lt=1, step=0.01)

    def update(
        self, xp: Any, w: Array, g: Array, slots: Sequence[Array], t: Array, rate: float, step: int
    ) -> None:
        """``v = γv + g; w −= α(g + γv)``."""
        (v,), real = slots, w.dtype.type
        xp.multiply(v, real(self.momentum), out=v)
        xp.add(v, g, out=v)
        xp.multiply(v, real(self.momentum), out=t)
        xp.add(t, g, out=t)
        xp.multiply(t, real(rate), out=t)
        xp.subtract(w, t, out=w)
