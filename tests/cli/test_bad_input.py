"""Input that is wrong: one ``error:`` line, exit code 2, no traceback, nothing changed on disk."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from nnstudio.data.idx_sets import FILES
from nnstudio.experiments.presets import load_preset
from tests.cli.conftest import CLOUDS_MLP, Command


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


IMAGES = f"{FILES[0]}.gz"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: gzip.compress(raw[:-100]), ("cut short",)),
        (lambda raw: gzip.compress(raw)[:-200], ("cut short",)),
        (lambda raw: gzip.compress(b"\x01\x02" + raw[2:]), ("is no IDX file",)),
        (lambda raw: gzip.compress(raw[:2] + b"\x42" + raw[3:]), ("type code",)),
        (lambda raw: gzip.compress(raw[:4] + b"\xff\xff\xff\xff" + raw[8:]), ("declares more data",)),
        (lambda raw: gzip.compress(raw[:4] + (7).to_bytes(4, "big") + raw[8:]), ("longer than its header",)),
        (lambda raw: gzip.compress(raw + b"more"), ("longer than its header",)),
        (lambda raw: gzip.compress(b""), ("IDX",)),
        (lambda raw: b"", ("empty",)),
        (lambda raw: b"\x1f\x8bnot gzip at all", ("gzip",)),
    ],
    ids=["short", "short gzip", "magic", "type", "huge", "size", "long", "nothing", "empty", "no gzip"],
)
def test_damaged_idx_files(
    command: Command, clouds_folder: Path, network_file: Path, tmp_path: Path, change, words: tuple[str, ...]
):
    folder = tmp_path / "data"
    shutil.copytree(clouds_folder, folder)
    (folder / IMAGES).write_bytes(change(gzip.decompress((folder / IMAGES).read_bytes())))
    before = everything(tmp_path)
    command("train", network_file, "--data", folder).refused(FILES[0], *words)
    command("train", network_file, "--data", folder, "--out", tmp_path / "run", "--json").refused(*words)
    command("data", "info", folder).refused(*words)
    assert everything(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def project_with(layers: object) -> str:
    document = load_preset("spiral-mlp").to_json()
    document["network"]["layers"] = layers
    return json.dumps(document)


def behind_two_inputs(layer: dict[str, object]) -> str:
    return project_with([{"type": "Input", "shape": [2]}, layer])


DEEP = "[" * 5_000 + "]" * 5_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            behind_two_inputs({"type": "Dence"}),
            ("no layer called 'Dence'", "'Dense'"),
        ),
        (behind_two_inputs({"units": 3}), ("no type",)),
        (
            behind_two_inputs({"type": "Dense", "units": 0}),
            ("units", "received: 0"),
        ),
        (behind_two_inputs({"type": "Dense", "size": 3}), ("size",)),
        (
            project_with([{"type": "Input", "shape": [4, 4, 1]}, {"type": "Dense"}]),
            ("flat vector", "Flatten"),
        ),
        (project_with([]), ("expected an Input layer first",)),
        (project_with("dense"), ("layers",)),
        (behind_two_inputs({"type": "Dense", "units": 7}), ("2",)),
        (project_with([{"type": "Input", "shape": [3]}, {"type": "Dense", "units": 2}]), ("3", "2")),
        ('{"format": "nnstudio-project", "version": 99}', ("version", "99")),
        ('{"format": "something else"}', ("not an NNStudio project",)),
        ("{", ("not valid JSON",)),
        ("", ("not valid JSON",)),
        ("null", ("not an NNStudio project",)),
        (DEEP, ("fix:",)),
        ('[{"input_nodes": 784, "activation": "relu"}, {"input_nodes": 10, "outputs": 3}]', ("outputs",)),
        ('[{"input_nodes": "many"}, {"input_nodes": 10}]', ("shape", "many")),
    ],
)
def test_bad_project_files(command: Command, tmp_path: Path, text: str, words: tuple[str, ...]):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    command("train", path, "--data", "spiral").refused(*words)
    assert everything(tmp_path) == {"bad.json": text.encode()}
    assert {entry.name for entry in tmp_path.iterdir()} == {"bad.json"}


def test_several_shape_problems_are_one_line(command: Command, tmp_path: Path):
    layers = [
        {"type": "Input", "shape": [4, 4, 1]},
        {"type": "Dense"},
        {"type": "Flatten"},
        {"type": "Input"},
    ]
    (tmp_path / "bad.json").write_text(project_with(layers))
    for name in ("train", "summary", "gradcheck"):
        command(name, tmp_path / "bad.json").refused("the network has 2 problems:", "dense: ", " | input_1: ")


def test_a_project_that_is_no_text(command: Command, tmp_path: Path):
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe\x00\x01")
    command("train", tmp_path / "bad.json").refused("no text")


@pytest.mark.parametrize("content", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n", None])
@pytest.mark.parametrize("name", ["evaluate", "predict", "summary", "gradcheck", "export", "train", "resume"])
def test_files_that_are_no_model(command: Command, run_folder: Path, tmp_path: Path, content, name: str):
    folder = tmp_path / "run"
    folder.mkdir()
    path = folder / "last.h5"
    path.write_bytes((run_folder / "last.h5").read_bytes()[:5_000] if content is None else content)
    rest = {"predict": ["x.png"], "export": [str(tmp_path / "out.h5")]}.get(name, [])
    before = everything(tmp_path)
    arguments = ("train", folder, "--resume") if name == "resume" else (name, path, *rest)
    command(*arguments).refused("last.h5")
    assert everything(tmp_path) == before


def test_a_missing_model(command: Command, tmp_path: Path):
    command("evaluate", tmp_path / "none.h5").refused("none.h5", "fix:")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("train",),
        ("train", "spiral-mlp", "--epochs", "many"),
        ("train", "spiral-mlp", "--device", "abacus"),
        ("evaluate", "m.h5", "--split", "future"),
        ("data",),
        ("train", "spiral-mlp", "--no-such-option"),
    ],
)
def test_wrong_arguments(command: Command, arguments: tuple[str, ...]):
    command(*arguments).refused("--help'")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--epochs", 0, ("epochs", "received: 0")),
        ("--batch-size", -1, ("batch_size",)),
        ("--lr", "nan", ("learning_rate",)),
        ("--fraction", 1.5, ("fraction", "less than or equal to 1")),
        ("--validation", 1, ("validation",)),
        ("--optimizer", "Adem", ("did you mean 'Adam'",)),
        ("--set", "name=" + 5_000 * "[", ("name is not valid",)),
        ("--data", "sprial", ("did you mean 'spiral'",)),
        ("--data", "/no/such/folder/", ("/no/such/folder",)),
    ],
)
def test_wrong_values_of_options(
    command: Command, tmp_path: Path, option: str, value, words: tuple[str, ...]
):
    command("train", "spiral-mlp", option, value).refused(*words)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_doesnt_fit_the_data(command: Command, network_file: Path, tmp_path: Path):
    command("train", network_file, "--data", "moons").refused("6×6×1")
    assert CLOUDS_MLP[0]["shape"] == [6, 6, 1]
    assert list(tmp_path.iterdir()) == []
