"""All primitives on the GPU."""

from __future__ import annotations

from nnstudio.engine.ops.gpu.losses import LossOps
from nnstudio.engine.ops.gpu.normalise import NormaliseOps
from nnstudio.engine.ops.gpu.products import ProductOps
from nnstudio.engine.ops.gpu.windows import WindowOps


class GpuOps(ProductOps, WindowOps, NormaliseOps, LossOps):
    """The primitives that layers and losses are written in (see ``nnstudio.layers.ops.Ops``).

    All arrays lie on the device and are contiguous. One object serves one thread.
    """
