"""Kept checkpoints: what stays, how much room it takes, and forks from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.state import TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from nnstudio.experiments.kept import Kept, fork_point, kept_checkpoints, kept_text, load_kept, thin_out
from nnstudio.experiments.runs import RunRecorder
from tests.helpers import small_data, small_project


def recorded(folder: Path, project: ProjectSpec, state: TrainerState | None = None) -> RunRecorder:
    trainer, recorder = Trainer(project, small_data(project), state), RunRecorder(folder)
    recorder.begin(trainer)
    for event in trainer.run():
        recorder.event(event, trainer)
    recorder.end(trainer)
    return recorder


def epochs(folder: Path) -> list[int]:
    return [kept.epoch for kept in kept_checkpoints(folder)]


def test_every_nth_and_the_last_epoch_stay_and_the_status_says_so(tmp_path: Path):
    recorder = recorded(tmp_path, small_project(epochs=7, keep_every=3))
    assert epochs(tmp_path) == [3, 6, 7]
    size = sum(kept.size for kept in kept_checkpoints(tmp_path))
    assert recorder.kept == f"3 checkpoints kept, {size / 1e6:.1f} MB"
    assert json.loads((tmp_path / "result.json").read_text())["checkpoints"] == recorder.kept


def test_none_is_kept_unless_asked_for(tmp_path: Path):
    assert recorded(tmp_path, small_project(epochs=3)).kept == ""
    assert epochs(tmp_path) == []


def test_a_kept_checkpoint_goes_on_as_the_run_did(tmp_path: Path):
    project = small_project(epochs=5, keep_every=1)
    recorded(tmp_path, project)
    checkpoint = load_kept(tmp_path, 2)
    assert checkpoint.state is not None
    trainer = Trainer(project, small_data(project), checkpoint.state)
    for _ in trainer.run():
        pass
    last = load_kept(tmp_path, 5)
    np.testing.assert_array_equal(trainer.state.weights, last.weights)


def test_a_run_that_is_resumed_earlier_drops_what_it_will_train_again(tmp_path: Path):
    project = small_project(epochs=4, keep_every=1)
    recorded(tmp_path, project)
    state = load_kept(tmp_path, 2).state
    recorder = RunRecorder(tmp_path)
    recorder.begin(Trainer(project, small_data(project), state))
    recorder.close()
    assert epochs(tmp_path) == [1, 2]


@pytest.mark.parametrize(
    ("have", "room", "left"),
    [
        ([1, 2, 3, 4, 5], 5, [1, 2, 3, 4, 5]),
        ([1, 2, 3, 4, 5], 4, [1, 3, 4, 5]),
        ([1, 2, 3, 4, 5], 3, [1, 3, 5]),
        ([1, 3, 5, 6, 7, 8], 4, [1, 3, 5, 8]),
        ([1, 2], 1, [2]),
        ([7], 0, [7]),
    ],
)
def test_thinning_out_leaves_even_gaps_and_the_newest(have: list[int], room: int, left: list[int]):
    kept = tuple(Kept(epoch, Path(str(epoch)), 1) for epoch in have)
    removed = {checkpoint.epoch for checkpoint in thin_out(kept, room)}
    assert [epoch for epoch in have if epoch not in removed] == left


def test_the_room_is_bounded(tmp_path: Path):
    project = small_project(epochs=30, keep_every=1, keep_megabytes=1)
    recorded(tmp_path, project)
    kept = kept_checkpoints(tmp_path)
    assert sum(checkpoint.size for checkpoint in kept) <= 1_000_000
    assert kept[0].epoch == 1
    assert kept[-1].epoch == 30
    assert len(kept) < 30


def test_an_epoch_that_was_not_kept_names_those_that_were(tmp_path: Path):
    recorded(tmp_path, small_project(epochs=4, keep_every=2))
    with pytest.raises(FormatError, match=r"no checkpoint of epoch 3; allowed: epoch 2, 4"):
        fork_point(tmp_path, 3)
    with pytest.raises(FormatError, match="keep_every"):
        fork_point(tmp_path / "elsewhere", 3)


def test_strange_files_among_the_checkpoints_are_left_alone(tmp_path: Path):
    recorded(tmp_path, small_project(epochs=2, keep_every=1))
    (tmp_path / "checkpoints" / "epoch-1x.h5").write_bytes(b"mine")
    (tmp_path / "checkpoints" / "notes.txt").write_text("mine")
    assert epochs(tmp_path) == [1, 2]
    assert kept_text(()) == ""
