"""Conv2D: small filters that slide over an image."""

from __future__ import annotations

import math
from typing import ClassVar

from nnstudio.core.activations import ActivationName
from nnstudio.core.fields import field
from nnstudio.core.fixes import SetFields
from nnstudio.core.layer import LAYERS, Category, Shape, WeightSpec, shape_text
from nnstudio.core.window import Padding, Pair, Window
from nnstudio.errors import FormatError, ShapeError
from nnstudio.layers import kernel_fields
from nnstudio.layers.base import Array, Frame, KerasLayer
from nnstudio.layers.images import require_image, window_output
from nnstudio.layers.kernel import KernelLayer
from nnstudio.layers.kernel_fields import Initializer

MAX_FILTERS = 8192


@LAYERS.register
class Conv2D(KernelLayer):
    """A convolution: each filter weighs the pixels under a window that slides over the image.

    Forward, for images ``x`` ``(n, H, W, C)``, with strides s, dilation d and padding p::

        z[y, x, f] = Σ over i, j, c  x[s·y + d·i − p, s·x + d·j − p, c] · kernel[i, j, c, f] + bias[f]
        y = f(z)                     # (n, oH, oW, F)

    Backward, for ``dy = ∂L/∂y`` (LeCun et al., 1989)::

        dz      = dy * f'(z)
        dkernel = Σ over samples and positions: pixels under the window · dz
        dbias   = Σ over samples and positions: dz
        dx      = Σ over the windows that a pixel lies under: kernel · dz

    With padding "valid" the window stays inside the image; with "same" zeros are added around it, so
    that the output is ``⌈H / s⌉ × ⌈W / s⌉`` (where their number is odd, the last goes to the bottom
    or right). With groups, each of G parts of the filters sees only its own part of the channels.

    When to use it: on images, wherever the same pattern may appear in many places. Few filters first, more
    as the image gets smaller.

    Shapes: ``(H, W, C) -> (oH, oW, F)``. Parameters: ``kh·kw·C/G·F + F``. Multiply-adds:
    ``oH·oW·F·kh·kw·C/G``.
    """

    category: ClassVar[Category] = "convolution"
    glyph: ClassVar[str] = "conv2d"
    synonyms: ClassVar[tuple[str, ...]] = ("cnn", "convolution", "filter", "kernel", "image")

    filters: int = field(16, help="Number of filters, the output's channels.", ge=1, le=MAX_FILTERS, step=1)
    kernel_size: Pair = kernel_fields.kernel_size()
    strides: Pair = kernel_fields.strides()
    padding: Padding = kernel_fields.padding()
    dilation_rate: Pair = kernel_fields.dilation()
    groups: int = field(
        1,
        help="Parts of the channels that are filtered apart from each other.",
        ge=1,
        le=MAX_FILTERS,
        step=1,
        rare=True,
    )
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
        """Filters, kernel and padding: ``16 · 3×3 · same``."""
        return f"{self.filters} · {shape_text(self.kernel_size)} · {self.padding}"

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C) -> (oH, oW, filters)``.

        Raises:
            ShapeError: The input is no image, or kernel, dilation or groups don't fit.
        """
        require_image(self, shape)
        output = (*window_output(self.window, shape, "kernel_size"), self.filters)
        if shape[2] % self.groups or self.filters % self.groups:
            raise self._groups_problem(shape, output)
        return output

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """``kernel (kh, kw, C/groups, filters)`` and, with a bias, ``bias (filters,)``."""
        size = (*self.kernel_size, shape[2] // self.groups, self.filters)
        return self.kernel_and_bias(size, self.filters)

    def multiply_adds(self, shape: Shape) -> int:
        """One per kernel value and position of the window."""
        return math.prod(self.output_shape(shape)) * self.window.taps * (shape[2] // self.groups)

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(x ∗ kernel + bias)``."""
        out = frame.buffers["out"]
        z = frame.buffers.get("z", out)  # without need of z, f works in place
        kernel, bias = frame.weights["kernel"], frame.weights.get("bias")
        return frame.ops.convolve_activate(frame.activation, x, kernel, bias, self.window, z, out)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """See the class; ``dy`` becomes ``dz``."""
        dx = frame.buffers["dx"] if frame.needs_dx else None
        kernel, gradients = frame.weights["kernel"], frame.gradients
        d_kernel, d_bias = gradients.get("kernel"), gradients.get("bias")
        z = frame.buffers.get("z")
        frame.ops.convolve_activate_backward(
            frame.activation, dy, y, z, x, kernel, self.window, d_kernel, d_bias, dx
        )
        return dx

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Conv2D``; a penalty and initialisers don't matter to a trained model.

        Raises:
            FormatError: It has both strides and dilation, which Keras's Conv2D refuses.
        """
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise FormatError(
                f"{self.name}: Keras has no Conv2D with both strides and dilation",
                allowed="strides of 1, or a dilation of 1",
                received=f"strides {shape_text(self.strides)}, dilation {shape_text(self.dilation_rate)}",
                fix="train the network with one of the two, or keep it in NNStudio's own format",
            )
        settings = {
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "data_format": "channels_last",
            "dilation_rate": list(self.dilation_rate),
            "groups": self.groups,
            "activation": self.activation,
            "use_bias": self.use_bias,
        }
        return (("Conv2D", settings),)

    def _groups_problem(self, shape: Shape, output: Shape) -> ShapeError:
        channels, groups, filters = shape[2], self.groups, self.filters
        common = math.gcd(channels, filters)
        fitting = _nearest(groups, [count for count in range(1, common + 1) if common % count == 0])
        fixes = [SetFields(f"Set {fitting} group{'' if fitting == 1 else 's'}", {"groups": fitting})]
        if channels % groups == 0:
            below = filters // groups * groups
            multiple = _nearest(filters, [n for n in (below, below + groups) if 1 <= n <= MAX_FILTERS])
            fixes.append(SetFields(f"Set {multiple} filters", {"filters": multiple}))
        return ShapeError(
            f"{groups} groups don't divide the channels and filters",
            expected=f"a divisor of {channels} channels and {filters} filters",
            got=f"{groups} groups",
            fix=f"set groups to {fitting}",
            fixes=tuple(fixes),
            assumed_output=output,
        )


def _nearest(wanted: int, allowed: list[int]) -> int:
    return min(allowed, key=lambda number: abs(number - wanted))
