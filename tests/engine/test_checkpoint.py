"""Checkpoints: everything comes back, and damaged files are refused in words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

import nnstudio as nn
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine import checkpoint as module
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.network import Network
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from nnstudio.optim.losses import CategoricalCrossentropy
from tests.helpers import small_data, small_project


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    project = small_project(optimizer="Adam", early_stopping={"patience": 9})
    trainer = Trainer(project, small_data(project))
    trainer.block_steps = 1
    run = trainer.run()
    for _ in range(9):  # in the middle of the second epoch
        next(run)
    return trainer


@pytest.fixture
def saved(trainer: Trainer, tmp_path: Path) -> Path:
    path = tmp_path / "last.h5"
    model = trainer.model
    save_checkpoint(
        path, Checkpoint(trainer.project, model.classes, model.scaling, model.weights, trainer.state)
    )
    return path


def test_a_number_per_feature_comes_back(tmp_path: Path):
    network = nn.Network([nn.layers.Dense(2)], (5000,))
    built = Network(network, CategoricalCrossentropy())
    scaling = Scaling(tuple((np.arange(5000) / 7).tolist()), tuple((1 / np.arange(1, 5001)).tolist()))
    weights = built.initial_weights(0)
    save_checkpoint(tmp_path / "m.h5", Checkpoint(ProjectSpec(network=network), ("a", "b"), scaling, weights))
    assert load_checkpoint(tmp_path / "m.h5").scaling == scaling


def test_older_files_hold_the_scaling_as_an_attribute(trainer: Trainer, saved: Path):
    def put_back(group: h5py.Group, _file: object) -> None:
        group.attrs["scaling"] = bytes(group["scaling"][()]).decode()
        del group["scaling"]

    change(saved, put_back)
    assert load_checkpoint(saved).scaling == trainer.data.scaling


def test_everything_comes_back(trainer: Trainer, saved: Path):
    loaded = load_checkpoint(saved)
    assert loaded.project == trainer.project
    assert loaded.classes == trainer.data.classes
    assert loaded.scaling == trainer.data.scaling
    state, kept = trainer.state, loaded.state
    np.testing.assert_array_equal(kept.weights, state.weights)
    np.testing.assert_array_equal(kept.best_weights, state.best_weights)
    assert set(kept.slots) == {"m", "v"}
    for name, slot in state.slots.items():
        np.testing.assert_array_equal(kept.slots[name], slot)
    assert kept.history == state.history
    assert (kept.epoch, kept.batch, kept.step) == (
        state.epoch,
        state.batch,
        state.step,
    )


def test_a_run_resumed_from_the_file_is_bit_identical(trainer: Trainer, saved: Path):
    project = trainer.project
    resumed = Trainer(project, small_data(project), load_checkpoint(saved).state)
    whole = Trainer(project, small_data(project))
    for run in (resumed.run(), whole.run()):
        for _ in run:
            pass
    np.testing.assert_array_equal(resumed.state.weights, whole.state.weights)
    assert [r.val_loss for r in resumed.state.history] == [r.val_loss for r in whole.state.history]


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


@pytest.mark.parametrize("room", [0, 100, 3_000, 20_000])
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"\x1f\x8bhello world", "begins with"),
        (b"PK\x03\x04" + b"0" * 99, "begins with"),
    ],
)
def test_files_that_are_no_hdf5_are_refused(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        load_checkpoint(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path):
    with pytest.raises(FormatError, match="does not exist"):
        load_checkpoint(tmp_path / "no.h5")
    with pytest.raises(FormatError, match="is a folder"):
        load_checkpoint(tmp_path)


def test_every_truncation_is_refused(saved: Path, tmp_path: Path):
    content = saved.read_bytes()
    for size in range(0, len(content), max(1, len(content) // 60)):
        path = tmp_path / "cut.h5"
        path.write_bytes(content[:size])
        with pytest.raises(FormatError):
            load_checkpoint(path)


def test_other_hdf5_files_are_refused(tmp_path: Path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = [1, 2, 3]
    with pytest.raises(FormatError, match="no NNStudio data"):
        load_checkpoint(path)


def change(path: Path, how) -> None:
    with h5py.File(path, "r+") as file:
        how(file["nnstudio"], file)


def set_weights(group: h5py.Group, array: np.ndarray) -> None:
    del group["weights"]
    group["weights"] = array


def external(group: h5py.Group) -> None:
    size = group["weights"].shape
    del group["weights"]
    group.create_dataset("weights", size, "f4", external=[("/etc/hostname", 0, 4 * size[0])])


def soft_link(group: h5py.Group) -> None:
    del group["weights"]
    group["weights"] = h5py.SoftLink("/nnstudio/training/weights")


def link_outside(group: h5py.Group, name: str, file: h5py.File) -> None:
    del group[name]
    group[name] = h5py.ExternalLink(file.filename + ".other", f"/nnstudio/training/{name}")


def edit_state(group: h5py.Group, **values: object) -> None:
    state = json.loads(bytes(group["training/state"][()]))
    put_text(group["training"], "state", json.dumps({**state, **values}))


def put_text(group: h5py.Group, name: str, text: str) -> None:
    del group[name]
    group[name] = np.frombuffer(text.encode(), dtype=np.uint8)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda g, f: set_weights(g, np.zeros(5, "f4")), "another shape"),
        (lambda g, f: set_weights(g, np.full(g["weights"].shape, np.nan, "f4")), "NaN or Inf"),
        (lambda g, f: set_weights(g, np.zeros(g["weights"].shape, "i4")), "another type"),
        (lambda g, f: external(g), "outside the file"),
        (lambda g, f: soft_link(g), "outside the file"),
        (lambda g, f: g.pop("weights"), "missing"),
        (lambda g, f: put_text(g, "project", "{"), "damaged.*not valid JSON"),
        (lambda g, f: put_text(g, "project", '{"format": "nnstudio-project", "version": 7}'), "version"),
        (lambda g, f: put_text(g["training"], "state", json.dumps({"history": [{"x": 1}]})), "damaged"),
        (lambda g, f: put_text(g["training"], "state", "[]"), "damaged"),
        (lambda g, f: link_outside(g["training"], "slots", f), "outside the file"),
        (lambda g, f: put_text(g, "classes", '["top"]'), "damaged.*one output per class"),
        (lambda g, f: g.attrs.__setitem__("version", 99), "version"),
        (lambda g, f: put_text(g, "scaling", "{}"), "damaged.*a scaling can't be read"),
        (lambda g, f: put_text(g, "scaling", '{"offset": [1, 2], "scale": 1}'), "damaged.*doesn't fit"),
    ],
)
def test_tampered_files_are_refused(saved: Path, how, message: str):
    change(saved, how)
    with pytest.raises(FormatError, match=message):
        load_checkpoint(saved)


def test_the_training_state_is_never_read_from_another_file(saved: Path, tmp_path: Path):
    other = tmp_path / "other.h5"
    other.write_bytes(saved.read_bytes())
    with h5py.File(saved, "r+") as file:
        del file["nnstudio/training"]
        file["nnstudio/training"] = h5py.ExternalLink(str(other), "/nnstudio/training")
    with pytest.raises(FormatError, match="outside the file"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    "values",
    [
        {"best_epoch": 99},
        {"best_epoch": 0},
        {"epoch": "1"},
        {"epoch": 2},
        {"batch": -5},
        {"batch": 10**9},
        {"batch": 0},
        {"hits": 10**6},
        {"step": -1},
        {"seconds": "long"},
        {"history": []},
        {"history": [{"epoch": "one"}]},
    ],
    ids=str,
)
def test_a_state_that_no_run_can_be_in_is_refused(saved: Path, values: dict[str, object]):
    change(saved, lambda group, _: edit_state(group, **values))
    with pytest.raises(FormatError, match=r"last\.h5 is damaged"):
        load_checkpoint(saved)


def test_a_path_below_a_file_is_refused_in_words(trainer: Trainer, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    model = trainer.model
    with pytest.raises(FormatError, match="can't be written"):
        save_checkpoint(
            tmp_path / "file" / "a.h5",
            Checkpoint(trainer.project, model.classes, model.scaling, model.weights),
        )


def test_flipped_bytes_never_crash(saved: Path, tmp_path: Path):
    content = bytearray(saved.read_bytes())
    random = np.random.default_rng(0)
    refused = 0
    for position in random.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path = tmp_path / "flipped.h5"
        path.write_bytes(damaged)
        try:
            load_checkpoint(path)
        except FormatError:
            refused += 1
    assert refused > 0


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
