"""Every layer in every variant: real Keras opens the file and predicts the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.errors import FormatError
from nnstudio.formats.keras_h5 import export_keras, load_model, save_model
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
