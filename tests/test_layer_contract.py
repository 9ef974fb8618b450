"""What every registered layer, initializer, optimizer, schedule and loss must keep."""

from __future__ import annotations

import json
import math
import pkgutil

import numpy as np
import pytest

import nnstudio.layers
from nnstudio.core.fields import describe
from nnstudio.core.layer import INITIALIZERS, LAYERS, LayerSpec
from nnstudio.core.registry import Registered, Registry
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import LOSSES, OPTIMIZERS, SCHEDULES, NetworkSpec
from nnstudio.engine.gradcheck import TOLERANCE, check_gradients, directional_error
from nnstudio.engine.network import Network
from nnstudio.engine.ops.noise import Noise
from nnstudio.errors import ShapeError, SpecError
from nnstudio.layers import (
    AvgPool,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool,
    Reshape,
    ZeroPadding,
)
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy

REGISTRIES: list[Registry] = [LAYERS, INITIALIZERS, OPTIMIZERS, SCHEDULES, LOSSES]
ALL = [(registry, cls) for registry in REGISTRIES for cls in registry]
SHAPES = [(7,), (5, 6, 2)]
BATCH = 6


def variants() -> list[LayerSpec]:
    """Every layer as the palette creates it, and Dense with every activation."""
    found = [layer for cls in LAYERS for layer in cls.palette()]
    names = next(field for field in describe(Dense) if field.name == "activation").choices
    return found + [Dense(units=5, activation=name) for name in names]


def network_around(layer: LayerSpec, shape: tuple[int, ...], loss=None) -> Network:
    """The layer between two dense layers, so that gradients flow into it and out of it."""
    out = layer.output_shape(shape)
    into = [Dense(units=shape[0])] if len(shape) == 1 else []
    behind = [Flatten()] if len(out) > 1 else []
    stack = NetworkSpec(layers=(Input(shape=shape), *into, layer, *behind, Dense(units=4)))
    return Network(stack, loss or CategoricalCrossentropy())


def weights_of(network: Network, seed: int) -> np.ndarray:
    """Initial weights, with running statistics as if the network had been trained."""
    weights = network.initial_weights(seed)
    running = weights[network.trainable :]
    running += np.random.default_rng(seed).uniform(0.1, 1, running.shape).astype(np.float32)
    return weights


def frozen(layer: LayerSpec) -> LayerSpec:
    """The layer, and those inside it, with weights that stay."""
    inside = tuple(frozen(child) for child in layer.children)
    return (layer.with_children(inside) if inside else layer).replace(frozen=True)


def fits(layer: LayerSpec, shape: tuple[int, ...]) -> bool:
    try:
        layer.output_shape(shape)
    except ShapeError:
        return False
    return True


IMAGE_CASES: list[tuple[LayerSpec, tuple[int, ...]]] = [
    (Conv2D(3, (2, 3), (2, 1), "same"), (7, 5, 2)),
    (Conv2D(4, 3, dilation_rate=2, groups=2), (7, 6, 4)),
    (Conv2D(6, 3, 2, "same", groups=3, use_bias=False, activation="gelu"), (5, 6, 3)),
    (Conv2D(2, 5, padding="same", activation="softmax"), (3, 2, 1)),
    (Conv2D(3, 2, dilation_rate=(1, 3), padding="same"), (2, 4, 1)),
    (Conv2D(3, 1, activation="relu"), (4, 3, 2)),
    (Conv2D(5, 1, 3), (5, 7, 8)),
    (DepthwiseConv2D(3, 2, "same", 2), (5, 6, 3)),
    (DepthwiseConv2D((3, 2), dilation_rate=2, activation="silu"), (7, 5, 2)),
    (DepthwiseConv2D(5, padding="same", use_bias=False), (3, 2, 1)),
    (MaxPool(3, 2, "same"), (7, 6, 2)),
    (MaxPool((1, 3), 1), (5, 5, 1)),
    (MaxPool(2, 3), (7, 8, 2)),
    (MaxPool(4, 1, "same"), (2, 3, 1)),
    (AvgPool(3, 2, "same"), (7, 6, 2)),
    (AvgPool((2, 1), (1, 3)), (5, 5, 1)),
    (AvgPool(4, 1, "same"), (2, 3, 1)),
    (GlobalAvgPool(), (1, 1, 3)),
    (ZeroPadding(((0, 2), (1, 0))), (3, 4, 2)),
    (Reshape((3, -1, 2)), (4, 6, 1)),
    (Reshape((-1, 4)), (24,)),
]
"""Odd sizes, windows larger than the image, gaps between windows, groups, one channel."""

CASES = [(layer, shape) for layer in variants() for shape in SHAPES if fits(layer, shape)] + IMAGE_CASES


def label(value: object) -> str:
    if isinstance(value, LayerSpec):
        return f"{value.title} {value.detail()}".strip().replace(" · ", "-")
    return str(value)


@pytest.mark.parametrize(("registry", "cls"), ALL, ids=lambda v: getattr(v, "__name__", ""))
class TestEverySpec:
    def test_defaults_are_valid_and_round_trip_through_json(self, registry: Registry, cls: type[Registered]):
        spec = cls()
        assert registry.parse(json.loads(json.dumps(spec.to_json()))) == spec

    def test_values_out_of_range_are_refused_with_a_message(self, registry: Registry, cls: type[Registered]):
        for field in describe(cls):
            for bad in _bad_values(field):
                with pytest.raises(SpecError, match=field.name):
                    cls.build({field.name: bad})

    def test_every_field_has_help(self, registry: Registry, cls: type[Registered]):
        assert all(field.help and field.label for field in describe(cls))
        assert cls.__doc__

    def test_unknown_fields_are_refused(self, registry: Registry, cls: type[Registered]):
        for name in ("no_such_field", "self", "cls"):
            with pytest.raises(SpecError, match=name):
                registry.parse({"type": cls.type_name(), name: 1})


def _bad_values(field) -> list[object]:
    bad: list[object] = []
    if field.kind in ("int", "float"):
        if field.minimum is not None:
            bad.append(field.minimum if field.exclusive_minimum else field.minimum - 1)
        if field.maximum is not None:
            bad.append(field.maximum if field.exclusive_maximum else field.maximum + 1)
        bad.append("many")
    if field.kind == "float":
        bad += [math.nan, math.inf]
    if field.kind == "choice":
        bad.append("no-such-choice")
    if field.kind in ("shape", "pair", "sides"):
        bad += ["many", -1, (0,) if field.kind == "shape" else (1, 2, 3)]
    if field.kind in ("pair", "sides"):
        bad += [100_000, -1 if field.kind == "sides" else 0]
    return bad


def test_every_layer_file_is_imported_by_the_package():
    helpers = {"base", "images", "kernel", "kernel_fields", "ops", "pool"}
    files = {module.name for module in pkgutil.iter_modules(nnstudio.layers.__path__)} - helpers
    registered = {cls.__module__.rsplit(".", 1)[1] for cls in LAYERS}
    assert files == registered


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=label)
class TestEveryLayer:
    def test_declared_shape_and_weights_are_the_computed_ones(self, layer: LayerSpec, shape: tuple[int, ...]):
        network = network_around(layer, shape)
        weights = network.initial_weights(0)
        workspace = network.workspace(weights, BATCH)
        workspace.forward(np.random.default_rng(0).random((BATCH, *shape), dtype=np.float32))
        for row in network.report.layers:
            computed = workspace.outputs().get(row.layer.name)
            if computed is not None:
                assert computed.shape[1:] == row.output_shape
        assert network.size == weights.size
        assert network.trainable == network.report.parameters

    def test_gradients_agree_with_central_differences(self, layer: LayerSpec, shape: tuple[int, ...]):
        network = network_around(layer, shape)
        random = np.random.default_rng(1)
        x = random.standard_normal((BATCH, *shape))
        rows = check_gradients(network, network.initial_weights(1), x, random.integers(0, 4, BATCH))
        assert rows
        assert {(row.layer, row.weight): row.relative_error for row in rows if not row.ok} == {}

    @pytest.mark.parametrize("mode", ["training", "frozen", "evaluation"])
    def test_the_gradient_of_the_input_agrees_too(self, layer: LayerSpec, shape: tuple[int, ...], mode: str):
        network = network_around(frozen(layer) if mode == "frozen" else layer, shape)
        random = np.random.default_rng(2)
        weights = weights_of(network, 2).astype(np.float64)
        step = next(step for step in network.steps if step.layer.type_name() == layer.type_name())
        workspace = network.workspace(weights, BATCH, np.zeros(network.trainable), input_gradient=True)
        frames = workspace.chain.frames(BATCH)
        if step.layer.name not in frames:
            pytest.skip("computed with the layer in front of it")
        frame = frames[step.layer.name][1]
        frame.training = mode != "evaluation"
        frame.learning = mode == "training"
        frame.source = Noise(3) if frame.training else None
        frame.noise = Noise(3).key(0)  # the same mask every time
        x = random.standard_normal((BATCH, *step.shape))
        dy = random.standard_normal((BATCH, *step.output))

        def forward() -> np.ndarray:
            return step.layer.forward(frame, x)

        y = forward()
        before = x.copy(), y.copy()
        dx = step.layer.backward(frame, x, y, dy.copy())
        np.testing.assert_array_equal(x, before[0])  # of which gradients may still be computed
        np.testing.assert_array_equal(y, before[1])
        error = directional_error(lambda: float((forward() * dy).sum()), x, np.array(dx), random)[2]
        assert error <= TOLERANCE

    def test_a_frozen_layer_keeps_its_weights_and_passes_gradients_on(
        self, layer: LayerSpec, shape: tuple[int, ...]
    ):
        free, network = network_around(layer, shape), network_around(frozen(layer), shape)
        outer = next(row for row in network.report.layers if row.layer.frozen)
        inside = {row.layer.name for row in outer.tree()}
        assert not any(view.trainable for view in network.index if view.layer in inside)
        assert network.size == free.size
        weights = weights_of(network, 5)
        random = np.random.default_rng(5)
        x, labels = random.standard_normal((BATCH, *shape)), random.integers(0, 4, BATCH)
        rows = check_gradients(network, weights, x, labels)
        assert not any(row.layer in inside for row in rows)
        assert {(row.layer, row.weight): row.relative_error for row in rows if not row.ok} == {}
        before = weights.copy()
        workspace = network.workspace(weights, BATCH, np.zeros(network.trainable, np.float32))
        workspace.forward(x.astype(np.float32), Noise(0))
        np.testing.assert_array_equal(weights, before)  # running statistics among them

    def test_a_disabled_layer_is_as_if_it_were_not_there(self, layer: LayerSpec, shape: tuple[int, ...]):
        behind = (*([Flatten()] if len(shape) > 1 else []), Dense(units=4))
        x = np.random.default_rng(6).standard_normal((BATCH, *shape)).astype(np.float32)
        logits = []
        for layers in ((layer.replace(disabled=True), *behind), behind):
            stack = NetworkSpec(layers=(Input(shape=shape), *layers))
            network = Network(stack, CategoricalCrossentropy())
            logits.append(network.workspace(network.initial_weights(6), BATCH).forward(x, Noise(0)).copy())
        np.testing.assert_array_equal(*logits)

    def test_a_batch_gives_what_its_samples_give_one_by_one(self, layer: LayerSpec, shape: tuple[int, ...]):
        network = network_around(layer, shape)
        workspace = network.workspace(weights_of(network, 3), BATCH)
        x = np.random.default_rng(3).standard_normal((BATCH, *shape)).astype(np.float32)
        whole = workspace.forward(x).copy()
        single = np.concatenate([workspace.forward(x[i : i + 1]).copy() for i in range(BATCH)])
        np.testing.assert_allclose(whole, single, rtol=1e-5, atol=1e-6)

    def test_forward_leaves_its_input_as_it_is(self, layer: LayerSpec, shape: tuple[int, ...]):
        network = network_around(layer, shape)
        weights = network.initial_weights(4)
        workspace = network.workspace(weights, BATCH, np.zeros(network.trainable, np.float32))
        x = np.random.default_rng(4).standard_normal((BATCH, *shape)).astype(np.float32)
        before = x.copy()
        workspace.forward(x, Noise(0))
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("initializer", list(INITIALIZERS), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_gradients_agree_for_every_initializer(initializer, activation: str):
    layers = (
        Input(shape=(9,)),
        Dense(
            units=8, activation=activation, kernel_initializer=initializer(), bias_initializer=initializer()
        ),
        Dense(units=3, kernel_initializer=initializer()),
    )
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    random = np.random.default_rng(5)
    x = random.standard_normal((8, 9))
    rows = check_gradients(network, network.initial_weights(5), x, random.integers(0, 3, 8))
    assert all(row.ok for row in rows)


@pytest.mark.parametrize("loss", list(LOSSES), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("ending", ["link", "linear", "relu"])
def test_gradients_agree_for_every_loss_and_ending(loss, ending: str):
    activation = loss.link if ending == "link" else ending
    layers = (Input(shape=(5,)), Dense(units=6, activation="tanh"), Dense(units=3, activation=activation))
    network = Network(NetworkSpec(layers=layers), loss())
    random = np.random.default_rng(6)
    rows = check_gradients(
        network, network.initial_weights(6), random.standard_normal((7, 5)), random.integers(0, 3, 7)
    )
    assert all(row.ok for row in rows)


def test_gradients_agree_for_one_sigmoid_output():
    layers = (Input(shape=(5,)), Dense(units=4, activation="tanh"), Dense(units=1, activation="sigmoid"))
    network = Network(NetworkSpec(layers=layers), BinaryCrossentropy())
    random = np.random.default_rng(7)
    rows = check_gradients(
        network, network.initial_weights(7), random.standard_normal((7, 5)), random.integers(0, 2, 7)
    )
    assert all(row.ok for row in rows)


def test_a_wrong_gradient_is_found():
    layers = (Input(shape=(5,)), Dense(units=4), Dense(units=3))
    network = Network(NetworkSpec(layers=layers), CategoricalCrossentropy())
    vector = network.initial_weights(8).astype(np.float64)
    loss = lambda: float((vector**2).sum())  # noqa: E731 - one expression
    wrong = 2 * vector * 1.001
    assert directional_error(loss, vector, wrong, np.random.default_rng(0))[2] > TOLERANCE


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS), ids=lambda cls: cls.__name__)
def test_every_optimizer_goes_down_a_bowl(optimizer):
    w = np.array([3.0, -2.0, 0.5], dtype=np.float32)
    spec = optimizer()
    slots = [np.full_like(w, spec.initial_slot(name)) for name in spec.slots]
    rate = 0.3 if optimizer.__name__ == "Adagrad" else 0.02  # Adagrad's steps shrink as 1/√step
    for step in range(1, 400):
        spec.decay(np, w, rate)
        spec.update(np, w, 2 * w, slots, np.empty_like(w), rate, step)
    assert float(np.abs(w).max()) < 0.1


def test_every_problem_names_its_layer_and_a_fix():
    stack = NetworkSpec(layers=(Input(shape=(4, 4, 1)), Dense(units=3), Flatten(), Dense(units=2)))
    report = infer_shapes(stack, classes=5)
    assert [problem.layer for problem in report.problems] == ["dense", "dense_1"]
    assert all(problem.fixes and problem.expected and problem.got for problem in report.problems)
