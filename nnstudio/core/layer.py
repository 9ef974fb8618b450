"""What a layer declares about itself: fields, shapes, weights and costs, without any data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from nnstudio.core.fields import field
from nnstudio.core.registry import Registered, Registry

Shape = tuple[int, ...]
"""Shape of one sample: ``(units,)`` or height × width × channels."""

Category = Literal[
    "input",
    "dense",
    "convolution",
    "blocks",
    "activation",
    "pooling",
    "normalisation",
    "regularisation",
    "shape",
]


class InitializerSpec(Registered):
    """A distribution that initial weights are drawn from."""


INITIALIZERS: Registry[InitializerSpec] = Registry("initializer", "nnstudio.optim")


@dataclass(frozen=True)
class WeightSpec:
    """One weight array that a layer needs.

    Attributes:
        name: Keras's name ("kernel", "bias").
        shape: Shape of the array.
        initializer: Where its first values come from.
        regularised: Penalties apply to it (kernels, never biases).
        trainable: The optimizer changes it; running statistics are changed by the forward pass instead.
    """

    name: str
    shape: Shape
    initializer: InitializerSpec
    regularised: bool = False
    trainable: bool = True

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


class LayerSpec(Registered):
    """One layer of a network: its settings, and what follows from them without running data.

    Subclasses live in ``nnstudio.layers``, one file each, and add the arithmetic.
    """

    category: ClassVar[Category]
    glyph: ClassVar[str]
    synonyms: ClassVar[tuple[str, ...]] = ()

    name: str = field("", label="Name", help="Unique name inside the network.", max_length=64)
    frozen: bool = field(
        False, label="Freeze", help="Keep its weights as they are while the rest trains.", hidden=True
    )
    disabled: bool = field(False, label="Disable", help="Skip it, as if it were not there.", hidden=True)

    def to_json(self) -> dict[str, Any]:
        """The layer as JSON-ready data; the rare states are only written where they hold."""
        data = super().to_json()
        return {key: value for key, value in data.items() if value or key not in ("frozen", "disabled")}

    @property
    def title(self) -> str:
        """Name of the layer's kind, as its card shows it."""
        return self.type_name()

    @property
    def default_name(self) -> str:
        """Name of an unnamed layer, before a number is added (Keras's rule: ``max_pool2d``)."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", self.type_name()).lower()

    def detail(self) -> str:
        """Key settings in a few characters, as its card shows them ("64 · relu")."""
        return ""

    @classmethod
    def palette(cls) -> tuple[LayerSpec, ...]:
        """The entries of the layer list that create this layer, with their first settings."""
        return (cls(),)

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one output sample for an input sample of ``shape``.

        Raises:
            ShapeError: The layer can't take that shape.
        """
        return shape

    def weights(self, shape: Shape) -> tuple[WeightSpec, ...]:
        """Weight arrays for an input sample of ``shape`` (which must be valid)."""
        return ()

    def multiply_adds(self, shape: Shape) -> int:
        """Multiply-adds of one sample's forward pass."""
        return 0

    def parameters(self, shape: Shape) -> int:
        """Number of values that training finds: kernels and biases, but no running statistics."""
        return sum(weight.size for weight in self.weights(shape) if weight.trainable)

    @property
    def children(self) -> tuple[LayerSpec, ...]:
        """The layers inside a container, in order."""
        return ()

    def with_children(self, layers: tuple[LayerSpec, ...]) -> LayerSpec:
        """The container around other layers."""
        raise TypeError(f"{self.type_name()} holds no layers")

    def branches(self, shape: Shape) -> Mapping[str, tuple[LayerSpec, ...]]:
        """The chains of layers inside a container, each fed with the container's own input.

        Args:
            shape: Shape of the input sample.
        """
        return {}

    def reserved_names(self) -> tuple[str, ...]:
        """Names of the layers a container makes by itself; no other layer may have them."""
        return ()

    def tree(self) -> Iterator[LayerSpec]:
        """The layer and all layers inside it, outermost first."""
        yield self
        for child in self.children:
            yield from child.tree()


LAYERS: Registry[LayerSpec] = Registry("layer", "nnstudio.layers")


def shape_text(shape: Shape) -> str:
    """A shape as the user reads it: ``28×28×1`` or ``64``."""
    return "×".join(str(size) for size in shape)


def json_depth(value: Any) -> int:
    """Depth of nested lists and objects, to refuse JSON bombs before they are validated."""
    depth, stack = 0, [(value, 1)]
    while stack:
        item, level = stack.pop()
        depth = max(depth, level)
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        stack.extend((child, level + 1) for child in children)
    return depth
