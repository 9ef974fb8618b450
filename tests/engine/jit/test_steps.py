"""Training steps on the compiled path are those of the NumPy path, for every setting that it takes."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.ops.jit.instructions import gradient_parts
from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.lowering import dense
from nnstudio.layers import Activation, BatchNorm, Dense, Dropout, Flatten, Reshape
from nnstudio.optim.adaptive import Adagrad, Adam, AdamW, RMSProp
from nnstudio.optim.optimizers import SGD, Momentum, Nesterov
from tests.engine.jit.helpers import assert_same_steps, jit_steps, noise_data, operations_of, project_of

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first

FUNCTIONS = ["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softmax"]
OPTIMIZERS = [
    SGD(),
    Momentum(),
    Momentum(momentum=0.5, damped=True),
    Nesterov(),
    Adagrad(),
    RMSProp(),
    RMSProp(centered=True),
    RMSProp(momentum=0.5),
    RMSProp(centered=True, momentum=0.5),
    Adam(),
    Adam(amsgrad=True, epsilon=1e-3),
    AdamW(weight_decay=0.1),
    AdamW(weight_decay=0.1, exclude_biases=True),
]
TWO_LAYERS = (Dense(13, "relu"), Dropout(0.3), Dense(9, "tanh"), Dense(3, "softmax"))
RECIPES = [
    {"l2": 0.01},
    {"l1": 0.003},
    {"l1": 0.003, "l2": 0.01, "clip_value": 0.002},
    {"clip_norm": 0.05},
    {"clip_norm": 0.05, "clip_value": 0.01, "l2": 0.02, "optimizer": "Adam"},
    {"clip_norm": 1e6},
    {"label_smoothing": 0.2},
    {"class_weights": (1.0, 0.0, 4.0)},
    {"class_weights": "balanced", "label_smoothing": 0.1},
    {"gradient": "sum", "learning_rate": 0.001},
    {"batch_size": 1},
    {"batch_size": 1000},
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: f"{o.type_name()}-{hash(o) % 1000}")
def test_every_optimizer(kernels, optimizer):
    assert_same_steps(project_of(TWO_LAYERS, (11,), optimizer=optimizer), noise_data(80, (11,), 3), kernels)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_every_setting_of_the_recipe(kernels, recipe):
    steps = 1 if recipe.get("batch_size") == 1000 else 4
    assert_same_steps(project_of(TWO_LAYERS, (11,), **recipe), noise_data(80, (11,), 3), kernels, steps=steps)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_activation_fused_and_by_itself(kernels, function: str):
    alone = Activation(function=function)
    layers = (Dense(12, function), Dropout(0.25), alone, Dense(7), alone, Dropout(0.2), Dense(3))
    assert_same_steps(project_of(layers, (10,)), noise_data(80, (10,), 3), kernels)


def test_no_pass_by_itself_undoes_a_relu_and_dropout_in_front_of_a_dense_layer():
    layers = (Dense(1000, "relu"), Dropout(0.2), Dense(600, "relu"), Dense(9, "relu"), Dropout(0.3), Dense(3))
    project = project_of(layers, (7,))
    operations = operations_of(project, prepare_dataset(noise_data(20, (7,), 3), project.data), 16)
    assert operations.count(codes.AFFINE_INPUT) == 3
    assert codes.ACTIVATE_BACKWARD not in operations
    assert codes.SCALE not in operations


@pytest.mark.parametrize("batch", [15, 32])
@pytest.mark.parametrize(
    ("widths", "classes"),
    [((1,), 2), ((2, 3), 4), ((17, 64), 3), ((129, 31), 5), ((1000, 256, 300), 10), ((512, 640), 12)],
)
def test_odd_widths_and_a_smaller_last_batch(kernels, widths, classes: int, batch: int):
    layers = (*[Dense(width, "relu") for width in widths], Dense(classes))
    project = project_of(layers, (37,), batch_size=batch, learning_rate=0.01)
    assert_same_steps(project, noise_data(64, (37,), classes), kernels, steps=-(-58 // batch))


@pytest.fixture(params=[0, gradient_parts.MOST_WEIGHTS], ids=["behind", "beside"])
def gradients_beside(request, monkeypatch):
    """Gradients of a large batch are made behind the barrier, or beside the samples as these pass."""
    monkeypatch.setattr(gradient_parts, "MOST_WEIGHTS", request.param)


@pytest.mark.usefixtures("gradients_beside")
def test_a_batch_that_is_worked_through_in_parts(kernels):
    layers = (Dense(units=70, activation="relu"), Dropout(rate=0.3), Dense(units=3))
    project = project_of(layers, (11,), batch_size=1300, optimizer="Adam", l2=0.01)
    assert_same_steps(project, noise_data(3000, (11,), 3), kernels, steps=3)


@pytest.mark.usefixtures("gradients_beside")
@pytest.mark.parametrize("floats", [False, True], ids=["bytes", "floats"])
def test_samples_that_are_converted_some_at_a_time(kernels, floats: bool):
    layers = (Flatten(), Dense(50, "tanh"), Dense(4))
    project = project_of(layers, (23, 9, 1), batch_size=600, scaling="standardise")
    assert_same_steps(project, noise_data(1500, (23, 9, 1), 4, floats=floats), kernels, steps=3)


@pytest.mark.parametrize("cores", [1, 4, 64])
def test_parts_of_gradients_on_machines_of_any_size(kernels, monkeypatch, cores: int):
    monkeypatch.setattr(gradient_parts, "physical_cores", lambda: cores)
    project = project_of((Dense(21, "relu"), Dense(4)), (700,), batch_size=1500)
    assert_same_steps(project, noise_data(3000, (700,), 4), kernels, steps=2)


@pytest.mark.parametrize("units", [7, 32, 50])
@pytest.mark.parametrize(
    "recipe", [{"clip_norm": 0.05}, {"clip_value": 0.002, "l1": 0.003, "l2": 0.01}], ids=str
)
def test_parts_of_gradients_with_every_setting(kernels, units: int, recipe: dict):
    layers = (Dense(units, "relu", use_bias=False), Dense(9, "tanh", frozen=True), Dense(5))
    project = project_of(layers, (70,), batch_size=530, optimizer="Momentum", **recipe)
    assert_same_steps(project, noise_data(1100, (70,), 5), kernels, steps=2)


@pytest.mark.parametrize("batch", [512, 513, 1025, 2100])
def test_parts_of_gradients_of_any_batch_and_a_last_one_of_few_samples(kernels, avx2_kernels, batch: int):
    layers = (Dense(20, "relu"), Dropout(0.2), Dense(3))
    project = project_of(layers, (600,), batch_size=batch)
    data = noise_data(batch * 10 // 9 + 60, (600,), 3)
    for chosen in (kernels, avx2_kernels):
        assert_same_steps(project, data, chosen, steps=2)


@pytest.mark.parametrize("between", [BatchNorm(), Dense(700, "relu")], ids=["statistics", "wide"])
def test_samples_that_are_gone_at_the_barrier_make_no_parts(kernels, monkeypatch, between):
    monkeypatch.setattr(dense, "OWN_CACHE", 60 << 10)
    project = project_of((Dense(30), between, Dense(5)), (300,), batch_size=520)
    assert_same_steps(project, noise_data(1100, (300,), 5), kernels, steps=2)


def test_a_thousand_classes(kernels):
    project = project_of((Dense(20, "relu"), Dense(1000)), (9,), learning_rate=0.5)
    assert_same_steps(project, noise_data(2000, (9,), 1000), kernels)


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("recipe", [{}, {"label_smoothing": 0.2, "class_weights": (2.0, 0.5)}], ids=str)
def test_sigmoid_cross_entropy(kernels, outputs: int, recipe):
    layers = (Dense(8, "relu"), Dense(outputs, "sigmoid"))
    project = project_of(layers, (9,), loss="BinaryCrossentropy", **recipe)
    assert_same_steps(project, noise_data(70, (9,), 2), kernels)


@pytest.mark.parametrize("scaling", ["unit", "standardise", "per_channel", "none"])
@pytest.mark.parametrize("floats", [False, True], ids=["bytes", "floats"])
def test_images_of_any_type_and_scaling(kernels, scaling: str, floats: bool):
    layers = (Reshape((4, 5, 3)), Flatten(), Dense(6, "relu"), Dense(3))
    rate = 1e-5 if scaling == "none" and not floats else 0.02
    project = project_of(layers, (5, 4, 3), scaling=scaling, learning_rate=rate)
    assert_same_steps(project, noise_data(64, (5, 4, 3), 3, floats=floats), kernels)


@pytest.mark.parametrize("frozen", [{0}, {1}, {0, 1}])
def test_frozen_and_disabled_layers(kernels, frozen: set[int]):
    layers = [Dense(8, "relu"), Dense(7, "tanh", use_bias=False), Dense(7, disabled=True), Dense(3)]
    layers = [layer.replace(frozen=place in frozen) for place, layer in enumerate(layers)]
    assert_same_steps(project_of(tuple(layers), (6,)), noise_data(64, (6,), 3), kernels)


def test_dropout_on_the_input_and_at_the_end(kernels):
    layers = (Dropout(0.1), Dense(8, "silu"), Dropout(0.5), Dropout(0.5), Dense(3), Dropout(0.2))
    assert_same_steps(project_of(layers, (6,)), noise_data(64, (6,), 3), kernels)


@pytest.mark.parametrize("recipe", [{}, {"clip_norm": 0.5}, {"clip_value": 0.01, "l2": 0.1}], ids=str)
def test_layers_too_wide_for_the_cache(kernels, monkeypatch, recipe: dict):
    monkeypatch.setattr(dense, "OWN_CACHE", 0)
    layers = (Dense(90, "relu"), Dropout(0.3), Dense(70, "tanh"), Dense(50, "gelu", use_bias=False), Dense(5))
    project = project_of(layers, (300,), optimizer="Momentum", **recipe)
    assert_same_steps(project, noise_data(64, (300,), 5), kernels)


def test_varied_samples(kernels):
    project = project_of((Flatten(), Dense(9, "relu"), Dense(3)), (7, 8, 1))
    vary = {"horizontal_flip": {}, "rotation": {"degrees": 20}, "noise": {"deviation": 0.05}}
    project = project.replace(data=project.data.replace(augmentation=vary))
    assert_same_steps(project, noise_data(64, (7, 8, 1), 3), kernels)


def test_kernels_of_the_smaller_instruction_set(avx2_kernels):
    layers = (Dense(65, "relu"), Dropout(0.3), Dense(19, "gelu"), Dense(10))
    project = project_of(layers, (33,), optimizer="Adam", learning_rate=0.001)
    assert_same_steps(project, noise_data(80, (33,), 10), avx2_kernels)


@pytest.mark.parametrize("cache", [0, dense.OWN_CACHE], ids=["wide", "narrow"])
def test_no_step_behind_a_loss_that_is_not_finite(kernels, monkeypatch, cache: int):
    monkeypatch.setattr(dense, "OWN_CACHE", cache)
    project = project_of((Dense(8), Dense(3)), (6,), learning_rate=1e6, batch_size=1)
    data = prepare_dataset(noise_data(64, (6,), 3), project.data)
    done = jit_steps(project, data, kernels, steps=40)
    assert len(done.losses) < 40
    assert not np.isfinite(done.losses[-1])
    assert np.isfinite(done.losses[:-1]).all()
    before = jit_steps(project, data, kernels, steps=len(done.losses) - 1)
    np.testing.assert_array_equal(done.state.weights, before.state.weights)  # those that made it
