"""Activation: a function applied to every value."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import TITLES, ActivationFunction, ActivationName
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Category, Shape, shape_text
from nnstudio.errors import ShapeError
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer


@LAYERS.register
class Activation(Layer):
    """Applies a function to every value, without parameters to learn.

    ======== ===================================== =============================================
    name     f(z)                                  f'(z), from the output y where that is enough
    ======== ===================================== =============================================
    linear   z                                     1
    relu     max(0, z)                             1 if y > 0 else 0
    leaky    z if z > 0 else slope·z               1 if y > 0 else slope
    elu      z if z > 0 else α(eᶻ − 1)             1 if y > 0 else y + α   (Clevert et al., 2015)
    selu     λz if z > 0 else λα(eᶻ − 1)           λ if y > 0 else y + λα   (Klambauer et al., 2017)
    gelu     z·Φ(z)                                Φ(z) + z·φ(z)   (Hendrycks & Gimpel, 2016)
    silu     z·σ(z)                                σ(z)(1 + z(1 − σ(z)))   (Elfwing et al., 2017)
    sigmoid  σ(z) = 1 / (1 + e⁻ᶻ)                  y(1 − y)
    tanh     tanh z                                1 − y²
    softplus log(1 + eᶻ)                           σ(z) = 1 − e⁻ʸ   (Dugas et al., 2001)
    softmax  eᶻ / Σ eᶻ over the last axis          dz = y(dy − Σ dy·y)
    ======== ===================================== =============================================

    selu's λ = 1.0507 and α = 1.6733 keep mean 0 and variance 1 from layer to layer. gelu is the exact
    one, without tanh.

    Behind a linear layer the function is computed together with it. Shapes: any, unchanged.

    When to use it: between layers that compute weighted sums, which would amount to a single sum without
    it. relu is the usual first choice, leaky or elu where units die, tanh or sigmoid for small values on
    purpose, softmax only at the end.
    """

    category: ClassVar[Category] = "activation"
    glyph: ClassVar[str] = "relu"
    synonyms: ClassVar[tuple[str, ...]] = ("nonlinearity", "transfer function")

    function: ActivationName = field("relu", help="The function.")
    negative_slope: float = field(
        0.01, help="Slope for negative values.", ge=0, le=10, step=0.01, when={"function": "leaky_relu"}
    )
    alpha: float = field(
        1.0,
        label="Alpha",
        help="Depth of the negative side.",
        ge=0,
        le=10,
        step=0.1,
        when={"function": "elu"},
    )

    @property
    def title(self) -> str:
        """The function's name."""
        return TITLES[self.function]

    @property
    def default_name(self) -> str:
        """The function's plain name."""
        return self.function

    def detail(self) -> str:
        """The function's parameter, where it has one."""
        if self.function == "leaky_relu":
            return f"{self.negative_slope:g}"
        return f"{self.alpha:g}" if self.function == "elu" else ""

    @classmethod
    def palette(cls) -> tuple[Layer, ...]:
        """One entry per function, the usual ones first."""
        usual: tuple[ActivationName, ...] = ("relu", "leaky_relu", "gelu", "sigmoid", "tanh", "softmax")
        rarer: tuple[ActivationName, ...] = ("elu", "selu", "silu", "softplus", "linear")
        return tuple(cls(function=name) for name in (*usual, *rarer))

    def output_shape(self, shape: Shape) -> Shape:
        """Unchanged.

        Raises:
            ShapeError: Softmax over a single value, which is always 1.
        """
        if self.function == "softmax" and shape[-1] == 1:
            raise ShapeError(
                "softmax over one value is always 1",
                expected="2 or more values",
                got=shape_text(shape),
                fix="use sigmoid, or more units before it",
                assumed_output=shape,
            )
        return shape

    def activation_function(self) -> ActivationFunction:
        """The function with its parameter."""
        parameter = {"leaky_relu": self.negative_slope, "elu": self.alpha}.get(self.function, 0.0)
        return ActivationFunction(self.function, parameter)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output."""
        return {"out": BufferSpec(shape)}

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(x)``."""
        return frame.ops.activate(frame.activation, x, frame.buffers["out"])

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``dy * f'(x)``."""
        return frame.ops.activate_backward(frame.activation, dy, y, x)

    def keras(self) -> tuple[KerasLayer, ...]:
        """``ReLU`` with a slope, ``ELU``, or ``Activation``."""
        if self.function == "leaky_relu":  # this spelling loads in Keras 2 and in Keras 3
            return (("ReLU", {"negative_slope": self.negative_slope, "max_value": None, "threshold": 0.0}),)
        if self.function == "elu":
            return (("ELU", {"alpha": self.alpha}),)
        return (("Activation", {"activation": self.function}),)
