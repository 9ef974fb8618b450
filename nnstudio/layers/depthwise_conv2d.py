"""DepthwiseConv2D: each channel of an image is filtered on its own."""

from __future__ import annotations

import math
from typing import ClassVar

from nnstudio.core.activations import ActivationName
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape, WeightSpec, shape_text
from nnstudio.core.window import Padding, Pair, Window
from nnstudio.layers import kernel_fields
from nnstudio.layers.base import Array, Frame, KerasLayer
from nnstudio.layers.images import require_image, window_output
from nnstudio.layers.kernel import KernelLayer
from nnstudio.layers.kernel_fields import Initializer


@LAYERS.register
class DepthwiseConv2D(KernelLayer):
    """A convolution that doesn't mix channels: M filters of its own for each of them.

    Forward, for images ``x`` ``(n, H, W, C)``, with strides s, dilation d and padding p::

        z[y, x, c·M + m] = Σ over i, j  x[s·y + d·i − p, s·x + d·j − p, c] · kernel[i, j, c, m] + bias
        y = f(z)                     # (n, oH, oW, C·M)

    Backward as for Conv2D, channel by channel. With a 1×1 Conv2D behind it, which mixes the channels,
    it does the work of a Conv2D with far fewer parameters (Howard et al., "MobileNets", 2017).

    When to use it: in place of a Conv2D, with a 1×1 Conv2D behind it, where a network must be small or
    quick.

    Shapes: ``(H, W, C) -> (oH, oW, C·M)``. Parameters: ``kh·kw·C·M + C·M``. Multiply-adds:
    ``oH·oW·C·M·kh·kw``.
    """

    category: ClassVar[Category] = "convolution"
    glyph: ClassVar[str] = "depthwise"
    synonyms: ClassVar[tuple[str, ...]] = ("cnn", "convolution", "filter", "kernel", "mobilenet", "separable")

    kernel_size: Pair = kernel_fields.kernel_size()
    strides: Pair = kernel_fields.strides()
    padding: Padding = kernel_fields.padding()
    depth_multiplier: int = field(1, label="Multiplier", help="Filters per channel.", ge=1, le=512, step=1)
    dilation_rate: Pair = kernel_fields.dilation()
    activation: ActivationName = kernel_fields.activation()
    use_bias: bool = kernel_fields.use_bias("filter's output")
    kernel_initializer: Initializer = kernel_fields.kernel_initializer()
    bias_initializer: Initializer = kernel_fields.bias_initializer()
    l2: float | None = kernel_fields.l2()

    @property
    def window(self) -> Window:
        """How a filter slides."""
        return Window(self.kernel_size, self.strides, self.dilation_rate, self.padding)

    def detail(self) -> str:
        """Kernel, multiplier and padding: ``3×3 · same``, ``×2 · 3×3 · same``."""
        text = f"{shape_text(self.kernel_size)} · {self.padding}"
        return text if self.depth_multiplier == 1 else f"×{self.depth_multiplier} · {text}"

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (oH, oW, C·depth_multiplier)``.

        Raises:
            ShapeError: The input is no image, or the kernel doesn't fit.
        """
        require_image(self, shape)
        size = window_output(self.window, shape, "kernel_size")
        return (*size, shape[2] * self.depth_multiplier)

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """``kernel (kh, kw, C, depth_multiplier)`` and, with a bias, ``bias (C·depth_multiplier,)``."""
        size = (*self.kernel_size, shape[2], self.depth_multiplier)
        return self.kernel_and_bias(size, shape[2] * self.depth_multiplier)

    def multiply_adds(self, shape: Shape) -> int:
        """One per tap of the kernel and output value."""
        return math.prod(self.output_shape(shape)) * self.window.taps

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(x ∗ kernel + bias)``, channel by channel."""
        out = frame.buffers["out"]
        z = frame.buffers.get("z", out)  # without need of z, f works in place
        frame.ops.depthwise(x, frame.weights["kernel"], frame.weights.get("bias"), self.window, z)
        return frame.ops.activate(frame.activation, z, out)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """See Conv2D; ``dy`` becomes ``dz``."""
        dz = frame.ops.activate_backward(frame.activation, dy, y, frame.buffers.get("z"))
        dx = frame.buffers["dx"] if frame.needs_dx else None
        kernel, gradients = frame.weights["kernel"], frame.gradients
        frame.ops.depthwise_backward(
            dz, x, kernel, self.window, gradients.get("kernel"), gradients.get("bias"), dx
        )
        return dx

    def keras(self) -> tuple[KerasLayer, ...]:
        """``DepthwiseConv2D``; a penalty and initialisers don't matter to a trained model."""
        settings = {
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "depth_multiplier": self.depth_multiplier,
            "data_format": "channels_last",
            "dilation_rate": list(self.dilation_rate),
            "activation": self.activation,
            "use_bias": self.use_bias,
        }
        return (("DepthwiseConv2D", settings),)
