"""The optimizers' settings as the compiled updates take them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels.updates import (
    ADAGRAD,
    ADAM,
    AMSGRAD,
    CENTERED,
    COEFFICIENTS,
    CONSTANTS,
    DAMPED,
    MOMENTUM,
    NESTEROV,
    RMSPROP,
    SGD,
    VELOCITY,
)
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.engine.stepper import Rates
from nnstudio.optim import Optimizer, adaptive, optimizers

MOST_SLOTS = 3


@dataclass(frozen=True, eq=False)
class Rule:
    """One optimizer.

    Attributes:
        optimizer: Its settings.
        number: Which update.
        variant: Its variants.
        constants: What stays the same over a run, ``(CONSTANTS,)``.
    """

    optimizer: Optimizer
    number: int
    variant: int
    constants: NDArray[np.float32]

    def coefficients(self, rates: Rates, first_step: int) -> NDArray[np.float32]:
        """What each step needs of its rate and number, ``(steps, 2, COEFFICIENTS)``.

        Args:
            rates: Learning rate of each step.
            first_step: Number of the first one, from 1.
        """
        optimizer, rate = self.optimizer, np.asarray(rates)
        found = np.ones((len(rates), 2, COEFFICIENTS), np.float32)
        if isinstance(optimizer, adaptive.Adam):
            steps = range(first_step, first_step + len(rates))
            rate = rate / [1 - optimizer.beta_1**step for step in steps]
            found[:, :, 1] = [[1 / math.sqrt(1 - optimizer.beta_2**step)] for step in steps]
        elif isinstance(optimizer, optimizers.Momentum) and optimizer.damped:
            rate = (1 - optimizer.momentum) * rate
        found[:, :, 0] = rate[:, np.newaxis]
        found[:, 1, 2] = 1 - np.asarray(rates) * getattr(optimizer, "weight_decay", 0.0)
        return found


def rule_for(optimizer: Optimizer) -> Rule:
    """The compiled form of an optimizer.

    Raises:
        NoFastPath: There is none.
    """
    number, variant, constants = _parts(optimizer)
    padded = np.zeros(CONSTANTS, np.float32)
    padded[: len(constants)] = constants
    return Rule(optimizer, number, variant, padded)


def _parts(optimizer: Optimizer) -> tuple[int, int, list[float]]:
    kind = type(optimizer)
    if kind is optimizers.SGD:
        return SGD, 0, []
    if isinstance(optimizer, optimizers.Momentum):
        return DAMPED if optimizer.damped else MOMENTUM, 0, [optimizer.momentum]
    if isinstance(optimizer, optimizers.Nesterov):
        return NESTEROV, 0, [optimizer.momentum]
    if isinstance(optimizer, adaptive.Adagrad):
        return ADAGRAD, 0, [0, 0, 0, 0, optimizer.epsilon]
    if isinstance(optimizer, adaptive.RMSProp):
        variant = CENTERED * optimizer.centered + VELOCITY * (optimizer.momentum > 0)
        rho = optimizer.rho
        return RMSPROP, variant, [rho, 1 - rho, optimizer.momentum, 0, optimizer.epsilon]
    if isinstance(optimizer, adaptive.Adam):
        b1, b2 = optimizer.beta_1, optimizer.beta_2
        return ADAM, AMSGRAD * optimizer.amsgrad, [b1, 1 - b1, b2, 1 - b2, optimizer.epsilon]
    raise NoFastPath(f"{kind.__name__} has no fast kernel yet")
