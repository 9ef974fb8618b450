"""Sweeps on a Dask cluster: a real one, on this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nnstudio.errors import TrainingError
from nnstudio.experiments.runs import load_run
from nnstudio.experiments.sweeps import cluster
from nnstudio.experiments.sweeps.cluster import DaskWorkers
from nnstudio.experiments.sweeps.sweep import Sweep, read_trials
from tests.experiments.sweeps.sample_sweeps import project, ran

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("default")  # Dask's own are not ours to mend


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as made:
        yield made.scheduler_address


@pytest.fixture
def workers(address: str) -> Iterator[DaskWorkers]:
    with closing(DaskWorkers(address)) as made:
        yield made


def test_a_cluster_trains_a_sweep_as_this_process_would(tmp_path: Path, workers: DaskWorkers):
    wanted = project({"lr": "1e-3,1e-2", "units": "3,4"})
    here, there = ran(tmp_path / "here", wanted), ran(tmp_path / "there", wanted, workers)
    assert [trial.runs[0].figure for trial in there] == [trial.runs[0].figure for trial in here]
    assert workers.room() == 2


def test_stop_reaches_the_cluster_and_the_runs_save_their_states(tmp_path: Path, workers: DaskWorkers):
    sweep = Sweep(tmp_path, project({"lr": "1e-3,1e-2"}, epochs=1_000_000))
    for trials in sweep.run(workers):
        if len(trials) == 2 and all(trial.epoch > 1 for trial in trials):
            sweep.stop()
    sweep.close()
    assert [trial.status for trial in read_trials(tmp_path, sweep.project)] == ["queued", "queued"]
    for trial in sweep.trials:
        assert load_run(sweep.run_folder(trial.runs[0]))[1] is not None


def test_a_worker_of_the_cluster_that_is_killed_loses_nothing(tmp_path: Path, workers: DaskWorkers):
    sweep = Sweep(tmp_path, project({"lr": "1e-3,1e-2"}, epochs=400))
    victim = 0
    for trials in sweep.run(workers):
        if not victim and len(trials) == 2 and all(trial.epoch > 1 for trial in trials):
            victim = next(iter(workers._client.run(os.getpid).values()))
            os.kill(victim, signal.SIGKILL)
    sweep.close()
    assert victim
    assert [trial.status for trial in sweep.trials] == ["done", "done"]
    assert [trial.runs[0].epoch for trial in sweep.trials] == [400, 400]


def test_what_fails_on_the_cluster_says_why(tmp_path: Path, workers: DaskWorkers):
    trials = ran(tmp_path, project({"network.layers.2.units": "2,3"}), workers)
    assert [trial.status for trial in trials] == ["done", "failed"]
    assert "one output per class" in trials[1].reason


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:1", "nonsense"])
def test_a_cluster_that_does_not_answer_is_told_in_words(wrong: str, monkeypatch: Any):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(TrainingError, match="there is no Dask cluster at"):
        DaskWorkers(wrong)
