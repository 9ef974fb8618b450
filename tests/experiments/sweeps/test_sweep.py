"""The loop: what is trained, what is kept, and how an unfinished sweep goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.spec import ProjectSpec, SweepSpec
from nnstudio.errors import FormatError
from nnstudio.experiments.listing import look_at_run
from nnstudio.experiments.runs import load_run
from nnstudio.experiments.sweeps import sweep as sweeps
from nnstudio.experiments.sweeps.folders import find_unfinished, list_sweeps, new_sweep_folder
from nnstudio.experiments.sweeps.sweep import Sweep, read_recipe, read_trials, run_folder, trial_project
from nnstudio.experiments.sweeps.trials import Trial
from tests.experiments.sweeps.sample_sweeps import InProcess, project, ran


def figures(trials: tuple[Trial, ...]) -> list[list[float | None]]:
    return [[run.figure for run in trial.runs] for trial in trials]


def test_each_trial_is_an_ordinary_run_named_by_its_values(tmp_path: Path):
    trials = ran(tmp_path, project({"lr": "0.01", "units": "3,5"}, repeats=2))
    assert [trial.name for trial in trials] == [
        "learning_rate=0.01, units=3",
        "learning_rate=0.01, units=5",
    ]
    folders = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert folders == [
        "0001-learning_rate=0.01-units=3-seed1",
        "0001-learning_rate=0.01-units=3-seed2",
        "0002-learning_rate=0.01-units=5-seed1",
        "0002-learning_rate=0.01-units=5-seed2",
    ]
    folder = run_folder(tmp_path, trials[1], 1)
    recipe, state = load_run(folder)
    assert recipe.name == "learning_rate=0.01, units=5"
    assert (recipe.network.layer("hidden").units, recipe.train.seed) == (5, 43)
    assert recipe.sweep == SweepSpec()
    assert state is not None
    assert state.epoch == 2
    listed = look_at_run(folder)
    assert listed is not None
    assert listed.accuracy == trials[1].runs[1].test
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert trials[1].runs[1].figure == result["validation"]["accuracy"]


def test_repeats_differ_and_give_mean_and_standard_deviation(tmp_path: Path):
    (trial,) = ran(tmp_path, project({"lr": "0.01"}, repeats=3, goal="train_loss"))
    found = [run.figure for run in trial.runs]
    assert len(set(found)) == 3
    assert trial.figure is not None
    assert trial.figure.mean == pytest.approx(np.mean(found))
    assert trial.figure.std == pytest.approx(np.std(found, ddof=1))


@pytest.fixture(scope="module", params=["grid", "random", "tpe"])
def uncut(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A sweep of each strategy and what came of it in one go."""
    wanted = project({"lr": "1e-4..1e-1:log"}, strategy=request.param, trials=14, epochs=1)
    return wanted, ran(tmp_path_factory.mktemp("whole"), wanted)


@pytest.mark.parametrize("cut", [1, 5, 17])
def test_an_unfinished_sweep_goes_on_exactly(
    tmp_path: Path, uncut: tuple[ProjectSpec, tuple[Trial, ...]], cut: int
):
    wanted, whole = uncut
    sweep = Sweep(tmp_path / "cut", wanted)
    for turn, _ in enumerate(sweep.run(InProcess())):
        if turn == cut:
            break  # as a kill would: nobody says goodbye
    sweep.close()
    ledger = tmp_path / "cut" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-9])  # the last line was cut in two
    again = ran(tmp_path / "cut")
    assert [trial.values for trial in again] == [trial.values for trial in whole]
    assert figures(again) == figures(whole)


def test_a_finished_sweep_trains_nothing_more(tmp_path: Path):
    ran(tmp_path, project())
    workers = InProcess()
    trials = ran(tmp_path, None, workers)
    assert workers.begun == []
    assert [trial.status for trial in trials] == ["done", "done"]


def test_what_fails_says_why_and_retry_trains_that_alone(tmp_path: Path):
    wanted = project({"train.learning_rate": "0.01,1e6", "optimizer": "SGD"}, repeats=2)
    trials = ran(tmp_path, wanted)
    assert [trial.status for trial in trials] == ["done", "failed"]
    assert trials[1].reason == "the loss became infinite or NaN in epoch 1"
    workers = InProcess()
    sweep = Sweep(tmp_path)
    assert sweep.finished
    assert sweep.retry_failed() == 2
    assert not sweep.finished
    assert [run.status for run in sweep.trials[1].runs] == ["queued", "queued"]
    for _ in sweep.run(workers):
        pass
    sweep.close()
    assert workers.begun == [(1, 0), (1, 1)]


def test_values_that_are_not_allowed_together_fail_in_words(tmp_path: Path):
    wanted = project({"train.optimizer": "Adam,SGD", "train.optimizer.beta_1": "0.8"})
    assert [trial.status for trial in ran(tmp_path / "a", wanted)] == ["done", "failed"]
    trials = ran(
        tmp_path / "b", project({"network.layers.1.activation": "relu", "network.layers.2.units": "2,3"})
    )
    assert [trial.status for trial in trials] == ["done", "failed"]
    assert "one output per class" in trials[1].reason


def test_a_run_whose_worker_dies_is_trained_again_and_set_aside_after_three_deaths(tmp_path: Path):
    wanted = project({"lr": "1e-3,1e-2,1e-1"})
    times: list[int] = []

    def dies(job: dict) -> bool:
        times.append(job["trial"])
        return job["trial"] == 1 or (job["trial"] == 0 and times.count(0) < 3)

    trials = ran(tmp_path, wanted, InProcess(2, dies))
    assert [trial.status for trial in trials] == ["done", "failed", "done"]
    assert (times.count(0), times.count(1), times.count(2)) == (3, 3, 1)
    assert trials[1].reason == "its worker ended 3 times (killed by SIGSEGV)"


def test_a_run_worse_than_the_median_of_the_others_is_pruned(tmp_path: Path):
    rates = "0.001,0.002,0.05,1e-9"
    wanted = project({"lr": rates}, epochs=6, repeats=2, prune=2, goal="train_loss")

    class Watched(InProcess):
        """Hands messages over one by one, as a run under way does, and obeys orders at once."""

        _pending: list = []  # noqa: RUF012

        def room(self) -> int:
            return 0 if self._pending else super().room()

        def wait(self, seconds: float) -> list:
            self._pending = self._pending or super().wait(seconds)
            key, message = self._pending.pop(0)
            if message["event"] == "epoch" or self._orders.pop(key, "") != "prune":
                return [(key, message)]
            self._pending = []
            return [(key, {"event": "ended", "status": "pruned", "figure": 9.0, "reason": "worse"})]

    workers = Watched()
    trials = ran(tmp_path, wanted, workers)
    assert [trial.status for trial in trials] == ["done", "done", "done", "pruned"]
    assert trials[3].reason == "worse"
    assert workers.begun.count((3, 1)) == 0  # its other seed is spared
    assert all(trial.status == "pruned" for trial in read_trials(tmp_path, wanted)[3:])


def test_a_pruned_run_is_kept_and_says_at_which_epoch(tmp_path: Path):
    class Strict(InProcess):
        def start(self, job: dict) -> None:
            super().start(job)
            self.order((job["trial"], job["repeat"]), "prune")

    (trial,) = ran(tmp_path, project({"lr": "0.01"}, epochs=3), Strict())
    assert trial.status == "pruned"
    assert "worse than the median" in trial.reason
    assert load_run(run_folder(tmp_path, trial, 0))[1] is not None


def test_stop_lets_runs_save_and_begins_nothing_more(tmp_path: Path):
    sweep = Sweep(tmp_path, project({"lr": "1e-3,1e-2,1e-1"}, epochs=50))
    workers = InProcess(2)
    for _ in sweep.run(workers):
        sweep.stop()
    assert [trial.status for trial in sweep.trials] == ["queued", "queued"]
    states = [load_run(sweep.run_folder(trial.runs[0]))[1] for trial in sweep.trials]
    assert all(state is not None and state.epoch < 50 for state in states)
    sweep.close()
    assert [trial.status for trial in ran(tmp_path)] == ["done"] * 3


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path):
    wanted = project({"lr": "0.01"}, epochs=30)
    sweep = Sweep(tmp_path / "cut", wanted)
    for _ in sweep.run(InProcess()):
        sweep.stop()
    sweep.close()
    (again,), (whole,) = ran(tmp_path / "cut"), ran(tmp_path / "whole", wanted)
    states = [
        load_run(run_folder(tmp_path / name, trial, 0))[1]
        for name, trial in (("cut", again), ("whole", whole))
    ]
    np.testing.assert_array_equal(states[0].weights, states[1].weights)
    assert figures((again,)) == figures((whole,))


def test_one_process_at_a_time_runs_a_sweep(tmp_path: Path):
    first = Sweep(tmp_path, project())
    with pytest.raises(FormatError, match="being run by another process"):
        Sweep(tmp_path)
    first.close()
    Sweep(tmp_path).close()


def test_another_sweep_in_the_folder_is_left_alone(tmp_path: Path):
    ran(tmp_path, project({"lr": "0.01"}))
    with pytest.raises(FormatError, match="another sweep"):
        Sweep(tmp_path, project({"lr": "0.02"}))
    assert read_recipe(tmp_path) == project({"lr": "0.01"})
    Sweep(tmp_path, project({"lr": "0.01"}, workers=2)).close()  # the same sweep, faster


@pytest.mark.parametrize(
    "noise", [b"\xff\xfe\n", b"[]\n", b'{"trial": 1e99}\n', b'{"event": "ended", "trial": 7}\n']
)
def test_a_damaged_ledger_loses_its_damaged_lines_alone(tmp_path: Path, noise: bytes):
    trials = ran(tmp_path, project())
    ledger = tmp_path / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(noise.join(lines))
    assert figures(ran(tmp_path)) == figures(trials)


def test_sweeps_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path))
    wanted = project({"lr": "1e-3,1e-2"})
    assert find_unfinished(wanted) is None
    folder = new_sweep_folder("spiral")
    sweep = Sweep(folder, wanted)
    next(iter(sweep.run(InProcess())))
    sweep.close()
    assert find_unfinished(wanted) == folder
    assert find_unfinished(project({"lr": "5e-3"})) is None
    ran(folder)
    assert find_unfinished(wanted) is None
    assert [listed.project for listed in list_sweeps()] == [wanted]
    assert list_sweeps()[0].begun is not None


def test_a_long_name_still_makes_a_project_and_a_folder(tmp_path: Path):
    values = {f"train.{'x' * 40}{place}": place for place in range(6)}
    trial = Trial(0, values, ())
    assert len(run_folder(tmp_path, trial, 0).name) < 100
    named = Trial(0, dict.fromkeys(("train.learning_rate", "data.fraction"), 0.5), ())
    assert trial_project(project(), named, 0).name == "learning_rate=0.5, fraction=0.5"


def test_a_disk_that_is_full_ends_the_sweep_in_words_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sweep = Sweep(tmp_path, project())
    real, calls = sweeps.Ledger.append, []

    def full(self: object, record: dict, **options: bool) -> None:
        calls.append(record)
        if len(calls) == 3:
            raise FormatError("there is no room")
        real(self, record, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeps.Ledger, "append", full)
    with pytest.raises(FormatError, match="no room"):
        list(sweep.run(InProcess()))
    sweep.close()
    monkeypatch.undo()
    assert [trial.status for trial in ran(tmp_path)] == ["done", "done"]
