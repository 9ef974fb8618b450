"""What the layers that work on images share: the problems they report, with edits that mend them."""

from __future__ import annotations

import math

from nnstudio.core.fixes import InsertBefore, SetFields
from nnstudio.core.layer import LAYERS, LayerSpec, Shape, shape_text
from nnstudio.core.window import Size, Window
from nnstudio.errors import ShapeError


def require_image(layer: LayerSpec, shape: Shape) -> None:
    """Checks that a layer's input is height × width × channels.

    Raises:
        ShapeError: It isn't; where the values can be laid out as an image that the layer takes, the
            error offers to do so.
    """
    if len(shape) == 3:
        return
    image = _as_image(shape)
    insert = InsertBefore("Reshape", {"target_shape": image}, f"Insert Reshape {shape_text(image)}")
    fixes = (insert,) if _takes(layer, image) else ()
    raise ShapeError(
        f"{layer.title} needs an image",
        expected="height × width × channels",
        got=shape_text(shape),
        fix=f"insert Reshape to {shape_text(image)} before it" if fixes else "give it an image",
        fixes=fixes,
    )


def window_output(window: Window, shape: Shape, field: str) -> Size:
    """Rows and columns that a window makes of an image.

    Args:
        window: The window.
        shape: Height × width × channels.
        field: The setting that holds the window's size ("kernel_size").

    Raises:
        ShapeError: The window is larger than the image, and there is no padding.
    """
    height, width = window.output(*shape[:2])
    if height >= 1 and width >= 1:
        return height, width
    noun = "kernel" if field == "kernel_size" else "pool"
    fitting = window.largest_kernel(*shape[:2])
    raise ShapeError(
        f"the {noun} is larger than the image",
        expected=f"at least {shape_text(window.reach)}",
        got=shape_text(shape),
        fix=f'set padding to "same", or the {noun} to {shape_text(fitting)}',
        fixes=(
            SetFields("Use same padding", {"padding": "same"}),
            SetFields(f"Set {noun} {shape_text(fitting)}", {field: fitting}),
        ),
    )


def _as_image(shape: Shape) -> Shape:
    """The values of a sample as an image of one channel, as square as possible."""
    if len(shape) == 2:
        return (*shape, 1)
    values = math.prod(shape)
    height = next(side for side in range(math.isqrt(values), 0, -1) if values % side == 0)
    return (height, values // height, 1)


def _takes(layer: LayerSpec, shape: Shape) -> bool:
    if "Reshape" not in LAYERS:
        return False
    try:
        layer.output_shape(shape)
    except ShapeError:
        return False
    return True
