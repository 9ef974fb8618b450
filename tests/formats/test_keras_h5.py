"""The Keras file: real Keras loads it and predicts the same."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from nnstudio.core.spec import LOSSES, NetworkSpec
from nnstudio.engine.trainer import Trainer
from nnstudio.experiments.presets import list_presets, load_preset
from nnstudio.formats import keras_h5
from nnstudio.formats.keras_h5 import export_keras, load_model, save_model
from nnstudio.layers import Activation, BatchNorm, Dense, Flatten, Input, LayerNorm
from tests.formats.models import model_of
from tests.helpers import small_data, small_project


@pytest.mark.parametrize("name", [preset.name for preset in list_presets()])
def test_keras_opens_every_preset(keras_predict, tmp_path: Path, name: str):
    project = load_preset(name)
    model = model_of(project.network, project.train.loss, spread=0.02)
    export_keras(tmp_path / "m.h5", model, project)
    x = np.random.default_rng(0).random((3, *model.network.input_shape), dtype=np.float32) / 4
    ours = model.predict(x, scaled=True)
    assert np.std(ours, axis=0).max() > 1e-4
    np.testing.assert_allclose(keras_predict(tmp_path / "m.h5", x), ours, atol=1e-5)


NORMALISED = [
    BatchNorm(),
    BatchNorm(0.9, 1e-5, center=False),
    BatchNorm(scale=False),
    LayerNorm(1e-5, scale=False),
]


@pytest.mark.parametrize("layer", NORMALISED, ids=str)
@pytest.mark.parametrize("shape", [(6,), (5, 4, 3)])
def test_keras_normalises_the_same(keras_predict, tmp_path: Path, layer, shape):
    flat = (Flatten(),) if len(shape) > 1 else ()
    layers = (Input(shape=shape), layer, Activation(function="relu"), *flat, Dense(units=4))
    model = model_of(NetworkSpec(layers=layers))
    for name, array in model.network.views(model.weights)[layer.default_name].items():
        array[...] = np.random.default_rng(len(name)).uniform(0.5, 2, array.shape)
    save_model(tmp_path / "m.h5", model)
    x = np.random.default_rng(0).standard_normal((9, *shape)).astype(np.float32)
    theirs = keras_predict(tmp_path / "m.h5", x)
    np.testing.assert_allclose(theirs, model.predict(x, scaled=True), atol=1e-5)


@pytest.mark.parametrize("units", [1, 3])
def test_keras_opens_sigmoid_outputs(keras_predict, tmp_path: Path, units: int):
    stack = (Input(shape=(4,)), Dense(units=5, activation="tanh"), Dense(units=units))
    model = model_of(NetworkSpec(layers=stack), LOSSES.create("BinaryCrossentropy"))
    save_model(tmp_path / "m.h5", model)
    x = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    ours = model.predict(x, scaled=True)
    theirs = keras_predict(tmp_path / "m.h5", x)
    np.testing.assert_allclose(theirs, ours[:, 1:] if units == 1 else ours, atol=1e-5)


def test_many_layers_split_their_list_of_names(tmp_path: Path):
    stack = [Input(shape=(2,)), *(Dense(name=f"{'layer' * 8}{i}", units=2) for i in range(1_200))]
    model = model_of(NetworkSpec(layers=tuple(stack)))
    save_model(tmp_path / "deep.h5", model)
    with h5py.File(tmp_path / "deep.h5") as file:
        parts = [name for name in file["model_weights"].attrs if name.startswith("layer_names")]
    assert len(parts) > 1
    assert load_model(tmp_path / "deep.h5").network.size == model.network.size


def test_a_model_with_nothing_but_itself_comes_back(tmp_path: Path):
    model = model_of(NetworkSpec(layers=(Input(shape=(3,)), Dense(units=2))))
    save_model(tmp_path / "m.h5", model)
    again = load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(again.weights, model.weights)
    assert (again.classes, again.scaling, again.spec) == (model.classes, model.scaling, model.spec)


def test_names_that_keras_cannot_take_are_changed(tmp_path: Path):
    names = ("a/b", "a_b", ".", "..")
    layers = (Input(shape=(3,)), *(Dense(name=name, units=2) for name in names))
    save_model(tmp_path / "m.h5", model_of(NetworkSpec(layers=layers)))
    with h5py.File(tmp_path / "m.h5") as file:
        config = json.loads(file.attrs["model_config"])
    names = [layer["config"]["name"] for layer in config["config"]["layers"]]
    assert len(set(names)) == len(names)
    assert not any("/" in name or not name.strip(".") for name in names)
    assert load_model(tmp_path / "m.h5").spec.layers[3].name == "."


def test_the_file_holds_the_state_to_resume_from(tmp_path: Path):
    project = small_project(epochs=1)
    trainer = Trainer(project, small_data(project))
    for _ in trainer.run():
        pass
    save_model(tmp_path / "run.h5", trainer.model, project, trainer.state)
    state = keras_h5.load_checkpoint(tmp_path / "run.h5").state
    assert state is not None
    assert state.history == trainer.state.history
