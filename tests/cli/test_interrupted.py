"""Runs that are cut off: by Ctrl+C, by a kill, and how they go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnstudio.cli import main
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.experiments.runs import load_run
from tests.cli.conftest import Command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")

RECIPE = ("spiral-mlp", "--epochs", "60", "--set", "network.layers.dense.units=64")
SLOWLY = """
import sys, time
from nnstudio.engine import trainer
from nnstudio.experiments import runs
trainer.BLOCK_SECONDS = 0.0
runs.SAVE_SECONDS = {save}
step = trainer.Trainer.step
def slow(self, rows, rate):
    time.sleep(0.01)
    return step(self, rows, rate)
trainer.Trainer.step = slow
from nnstudio.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command line with steps slow enough to be interrupted; the arithmetic is untouched."""


def start(folder: Path, save: float = 5.0) -> subprocess.Popen[str]:
    """A training run in a process of its own, once it has finished an epoch."""
    arguments = [
        sys.executable,
        "-c",
        SLOWLY.format(save=save),
        "train",
        *RECIPE,
        "--out",
        str(folder),
        "--json",
    ]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch  2/"):
            return process
    raise AssertionError(f"the run ended before its second epoch, with {process.wait()}")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert main(["train", *RECIPE, "--out", str(folder)]) == 0
    return folder


def same_run(folder: Path, whole: Path) -> None:
    """Weights, optimizer, history and tables are those of the uninterrupted run, bit for bit."""
    (_, a), (_, b) = load_run(folder), load_run(whole)
    assert a is not None
    assert b is not None
    np.testing.assert_array_equal(a.weights, b.weights)
    np.testing.assert_array_equal(a.best_weights, b.best_weights)
    for name, slot in b.slots.items():
        np.testing.assert_array_equal(a.slots[name], slot)
    assert (a.epoch, a.step, a.best_epoch) == (b.epoch, b.step, b.best_epoch)
    figures = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy")
    assert [[getattr(r, f) for f in figures] for r in a.history] == [
        [getattr(r, f) for f in figures] for r in b.history
    ]
    assert (folder / "batches.csv").read_text() == (whole / "batches.csv").read_text()
    assert len((folder / "metrics.csv").read_text().splitlines()) == 61
    best = [load_checkpoint(place / "best.h5").weights for place in (folder, whole)]
    np.testing.assert_array_equal(*best)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_the_run_and_resume_finishes_it(
    uninterrupted: Path, command: Command, tmp_path: Path, number: signal.Signals
):
    folder = tmp_path / "run"
    process = start(folder)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"interrupted; go on with: nnstudio train {folder} --resume" in err
    assert "Traceback" not in err
    stopped = json.loads(out)
    assert stopped["run"] == str(folder)
    assert 2 <= stopped["epochs"] < 60
    state = load_run(folder)[1]
    assert state is not None
    assert state.step >= 2 * 20
    output = command("train", folder, "--resume", "--json")
    assert (output.code, output.json["epochs"]) == (0, 60)
    same_run(folder, uninterrupted)


@pytest.mark.parametrize("save", [0.0, 1e9], ids=["with a state", "before the first state"])
def test_a_killed_run_opens_and_resumes(uninterrupted: Path, command: Command, tmp_path: Path, save: float):
    folder = tmp_path / "run"
    process = start(folder, save)
    time.sleep(0.05)  # into the next epoch, so that the tables are ahead of the state
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert (folder / "last.h5").exists() == (save == 0)
    assert command("summary", folder, "--json").json["parameters"] > 0
    assert command("train", folder, "--resume").code == 0
    same_run(folder, uninterrupted)
    assert not list(folder.glob(".*"))


def test_a_second_ctrl_c_doesnt_save_half_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from nnstudio.engine.stepper import NumpyStepper

    def cut(self: NumpyStepper, *_: object) -> tuple[float, int]:
        self._state.weights += 1
        raise KeyboardInterrupt

    monkeypatch.setattr(NumpyStepper, "_step", cut)
    assert main(["train", *RECIPE, "--out", str(tmp_path / "run")]) == 130
    assert load_run(tmp_path / "run")[1] is None


class TestResume:
    def test_more_epochs_go_on_from_the_end(self, command: Command, tmp_path: Path):
        folder = tmp_path / "run"
        command("train", "spiral-mlp", "--epochs", 1, "--out", folder)
        assert command("train", folder, "--resume", "--epochs", 2, "--json").json["epochs"] == 2
        command("train", "spiral-mlp", "--epochs", 2, "--out", tmp_path / "whole")
        ours, whole = (load_checkpoint(place / "last.h5").weights for place in (folder, tmp_path / "whole"))
        np.testing.assert_array_equal(ours, whole)

    def test_a_finished_run_says_so(self, command: Command, tmp_path: Path):
        command("train", "spiral-mlp", "--epochs", 1, "--out", tmp_path / "run")
        output = command("train", tmp_path / "run", "--resume")
        assert output.code == 0
        assert "all 1 epochs are done" in output.err

    @pytest.mark.parametrize(
        ("options", "name"),
        [
            (("--batch-size", 7), "train.batch_size"),
            (("--optimizer", "SGD"), "train.optimizer"),
            (("--seed", 1), "train.seed"),
            (("--fraction", 0.5), "data"),
            (("--set", "network.layers.0.shape=[3]"), "network"),
        ],
    )
    def test_changes_that_make_it_another_run_are_refused(
        self, command, run_folder: Path, options, name: str
    ):
        before = (run_folder / "last.h5").read_bytes()
        command("train", run_folder, "--resume", *options).refused("can't change", name)
        assert (run_folder / "last.h5").read_bytes() == before

    def test_what_is_no_run_is_refused(self, command: Command, tmp_path: Path):
        command("train", tmp_path / "none", "--resume").refused("no such folder")
        command("train", tmp_path, "--resume").refused("not a run that can be resumed")

    def test_out_doesnt_go_with_it(self, command: Command, run_folder: Path, tmp_path: Path):
        command("train", run_folder, "--resume", "--out", tmp_path).refused("--out")
