"""Networks drawn at random, to compare computations of them."""

from __future__ import annotations

from hypothesis import strategies as st

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.layers import Activation, Dense, Flatten, GlobalAvgPool, Input, Residual

CLASSES = 5
ACTIVATIONS = ["linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid", "tanh", "softplus"]


@st.composite
def image_layers(draw: st.DrawFn, depth: int = 0) -> LayerSpec:
    """A layer that takes an image and gives one, its settings drawn too."""
    kinds = ["conv", "depthwise", "max", "avg", "pad", "batch", "layer", "act", "block", "frozen"]
    kind = draw(st.sampled_from(kinds if depth == 0 else kinds[:8]))
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    common = {"strides": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), "padding": "same"}
    if kind in ("conv", "depthwise"):
        if draw(st.booleans()):
            common = {
                "dilation_rate": draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
                "padding": "same",
            }
        function = draw(st.sampled_from(ACTIVATIONS))
        common |= {"kernel_size": draw(pair), "activation": function, "use_bias": draw(st.booleans())}
        if kind == "conv":
            return LAYERS.create("Conv2D", filters=draw(st.sampled_from([1, 3, 6])), **common)
        if "strides" in common:
            common["strides"] = (common["strides"][0],) * 2
        return LAYERS.create("DepthwiseConv2D", depth_multiplier=draw(st.integers(1, 2)), **common)
    if kind in ("max", "avg"):
        return LAYERS.create("MaxPool" if kind == "max" else "AvgPool", pool_size=draw(pair), **common)
    if kind == "pad":
        return LAYERS.create("ZeroPadding", padding=draw(st.integers(0, 2)))
    if kind == "block":
        inside = draw(st.lists(image_layers(depth=1), min_size=1, max_size=3))
        return Residual(layers=tuple(inside), activation=draw(st.sampled_from(ACTIVATIONS)))
    if kind == "frozen":
        return LAYERS.create("BatchNorm", frozen=True)
    if kind == "act":
        return Activation(function=draw(st.sampled_from(ACTIVATIONS)))
    return LAYERS.create("BatchNorm" if kind == "batch" else "LayerNorm")


@st.composite
def networks(draw: st.DrawFn) -> NetworkSpec:
    """A valid convolutional network over small odd and even images."""
    shape = (draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.sampled_from([1, 2, 3])))
    layers: list[LayerSpec] = []
    for layer in draw(st.lists(image_layers(), min_size=1, max_size=4)):
        stack = NetworkSpec(layers=(Input(shape=shape), *layers, layer, GlobalAvgPool(), Dense(CLASSES)))
        if infer_shapes(stack).ok:
            layers.append(layer)
    end = draw(st.sampled_from([(Flatten(), Dense(7, "tanh")), (GlobalAvgPool(),)]))
    return NetworkSpec(layers=(Input(shape=shape), *layers, *end, Dense(CLASSES)))
