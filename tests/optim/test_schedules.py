"""Schedules: their curves beside PyTorch's and Keras's, and that they need nothing but step and history."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.spec import SCHEDULES, TrainSpec
from nnstudio.optim.monitor import figures
from nnstudio.optim.schedules import WARM_UP_START, Length, Schedule, curve, epoch_rates

BASE = 0.2
SETTINGS = {"deadline": None, "derandomize": True, "max_examples": 25}

batch_counts, epoch_counts = st.integers(1, 7), st.integers(1, 12)


@dataclass
class Epoch:
    train_loss: float = 1.0
    train_accuracy: float = 0.5
    val_loss: float | None = None
    val_accuracy: float | None = None


def losses(*values: float | None) -> list[Epoch]:
    return [Epoch(val_loss=value) for value in values]


def rates(name: str, batches: int, epochs: int, history: Any = (), **fields: Any) -> np.ndarray:
    """The whole run's rates, epoch by epoch as training computes them."""
    recipe = TrainSpec(schedule=SCHEDULES.create(name, **fields), learning_rate=BASE, epochs=epochs)
    return np.concatenate([epoch_rates(recipe, batches, e, list(history)[:e]) for e in range(epochs)])


def warmed(warmup: float, name: str = "Constant", batches: int = 4, epochs: int = 6) -> np.ndarray:
    recipe = TrainSpec(schedule=name, learning_rate=BASE, epochs=epochs, warmup=warmup)
    return np.concatenate([epoch_rates(recipe, batches, epoch, []) for epoch in range(epochs)])


@pytest.mark.parametrize("name", SCHEDULES.names())
class TestEverySchedule:
    @pytest.mark.parametrize("batches", [1, 3])
    @pytest.mark.parametrize("epochs", [1, 2, 9])
    def test_one_step_alone_has_the_rate_it_has_in_its_epoch(self, name: str, batches: int, epochs: int):
        schedule = cast(Schedule, SCHEDULES.create(name))
        history = losses(*[1.0] * epochs)
        alone = [schedule.rate(BASE, step, batches, epochs, history) for step in range(batches * epochs)]
        np.testing.assert_allclose(alone, rates(name, batches, epochs, history), rtol=1e-12)

    def test_later_epochs_change_no_earlier_rate(self, name: str):
        schedule, steps = cast(Schedule, SCHEDULES.create(name)), np.arange(4 * 8)
        history = losses(*[1.0] * 7)
        known = schedule.rates(BASE, steps, Length(4, 8), history)
        for epoch in range(8):
            before = schedule.rates(BASE, steps, Length(4, 8), history[:epoch])
            np.testing.assert_array_equal(known[: 4 * (epoch + 1)], before[: 4 * (epoch + 1)])

    def test_rates_grow_with_the_learning_rate(self, name: str):
        schedule, steps = cast(Schedule, SCHEDULES.create(name)), np.arange(10)
        one, two = (schedule.rates(base, steps, Length(2, 5)) for base in (0.1, 0.2))
        np.testing.assert_allclose(two, 2 * one, rtol=1e-12)
        assert (one > 0).all()

    def test_a_step_behind_the_planned_end_has_a_rate(self, name: str):
        rate = cast(Schedule, SCHEDULES.create(name)).rate(BASE, 50, 2, 5)
        assert 0 <= rate <= BASE

    def test_a_curve_of_any_length_has_few_points(self, name: str):
        recipe = TrainSpec(schedule=name, epochs=1_000_000, warmup=3)
        positions, values = curve(recipe, 1_000_000, losses(1, 1, 1))
        assert len(positions) == len(values) <= 500
        assert (positions[0], positions[-1]) == (0, 1_000_000 - 1e-6)
        assert np.isfinite(values).all()

    def test_the_curve_is_what_training_gets(self, name: str):
        recipe = TrainSpec(schedule=name, epochs=7, warmup=1.5)
        positions, values = curve(recipe, 4)
        trained = np.concatenate([epoch_rates(recipe, 4, epoch, []) for epoch in range(7)])
        np.testing.assert_allclose(values, trained, rtol=1e-12)
        np.testing.assert_allclose(positions, np.arange(28) / 4)


def test_extreme_settings_give_numbers():
    for fields in ({"rise": 0.0}, {"rise": 1.0}, {"final": 0.0}, {"peak": 1e4, "rise": 0.5}):
        for batches, epochs in [(1, 1), (1, 2), (2, 1), (5, 2)]:
            values = rates("OneCycle", batches, epochs, **fields)
            assert np.isfinite(values).all()
            assert (values >= 0).all()


def test_one_cycle_begins_with_the_learning_rate_and_has_one_peak():
    values = rates("OneCycle", 10, 10, peak=5.0, rise=0.4, final=0.01)
    assert (values[0], values.max(), values[39]) == pytest.approx((BASE, 5 * BASE, 5 * BASE))
    assert values[-1] == pytest.approx(0.01 * BASE)
    assert (np.diff(values[:40]) > 0).all()
    assert (np.diff(values[39:]) < 0).all()


def test_a_plateau_is_counted_in_epochs_with_a_figure():
    history = losses(1.0, 1.0, None, None, 1.0, 1.0)
    values = rates("ReduceOnPlateau", 1, 7, history, patience=2, factor=0.1, min_delta=0)
    np.testing.assert_allclose(values / BASE, [1, 1, 1, 1, 1, 0.1, 0.1])


def test_a_plateau_ends_at_the_least_rate():
    values = rates("ReduceOnPlateau", 1, 9, losses(*[1.0] * 8), patience=1, factor=0.5, min_rate=BASE / 5)
    np.testing.assert_allclose(values / BASE, [1, 1, 0.5, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2])
    above = rates("ReduceOnPlateau", 1, 9, losses(*[1.0] * 8), patience=1, min_rate=10.0)
    np.testing.assert_array_equal(above, BASE)  # a least rate above the learning rate raises nothing


def test_a_run_without_validation_waits_for_its_training_figures():
    history = [Epoch(train_loss=loss) for loss in (1.0, 0.9, 0.9, 0.9)]
    values = rates("ReduceOnPlateau", 1, 5, history, patience=2, factor=0.5)
    np.testing.assert_allclose(values / BASE, [1, 1, 1, 1, 0.5])


def test_figures_are_smaller_when_they_are_better():
    history = [Epoch(val_loss=1.0, val_accuracy=0.8), Epoch(), Epoch(val_loss=2.0, val_accuracy=0.9)]
    assert figures(history, "val_loss") == [1.0, None, 2.0]
    assert figures(history, "val_accuracy") == [-0.8, None, -0.9]
    assert figures(history, "train_accuracy") == [-0.5, -0.5, -0.5]
    assert figures([Epoch()], "val_accuracy") == [-0.5]


def test_a_warm_up_is_a_straight_line_to_the_schedule():
    values = warmed(2)
    np.testing.assert_allclose(np.diff(values[:9]), BASE * (1 - WARM_UP_START) / 8)
    assert values[0] == pytest.approx(BASE * WARM_UP_START)
    np.testing.assert_array_equal(values[8:], BASE)
    np.testing.assert_array_equal(warmed(0), BASE)
    assert warmed(0.25)[0] < warmed(0.25)[1] == BASE  # one step


def per_epoch(torch_schedule: Any, batches: int, epochs: int) -> np.ndarray:
    """Rates of a schedule that is stepped behind each epoch."""
    return np.repeat(_followed(torch_schedule, epochs), batches)


def _followed(torch_schedule: Any, steps: int, metrics: Any = None) -> np.ndarray:
    torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "step() behind the schedule": there is nothing to train here
        schedule = torch_schedule(torch.optim.lr_scheduler, optimizer)
        for step in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            if step + 1 < steps:
                schedule.step() if metrics is None else schedule.step(metrics[step])
    return np.array(found)


@pytest.mark.bench
class TestTorch:
    @given(batches=batch_counts, epochs=epoch_counts, factor=st.floats(0.1, 1), every=st.integers(1, 5))
    @settings(**SETTINGS)
    def test_step(self, batches: int, epochs: int, factor: float, every: int):
        theirs = per_epoch(lambda s, o: s.StepLR(o, every, gamma=factor), batches, epochs)
        np.testing.assert_allclose(rates("Step", batches, epochs, factor=factor, every=every), theirs, 1e-10)

    @given(batches=batch_counts, epochs=epoch_counts, factor=st.floats(0.1, 1))
    @settings(**SETTINGS)
    def test_exponential_at_the_beginning_of_every_epoch(self, batches: int, epochs: int, factor: float):
        theirs = _followed(lambda s, o: s.ExponentialLR(o, gamma=factor), epochs)
        np.testing.assert_allclose(rates("Exponential", batches, epochs, factor=factor)[::batches], theirs)

    @given(batches=batch_counts, epochs=epoch_counts, floor=st.floats(0, 1))
    @settings(**SETTINGS)
    def test_cosine(self, batches: int, epochs: int, floor: float):
        total = batches * epochs
        theirs = _followed(lambda s, o: s.CosineAnnealingLR(o, total, eta_min=floor * BASE), total)
        np.testing.assert_allclose(rates("Cosine", batches, epochs, floor=floor), theirs, rtol=1e-8)

    @given(
        batches=batch_counts,
        epochs=st.integers(3, 12),
        peak=st.floats(1, 30),
        rise=st.floats(0.1, 0.9),
        final=st.floats(1e-5, 1),
    )
    @settings(**SETTINGS)
    def test_one_cycle(self, batches: int, epochs: int, peak: float, rise: float, final: float):
        theirs = _followed(
            lambda s, o: s.OneCycleLR(
                o,
                max_lr=peak * BASE,
                total_steps=batches * epochs,
                pct_start=rise,
                div_factor=peak,
                final_div_factor=1 / final,
                cycle_momentum=False,
            ),
            batches * epochs,
        )
        ours = rates("OneCycle", batches, epochs, peak=peak, rise=rise, final=final)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)

    @given(
        values=st.lists(st.floats(0.1, 1), min_size=1, max_size=25),
        factor=st.floats(0.1, 0.9),
        patience=st.integers(1, 4),
        delta=st.sampled_from([0.0, 0.05, 0.3]),
        least=st.sampled_from([0.0, BASE / 7]),
        accuracy=st.booleans(),
    )
    @settings(**SETTINGS | {"max_examples": 60})
    def test_plateau(
        self, values: list[float], factor: float, patience: int, delta: float, least: float, accuracy: bool
    ):
        # PyTorch waits one epoch longer: it reduces after more than ``patience`` bad ones
        theirs = _followed(
            lambda s, o: s.ReduceLROnPlateau(
                o,
                mode="max" if accuracy else "min",
                factor=factor,
                patience=patience - 1,
                threshold=delta,
                threshold_mode="abs",
                min_lr=least,
                eps=0,
            ),
            len(values) + 1,
            values,
        )
        monitor = "val_accuracy" if accuracy else "val_loss"
        settings = {"factor": factor, "patience": patience, "min_delta": delta, "min_rate": least}
        history = [Epoch(**{monitor: value}) for value in values]
        ours = rates("ReduceOnPlateau", 1, len(values) + 1, history, monitor=monitor, **settings)
        np.testing.assert_allclose(ours, theirs)

    @given(warm=st.integers(1, 30), name=st.sampled_from(["Constant", "Cosine"]))
    @settings(**SETTINGS)
    def test_warm_up_multiplies_the_schedule(self, warm: int, name: str):
        def both(s: Any, o: Any) -> Any:
            line = s.LinearLR(o, start_factor=WARM_UP_START, total_iters=warm)
            return s.ChainedScheduler([line, s.CosineAnnealingLR(o, 24)]) if name == "Cosine" else line

        np.testing.assert_allclose(warmed(warm / 4, name), _followed(both, 24), rtol=1e-8)


@pytest.mark.bench
class TestKeras:
    @pytest.fixture
    def keras(self) -> Any:
        os.environ.setdefault("KERAS_BACKEND", "jax")
        if not (find_spec("keras") and find_spec("jax")):
            pytest.skip("the bench extra (Keras on JAX) is not installed")
        import keras

        return keras

    def test_exponential(self, keras: Any):
        theirs = keras.optimizers.schedules.ExponentialDecay(BASE, decay_steps=5, decay_rate=0.7)
        expected = [float(theirs(step)) for step in range(40)]
        np.testing.assert_allclose(rates("Exponential", 5, 8, factor=0.7), expected, rtol=1e-5)

    def test_cosine(self, keras: Any):
        theirs = keras.optimizers.schedules.CosineDecay(BASE, decay_steps=40, alpha=0.1)
        expected = [float(theirs(step)) for step in range(40)]
        np.testing.assert_allclose(rates("Cosine", 5, 8, floor=0.1), expected, rtol=1e-5)

    @pytest.mark.parametrize("patience", [1, 3])
    @pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
    def test_plateau(self, keras: Any, patience: int, monitor: str):
        values = np.random.default_rng(2).uniform(0.1, 1, 40)
        mode = "max" if monitor == "val_accuracy" else "min"
        theirs = keras.callbacks.ReduceLROnPlateau(
            monitor, factor=0.6, patience=patience, mode=mode, min_delta=0.01, min_lr=BASE / 50
        )
        optimizer = SimpleNamespace(learning_rate=BASE)
        theirs.set_model(SimpleNamespace(optimizer=optimizer))
        theirs.on_train_begin()
        expected = []
        for epoch, value in enumerate(values):
            expected.append(float(optimizer.learning_rate))
            theirs.on_epoch_end(epoch, {monitor: value})
        settings = {"factor": 0.6, "patience": patience, "min_delta": 0.01, "min_rate": BASE / 50}
        history = [Epoch(**{monitor: value}) for value in values]
        ours = rates("ReduceOnPlateau", 1, len(values), history, monitor=monitor, **settings)
        np.testing.assert_allclose(ours, expected, rtol=1e-5)
        assert len(set(ours)) > 3


@given(epochs=st.integers(1, 2000), batches=st.integers(1, 5000), points=st.integers(2, 900))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_a_plotted_step_is_never_computed_twice(epochs: int, batches: int, points: int) -> None:
    positions, rates = curve(TrainSpec(epochs=epochs), batches, points=points)
    assert (np.diff(positions) > 0).all()
    assert len(positions) == len(rates) == min(points, epochs * batches)
