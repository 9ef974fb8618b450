"""Checkpoints that are damaged, or made to do harm: refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from nnstudio.core.layer import LAYERS
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint
from nnstudio.engine.network import Network
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from tests.engine.checkpoints import assert_equal_states, half_trained, save, tangled_project


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return half_trained(tangled_project(optimizer="Adam", early_stopping={"patience": 9}))


@pytest.fixture(scope="module")
def content(trainer: Trainer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return save(trainer, tmp_path_factory.mktemp("content") / "last.h5").read_bytes()


@pytest.fixture
def saved(content: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "last.h5"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def whole(trainer: Trainer, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = tmp_path_factory.mktemp("whole") / "last.h5"
    path.write_bytes(content)
    return load_checkpoint(path)


def test_every_truncation_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "cut.h5"
    for size in range(0, len(content), max(1, len(content) // 60)):
        path.write_bytes(content[:size])
        with pytest.raises(FormatError):
            load_checkpoint(path)


def test_a_flipped_byte_is_refused_or_changes_nothing(content: bytes, whole: Checkpoint, tmp_path: Path):
    random = np.random.default_rng(0)
    path = tmp_path / "flipped.h5"
    refused = 0
    for position in random.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            loaded = load_checkpoint(path)
        except FormatError:
            refused += 1
            continue
        assert (loaded.project, loaded.classes, loaded.scaling) == (
            whole.project,
            whole.classes,
            whole.scaling,
        )
        np.testing.assert_array_equal(loaded.weights, whole.weights)
        assert_equal_states(loaded.state, whole.state)
    assert refused > 200


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


def test_other_hdf5_files_are_refused(tmp_path: Path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["numbers"] = [1, 2, 3]
    with pytest.raises(FormatError, match="no NNStudio data"):
        load_checkpoint(path)


def change(path: Path, how) -> None:
    with h5py.File(path, "r+") as file:
        how(file["nnstudio"], file)


def put(group: h5py.Group, name: str, array: np.ndarray) -> None:
    group.pop(name, None)
    group[name] = array


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
    put(group, name, np.frombuffer(text.encode(), dtype=np.uint8))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (lambda g, f: put(g, "weights", np.zeros(5, "f4")), "another shape"),
        (lambda g, f: put(g, "weights", np.full(g["weights"].shape, np.nan, "f4")), "NaN or Inf"),
        (lambda g, f: put(g, "weights", np.zeros(g["weights"].shape, "i4")), "another type"),
        (lambda g, f: external(g), "outside the file"),
        (lambda g, f: soft_link(g), "outside the file"),
        (lambda g, f: g.pop("weights"), "missing"),
        (lambda g, f: g.pop("index"), "missing"),
        (lambda g, f: g.pop("training"), "missing"),
        (lambda g, f: g.pop("training/slots/v"), "missing"),
        (lambda g, f: g.pop("training/slots"), "missing"),
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


@pytest.mark.parametrize("name", ["weights", "training/best_weights", "training/slots/v"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_named_by_layer_and_weight(saved: Path, whole: Checkpoint, name, value):
    wanted = ("conv2d_1", "kernel") if "slots" in name else ("batch_norm", "moving_variance")
    (entry,) = (e for e in whole.network.index if (e.layer, e.spec.name) == wanted)

    def spoil(group: h5py.Group, file: h5py.File) -> None:
        vector = group[name][()]
        vector[entry.stop - 1] = value
        put(group, name, vector)

    change(saved, spoil)
    with pytest.raises(FormatError, match=f"{wanted[1]} of {wanted[0]}, holds NaN or Inf"):
        load_checkpoint(saved)


def test_an_array_that_is_declared_but_not_stored_is_refused(tmp_path: Path):
    layers = (LAYERS.create("Input", shape=(65_536,)), LAYERS.create("Dense", units=16_384))
    project = ProjectSpec(network=NetworkSpec(layers=layers))
    size = Network(project.network, project.train.loss).size
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("nnstudio")
        group.attrs["version"] = 1
        put_text(group, "project", project.dumps())
        group.create_dataset("weights", (size,), "f4", chunks=(4096,), compression="gzip")
    with pytest.raises(FormatError, match="declares more values than the file holds"):
        load_checkpoint(path)


def nested(depth: int) -> str:
    """A project whose blocks stand that deep inside each other."""
    layer: dict = {"type": "Conv2D"}
    for _ in range(depth):
        layer = {"type": "Residual", "layers": [layer]}
    project = {"format": "nnstudio-project", "version": 1, "network": {"layers": [{"type": "Input"}, layer]}}
    return json.dumps(project)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (nested(25), "20 deep"),
        (nested(40), "nested too deeply"),
        ("[" * 100_000, "not valid JSON|nested too deeply"),
    ],
)
def test_blocks_nested_without_end_are_refused(saved: Path, text: str, message: str):
    change(saved, lambda group, _: put_text(group, "project", text))
    with pytest.raises(FormatError, match=message):
        load_checkpoint(saved)


def test_a_name_without_end_is_refused(saved: Path, whole: Checkpoint):
    project = whole.project.to_json()
    project["network"]["layers"][1]["name"] = "n" * 100_000
    change(saved, lambda group, _: put_text(group, "project", json.dumps(project)))
    with pytest.raises(FormatError, match=r"name.*64") as caught:
        load_checkpoint(saved)
    assert len(str(caught.value)) < 1_000


def test_weights_of_layers_in_another_order_are_refused(saved: Path, whole: Checkpoint):
    project = whole.project.to_json()
    layers = project["network"]["layers"]
    layers[1]["frozen"] = False  # as many weights, elsewhere in the vector
    change(saved, lambda group, _: put_text(group, "project", json.dumps(project)))
    with pytest.raises(FormatError, match="another order"):
        load_checkpoint(saved)
