"""The compute primitives that layers and losses are written in."""

from nnstudio.engine.ops.numpy_ops import NumpyOps

__all__ = ["NumpyOps"]
