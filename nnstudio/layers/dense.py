"""Dense: every output sees every input."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationName
from nnstudio.core.fields import field
from nnstudio.core.fixes import InsertBefore
from nnstudio.core.layer import LAYERS, Category, Shape, WeightSpec, shape_text
from nnstudio.errors import ShapeError
from nnstudio.layers import kernel_fields
from nnstudio.layers.base import Array, Frame, KerasLayer
from nnstudio.layers.kernel import KernelLayer
from nnstudio.layers.kernel_fields import Initializer


@LAYERS.register
class Dense(KernelLayer):
    """A fully connected layer.

    Forward, for a batch ``x`` ``(n, N)``::

        z = x @ kernel + bias        # (n, N) @ (N, U) + (U,) -> (n, U)
        y = f(z)                     # (n, U)

    Backward, for ``dy = ∂L/∂y`` (Rumelhart, Hinton & Williams, 1986)::

        dz      = dy * f'(z)         # (n, U)
        dkernel = xᵀ @ dz            # (N, n) @ (n, U) -> (N, U)
        dbias   = Σ over samples dz  # (U,)
        dx      = dz @ kernelᵀ       # (n, U) @ (U, N) -> (n, N)

    When to use it: on features and behind Flatten or GlobalAvgPool; the last layer has one unit per class.
    On large images a Conv2D needs far fewer parameters.

    Shapes: ``(N,) -> (units,)``. Parameters: ``N·units + units``. Multiply-adds: ``N·units``.
    """

    category: ClassVar[Category] = "dense"
    glyph: ClassVar[str] = "dense"
    synonyms: ClassVar[tuple[str, ...]] = ("fc", "fully connected", "linear", "mlp", "perceptron")

    units: int = field(64, help="Number of outputs.", ge=1, le=65_536, step=1)
    activation: ActivationName = kernel_fields.activation()
    use_bias: bool = kernel_fields.use_bias("output")
    kernel_initializer: Initializer = kernel_fields.kernel_initializer()
    bias_initializer: Initializer = kernel_fields.bias_initializer()
    l2: float | None = kernel_fields.l2()

    def detail(self) -> str:
        """Units and activation: ``64 · relu``."""
        return str(self.units) if self.activation == "linear" else f"{self.units} · {self.activation}"

    def output_shape(self, shape: Shape) -> Shape:
        """``(N,) -> (units,)``.

        Raises:
            ShapeError: The input is not a flat vector.
        """
        if len(shape) != 1:
            pool = (InsertBefore("GlobalAvgPool"),) if "GlobalAvgPool" in LAYERS and len(shape) == 3 else ()
            raise ShapeError(
                "Dense needs a flat vector",
                expected="a flat vector (N)",
                got=shape_text(shape),
                fix="insert Flatten before it",
                fixes=(InsertBefore("Flatten"), *pool),
                assumed_output=(self.units,),
            )
        return (self.units,)

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """``kernel (N, units)`` and, with a bias, ``bias (units,)``."""
        return self.kernel_and_bias((shape[0], self.units), self.units)

    def multiply_adds(self, shape: Shape) -> int:
        """One per kernel value."""
        return shape[0] * self.units

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(x @ kernel + bias)``."""
        out = frame.buffers["out"]
        z = frame.buffers.get("z", out)  # without need of z, f works in place
        kernel, bias = frame.weights["kernel"], frame.weights.get("bias")
        return frame.ops.affine_activate(frame.activation, x, kernel, bias, z, out)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """See the class; ``dy`` becomes ``dz``."""
        dx = frame.buffers["dx"] if frame.needs_dx else None
        kernel, gradients = frame.weights["kernel"], frame.gradients
        d_kernel, d_bias = gradients.get("kernel"), gradients.get("bias")
        z = frame.buffers.get("z")
        frame.ops.affine_activate_backward(frame.activation, dy, y, z, x, kernel, d_kernel, d_bias, dx)
        return dx

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Dense``; a penalty and initialisers don't matter to a trained model."""
        settings = {"units": self.units, "activation": self.activation, "use_bias": self.use_bias}
        return (("Dense", settings),)
