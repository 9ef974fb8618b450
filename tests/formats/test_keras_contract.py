"""Every layer in every variant: real Keras opens the file and predicts the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import FormatError
from nnstudio.formats.keras_h5 import export_keras, load_model, save_model
from nnstudio.layers import Dense, Flatten, Input
from tests.formats.models import model_of
from tests.test_layer_contract import CASES, label, network_around

pytestmark = pytest.mark.bench

IMAGE = (9, 8, 4)


def layers(kind: str, *settings: dict) -> list[LayerSpec]:
    return [LAYERS.create(kind, **each) for each in settings]


WINDOWS = [{"padding": "same", "strides": (2, 3)}, {"padding": "valid", "strides": (1, 2)}]
MORE = [
    *layers("MaxPool", *({"pool_size": (3, 2), **window} for window in WINDOWS)),
    *layers("AvgPool", *({"pool_size": (3, 2), **window} for window in WINDOWS)),
    *layers("Conv2D", *({"kernel_size": (3, 2), **window} for window in WINDOWS)),
    *layers(
        "Conv2D",
        {"kernel_size": 2, "padding": "same"},
        {"dilation_rate": (2, 1), "padding": "same", "activation": "tanh"},
        {"groups": 2, "use_bias": False, "activation": "leaky_relu"},
    ),
    *layers(
        "DepthwiseConv2D",
        {"depth_multiplier": 2, "strides": 2, "padding": "same", "activation": "gelu"},
        {"dilation_rate": 2, "use_bias": False},
    ),
    *layers("ZeroPadding", {"padding": ((0, 1), (2, 0))}),
    *layers("LayerNorm", {"center": False}, {"scale": False, "epsilon": 0.1}),
    *layers("GaussianNoise", {"stddev": 2.5}),
    *layers(
        "Activation",
        {"function": "leaky_relu", "negative_slope": 0.3},
        {"function": "elu", "alpha": 0.7},
    ),
]
NOT_IN_KERAS = layers("Conv2D", {"strides": 2, "dilation_rate": 3})


@pytest.mark.parametrize(("layer", "shape"), [*CASES, *((layer, IMAGE) for layer in MORE)], ids=label)
def test_keras_predicts_the_same(keras_predict, tmp_path: Path, layer: LayerSpec, shape: tuple[int, ...]):
    model = model_of(network_around(layer, shape).spec)
    export_keras(tmp_path / "model.h5", model)
    x = np.random.default_rng(0).standard_normal((5, *shape)).astype(np.float32)
    theirs = keras_predict(tmp_path / "model.h5", x)
    np.testing.assert_allclose(theirs, model.predict(x, scaled=True), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", NOT_IN_KERAS, ids=label)
def test_what_keras_lacks_is_refused_with_the_reason_and_kept_by_nnstudio(tmp_path: Path, layer: LayerSpec):
    model = model_of(network_around(layer, IMAGE).spec)
    with pytest.raises(FormatError, match=f"Keras has no {layer.type_name()}.*fix: "):
        export_keras(tmp_path / "model.h5", model)
    assert not list(tmp_path.iterdir())
    save_model(tmp_path / "model.h5", model)
    np.testing.assert_array_equal(load_model(tmp_path / "model.h5").weights, model.weights)


def conv(**settings) -> LayerSpec:
    return LAYERS.create("Conv2D", **{"filters": 4, "kernel_size": 3, "padding": "same", **settings})


def block(*inside: LayerSpec, **settings) -> LayerSpec:
    return LAYERS.create("Residual", layers=inside, **settings)


BLOCKS = {
    "projection without norm": (block(conv(filters=3, strides=2), normalise_skip=False),),
    "leaky": (block(conv(), activation="leaky_relu"),),
    "deeper than its skip": (block(conv(filters=5), conv(filters=5), conv(filters=5), conv(filters=5)),),
    "nested": (block(conv(), block(conv(filters=4), conv(filters=6)), conv()), conv()),
    "block after block": (block(conv(filters=6)), block(conv(filters=6)), block(conv(filters=2))),
    "disabled inside": (
        block(conv(), conv(disabled=True)),
        conv(disabled=True),
        block(conv(), disabled=True),
    ),
    "frozen": (block(conv(frozen=True), LAYERS.create("BatchNorm", frozen=True)), conv(frozen=True)),
    "skip alone": (block(conv(disabled=True)),),
    "activation behind": (block(conv(), activation="linear"), LAYERS.create("Activation", function="silu")),
}


@pytest.mark.parametrize("stack", BLOCKS.values(), ids=BLOCKS)
def test_keras_predicts_the_same_of_blocks(keras_predict, tmp_path: Path, stack: tuple[LayerSpec, ...]):
    spec = NetworkSpec(layers=(Input(shape=(6, 5, 4)), *stack, Flatten(), Dense(units=3)))
    model = model_of(spec)
    export_keras(tmp_path / "model.h5", model)
    x = np.random.default_rng(0).standard_normal((5, 6, 5, 4)).astype(np.float32)
    theirs = keras_predict(tmp_path / "model.h5", x)
    np.testing.assert_allclose(theirs, model.predict(x, scaled=True), rtol=1e-4, atol=1e-6)
