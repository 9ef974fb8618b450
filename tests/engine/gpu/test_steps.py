"""Training steps on the GPU path are those of NumPy, but for rounding, for every setting of a recipe."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.ops.gpu.stepper import GpuStepper
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import (
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    MaxPool,
    Residual,
)
from nnstudio.optim.adaptive import Adagrad, Adam, AdamW, RMSProp
from nnstudio.optim.optimizers import SGD, Momentum, Nesterov

OPTIMIZERS = [
    SGD(),
    Momentum(),
    Momentum(momentum=0.5, damped=True),
    Nesterov(),
    Adagrad(),
    RMSProp(),
    RMSProp(centered=True, momentum=0.5),
    Adam(),
    Adam(amsgrad=True, epsilon=1e-3),
    AdamW(weight_decay=0.1),
    AdamW(weight_decay=0.1, exclude_biases=True),
]
RECIPES = [
    {"l2": 0.01},
    {"l1": 0.003, "l2": 0.01, "clip_value": 0.002},
    {"clip_norm": 0.05},
    {"clip_norm": 0.05, "clip_value": 0.01, "l2": 0.02, "optimizer": "AdamW"},
    {"clip_norm": 1e6},
    {"label_smoothing": 0.2},
    {"class_weights": (1.0, 0.0, 4.0)},
    {"class_weights": "balanced", "label_smoothing": 0.1},
    {"gradient": "sum", "learning_rate": 0.001},
    {"batch_size": 7},
    {"loss": "BinaryCrossentropy", "label_smoothing": 0.1},
]
DENSE = (Dense(13, "relu", l2=0.001), Dropout(0.3), Dense(9, "tanh"), Dense(3, "softmax"))
BLOCK = Residual(layers=(Conv2D(4, 3, padding="same", use_bias=False), BatchNorm(), Activation("relu")))
IMAGES = (Conv2D(4, 3, activation="relu"), BLOCK, MaxPool(2), GaussianNoise(0.1), Flatten(), Dense(3))


def trainers(device, layers, shape, *, floats=False, data=None, **train):
    """The same run on the GPU path and in NumPy."""
    random = np.random.default_rng(5)
    labels = np.arange(60) % 3
    x = random.integers(0, 200, (60, *shape)) + 20 * labels.reshape(-1, *[1] * len(shape))
    part = Part(x.astype(np.float32) / 250 if floats else x.astype(np.uint8), labels)
    recipe = {"optimizer": "SGD", "batch_size": 16, "learning_rate": 0.02, "epochs": 2, **train}
    recipe_of_data = DataSpec(**{"source": "noise", "validation": 0.2, "test": 0.1, **(data or {})})
    project = ProjectSpec(
        name="noise",
        network=NetworkSpec(layers=(Input(shape=shape), *layers)),
        data=recipe_of_data,
        train=TrainSpec.build(recipe),
    )
    dataset = Dataset("noise", "Noise", part, part.none(), ("a", "b", "c"))
    prepared = prepare_dataset(dataset, project.data)
    return on_gpu(device, project, prepared), Trainer(project, prepared, device="cpu")


def on_gpu(device, project, data, state=None) -> Trainer:
    """A trainer whose steps the GPU path takes."""
    trainer = Trainer(project, data, state, device="cpu")
    parts = (trainer.network, project, data, trainer.state, trainer._update, trainer.batch_size)
    trainer._stepper = GpuStepper(*parts, device)
    trainer._stepper.configure(project.train, trainer._targets)
    return trainer


def assert_same_runs(gpu: Trainer, numpy: Trainer, tolerance: float = 5e-5) -> None:
    start = numpy.state.weights.copy()
    losses, expected = (list(trainer.run()) for trainer in (gpu, numpy))
    moved = np.abs(numpy.state.weights - start).max()
    assert moved > 0
    np.testing.assert_allclose(gpu.state.weights, numpy.state.weights, rtol=0, atol=tolerance * max(moved, 1))
    for name, slot in numpy.state.slots.items():
        np.testing.assert_allclose(gpu.state.slots[name], slot, atol=1e-3 * np.abs(slot).max())
    for one, other in zip(figures(losses), figures(expected), strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def figures(events) -> list[float]:
    blocks = [event for event in events if hasattr(event, "losses")]
    records = [event for event in events if hasattr(event, "val_loss")]
    steps = [pair for block in blocks for pair in zip(block.losses, block.accuracies, strict=True)]
    return [*steps, *((r.train_loss, r.val_loss, r.val_accuracy) for r in records)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: f"{o.type_name()}-{hash(o) % 1000}")
def test_every_optimizer(device, optimizer):
    assert_same_runs(*trainers(device, DENSE, (11,), optimizer=optimizer))


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_every_setting_of_the_recipe(device, recipe):
    assert_same_runs(*trainers(device, DENSE, (11,), **recipe))


def test_images_with_a_block_noise_and_running_statistics(device):
    assert_same_runs(*trainers(device, IMAGES, (6, 5, 2), optimizer="Adam", learning_rate=0.002))


@pytest.mark.parametrize("scaling", ["none", "unit", "standardise", "per_channel"])
@pytest.mark.parametrize("floats", [False, True])
def test_every_scaling_of_bytes_and_floats(device, scaling, floats):
    parts = trainers(device, IMAGES, (6, 5, 2), floats=floats, data={"scaling": scaling}, learning_rate=1e-5)
    assert_same_runs(*parts)


def test_varied_samples_come_from_the_host(device):
    vary = {"augmentation": {"horizontal_flip": {}, "shift": {}}}
    assert_same_runs(*trainers(device, IMAGES, (6, 5, 2), data=vary))


def test_a_run_resumed_from_the_host_goes_on_to_the_last_bit(device):
    whole, _ = trainers(device, DENSE, (11,), optimizer="Adam", epochs=3)
    project, data = whole.project, whole.data
    list(whole.run())
    for stop in (1, 3, 4):  # events: blocks of steps, and an epoch
        first = on_gpu(device, project, data)
        first.block_steps = 1
        events = first.run()
        for _ in range(stop):
            next(events)
        events.close()
        second = on_gpu(device, project, data, first.state.copy())
        list(second.run())
        np.testing.assert_array_equal(second.state.weights, whole.state.weights)
        for name, slot in whole.state.slots.items():
            np.testing.assert_array_equal(second.state.slots[name], slot)


def test_the_model_of_a_run_under_way_has_the_present_weights(device):
    trainer, _ = trainers(device, DENSE, (11,))
    trainer.block_steps = 1
    before = trainer.state.weights.copy()
    events = trainer.run()
    next(events)
    model = trainer.model
    assert not np.array_equal(model.weights, before)
    trainer.settle()
    np.testing.assert_array_equal(trainer.state.weights, model.weights)
    events.close()


def test_a_loss_that_is_not_finite_stops_all_changes_on_the_device(device):
    trainer, expected = trainers(device, IMAGES, (6, 5, 2))
    stepper, state, trained = trainer._stepper, trainer.state, trainer.network.trainable
    for one in (trainer, expected):
        one.state.weights[trained - 1] = np.nan  # a bias of the outputs, so that every loss is NaN
    before = state.weights.copy()
    stepper._seconds_per_step = 1e-9
    losses, hits = stepper.steps(np.arange(43), [0.1] * 3, 1, 1.0)
    stepper.settle()
    assert len(losses) == len(hits) == 1
    assert not np.isfinite(losses[0])
    np.testing.assert_array_equal(state.weights[:trained], before[:trained])
    expected.step(np.arange(16), 0.1)  # in NumPy, too, the running statistics have moved once by then
    np.testing.assert_allclose(state.weights[trained:], expected.state.weights[trained:], rtol=1e-5)
    assert not np.array_equal(state.weights[trained:], before[trained:])


def test_a_diverging_run_ends_with_the_last_good_weights(device):
    layers = (Dense(9), Dense(9), Dense(9), Dense(3))
    gpu, numpy = trainers(device, layers, (11,), learning_rate=1e6, epochs=20)
    for trainer in (gpu, numpy):
        list(trainer.run())
    assert gpu.reason == numpy.reason == "diverged"
    np.testing.assert_array_equal(gpu.state.weights, numpy.state.weights)


def test_restored_best_weights_are_those_of_the_model(device):
    rule = {"monitor": "val_loss", "patience": 1}
    gpu, _ = trainers(device, DENSE, (11,), learning_rate=3.0, epochs=6, early_stopping=rule)
    list(gpu.run())
    assert gpu.reason == "early stopping"
    np.testing.assert_array_equal(gpu.model.weights, gpu.state.best_weights)


def test_blocks_of_steps_are_read_once(device):
    """No step waits for the device: its losses are read together."""
    trainer, _ = trainers(device, DENSE, (11,))
    stepper, reads = trainer._stepper, []
    stepper._device = Counting(device, lambda: reads.append(1))
    stepper._seconds_per_step = 1e-9
    stepper.steps(np.arange(43), [0.01] * 3, 1, 1.0)
    assert len(reads) == 1


class Counting:
    """A device that counts what is read from it."""

    def __init__(self, device, read):
        self._device, self._read = device, read

    def __getattr__(self, name):
        return getattr(self._device, name)

    def download(self, array, out):
        self._read()
        self._device.download(array, out)


def test_data_that_do_not_fit_come_from_the_host(device):
    gpu, numpy = trainers(device, DENSE, (11,))
    stepper = gpu._stepper
    small = Counting(device, lambda: None)
    small.memory = 100
    parts = (gpu.network, gpu.project, gpu.data, gpu.state, gpu._update, gpu.batch_size)
    gpu._stepper = type(stepper)(*parts, small)
    gpu._stepper.configure(gpu.spec, gpu._targets)
    assert gpu._stepper._residents.bytes == 0
    assert_same_runs(gpu, numpy)


def test_captured_steps_are_those_of_the_layers(device):
    parts = (device, (*IMAGES[:-1], Dropout(0.3), Dense(3)), (6, 5, 2))
    captured, _ = trainers(*parts, optimizer="AdamW", clip_norm=0.5, epochs=3)
    fresh, _ = trainers(*parts, optimizer="AdamW", clip_norm=0.5, epochs=3)
    fresh._stepper._step = fresh._stepper._queue
    for trainer in (captured, fresh):
        list(trainer.run())
    assert captured._stepper._captured.keys() == {16, 11}  # two batches and the rest of 43 samples
    np.testing.assert_array_equal(captured.state.weights, fresh.state.weights)
    assert [r.train_loss for r in captured.state.history] == [r.train_loss for r in fresh.state.history]


def test_a_recipe_that_changes_during_a_run_is_recorded_anew(device):
    gpu, numpy = trainers(device, DENSE, (11,), epochs=3)
    for trainer in (gpu, numpy):
        trainer.apply_at_next_epoch(trainer.spec.replace(l2=0.1, label_smoothing=0.2, clip_norm=0.1))
    assert_same_runs(gpu, numpy)
