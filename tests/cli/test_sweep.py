"""``nnstudio sweep``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nnstudio.cli import sweep as command_module
from nnstudio.core.spec import ProjectSpec
from nnstudio.experiments.sweeps import cluster
from nnstudio.experiments.sweeps.sweep import read_trials
from tests.cli.conftest import Command
from tests.experiments.sweeps.sample_sweeps import InProcess, project

LR = "train.learning_rate=1e-3,1e-2"
SMALL = ("spiral-mlp", "--epochs", 2, "--vary", LR)


@pytest.fixture(autouse=True)
def trained(monkeypatch: pytest.MonkeyPatch) -> list[InProcess]:
    """Trains in this process, which is faster; one test below uses real workers."""
    made: list[InProcess] = []

    def workers(*_arguments: Any) -> InProcess:
        made.append(InProcess())
        return made[-1]

    monkeypatch.setattr(command_module, "LocalWorkers", workers)
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    return made


def test_a_sweep_prints_a_table_best_first_and_what_is_noise(command: Command, tmp_path: Path):
    done = command("sweep", *SMALL, "--repeats", 2, "--out", tmp_path / "sweep")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].split() == ["learning_rate", "val", "accuracy", "test", "parameters", "time"]
    assert lines[2].startswith("1  ")
    assert lines[3].startswith("2  ")
    assert " ± " in lines[2]
    assert lines[4].startswith("Best: learning_rate=")
    assert done.err.count("trial ") == 2


def test_json_is_one_object_with_every_trial(command: Command, tmp_path: Path):
    found = command("sweep", *SMALL, "--repeats", 2, "--json", "--out", tmp_path / "sweep").json
    assert found["finished"] is True
    assert found["goal"] == "val_accuracy"
    assert sorted(trial["values"]["train.learning_rate"] for trial in found["trials"]) == [1e-3, 1e-2]
    best = found["trials"][0]
    assert best["trial"] == found["best"]
    assert best["mean"] == pytest.approx(sum(run["figure"] for run in best["runs"]) / 2)
    assert all(Path(run["run"]).joinpath("best.h5").is_file() for run in best["runs"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("varies nothing",)),
        (("--vary", "train.learning_rate"), ("path=a,b,c", "add '='")),
        (("--vary", "learning_rate=1,2"), ("did you mean 'train.learning_rate'",)),
        (("--vary", "train.learning_rate=1..1e-3"), ("is empty", "exchange")),
        (("--vary", "train.learning_rate="), ("nothing to try",)),
        (("--vary", "train.batch_size=0,1"), ("batch_size", "greater than or equal to 1")),
        (("--vary", LR, "--vary", LR), ("varies twice",)),
        (("--vary", LR, "--repeats", "0"), ("repeats",)),
        (("--vary", LR, "--goal", "fame"), ("goal", "'val_loss'")),
        (("--vary", LR, "--strategy", "luck"), ("--strategy",)),
        (("--vary", LR, "--data", "nowhere"), ("nowhere",)),
        (("--vary", LR, "--set", "network.layers.0.shape=[7]"), ("7",)),
        (("--vary", LR, "--cluster", "tcp://127.0.0.1:1"), ("cluster",)),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    command: Command, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]
):
    command("sweep", "spiral-mlp", "--out", tmp_path / "sweep", *options).refused(*words)
    assert not (tmp_path / "sweep" / "runs").exists()


def test_the_set_up_of_a_project_file_is_used_and_options_override_it(command: Command, tmp_path: Path):
    path = tmp_path / "project.json"
    path.write_text(project({"lr": "1e-3,1e-2"}, epochs=1).dumps(), encoding="utf-8")
    assert len(command("sweep", path, "--json").json["trials"]) == 2
    found = command(
        "sweep", path, "--vary", "train.batch_size=16..64", "--strategy", "random", "--trials", 3, "--json"
    )
    assert [len(found.json["trials"]), found.json["strategy"]] == [3, "random"]
    assert list(found.json["trials"][0]["values"]) == ["train.batch_size"]


def test_trials_mean_nothing_to_a_grid_and_it_says_so(command: Command, tmp_path: Path):
    done = command("sweep", *SMALL, "--trials", 9, "--out", tmp_path / "sweep")
    assert "a grid tries every combination" in done.err
    assert done.code == 0


def test_prune_begins_after_a_quarter_of_the_epochs_unless_told(command: Command, tmp_path: Path):
    for options, epoch in ((("--prune",), 2), (("--prune-after", 5), 5)):
        folder = tmp_path / str(epoch)
        done = command("sweep", "spiral-mlp", "--epochs", 8, "--vary", LR, *options, "--out", folder)
        assert done.code == 0
        assert ProjectSpec.loads((folder / "sweep.json").read_text()).sweep.prune == epoch


def test_failed_trials_say_why_and_are_retried_alone(
    command: Command, tmp_path: Path, trained: list[InProcess]
):
    folder = tmp_path / "sweep"
    options = ("--vary", "train.learning_rate=0.01,1e6", "--optimizer", "SGD", "--epochs", 2)
    done = command("sweep", "spiral-mlp", *options, "--set", "train.l2=100", "--out", folder)
    assert done.code == 0
    assert "learning_rate=1000000 failed: the loss became infinite or NaN" in done.out
    assert "1 of 2 trials failed" in done.err
    again = command("sweep", folder)
    assert again.out == done.out
    assert trained[1].begun == []  # nothing was left to train
    command("sweep", folder, "--retry-failed")
    assert trained[2].begun == [(1, 0)]


def test_a_sweep_of_failures_only_ends_with_1(command: Command, tmp_path: Path):
    options = ("--vary", "train.learning_rate=1e6", "--optimizer", "SGD", "--set", "train.l2=100")
    assert command("sweep", "spiral-mlp", *options, "--out", tmp_path / "sweep").code == 1


def test_the_same_command_continues_what_is_unfinished(
    command: Command, trained: list[InProcess], monkeypatch: pytest.MonkeyPatch
):
    def tired(self: InProcess, seconds: float) -> Any:
        if len(self.begun) == 2:
            raise KeyboardInterrupt
        return waits(self, seconds)

    waits = InProcess.wait
    monkeypatch.setattr(InProcess, "wait", tired)
    assert command("sweep", *SMALL).code == 130
    monkeypatch.setattr(InProcess, "wait", waits)
    done = command("sweep", *SMALL)
    assert "a sweep of this recipe is unfinished; it goes on" in done.err
    assert trained[1].begun == [(1, 0)]
    assert done.out.splitlines()[3].startswith("2  ")


def test_a_sweep_that_goes_on_keeps_its_recipe(command: Command, tmp_path: Path):
    folder = tmp_path / "sweep"
    command("sweep", *SMALL, "--out", folder)
    command("sweep", folder, "--repeats", 3).refused("can't change its recipe", "--workers")
    command("sweep", folder, "--epochs", 9).refused("can't change its recipe")
    command("sweep", folder, "--out", tmp_path / "other").refused("--out")
    command("sweep", "spiral-mlp", "--vary", "train.l2=0,1", "--out", folder).refused("another sweep")
    assert command("sweep", folder, "--workers", 2).code == 0


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_ctrl_c_saves_the_runs_under_way_and_the_sweep_goes_on(tmp_path: Path):
    folder = tmp_path / "sweep"
    arguments = [sys.executable, "-m", "nnstudio", "sweep", "spiral-mlp", "--epochs", "100000"]
    arguments += ["--vary", "train.epochs=3,100000,99999", "--workers", "2", "--out", str(folder)]
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("trial 1/3"):
            break
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert f"go on with: nnstudio sweep {folder}" in err
    assert "1  " in out
    project_ = ProjectSpec.loads((folder / "sweep.json").read_text())
    trials = read_trials(folder, project_)
    assert [trial.status for trial in trials][:2] == ["done", "queued"]
    saved = folder / "runs" / "0002-epochs=100000"
    assert (saved / "last.h5").is_file()
    assert json.loads((saved / "result.json").read_text())["reason"] == "stopped"
