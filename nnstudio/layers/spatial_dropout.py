"""SpatialDropout: switches off random channels of an image while training."""

from __future__ import annotations

from typing import ClassVar

from nnstudio.core.activations import ActivationFunction
from nnstudio.core.fields import field
from nnstudio.core.layer import LAYERS, Shape
from nnstudio.layers.base import BufferSpec, KerasLayer
from nnstudio.layers.dropout import Dropout
from nnstudio.layers.images import require_image


@LAYERS.register
class SpatialDropout(Dropout):
    """Sets whole channels of an image to zero with probability ``rate``, the others times ``1 / (1 - rate)``.

    Neighbouring pixels are much alike, so dropping single ones hides little; without a channel the
    layers behind it must do with the others (Tompson et al., 2015). Each sample loses channels of its
    own. In evaluation the layer does nothing.

    When to use it: between convolutions, where Dropout hides too little.

    Shapes: ``(H, W, C)``, unchanged. No parameters.
    """

    synonyms: ClassVar[tuple[str, ...]] = ("regularisation", "overfitting", "dropout2d", "channels")

    rate: float = field(0.2, help="Share of the channels that are switched off.", ge=0, lt=1, step=0.05)

    def output_shape(self, shape: Shape) -> Shape:
        """``(H, W, C)``, unchanged.

        Raises:
            ShapeError: The input is not an image.
        """
        require_image(self, shape)
        return shape

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """A mask per channel and the output, in training only."""
        return {"mask": BufferSpec((1, 1, shape[-1]), backward=True), "out": BufferSpec(shape, backward=True)}

    def keras(self) -> tuple[KerasLayer, ...]:
        """``SpatialDropout2D``."""
        return (("SpatialDropout2D", {"rate": self.rate}),)
