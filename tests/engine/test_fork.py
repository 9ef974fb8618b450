"""Forks: what goes over to a changed recipe, and what begins anew."""

from __future__ import annotations

import numpy as np

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.fork import fork
from nnstudio.engine.network import Network
from nnstudio.engine.state import Parent, TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Dense, Dropout
from tests.helpers import small_data, small_project

PARENT = Parent("run-1", 2)


def trained(project: ProjectSpec, epochs: int) -> TrainerState:
    short = project.replace(train=project.train.replace(epochs=epochs))
    trainer = Trainer(short, small_data(project))
    for _ in trainer.run():
        pass
    return trainer.state


def samples(project: ProjectSpec) -> int:
    return len(small_data(project).train)


def test_an_unchanged_recipe_goes_on_bit_for_bit():
    project = small_project(epochs=5)
    forked = fork(trained(project, 2), project, project, samples(project), PARENT)
    trainer = Trainer(project, small_data(project), forked.state)
    for _ in trainer.run():
        pass
    whole = trained(project, 5)
    np.testing.assert_array_equal(trainer.state.weights, whole.weights)
    assert trainer.state.best_epoch == whole.best_epoch
    assert trainer.state.parent == PARENT
    assert [r.train_loss for r in trainer.state.history] == [r.train_loss for r in whole.history]
    assert (forked.fresh, forked.fresh_optimizer) == ((), False)


def test_a_new_layer_begins_fresh_and_the_others_keep_their_weights():
    project = small_project()
    state = trained(project, 2)
    wider = project.replace(
        network=project.network.insert(4, Dense(12, "relu", name="added")).insert(4, Dropout(rate=0.1))
    )
    forked = fork(state, project, wider, samples(project), PARENT)
    assert forked.fresh == ("added",)
    old = Network(project.network, project.train.loss).views(state.weights)
    new = Network(wider.network, wider.train.loss).views(forked.state.weights)
    np.testing.assert_array_equal(new["dense"]["kernel"], old["dense"]["kernel"])
    np.testing.assert_array_equal(new["dense_1"]["bias"], old["dense_1"]["bias"])
    assert forked.state.best_epoch == 0
    trainer = Trainer(wider, small_data(wider), forked.state)
    assert len([event for event in trainer.run() if hasattr(event, "val_loss")]) == 1


def test_freezing_a_layer_keeps_all_weights_though_they_lie_elsewhere():
    project = small_project()
    state = trained(project, 2)
    frozen = project.replace(
        network=project.network.replace_layer("dense", project.network.layer("dense").replace(frozen=True))
    )
    forked = fork(state, project, frozen, samples(project), PARENT)
    old = Network(project.network, project.train.loss).views(state.weights)
    new = Network(frozen.network, frozen.train.loss)
    for layer, arrays in new.views(forked.state.weights).items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, old[layer][name])
    assert len(forked.state.slots["m"]) == new.trainable < new.size
    assert forked.fresh == ()


def test_another_optimizer_begins_fresh_and_steps_are_counted_in_the_new_batches():
    project = small_project(optimizer="Adam", batch_size=32)
    other = project.replace(train=project.train.replace(optimizer="Momentum", batch_size=10))
    forked = fork(trained(project, 2), project, other, samples(project), PARENT)
    assert forked.fresh_optimizer
    assert not forked.state.slots["velocity"].any()
    assert forked.state.step == 2 * -(-samples(project) // 10)
