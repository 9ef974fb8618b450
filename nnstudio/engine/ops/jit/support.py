"""Which layers have compiled kernels."""

from __future__ import annotations

from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.layers import Activation, Dense, Dropout, Flatten, Input, Reshape

VIEWS = (Input, Flatten, Reshape)
"""Layers that leave a sample's values where they are."""


def require_support(network: Network) -> None:
    """Checks that there are kernels for every layer.

    Raises:
        NoFastPath: There are none for one; the message names it.
    """
    for step in network.steps:
        if not step.skip and not isinstance(step.layer, (Dense, Activation, Dropout, *VIEWS)):
            raise NoFastPath(f"{step.layer.title} has no fast kernel yet")
