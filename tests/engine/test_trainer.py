"""The training loop: same seed same run, exact resume, early stopping, divergence."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.state import Block, EpochRecord, TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import ShapeError, TrainingError
from nnstudio.layers import Dense
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.optimizers import SGD, Momentum, Nesterov
from tests.helpers import small_data, small_network, small_project


def trained(project: ProjectSpec, **kwargs) -> Trainer:
    trainer = Trainer(project, small_data(project), **kwargs)
    for _ in trainer.run():
        pass
    return trainer


def same_state(a: TrainerState, b: TrainerState) -> None:
    np.testing.assert_array_equal(a.weights, b.weights)
    for name, slot in a.slots.items():
        np.testing.assert_array_equal(slot, b.slots[name])
    assert (a.epoch, a.batch, a.step, a.best_epoch) == (b.epoch, b.batch, b.step, b.best_epoch)
    figures = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
    for left, right in zip(a.history, b.history, strict=True):
        assert [getattr(left, f) for f in figures] == [getattr(right, f) for f in figures]


def test_it_learns():
    trainer = trained(small_project(epochs=15))
    data = trainer.data
    assert trainer.reason == "finished"
    assert trainer.model.evaluate(data.test.samples(slice(None)), data.test.labels).accuracy > 0.95
    assert trainer.state.history[-1].val_loss < trainer.state.history[0].val_loss


def test_the_same_seed_gives_the_same_run_and_another_another():
    same_state(trained(small_project()).state, trained(small_project()).state)
    other = trained(small_project(seed=7)).state
    assert not np.array_equal(other.weights, trained(small_project()).state.weights)


def test_the_run_doesnt_depend_on_how_its_steps_are_blocked():
    project = small_project()
    one_by_one = Trainer(project, small_data(project))
    one_by_one.block_steps = 1
    for _ in one_by_one.run():
        pass
    same_state(one_by_one.state, trained(project).state)


@pytest.mark.parametrize("optimizer", [SGD(), Momentum(), Momentum(damped=True), Nesterov(), Adam()])
@pytest.mark.parametrize("stop_after", [1, 4, 8, 13])
def test_resuming_at_any_batch_is_bit_identical(optimizer, stop_after: int):
    project = small_project(optimizer=optimizer)
    first = Trainer(project, small_data(project))
    first.block_steps = 1
    for _ in itertools.islice(first.run(), stop_after):
        pass
    second = Trainer(project, small_data(project), first.state.copy())
    for _ in second.run():
        pass
    same_state(second.state, trained(project).state)


def test_blocks_count_every_batch_once():
    project = small_project(epochs=2)
    trainer = Trainer(project, small_data(project))
    events = list(trainer.run())
    blocks = [event for event in events if isinstance(event, Block)]
    assert sum(len(block.losses) for block in blocks) == 2 * trainer.batches == trainer.state.step
    assert [block.step for block in blocks] == sorted(block.step for block in blocks)
    records = [event for event in events if isinstance(event, EpochRecord)]
    losses = [loss for block in blocks if block.epoch == 1 for loss in block.losses]
    sizes = [32] * (trainer.batches - 1) + [len(trainer.data.train) - 32 * (trainer.batches - 1)]
    assert records[0].train_loss == pytest.approx(np.average(losses, weights=sizes))


def test_early_stopping_restores_the_best_weights():
    project = small_project(epochs=60, learning_rate=0.5, early_stopping={"patience": 2})
    trainer = trained(project)
    state = trainer.state
    assert trainer.reason == "early stopping"
    assert state.epoch == state.best_epoch + 2
    losses = [record.val_loss for record in state.history]
    assert losses.index(min(losses)) + 1 == state.best_epoch
    validation = trainer.data.validation
    again = trainer.model.evaluate(validation.samples(slice(None)), validation.labels)
    assert again.loss == pytest.approx(min(losses), rel=1e-5)


def test_a_run_that_stopped_early_gets_new_patience_when_it_goes_on():
    project = small_project(epochs=60, learning_rate=0.5, early_stopping={"patience": 3})
    stopped = trained(project).state
    more = trained(project, state=stopped.copy()).state
    assert more.epoch >= stopped.epoch + 3


def test_another_figure_to_watch_is_not_compared_with_the_old_one():
    rule = {"patience": 3, "monitor": "val_accuracy"}
    project = small_project(epochs=12, optimizer="SGD", early_stopping=rule)
    trainer = Trainer(project, small_data(project))
    run = trainer.run()
    next(event for event in run if isinstance(event, EpochRecord))
    loss = project.train.early_stopping.replace(monitor="val_loss")
    trainer.apply_at_next_epoch(project.train.replace(early_stopping=loss))
    losses = [event.val_loss for event in run if isinstance(event, EpochRecord)]
    assert losses == sorted(losses, reverse=True)  # it improves in every epoch ...
    assert (trainer.reason, trainer.state.best_epoch) == ("finished", 12)  # ... and that is noticed


def test_training_leaves_a_copy_of_its_state_alone():
    project = small_project(epochs=6)
    trainer = Trainer(project, small_data(project))
    run = trainer.run()
    next(event for event in run if isinstance(event, EpochRecord))
    copy = trainer.state.copy()
    best = copy.best_weights.copy()
    for _ in run:
        pass
    assert trainer.state.best_epoch > copy.best_epoch
    np.testing.assert_array_equal(copy.best_weights, best)


def test_without_restoring_the_last_weights_stay():
    rule = {"patience": 2, "restore_best": False}
    state = trained(small_project(epochs=60, learning_rate=0.5, early_stopping=rule)).state
    assert not np.array_equal(state.weights, state.best_weights)


def test_a_diverging_run_stops_and_keeps_the_last_good_weights():
    project = small_project(optimizer="Momentum", epochs=30)
    project = project.replace(network=small_network(activation="linear"))
    good = Trainer(project.replace(train=project.train.replace(epochs=1)), small_data(project))
    for _ in good.run():
        pass
    wild = project.replace(train=project.train.replace(learning_rate=1e6))
    with np.errstate(all="ignore"):
        trainer = Trainer(wild, small_data(project), good.state.copy())
        list(trainer.run())
    assert trainer.reason == "diverged"
    np.testing.assert_array_equal(trainer.state.weights, good.state.weights)
    np.testing.assert_array_equal(trainer.state.slots["velocity"], good.state.slots["velocity"])
    assert (trainer.state.epoch, trainer.state.batch) == (1, 0)


def test_changed_settings_apply_at_the_next_epoch():
    project = small_project(epochs=2, optimizer="SGD")
    trainer = Trainer(project, small_data(project))
    run = trainer.run()
    next(run)
    trainer.apply_at_next_epoch(project.train.replace(learning_rate=0.5, epochs=4))
    records = [event for event in run if isinstance(event, EpochRecord)]
    assert [record.learning_rate for record in records] == [0.01, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("change", [{"optimizer": "SGD"}, {"batch_size": 7}, {"seed": 1}])
def test_settings_that_are_locked_during_a_run_are_refused(change: dict[str, object]):
    project = small_project()
    trainer = Trainer(project, small_data(project))
    with pytest.raises(TrainingError, match="can't change during a run"):
        trainer.apply_at_next_epoch(project.train.replace(**change))


def test_summed_gradients_are_averaged_ones_times_the_batch():
    summed = trained(small_project(epochs=1, optimizer="SGD", gradient="sum", learning_rate=0.01 / 32))
    mean = trained(small_project(epochs=1, optimizer="SGD", learning_rate=0.01))
    full = (len(mean.data.train) // 32) * 32 == len(mean.data.train)
    assert full, "the example needs batches of one size"
    np.testing.assert_allclose(summed.state.weights, mean.state.weights, rtol=1e-3, atol=1e-5)


def test_without_validation_samples_the_training_loss_decides():
    project = small_project(epochs=3)
    project = project.replace(data=project.data.replace(validation=0.0))
    state = trained(project).state
    assert state.history[0].val_loss is None
    losses = [record.train_loss for record in state.history]
    assert state.best_epoch == losses.index(min(losses)) + 1


def test_a_batch_larger_than_the_data_is_one_step_per_epoch():
    trainer = trained(small_project(batch_size=100_000))
    assert trainer.state.step == trainer.state.epoch == 3


def test_a_network_that_doesnt_fit_the_data_is_refused():
    project = small_project()
    wrong = project.replace(network=project.network.replace_layer("dense_1", Dense(name="dense_1", units=7)))
    with pytest.raises(ShapeError, match="3 outputs"):
        Trainer(wrong, small_data(project))


def test_a_state_from_the_middle_of_an_epoch_of_more_data_is_refused():
    project = small_project(batch_size=10)
    trainer = Trainer(project, small_data(project))
    trainer.block_steps, trainer.block_seconds = 15, 60.0  # however slow the machine
    next(trainer.run())
    fewer = project.replace(data=project.data.replace(fraction=0.5))
    with pytest.raises(TrainingError, match="150 samples, of 96 in an epoch now"):
        Trainer(fewer, small_data(fewer), trainer.state.copy())


def test_a_state_of_another_network_is_refused():
    project = small_project()
    state = trained(project).state.copy()
    other = project.replace(train=project.train.replace(optimizer="SGD"))
    with pytest.raises(TrainingError, match="slots"):
        Trainer(other, small_data(project), state)
