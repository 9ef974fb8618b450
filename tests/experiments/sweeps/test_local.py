"""Workers that are processes of their own: several at a time, killed, silent, and left alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnstudio.experiments.sweeps import local
from nnstudio.experiments.sweeps.local import LocalWorkers
from nnstudio.experiments.sweeps.sweep import Sweep, read_trials
from tests.experiments.sweeps.sample_sweeps import project, ran

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")


def children() -> list[int]:
    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]


@pytest.fixture
def workers():
    made = LocalWorkers(2)
    yield made
    made.close()
    assert children() == []


def test_several_processes_train_a_sweep_as_one_would(tmp_path: Path, workers: LocalWorkers):
    wanted = project({"lr": "1e-3,1e-2", "units": "3,4"})
    alone, together = ran(tmp_path / "alone", wanted), ran(tmp_path / "together", wanted, workers)
    assert [trial.runs[0].figure for trial in together] == [trial.runs[0].figure for trial in alone]
    assert {trial.status for trial in together} == {"done"}


def test_a_killed_worker_loses_nothing_and_stop_ends_the_others(tmp_path: Path, workers: LocalWorkers):
    sweep = Sweep(tmp_path, project({"lr": "1e-3,1e-2"}, epochs=100_000))
    victim, died = 0, 0
    for trials in sweep.run(workers):
        if all(trial.epoch > 2 for trial in trials) and not victim:
            victim = children()[0]
            os.kill(victim, signal.SIGKILL)
        died = sum(run.deaths for trial in trials for run in trial.runs)
        if victim and died and all(trial.epoch > 2 for trial in trials):
            sweep.stop()
    assert (bool(victim), died) == (True, 1)
    sweep.close()
    assert [trial.status for trial in read_trials(tmp_path, sweep.project)] == ["queued", "queued"]


def test_a_worker_that_says_nothing_any_more_is_ended(
    tmp_path: Path, workers: LocalWorkers, monkeypatch: pytest.MonkeyPatch
):
    sweep = Sweep(tmp_path, project({"lr": "1e-2"}, epochs=100_000))
    stopped = 0
    for trials in sweep.run(workers):
        if trials[0].epoch > 2 and not stopped:
            stopped = children()[0]
            os.kill(stopped, signal.SIGSTOP)
            monkeypatch.setattr(local, "PATIENCE", 0.3)
        if trials[0].runs[0].deaths:
            monkeypatch.undo()
            break
    assert stopped not in children()
    assert trials[0].status in ("queued", "running")  # it gets another chance
    sweep.close()


def test_workers_end_when_whoever_started_them_is_killed(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, pathlib\n"
        "from tests.experiments.sweeps.sample_sweeps import project\n"
        "from nnstudio.experiments.sweeps.local import LocalWorkers\n"
        "from nnstudio.experiments.sweeps.sweep import Sweep\n"
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    sweep = Sweep(pathlib.Path(sys.argv[1]), project({'lr': '1e-2'}, epochs=100_000))\n"
        "    for trials in sweep.run(LocalWorkers(1)):\n"
        "        if trials[0].epoch > 1:\n"
        "            print(multiprocessing.active_children()[0].pid, flush=True)\n",
        encoding="utf-8",
    )
    root = str(Path(__file__).parents[3])
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "sweep")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
    sweep = Sweep(tmp_path / "sweep")  # the lock is free again
    assert sweep.trials[0].status == "queued"
    sweep.close()
