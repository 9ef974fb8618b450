"""A run's folder: what is written when, what a resumed run keeps, and what happens when writing fails."""

from __future__ import annotations

import csv
import errno
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.state import Block, EpochRecord, Event
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError, SpecError
from nnstudio.experiments import runs
from nnstudio.experiments.runs import RunRecorder, holds_run, load_run, new_run_folder
from nnstudio.formats.keras_h5 import save_model
from tests.helpers import small_data, small_project

FILES = {"project.json", "metrics.csv", "batches.csv", "last.h5", "best.h5", "result.json"}
METRICS = (
    "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate,seconds,samples_per_second"
    ",exact_train_loss,exact_train_accuracy,path"
)


def trainer_of(project: ProjectSpec, state=None) -> Trainer:
    trainer = Trainer(project, small_data(project), state)
    trainer.block_steps = 1
    return trainer


def record(folder: Path, trainer: Trainer, events: int | None = None, end: bool = True) -> RunRecorder:
    """Trains and records, all of it or the first few events."""
    recorder = RunRecorder(folder)
    recorder.begin(trainer)
    for event in itertools.islice(trainer.run(), events):
        recorder.event(event, trainer)
    if end:
        recorder.end(trainer)
    else:
        recorder.close()
    return recorder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return trainer_of(small_project(epochs=4))


@pytest.fixture(scope="module")
def folder(trainer: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that trainer's finished run."""
    folder = tmp_path_factory.mktemp("runs") / "one" / "two"
    record(folder, trainer)
    return folder


class TestAFinishedRun:
    def test_the_folder_holds_these_files_and_no_others(self, folder: Path):
        assert {path.name for path in folder.iterdir()} == FILES
        assert holds_run(folder)
        assert not holds_run(folder.parent)

    def test_the_recipe_repeats_the_run(self, folder: Path, trainer: Trainer):
        project = ProjectSpec.loads((folder / "project.json").read_text(encoding="utf-8"))
        assert project == trainer.project
        again = trainer_of(project)
        assert len(list(again.run())) > 4
        np.testing.assert_array_equal(again.state.weights, trainer.state.weights)

    def test_metrics_have_a_line_per_epoch(self, folder: Path, trainer: Trainer):
        assert (folder / "metrics.csv").read_text().splitlines()[0] == METRICS
        table = rows(folder / "metrics.csv")
        assert [int(row["epoch"]) for row in table] == [1, 2, 3, 4]
        for row, known in zip(table, trainer.state.history, strict=True):
            assert float(row["train_loss"]) == known.train_loss
            assert float(row["val_accuracy"]) == known.val_accuracy

    def test_batches_have_a_line_per_step(self, folder: Path, trainer: Trainer):
        table = rows(folder / "batches.csv")
        assert list(table[0]) == ["step", "epoch", "loss", "accuracy"]
        assert [int(row["step"]) for row in table] == list(range(1, trainer.state.step + 1))
        assert [int(row["epoch"]) for row in table] == [
            e for e in range(1, 5) for _ in range(trainer.batches)
        ]
        mean = np.mean([float(row["accuracy"]) for row in table if row["epoch"] == "4"])
        assert mean == pytest.approx(trainer.state.history[-1].train_accuracy, abs=0.02)

    def test_last_and_best_hold_their_weights(self, folder: Path, trainer: Trainer):
        last, best = (load_checkpoint(folder / name) for name in ("last.h5", "best.h5"))
        np.testing.assert_array_equal(last.weights, trainer.state.weights)
        np.testing.assert_array_equal(best.weights, trainer.state.best_weights)
        assert last.state is not None
        assert best.state is None

    def test_the_result_has_the_figures(self, folder: Path, trainer: Trainer):
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        assert (result["run"], result["preset"], result["reason"]) == (str(folder), "clouds", "finished")
        assert (result["epochs"], result["best_epoch"]) == (4, trainer.state.best_epoch)
        history = trainer.state.history[-1]
        assert result["train"] == {"loss": history.train_loss, "accuracy": history.train_accuracy}
        test = trainer.data.test
        expected = trainer.model.evaluate(test.samples(slice(None)), test.labels)
        assert result["test"] == {"loss": expected.loss, "accuracy": expected.accuracy}
        assert result["samples_per_second"] == pytest.approx(
            4 * len(trainer.data.train) / trainer.state.seconds, abs=1
        )


def test_a_restored_best_epoch_is_the_one_whose_figures_are_given(tmp_path: Path):
    project = small_project(epochs=60, learning_rate=0.5, early_stopping={"patience": 2})
    trainer = trainer_of(project)
    result = record(tmp_path, trainer).result
    assert result is not None
    assert result["reason"] == "early stopping"
    best = trainer.state.history[result["best_epoch"] - 1]
    assert result["best_epoch"] < result["epochs"]
    assert result["validation"] == {"loss": best.val_loss, "accuracy": best.val_accuracy}


def test_every_epoch_is_in_the_table_as_soon_as_it_is_over(tmp_path: Path):
    trainer, recorder = trainer_of(small_project(epochs=3)), RunRecorder(tmp_path)
    recorder.begin(trainer)
    assert (tmp_path / "metrics.csv").read_text().splitlines() == [METRICS]
    for event in trainer.run():
        recorder.event(event, trainer)
        if isinstance(event, EpochRecord):
            assert len((tmp_path / "metrics.csv").read_text().splitlines()) == 1 + event.epoch
    recorder.close()


class TestSaving:
    def saves(
        self, monkeypatch: pytest.MonkeyPatch, epoch: float, block: float, tmp_path: Path
    ) -> list[Event]:
        """The events behind which ``last.h5`` was written, with these waits in seconds."""
        monkeypatch.setattr(runs, "SAVE_SECONDS", epoch)
        monkeypatch.setattr(runs, "LONG_EPOCH_SECONDS", block)
        trainer, recorder = trainer_of(small_project(epochs=2)), RunRecorder(tmp_path)
        recorder.begin(trainer)
        behind: list[Event] = []
        for event in trainer.run():
            (tmp_path / "last.h5").unlink(missing_ok=True)
            recorder.event(event, trainer)
            if (tmp_path / "last.h5").exists():
                behind.append(event)
                saved = load_run(tmp_path)[1]
                assert saved is not None
                np.testing.assert_array_equal(saved.weights, trainer.state.weights)
        recorder.close()
        return behind

    def test_not_before_its_time(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        assert self.saves(monkeypatch, 1e9, 1e9, tmp_path) == []

    def test_at_the_end_of_epochs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        assert [type(event) for event in self.saves(monkeypatch, 0, 1e9, tmp_path)] == [EpochRecord] * 2

    def test_within_long_epochs(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        behind = self.saves(monkeypatch, 1e9, 0, tmp_path)
        assert {type(event) for event in behind} == {Block}
        assert len(behind) == 2 * 6


@pytest.mark.parametrize("stop_after", [3, 8, 12])
def test_a_resumed_run_has_the_tables_of_an_uninterrupted_one(tmp_path: Path, stop_after: int):
    project = small_project(epochs=3)
    record(tmp_path / "whole", trainer_of(project))
    record(tmp_path / "cut", trainer_of(project), stop_after)
    loaded, state = load_run(tmp_path / "cut")
    assert loaded == project
    record(tmp_path / "cut", trainer_of(project, state))
    tables = [(tmp_path / name / "batches.csv").read_text() for name in ("whole", "cut")]
    assert tables[0] == tables[1]
    metrics = [rows(tmp_path / name / "metrics.csv") for name in ("whole", "cut")]
    for whole, cut in zip(*metrics, strict=True):
        assert [whole[k] for k in ("epoch", "train_loss", "val_loss")] == [
            cut[k] for k in ("epoch", "train_loss", "val_loss")
        ]


def test_rows_behind_the_saved_state_are_cut_off_on_resume(tmp_path: Path):
    project = small_project(epochs=3)
    record(tmp_path, trainer_of(project), 9)  # six steps, an epoch, and two steps more
    _, state = load_run(tmp_path)
    assert state is not None
    with (tmp_path / "batches.csv").open("a") as file:
        file.write("9,2,0.5,0.5\n10,2,0.5,0.5\n11,2,0.")  # the last line was cut by a crash
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("2,0.1,0.9,0.1,0.9,0.01,1,1\n")
    (tmp_path / ".last.h5.123.tmp").write_bytes(b"half a file")
    recorder = RunRecorder(tmp_path)
    recorder.begin(trainer_of(project, state))
    recorder.close()
    assert [int(row["step"]) for row in rows(tmp_path / "batches.csv")] == list(range(1, 9))
    assert [int(row["epoch"]) for row in rows(tmp_path / "metrics.csv")] == [1]
    assert not (tmp_path / ".last.h5.123.tmp").exists()


class TestDivergence:
    def test_the_last_good_state_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(runs, "SAVE_SECONDS", 0)
        monkeypatch.setattr(runs, "LONG_EPOCH_SECONDS", 0)
        trainer = trainer_of(small_project(epochs=5))
        step = trainer._stepper._step

        def grow(rows: np.ndarray, rate: float, epoch: int, done: int) -> tuple[float, int]:
            if done >= 15:
                trainer.state.weights *= 1e10
            return step(rows, rate, epoch, done)

        monkeypatch.setattr(trainer._stepper, "_step", grow)
        recorder = RunRecorder(tmp_path)
        recorder.begin(trainer)
        for event in trainer.run():
            recorder.event(event, trainer)
            if (tmp_path / "last.h5").exists():
                load_run(tmp_path)  # refuses NaN and infinity
        recorder.end(trainer)
        assert trainer.reason == "diverged"
        state = load_run(tmp_path)[1]
        assert state is not None
        assert (state.epoch, state.step) == (2, 12)
        assert np.isfinite(state.weights).all()
        text = (tmp_path / "result.json").read_text()
        assert json.loads(text)["reason"] == "diverged"
        assert "NaN" not in text
        assert "Infinity" not in text

    def test_weights_that_overflow_in_the_last_step_are_no_epoch(self, monkeypatch: pytest.MonkeyPatch):
        trainer = trainer_of(small_project(epochs=3))
        step = trainer._stepper._step

        def overflow(rows: np.ndarray, rate: float, epoch: int, done: int) -> tuple[float, int]:
            result = step(rows, rate, epoch, done)
            if done + 1 == 2 * trainer.batches:
                trainer.state.weights[0] = np.inf
            return result

        monkeypatch.setattr(trainer._stepper, "_step", overflow)
        epochs = [event for event in trainer.run() if isinstance(event, EpochRecord)]
        assert trainer.reason == "diverged"
        assert len(epochs) == trainer.state.epoch == len(trainer.state.history) == 1
        assert trainer.state.best_epoch == 1
        assert np.isfinite(trainer.state.weights).all()
        assert np.isfinite(trainer.state.best_weights).all()
        assert (trainer.state.step, trainer.state.batch) == (trainer.batches, 0)

    def test_a_validation_that_overflows_is_not_the_best(self, monkeypatch: pytest.MonkeyPatch):
        trainer = trainer_of(small_project(epochs=3))
        figures = iter([(float("nan"), 0.1), (2.0, 0.2), (float("inf"), 0.3)])
        monkeypatch.setattr(trainer, "evaluate", lambda part: next(figures) if part else (None, None))
        assert len(list(trainer.run())) == 3 * (trainer.batches + 1)
        assert trainer.state.best_epoch == 2


class TestFailures:
    def test_a_folder_that_cant_be_made(self, tmp_path: Path):
        (tmp_path / "file").write_text("mine")
        for folder in (tmp_path / "file", tmp_path / "file" / "run"):
            with pytest.raises(FormatError, match=r"can't be written.*fix: choose a folder"):
                RunRecorder(folder).begin(trainer_of(small_project()))
        with pytest.raises(FormatError, match=r"can't be made.*fix: .*--out"):
            new_run_folder("run", tmp_path / "file")
        assert (tmp_path / "file").read_text() == "mine"

    def test_a_full_disk_is_said_and_harms_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(runs, "SAVE_SECONDS", 0)
        trainer, recorder = trainer_of(small_project(epochs=3)), RunRecorder(tmp_path)
        recorder.begin(trainer)
        events = trainer.run()
        for event in itertools.islice(events, trainer.batches + 1):
            recorder.event(event, trainer)
        before = (tmp_path / "last.h5").read_bytes()

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("nnstudio.engine.atomic.os.replace", full)
            for event in itertools.islice(events, trainer.batches):
                recorder.event(event, trainer)
            epoch = next(events)
            with pytest.raises(FormatError, match="No space left on device"):
                recorder.event(epoch, trainer)
            assert (tmp_path / "last.h5").read_bytes() == before
        for event in events:  # there is room again
            recorder.event(event, trainer)
        recorder.end(trainer)
        assert load_run(tmp_path)[1].epoch == 3
        assert {path.name for path in tmp_path.iterdir()} == FILES

    def test_an_end_that_cant_be_saved_closes_the_tables(self, tmp_path: Path, monkeypatch):
        trainer, recorder = trainer_of(small_project(epochs=1)), RunRecorder(tmp_path)
        recorder.begin(trainer)
        for event in trainer.run():
            recorder.event(event, trainer)

        def refuse(*_: object) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr("nnstudio.engine.atomic.os.replace", refuse)
        with pytest.raises(FormatError, match="Read-only file system"):
            recorder.end(trainer)
        assert recorder.result["epochs"] == 1
        assert len(rows(tmp_path / "batches.csv")) == trainer.batches
        recorder.close()  # once more does no harm


class TestLoadRun:
    def test_a_recipe_without_a_state_begins_anew(self, tmp_path: Path):
        (tmp_path / "project.json").write_text(small_project().dumps(), encoding="utf-8")
        assert load_run(tmp_path) == (small_project(), None)

    def test_no_run(self, tmp_path: Path):
        with pytest.raises(FormatError, match="no such folder"):
            load_run(tmp_path / "none")
        with pytest.raises(FormatError, match=r"received: neither; fix: give the folder"):
            load_run(tmp_path)

    def test_a_model_without_a_state(self, tmp_path: Path):
        trainer = trainer_of(small_project())
        save_model(tmp_path / "last.h5", trainer.model, trainer.project)
        with pytest.raises(FormatError, match="no training state"):
            load_run(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"no HDF5"])
    def test_a_damaged_state(self, tmp_path: Path, content: bytes):
        (tmp_path / "last.h5").write_bytes(content)
        with pytest.raises(FormatError, match=r"last\.h5"):
            load_run(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
    def test_a_damaged_recipe(self, tmp_path: Path, content: bytes):
        (tmp_path / "project.json").write_bytes(content)
        with pytest.raises(SpecError):
            load_run(tmp_path)


class TestNewRunFolder:
    def test_every_call_gives_another_folder(self, tmp_path: Path):
        folders = {new_run_folder("mine", tmp_path) for _ in range(20)}
        assert len(folders) == 20
        assert all(folder.is_dir() and "-mine" in folder.name for folder in folders)

    @pytest.mark.parametrize("name", ["../../etc", "a/b\\c", "", "...", "x" * 120, "größe 1:2", "\0"])
    def test_any_name_stays_inside(self, tmp_path: Path, name: str):
        folder = new_run_folder(name, tmp_path)
        assert folder.parent == tmp_path
        assert not set(folder.name) & set('/\\:*?"<>|\0 ')

    def test_it_lies_in_the_users_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
        assert new_run_folder("mine").parent == tmp_path / "runs"
