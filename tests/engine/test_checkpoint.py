"""Checkpoints: everything comes back, and damaged files are refused in words."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

import nnstudio as nn
from nnstudio.core.spec import OPTIMIZERS, ProjectSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine import atomic as module
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.network import Network
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.engine.checkpoints import assert_equal_states, finish, half_trained, save, tangled_project
from tests.helpers import small_data, small_project


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return half_trained(small_project(optimizer="Adam", early_stopping={"patience": 9}))


@pytest.fixture
def saved(trainer: Trainer, tmp_path: Path) -> Path:
    return save(trainer, tmp_path / "last.h5")


def test_a_number_per_feature_comes_back(tmp_path: Path):
    network = nn.Network([nn.layers.Dense(2)], (5000,))
    built = Network(network, CategoricalCrossentropy())
    scaling = Scaling(tuple((np.arange(5000) / 7).tolist()), tuple((1 / np.arange(1, 5001)).tolist()))
    weights = built.initial_weights(0)
    save_checkpoint(tmp_path / "m.h5", Checkpoint(ProjectSpec(network=network), ("a", "b"), scaling, weights))
    assert load_checkpoint(tmp_path / "m.h5").scaling == scaling


def test_older_files_hold_the_scaling_as_an_attribute(trainer: Trainer, saved: Path):
    with h5py.File(saved, "r+") as file:
        group = file["nnstudio"]
        group.attrs["scaling"] = bytes(group["scaling"][()]).decode()
        del group["scaling"]
    assert load_checkpoint(saved).scaling == trainer.data.scaling


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("project", [small_project, tangled_project])
def test_everything_comes_back_and_the_run_goes_on_bit_for_bit(tmp_path: Path, project, optimizer):
    recipe = project(optimizer=optimizer(), early_stopping={"patience": 9})
    trainer = half_trained(recipe)
    loaded = load_checkpoint(save(trainer, tmp_path / "last.h5"))
    assert (loaded.project, loaded.classes, loaded.scaling) == (
        recipe,
        trainer.data.classes,
        trainer.data.scaling,
    )
    np.testing.assert_array_equal(loaded.weights, trainer.model.weights)
    assert_equal_states(loaded.state, trainer.state)
    assert_equal_states(finish(recipe, loaded.state), finish(recipe), timed=False)


def test_every_slot_of_an_optimizer_comes_back(tmp_path: Path):
    recipe = small_project(optimizer={"type": "Adam", "amsgrad": True})
    state = load_checkpoint(save(half_trained(recipe), tmp_path / "last.h5")).state
    assert len(state.slots) == 3
    assert all(slot.any() for slot in state.slots.values())


def test_figures_that_are_not_finite_come_back(trainer: Trainer, tmp_path: Path):
    record = dataclasses.replace(trainer.state.history[0], val_loss=math.inf, val_accuracy=None)
    state = dataclasses.replace(trainer.state, history=[record])
    checkpoint = Checkpoint(trainer.project, trainer.data.classes, Scaling(), state.weights, state)
    save_checkpoint(tmp_path / "m.h5", checkpoint)
    assert load_checkpoint(tmp_path / "m.h5").state.history == [record]


def test_weights_that_are_both_the_models_and_the_runs_are_stored_once(trainer: Trainer, tmp_path: Path):
    state, best = trainer.state, trainer.best_model
    sizes = []
    for weights in (state.weights, best.weights):
        checkpoint = Checkpoint(trainer.project, best.classes, best.scaling, weights, state)
        save_checkpoint(tmp_path / "m.h5", checkpoint)
        loaded = load_checkpoint(tmp_path / "m.h5")
        np.testing.assert_array_equal(loaded.weights, weights)
        np.testing.assert_array_equal(loaded.state.weights, state.weights)
        sizes.append((tmp_path / "m.h5").stat().st_size)
    assert sizes[1] - sizes[0] >= state.weights.nbytes


def test_a_failed_save_leaves_the_old_file(trainer: Trainer, saved: Path):
    before = saved.read_bytes()
    model = trainer.model

    def fail(file: h5py.File) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(FormatError, match="No space left"):
        save_checkpoint(
            saved, Checkpoint(trainer.project, model.classes, model.scaling, model.weights), also=fail
        )
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


@pytest.mark.parametrize("room", [0, 100, 3_000, 15_000])
def test_a_full_disk_leaves_the_old_file(trainer: Trainer, saved: Path, room: int):
    resource = pytest.importorskip("resource", reason="this system can't limit the size of files")
    before, model = saved.read_bytes(), trainer.model
    checkpoint = Checkpoint(trainer.project, model.classes, model.scaling, model.weights, trainer.state)
    assert len(before) > room
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(FormatError, match="can't be written"):
            save_checkpoint(saved, checkpoint)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_the_file_is_synced_before_it_replaces_the_old_one(trainer: Trainer, tmp_path: Path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(module.os, "fsync", lambda fd: calls.append("fsync") or fsync(fd))
    monkeypatch.setattr(module.os, "replace", lambda a, b: calls.append("replace") or replace(a, b))
    model = trainer.model
    save_checkpoint(
        tmp_path / "a.h5", Checkpoint(trainer.project, model.classes, model.scaling, model.weights)
    )
    assert calls[:2] == ["fsync", "replace"]


def test_a_path_below_a_file_is_refused_in_words(trainer: Trainer, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    model = trainer.model
    with pytest.raises(FormatError, match="can't be written"):
        save_checkpoint(
            tmp_path / "file" / "a.h5",
            Checkpoint(trainer.project, model.classes, model.scaling, model.weights),
        )


DATA = Path(__file__).parent / "data"


class TestVersion1:
    """A file of the first version: a run on the clouds, stopped in the second epoch."""

    @pytest.fixture
    def path(self) -> Path:
        return DATA / "version1.h5"

    @pytest.fixture
    def expected(self) -> dict:
        return json.loads((DATA / "version1.json").read_text(encoding="utf-8"))

    def test_its_model_predicts_what_it_predicted_then(self, path: Path, expected: dict):
        x = np.linspace(0, 1, 2 * 36, dtype=np.float32).reshape(2, 6, 6, 1)
        predictions = load_checkpoint(path).model().predict(x, scaled=True)
        np.testing.assert_allclose(predictions, expected["predictions"], rtol=1e-5)

    def test_its_state_comes_back(self, path: Path, expected: dict):
        state = load_checkpoint(path).state
        assert (state.epoch, state.batch, state.step) == (
            expected["epoch"],
            expected["batch"],
            expected["step"],
        )
        assert [record.train_loss for record in state.history] == expected["train_loss"]
        assert state.slots["v"].sum(dtype=float) == pytest.approx(expected["second_moments"])
        assert state.best_epoch == 1

    def test_its_run_goes_on(self, path: Path):
        checkpoint = load_checkpoint(path)
        resumed = Trainer(checkpoint.project, small_data(checkpoint.project), checkpoint.state)
        records = [event for event in resumed.run() if isinstance(event, EpochRecord)]
        assert [record.epoch for record in records] == [2, 3]
        assert records[-1].train_loss < checkpoint.state.history[0].train_loss
