"""How weights begin (initializers), what they aim at (losses) and how they move (optimizers)."""

from nnstudio.optim.initializers import Initializer
from nnstudio.optim.losses import Loss
from nnstudio.optim.optimizers import Optimizer

__all__ = ["Initializer", "Loss", "Optimizer"]
