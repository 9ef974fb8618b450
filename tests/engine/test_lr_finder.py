"""The learning-rate range test on real small trainings."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.engine.lr_finder import RateTest, find_learning_rate, suggest
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import Cancelled, TrainingError
from tests.helpers import small_data, small_project


def trained_loss(rate: float) -> float:
    project = small_project(learning_rate=rate, epochs=5, optimizer="SGD")
    trainer = Trainer(project, small_data(project))
    for _ in trainer.run():
        pass
    return trainer.state.history[-1].train_loss if trainer.state.history else float("inf")


@pytest.fixture(scope="module")
def found() -> RateTest:
    project = small_project(optimizer="SGD")
    return find_learning_rate(project, small_data(project), highest=1e3)


def test_rates_grow_by_one_factor_and_the_loss_explodes_at_the_end(found: RateTest):
    factors = found.rates[1:] / found.rates[:-1]
    np.testing.assert_allclose(factors, factors[0])
    assert found.exploded
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 120


def test_the_suggested_rate_trains_better_than_rates_far_from_it(found: RateTest):
    assert found.suggestion is not None
    best = trained_loss(found.suggestion)
    assert best < 0.9 * trained_loss(found.suggestion / 300)
    assert best < trained_loss(found.suggestion * 3000)


def test_it_leaves_the_state_alone_and_repeats_itself():
    project = small_project(epochs=2)
    data = small_data(project)
    trainer = Trainer(project, data)
    for _ in trainer.run():
        pass
    before = trainer.state.copy()
    first, second = (find_learning_rate(project, data, state=trainer.state) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    np.testing.assert_array_equal(trainer.state.weights, before.weights)
    for name, slot in before.slots.items():
        np.testing.assert_array_equal(trainer.state.slots[name], slot)


def test_nothing_is_suggested_where_the_loss_never_falls():
    rates = np.geomspace(1e-6, 1, 50)
    assert suggest(rates, np.linspace(2.3, 9, 50)) is None
    assert suggest(rates, np.full(50, np.nan)) is None


def test_it_can_be_cancelled():
    def stop(message: str, share: float | None) -> None:
        raise Cancelled("enough")

    project = small_project()
    with pytest.raises(Cancelled):
        find_learning_rate(project, small_data(project), progress=stop)


@pytest.mark.parametrize("bad", [{"lowest": 0}, {"lowest": 1.0, "highest": 0.1}, {"steps": 3}])
def test_an_empty_range_is_refused(bad: dict):
    project = small_project()
    with pytest.raises(TrainingError, match="allowed: 0 < lowest < highest"):
        find_learning_rate(project, small_data(project), **bad)
