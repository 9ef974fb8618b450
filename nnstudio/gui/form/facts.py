"""What follows from a layer's settings: its output shape, what it sees, where its parameters come from."""

from __future__ import annotations

from nnstudio.core.layer import Shape, WeightSpec, shape_text
from nnstudio.core.shapes import LayerReport
from nnstudio.core.window import Size
from nnstudio.gui.widgets import numbers


def facts(row: LayerReport, sees: Size | None = None) -> str:
    """Two lines: "Out 28×28×16. Receptive field 3×3." and "Params 16 × (3·3·1) + 16 = 160".

    Args:
        row: What is known of the layer.
        sees: Height and width of the part of the image that one of its outputs sees, if that means anything.
    """
    if row.layer.disabled:
        return "Skipped: its input goes on as it is."
    out = f"Out {_shape(row.output_shape)}"
    windows = row.layer.category in ("convolution", "pooling", "blocks")
    if sees is not None and windows:
        out += f". Receptive field {shape_text(sees)}."
    return f"{out}\n{_parameters(row)}"


def work(row: LayerReport) -> str:
    """The layer's work per sample."""
    known = row.multiply_adds
    return "" if known is None else f"{numbers.count(known)} multiply-adds per sample."


def _parameters(row: LayerReport) -> str:
    if row.parameters is None or row.input_shape is None:
        return "Params ?" if row.parameters is None else "No parameters"
    total = numbers.count(row.parameters)
    if row.branches:
        return f"Params {total}"  # those of the layers inside
    weights = [weight for weight in row.layer.weights(row.input_shape) if weight.trainable]
    if not weights:
        return "No parameters"
    return f"Params {' + '.join(_term(weight) for weight in weights)} = {total}"


def _term(weight: WeightSpec) -> str:
    """How many values an array has, in the way one thinks of it: filters × (height·width·channels)."""
    if len(weight.shape) < 4:
        return " × ".join(str(size) for size in weight.shape)
    one = "·".join(str(size) for size in weight.shape[:-1])
    return f"{weight.shape[-1]} × ({one})" if weight.shape[-1] > 1 else one


def _shape(shape: Shape | None) -> str:
    return "?" if shape is None else numbers.shape(shape)
