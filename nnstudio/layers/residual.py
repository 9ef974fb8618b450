"""Residual block: what its layers compute is added to what came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from nnstudio.core.activations import ActivationFunction, ActivationName, activation_function
from nnstudio.core.fields import OneOf, field
from nnstudio.core.fixes import SetFields, SetInside
from nnstudio.core.layer import LAYERS, Category, LayerSpec, Shape, shape_text
from nnstudio.errors import ShapeError
from nnstudio.layers.base import Array, BufferSpec, Frame, KerasLayer, Layer

MAX_INSIDE = 200


@LAYERS.register
class Residual(Layer):
    """A stack of layers with a skip path around it (He et al., 2016, "Deep residual learning").

    Forward, with ``F`` the layers inside and ``S`` the skip path::

        z = F(x) + S(x)              # (n, *out)
        y = f(z)

    ``S`` is the identity where input and output have one shape. Else it is a projection: a 1×1
    convolution with as many filters as ``F`` gives channels, with the stride that fits its size, and
    BatchNorm behind it. The gradient takes both paths::

        dz = dy * f'(z)
        dx = Fᵀ(dz) + Sᵀ(dz)         # the skip path carries it past the layers undiminished

    When to use it: in networks so deep that more layers make the training loss worse: the skip path lets
    each block begin as almost nothing.

    Shapes: as the layers inside, ``(H, W, C) -> (H/s, W/s, K)``. Blocks may stand inside blocks.
    """

    category: ClassVar[Category] = "blocks"
    glyph: ClassVar[str] = "residual"
    synonyms: ClassVar[tuple[str, ...]] = ("skip connection", "resnet", "shortcut", "block", "identity")
    fuses_activation: ClassVar[bool] = True

    layers: tuple[Annotated[LayerSpec, OneOf(LAYERS)], ...] = field(
        (), help="The layers that the skip path leads around.", max_length=MAX_INSIDE, hidden=True
    )
    skip: Literal["auto", "identity", "projection"] = field(
        "auto",
        help="auto: the identity where input and output have one shape, else a projection (1×1 "
        "convolution). projection: always the convolution.",
    )
    normalise_skip: bool = field(
        True,
        label="BatchNorm on skip",
        help="Put a BatchNorm behind the projection, where there is one.",
        rare=True,
    )
    activation: ActivationName = field("relu", help="Function applied to the sum.")

    @property
    def title(self) -> str:
        """Name of the block, as its card shows it."""
        return "Residual block"

    @classmethod
    def palette(cls) -> tuple[Layer, ...]:
        """The block of two 3×3 convolutions that ResNet-18 is made of."""
        convolution = {"filters": 16, "kernel_size": 3, "padding": "same", "kernel_initializer": "HeNormal"}
        layers = (
            LAYERS.create("Conv2D", **convolution),
            LAYERS.create("BatchNorm"),
            LAYERS.create("Activation", function="relu"),
            LAYERS.create("Conv2D", **convolution),
            LAYERS.create("BatchNorm"),
        )
        return (cls(layers=layers),)

    @property
    def children(self) -> tuple[LayerSpec, ...]:
        """The layers inside."""
        return self.layers

    def with_children(self, layers: tuple[LayerSpec, ...]) -> LayerSpec:
        """The block around other layers."""
        return self.replace(layers=layers)

    def reserved_names(self) -> tuple[str, ...]:
        """Names of the projection's two layers."""
        return (f"{self.name}_projection", f"{self.name}_projection_norm") if self.name else ()

    def branches(self, shape: Shape) -> Mapping[str, tuple[LayerSpec, ...]]:
        """``layers``, and ``skip``: the projection, or nothing for the identity."""
        return {"layers": self.layers, "skip": self._projection(shape)}

    def output_shape(self, shape: Shape) -> Shape:
        """The shape that the layers inside give.

        Raises:
            ShapeError: The block is empty, or no skip path leads from its input to its output.
        """
        if not self.layers:
            raise ShapeError(
                "the block is empty",
                expected="at least one layer inside",
                got="none",
                fix="drag a layer into it, or remove it",
                assumed_output=shape,
            )
        out = self._inside(shape)
        if out != shape or self.skip == "projection":
            self._check_projection(shape, out)
        return out

    def activation_function(self) -> ActivationFunction:
        """The activation field as a function."""
        return activation_function(self.activation)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output, a copy of the gradient for the skip path, the input's gradient; perhaps ``z``."""
        out = self._inside(shape)
        needed = {
            "out": BufferSpec(out),
            "d_skip": BufferSpec(out, backward=True),
            "dx": BufferSpec(shape, backward=True),
        }
        return {**needed, "z": BufferSpec(out)} if activation.needs_z else needed

    def forward(self, frame: Frame, x: Array) -> Array:
        """``f(F(x) + S(x))``."""
        out = frame.buffers["out"]
        z = frame.buffers.get("z", out)
        inside = frame.chains["layers"].forward(x, frame.source)
        frame.ops.add(inside, frame.chains["skip"].forward(x, frame.source), z)
        return frame.ops.activate(frame.activation, z, out)

    def backward(self, frame: Frame, x: Array, y: Array, dy: Array) -> Array | None:
        """``Fᵀ(dz) + Sᵀ(dz)``; ``dy`` becomes ``dz``."""
        dz = frame.ops.activate_backward(frame.activation, dy, y, frame.buffers.get("z"))
        d_skip = frame.ops.copy(dz, frame.buffers["d_skip"])  # either path may overwrite its own
        through_layers = frame.chains["layers"].backward(dz)
        through_skip = frame.chains["skip"].backward(d_skip)
        if through_layers is None or through_skip is None:
            return None
        return frame.ops.add(through_layers, through_skip, frame.buffers["dx"])

    def keras(self) -> tuple[KerasLayer, ...]:
        """``Add`` and the activation; the layers inside are written by themselves (see ``formats``)."""
        return (("Add", {}), ("Activation", {"activation": self.activation}))

    def detail(self) -> str:
        """The kind of skip path."""
        return "" if self.skip == "auto" else self.skip

    def _inside(self, shape: Shape) -> Shape:
        for layer in self.layers:
            if not layer.disabled:
                shape = layer.output_shape(shape)
        return shape

    def _projection(self, shape: Shape) -> tuple[LayerSpec, ...]:
        out = self._inside(shape)
        if out == shape and self.skip != "projection":
            return ()
        convolution = LAYERS.create(
            "Conv2D",
            name=f"{self.name}_projection",
            filters=out[2],
            kernel_size=1,
            strides=_strides(shape, out),
            padding="same",
            use_bias=not self.normalise_skip,
            kernel_initializer="HeNormal",
            frozen=self.frozen,
        )
        if not self.normalise_skip:
            return (convolution,)
        norm = LAYERS.create("BatchNorm", name=f"{self.name}_projection_norm", frozen=self.frozen)
        return (convolution, norm)

    def _check_projection(self, shape: Shape, out: Shape) -> None:
        """Raises ShapeError where no 1×1 convolution leads from one shape to the other."""
        if self.skip == "identity":
            raise ShapeError(
                "the skip path adds the block's input to its output, so both need one shape",
                expected=f"{shape_text(shape)} out of the layers inside",
                got=shape_text(out),
                fix="use a projection, or layers that keep the shape",
                fixes=(SetFields("Use a projection", {"skip": "auto"}),),
                assumed_output=out,
            )
        if len(shape) != 3 or len(out) != 3 or _strides(shape, out) == (0, 0):
            raise ShapeError(
                "no projection leads from the block's input to its output",
                expected=f"height and width of {shape_text(shape)} divided by a whole stride (rounded up)",
                got=shape_text(out),
                fix="use padding same inside the block, or move the layer that changes the shape out of it",
                fixes=(SetInside("Use same padding", "padding", "same"),) if self._pads_nothing() else (),
                assumed_output=out,
            )

    def _pads_nothing(self) -> bool:
        """A layer inside shrinks the image because its window stays within it."""
        return any(getattr(inner, "padding", "") == "valid" for inner in self.tree())


def _strides(shape: Shape, out: Shape) -> tuple[int, int]:
    """Strides with which a 1×1 convolution turns one size into the other; (0, 0) if none does."""
    strides = [-(-size // wanted) for size, wanted in zip(shape[:2], out[:2], strict=True)]
    given = tuple(-(-size // stride) for size, stride in zip(shape[:2], strides, strict=True))
    return (strides[0], strides[1]) if given == out[:2] else (0, 0)
