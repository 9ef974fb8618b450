"""``nnstudio train``: every way to name what to train, options, settings, figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.catalog import load_dataset
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.ops.gpu.detect import Gpu
from nnstudio.errors import FormatError
from nnstudio.experiments.presets import load_preset
from nnstudio.experiments.runs import RunRecorder
from tests.cli.conftest import CLOUDS_MLP, Command

FIGURES = {
    "run": str,
    "preset": str,
    "device": str,
    "parameters": int,
    "epochs": int,
    "best_epoch": int,
    "train": dict,
    "validation": dict,
    "test": dict,
    "seconds": float,
    "samples_per_second": int,
}


def recipe(folder: Path | str) -> ProjectSpec:
    return ProjectSpec.loads((Path(folder) / "project.json").read_text(encoding="utf-8"))


def test_json_is_the_contract(command: Command, tmp_path: Path):
    output = command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "run", "--json")
    result = output.json
    assert output.code == 0
    assert list(result) == list(FIGURES)
    assert {name: type(value) for name, value in result.items()} == FIGURES
    assert all(set(result[part]) == {"loss", "accuracy"} for part in ("train", "validation", "test"))
    assert (result["preset"], result["device"], result["epochs"]) == ("spiral-mlp", "cpu", 2)
    assert result["parameters"] == (2 + 1) * 8 + 2 * (8 + 1) * 8 + (8 + 1) * 2
    assert result["run"] == str(tmp_path / "run")


def test_the_text_has_the_figures_on_stdout_and_the_epochs_on_stderr(command: Command, tmp_path: Path):
    output = command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "run")
    assert "parameters   186" in output.out
    assert "2, best" in output.out
    assert "epoch 1/2  loss" in output.err
    assert "epoch" not in output.out.replace("epochs", "")


def test_without_out_the_run_gets_a_folder_of_its_own(command: Command, tmp_path: Path):
    first, second = (command("train", "spiral-mlp", "--epochs", 1, "--json").json["run"] for _ in range(2))
    assert first != second
    assert {Path(first).parent, Path(second).parent} == {tmp_path / "home" / "runs"}


def test_a_run_without_validation_samples(command: Command, tmp_path: Path):
    output = command("train", "spiral-mlp", "--epochs", 1, "--validation", 0, "--json")
    assert output.json["validation"] is None


def test_options_override_the_recipe(command: Command, tmp_path: Path):
    folder = tmp_path / "run"
    options = (
        "--fraction 0.5 --validation 0.25 --epochs 2 --batch-size 7 --lr 0.03 --optimizer nesterov --seed 5"
    )
    assert command("train", "spiral-mlp", "--data", "moons", *options.split(), "--out", folder).code == 0
    project = recipe(folder)
    assert (project.data.source, project.data.fraction, project.data.validation) == ("moons", 0.5, 0.25)
    train = project.train
    assert (train.epochs, train.batch_size, train.learning_rate, train.seed) == (2, 7, 0.03, 5)
    assert train.optimizer.type_name() == "Nesterov"


class TestSpecForms:
    """Everything that SPEC may name, through ``summary``, which reads it as ``train`` does."""

    def layers(self, command: Command, spec: object) -> list[str]:
        output = command("summary", spec, "--json")
        assert output.code == 0
        return [row["type"] for row in output.json["layers"]]

    def test_a_preset(self, command: Command):
        assert self.layers(command, "s4-linear") == ["Input", "Flatten", "Dense"]

    def test_a_project_file(self, command: Command, tmp_path: Path):
        path = tmp_path / "mine.json"
        path.write_text("\ufeff" + load_preset("spiral-mlp").dumps(), encoding="utf-8")
        assert self.layers(command, path) == ["Input", "Dense", "Dense", "Dense", "Dense"]

    def test_a_network(self, command: Command, network_file: Path):
        assert self.layers(command, network_file) == [layer["type"] for layer in CLOUDS_MLP]

    def test_a_list_of_layers(self, command: Command, tmp_path: Path):
        path = tmp_path / "layers.json"
        path.write_text(json.dumps(CLOUDS_MLP), encoding="utf-8")
        assert self.layers(command, path) == [layer["type"] for layer in CLOUDS_MLP]

    def test_the_plain_list(self, command: Command, tmp_path: Path):
        path = tmp_path / "plain.json"
        entries = [{"input_nodes": 784, "activation": "relu"}, {"input_nodes": 32, "output_nodes": 10}]
        path.write_text(json.dumps(entries), encoding="utf-8")
        assert self.layers(command, path) == ["Input", "Flatten", "Dense", "Dense"]

    def test_a_run_folder_and_its_files(self, command: Command, run_folder: Path):
        for spec in (run_folder, run_folder / "best.h5", run_folder / "last.h5", run_folder / "project.json"):
            assert self.layers(command, spec) == [layer["type"] for layer in CLOUDS_MLP]

    def test_a_run_that_ended_before_its_first_save(self, command: Command, run_folder: Path, tmp_path: Path):
        (tmp_path / "project.json").write_bytes((run_folder / "project.json").read_bytes())
        assert self.layers(command, tmp_path) == [layer["type"] for layer in CLOUDS_MLP]

    def test_a_network_file_trains_on_the_data_it_is_given(self, run_folder: Path):
        result = json.loads((run_folder / "result.json").read_text(encoding="utf-8"))
        assert result["preset"] == "clouds-mlp"
        assert result["test"]["accuracy"] > 0.9

    def test_a_name_that_is_nearly_a_preset(self, command: Command):
        command("train", "s5-baselin").refused("there is no preset", "did you mean 's5-baseline'")

    def test_a_file_that_is_not_there(self, command: Command, tmp_path: Path):
        command("train", tmp_path / "none.json").refused("there is no file", "none.json")

    def test_a_folder_that_is_no_run(self, command: Command, tmp_path: Path):
        command("summary", tmp_path).refused("holds no model")


class TestSet:
    def project(self, command: Command, tmp_path: Path, *settings: str) -> ProjectSpec:
        flags = [part for setting in settings for part in ("--set", setting)]
        assert command("train", "spiral-mlp", "--epochs", 1, *flags, "--out", tmp_path / "run").code == 0
        return recipe(tmp_path / "run")

    def test_layers_by_name_and_by_number(self, command: Command, tmp_path: Path):
        settings = ("network.layers.dense.units=5", "network.layers.2.activation=tanh")
        layers = self.project(command, tmp_path, *settings).network.layers
        assert layers[1].units == 5
        assert layers[2].activation == "tanh"

    def test_fields_of_the_optimizer(self, command: Command, tmp_path: Path):
        optimizer = self.project(
            command, tmp_path, "train.optimizer=Momentum", "train.optimizer.momentum=0.8"
        ).train.optimizer
        assert optimizer.momentum == 0.8

    def test_another_type_drops_the_fields_of_the_old_one(self, command: Command, tmp_path: Path):
        optimizer = self.project(
            command, tmp_path, "train.optimizer.type=Momentum", "train.optimizer.damped=true"
        ).train.optimizer
        assert (optimizer.type_name(), optimizer.damped) == ("Momentum", True)

    def test_optional_groups_are_switched_on_and_off(self, command: Command, tmp_path: Path):
        assert (
            self.project(command, tmp_path, "train.early_stopping.patience=3").train.early_stopping.patience
            == 3
        )
        output = command("summary", "s2-tanh", "--set", "train.early_stopping=null")
        assert output.code == 0

    def test_augmentation_is_set_operation_by_operation(self, command: Command, tmp_path: Path):
        settings = ("noise.deviation=0.1", "zoom={}", "zoom=null")
        data = self.project(
            command, tmp_path, *(f"data.augmentation.{setting}" for setting in settings), "data.test=0.3"
        ).data
        assert data.augmentation.active == ("noise",)
        assert (data.augmentation.noise.deviation, data.test) == (0.1, 0.3)

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ("rotation.degrees=15", ("no images", "allowed: noise", "received: rotation")),
            ("rotation.degrees=181", ("less than or equal to 180", "received: 181")),
            ("rotaton.degrees=15", ("no field 'rotaton'", "did you mean 'rotation'?")),
            ("rotaton={}", ("no setting 'data.augmentation.rotaton'",)),
        ],
    )
    def test_augmentation_that_is_refused(self, command: Command, setting: str, words: tuple[str, ...]):
        command("train", "spiral-mlp", "--set", f"data.augmentation.{setting}").refused(*words)

    def test_plain_values(self, command: Command, tmp_path: Path):
        project = self.project(command, tmp_path, "train.clip_norm=1.5", "data.scaling=none", "name=my run")
        assert (project.train.clip_norm, project.data.scaling, project.name) == (1.5, "none", "my run")

    def test_set_comes_after_the_options(self, command: Command, tmp_path: Path):
        output = command(
            "train",
            "spiral-mlp",
            "--epochs",
            9,
            "--set",
            "train.epochs=1",
            "--out",
            tmp_path / "run",
            "--json",
        )
        assert output.json["epochs"] == 1

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ("train.epochs", ("--set needs a path and a value",)),
            ("train.epoch=3", ("epoch",)),
            ("train.epochs=many", ("epochs", "many")),
            ("train.epochs=0", ("epochs", "greater than or equal to 1")),
            ("train.epochs.more=1", ("no field 'more'", "single value")),
            ("train.epochs.more.still=1", ("no field 'more'",)),
            ("trane.epochs=1", ("no field 'trane'", "did you mean 'train'")),
            ("train.optimizer.momentum=0.9", ("momentum",)),
            ("train.optimizer=Adm", ("no optimizer called 'Adm'", "did you mean 'Adam'")),
            ("network.layers.conv.units=3", ("no layer 'conv'", "dense_1")),
            ("network.layers.9.units=3", ("no layer '9'", "0 to 4")),
            ("network.layers.dense.units=-1", ("units",)),
            ("train.learning_rate=NaN", ("learning_rate",)),
            ("version=99", ("version",)),
        ],
    )
    def test_wrong_settings_are_refused(self, command: Command, tmp_path: Path, setting: str, words):
        command("train", "spiral-mlp", "--set", setting).refused(*words)
        assert not (tmp_path / "home").exists()


def test_a_diverging_run_exits_with_1_and_its_last_good_weights_open(command: Command, tmp_path: Path):
    folder = tmp_path / "run"
    linear = [
        part for number in (1, 2, 3) for part in ("--set", f"network.layers.{number}.activation=linear")
    ]
    options = ("--lr", 1e6, "--optimizer", "SGD", "--epochs", 30, "--out", folder, "--json")
    output = command("train", "spiral-mlp", *linear, *options)  # tanh holds even such steps
    assert output.code == 1
    assert "error: the loss became infinite or NaN" in output.err
    assert "fix: use a smaller learning rate" in output.err
    assert set(output.json) == set(FIGURES)
    assert load_checkpoint(folder / "last.h5").state is not None


def test_a_gpu_that_is_not_there_is_refused_with_the_reason(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    none = Gpu(reason="CuPy finds no NVIDIA GPU", fix="check the driver")
    monkeypatch.setattr("nnstudio.engine.ops.gpu.detect.find_gpu", lambda: none)
    command("train", "spiral-mlp", "--device", "gpu").refused("CuPy finds no NVIDIA GPU", "check the driver")


def test_the_report_says_what_computed_and_why_no_gpu_did(command: Command, tmp_path: Path):
    options = ("--epochs", 1, "--out", tmp_path / "run")
    said = command("train", "spiral-mlp", *options).out
    assert "device       CPU · NumPy (no GPU: NNSTUDIO_PATH is numpy)" in said
    said = command("train", "spiral-mlp", *options[:2], "--device", "cpu", "--out", tmp_path / "cpu").out
    assert "device       CPU · NumPy\n" in said


def test_an_existing_run_is_not_overwritten(command: Command, run_folder: Path):
    before = {path.name: path.read_bytes() for path in run_folder.iterdir()}
    command("train", "spiral-mlp", "--out", run_folder).refused("a run in", "--resume")
    assert {path.name: path.read_bytes() for path in run_folder.iterdir()} == before


def test_out_may_be_an_empty_folder_but_no_file(command: Command, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert command("train", "spiral-mlp", "--epochs", 1, "--out", tmp_path / "empty").code == 0
    (tmp_path / "file").write_text("mine")
    command("train", "spiral-mlp", "--epochs", 1, "--out", tmp_path / "file").refused("can't be written")
    assert (tmp_path / "file").read_text() == "mine"


class TestFullDisk:
    """Writing that fails: training goes on, says so once, and the exit code tells in the end."""

    def refuse(self, *_: object) -> None:
        raise FormatError("no room", fix="make some")

    def test_while_training(self, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(RunRecorder, "event", self.refuse)
        output = command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "run", "--json")
        assert (output.code, output.json["epochs"]) == (0, 2)
        assert output.err.count("warning: no room; fix: make some") == 1

    def test_at_the_end(self, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(RunRecorder, "end", self.refuse)
        output = command("train", "spiral-mlp", "--epochs", 1, "--out", tmp_path / "run")
        assert output.code == 1
        assert "error: the end of the run could not be saved: no room" in output.err
        assert "Traceback" not in output.err


def test_the_built_in_example_learns_and_reads_a_drawing(command: Command, tmp_path: Path):
    folder = tmp_path / "run"
    options = ("--epochs", 4, "--fraction", 0.5, "--out", folder, "--json")
    assert command("train", "digits-mlp", *options).json["test"]["accuracy"] > 0.8
    digits = load_dataset("digits").test
    for label in (0, 1):  # two that are easy to tell apart, written on white paper, larger, off the middle
        image = digits.x[int((digits.y == label).argmax()), ..., 0]
        paper = np.full((120, 100), 255, np.uint8)
        paper[20:104, 5:89] -= image.repeat(3, axis=0).repeat(3, axis=1)
        Image.fromarray(paper).save(tmp_path / f"{label}.png")
    rows = command("predict", folder, tmp_path / "0.png", tmp_path / "1.png", "--json").json
    assert [row["class"] for row in rows] == ["0", "1"]


class TestFork:
    def test_a_fork_has_its_parent_on_record_and_changed_settings(self, command: Command, tmp_path: Path):
        parent = tmp_path / "parent"
        command("train", "spiral-mlp", "--epochs", 4, "--set", "train.keep_every=2", "--out", parent)
        child = command("train", parent, "--fork", 2, "--epochs", 3, "--lr", 0.5, "--out", tmp_path / "child")
        assert child.code == 0
        result = json.loads((tmp_path / "child" / "result.json").read_text())
        assert result["parent"] == {"run": "parent", "epoch": 2}
        assert result["epochs"] == 3
        assert [kept.name for kept in (parent / "checkpoints").iterdir()]
        rows = [(tmp_path / name / "metrics.csv").read_text().splitlines() for name in ("parent", "child")]
        assert rows[0][:3] == rows[1][:3]
        assert rows[0][3] != rows[1][3]

    def test_an_epoch_that_was_not_kept_is_refused(self, command: Command, tmp_path: Path):
        command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "run")
        command("train", tmp_path / "run", "--fork", 1).refused("no checkpoint of epoch 1", "keep_every")
        command("train", tmp_path / "run", "--fork", 1, "--resume").refused("--resume", "--fork")

    def test_what_the_parent_lacks_begins_fresh_and_is_named(self, command: Command, tmp_path: Path):
        command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "run")
        wider = ("--set", "network.layers.dense.units=7", "--epochs", 3, "--out", tmp_path / "wider")
        done = command("train", tmp_path / "run", "--fork", *wider)
        assert done.code == 0
        assert "these layers begin with fresh weights: dense, dense_1" in done.err
