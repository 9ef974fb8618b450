"""How weights begin (initializers), what they aim at (losses) and how they move (optimizers, schedules)."""

from nnstudio.optim.adaptive import Adam
from nnstudio.optim.initializers import Initializer
from nnstudio.optim.losses import Loss
from nnstudio.optim.optimizers import Optimizer
from nnstudio.optim.schedules import Schedule

__all__ = ["Adam", "Initializer", "Loss", "Optimizer", "Schedule"]
