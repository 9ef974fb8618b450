from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.prepare import prepare
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from nnstudio.experiments import listing
from nnstudio.experiments.kept import load_kept
from nnstudio.experiments.listing import RunPoint, list_runs, load_point, point_of
from nnstudio.experiments.runs import RunRecorder
from nnstudio.layers import Dense, Input


def kept_run(base: Path, name: str, epochs: int = 3) -> Path:
    """A real run of a few milliseconds, all of whose epochs are kept."""
    layers = (Input(shape=(2,)), Dense(units=8, activation="relu"), Dense(units=2, activation="softmax"))
    project = ProjectSpec(
        network=NetworkSpec(layers=layers),
        data=DataSpec(source="moons", validation=0.25),
        train=TrainSpec(epochs=epochs, keep_every=1, learning_rate=0.01),
    )
    trainer, recorder = Trainer(project, prepare(project.data)), RunRecorder(base / name)
    recorder.begin(trainer)
    for event in trainer.run():
        recorder.event(event, trainer)
    recorder.end(trainer)
    return base / name


def test_runs_are_listed_newest_first_with_all_their_moments(tmp_path: Path):
    old = kept_run(tmp_path, "20260101-120000-mlp-64")
    new = kept_run(tmp_path, "20260301-081500-cnn", epochs=2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no run")
    first, second = list_runs(tmp_path)
    assert (first.folder, second.folder) == (new, old)
    assert (second.name, second.begun) == ("mlp-64", datetime(2026, 1, 1, 12))
    assert second.moments == ("best", "last", 1, 2, 3)
    result = json.loads((old / "result.json").read_text())
    assert second.best_epoch == result["best_epoch"]
    assert second.accuracy == pytest.approx(result["test"]["accuracy"])
    assert list_runs(tmp_path, limit=1) == (first,)
    assert list_runs(tmp_path / "nowhere") == ()


def test_a_damaged_result_hides_no_run(tmp_path: Path):
    folder = kept_run(tmp_path, "mine", epochs=1)
    (folder / "result.json").write_text("{")
    (found,) = list_runs(tmp_path)
    assert (found.name, found.accuracy, found.begun) == ("mine", None, None)


def test_every_moment_gives_its_own_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listing, "runs_dir", lambda: tmp_path)
    folder = kept_run(tmp_path, "20260101-120000-mlp")
    points = [RunPoint(folder, "mlp", moment) for moment in (1, 2, 3, "last", "best")]
    weights = [load_point(point).model.weights for point in points]
    assert (weights[2] == weights[3]).all()
    assert not np.array_equal(weights[0], weights[1])
    assert points[0].title == "mlp, epoch 1"
    assert point_of(folder).title == "mlp, best"
    with pytest.raises(FormatError, match="epoch 9"):
        load_point(RunPoint(folder, "mlp", 9))
    with pytest.raises(FormatError, match="no run"):
        point_of(tmp_path)


def test_a_run_from_elsewhere_never_meets_hdf5_in_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = kept_run(tmp_path / "elsewhere", "20260101-120000-mlp")
    points = [RunPoint(folder, "mlp", moment) for moment in ("best", 2)]
    wanted = [load_checkpoint(folder / "best.h5").weights, load_kept(folder, 2).weights]
    monkeypatch.setattr("h5py.File", None)  # of this process; the child has its own
    for point, weights in zip(points, wanted, strict=True):
        assert (load_point(point).model.weights == weights).all()
