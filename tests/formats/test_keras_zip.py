"""Keras 3's own files: real Keras loads them and predicts the same."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import h5py
import numpy as np
import pytest

from nnstudio.core.spec import LOSSES, NetworkSpec
from nnstudio.errors import FormatError
from nnstudio.formats.exports import EXPORTS
from nnstudio.formats.keras_zip import export_keras_weights, export_keras_zip
from nnstudio.layers import (
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    Residual,
)
from tests.formats.models import model_of

CHAIN = NetworkSpec(
    layers=(
        Input(shape=(6, 5, 2)),
        Conv2D(filters=3, activation="leaky_relu"),
        Conv2D(filters=4),
        BatchNorm(),
        Activation(function="leaky_relu"),
        Dropout(),
        Flatten(),
        Dense(units=5, use_bias=False),
        Dense(units=3),
    )
)
BRANCHED = NetworkSpec(
    layers=(
        Input(shape=(6, 5, 2)),
        Residual(layers=(Conv2D(filters=3, padding="same"), BatchNorm(), Conv2D(filters=3, padding="same"))),
        Residual(layers=(Conv2D(filters=3, padding="same"),)),
        GlobalAvgPool(),
        Dense(units=3),
    )
)


@pytest.mark.bench
@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
@pytest.mark.parametrize("spec", [CHAIN, BRANCHED], ids=["chain", "branched"])
def test_keras_predicts_the_same(keras_predict, tmp_path: Path, export, spec: NetworkSpec):
    model, path = model_of(spec), tmp_path / f"model{export.endings[0]}"
    export.write(path, model, None)
    x = np.random.default_rng(0).standard_normal((5, 6, 5, 2)).astype(np.float32)
    theirs = export.run(path, model, x)
    np.testing.assert_allclose(theirs, model.predict(x, scaled=True), rtol=1e-4, atol=1e-6)


@pytest.mark.bench
def test_a_sigmoid_output_stays_one_number(keras_predict, tmp_path: Path):
    spec = NetworkSpec(layers=(Input(shape=(4,)), Dense(units=1)))
    model = model_of(spec, LOSSES.create("BinaryCrossentropy"))
    export_keras_zip(tmp_path / "m.keras", model)
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    theirs = keras_predict(tmp_path / "m.keras", x)
    np.testing.assert_allclose(theirs, model.predict(x, scaled=True)[:, 1:], atol=1e-6)


def test_the_zip_holds_what_keras_expects_and_nothing_else(tmp_path: Path):
    export_keras_zip(tmp_path / "m.keras", model_of(CHAIN))
    with ZipFile(tmp_path / "m.keras") as archive:
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
        config = json.loads(archive.read("config.json"))
    assert config["class_name"] == "Sequential"
    assert {layer["module"] for layer in config["config"]["layers"]} == {"keras.layers"}


def test_weights_lie_where_keras_looks_for_them(tmp_path: Path):
    model = model_of(CHAIN)
    export_keras_weights(tmp_path / "m.weights.h5", model)
    found: dict[str, np.ndarray] = {}
    with h5py.File(tmp_path / "m.weights.h5") as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if hasattr(item, "shape") else None)
    places = {"conv2d": 2, "conv2d_1": 2, "batch_normalization": 4, "dense": 1, "dense_1": 2}
    assert set(found) == {f"layers/{name}/vars/{i}" for name, count in places.items() for i in range(count)}
    views = model.network.views(model.weights)
    np.testing.assert_array_equal(found["layers/conv2d_1/vars/0"], views["conv2d_1"]["kernel"])
    np.testing.assert_array_equal(found["layers/dense_1/vars/1"], views["dense_1"]["bias"])


@pytest.mark.parametrize("write", [export_keras_zip, export_keras_weights])
def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(tmp_path: Path, write):
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(FormatError, match="can't be written"):
        write(tmp_path / "folder.keras", model_of(CHAIN))
    assert [path.name for path in tmp_path.iterdir()] == ["folder.keras"]
