from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.fast_path import Device
from nnstudio.errors import Cancelled
from nnstudio.experiments.estimate import Speed, Speeds, measure, training_seconds
from nnstudio.experiments.listing import best_accuracies
from nnstudio.experiments.presets import load_preset


@pytest.fixture(autouse=True)
def numpy_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_PATH", "numpy")


@pytest.mark.parametrize("name", ["spiral-mlp", "s4-linear"])
def test_a_measurement_times_real_steps_without_the_data(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_DATA", "/nowhere")
    speed = measure(load_preset(name), "cpu", budget=0.02)
    assert 0 < speed.step < 1
    assert speed.lasting


def test_a_measurement_can_be_cancelled_between_steps(tmp_path: Path) -> None:
    def tick() -> None:
        raise Cancelled("the window is closed")

    speeds = Speeds(tmp_path / "speeds.json")
    with pytest.raises(Cancelled):
        speeds.speed(load_preset("spiral-mlp"), "cpu", tick)
    assert speeds.known(load_preset("spiral-mlp"), "cpu") is None


def test_a_busy_machine_does_not_lengthen_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = iter(range(1_000_000))
    monkeypatch.setattr(time, "thread_time", lambda: next(computed) * 1e-3)  # whatever the wall clock says
    speed = measure(load_preset("spiral-mlp"), "cpu", lambda: time.sleep(0.01), budget=0.02)
    assert 0 < speed.step <= 1e-3


def test_a_run_teaches_what_a_step_takes(tmp_path: Path) -> None:
    project, file = load_preset("spiral-mlp"), tmp_path / "speeds.json"
    Speeds(file, lambda *_: Speed(0.5)).learn(project, "auto", 0.25)
    assert Speeds(file).known(project) == Speed(0.25)


def test_an_epoch_shorter_than_the_budget_is_measured_too() -> None:
    project = load_preset("spiral-mlp")
    project = project.replace(train=project.train.replace(epochs=1, batch_size=100_000))
    assert measure(project, "cpu", budget=1.0).step > 0


def test_the_time_counts_steps_and_validations() -> None:
    project = load_preset("spiral-mlp")
    recipe = project.train.replace(epochs=10, batch_size=20, validate_every=5)
    seconds = training_seconds(project.replace(train=recipe), 190, 60, Speed(0.01))
    # ten steps an epoch, and two validations of three batches at a third each
    assert seconds == pytest.approx(10 * 10 * 0.01 + 2 * 3 / 3 * 0.01)


def test_a_measurement_is_made_once_per_machine_and_recipe_of_a_step(tmp_path: Path) -> None:
    made: list[ProjectSpec] = []

    def measured(project: ProjectSpec, _device: Device, _tick: object) -> Speed:
        made.append(project)
        return Speed(0.5)

    project = load_preset("spiral-mlp")
    speeds = Speeds(tmp_path / "speeds.json", measured)
    assert speeds.known(project) is None
    assert speeds.speed(project) == speeds.speed(project) == Speed(0.5)
    longer = project.replace(name="other", train=project.train.replace(epochs=1000, learning_rate=1.0))
    assert Speeds(tmp_path / "speeds.json", measured).known(longer) == Speed(0.5)
    assert len(made) == 1
    other = project.replace(train=project.train.replace(batch_size=3))
    assert speeds.known(other) is None


def test_a_speed_that_will_change_soon_is_not_kept_for_the_next_start(tmp_path: Path) -> None:
    project = load_preset("spiral-mlp")
    speeds = Speeds(tmp_path / "speeds.json", lambda *_: Speed(0.5, lasting=False))
    assert speeds.speed(project) == Speed(0.5, lasting=False)
    assert Speeds(tmp_path / "speeds.json").known(project) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": null}', '{"a": []}', "\x00"])
def test_a_damaged_file_is_measured_again(text: str, tmp_path: Path) -> None:
    file = tmp_path / "speeds.json"
    file.write_text(text)
    speeds = Speeds(file, lambda *_: Speed(0.25))
    assert speeds.speed(load_preset("spiral-mlp")) == Speed(0.25)
    assert list(json.loads(file.read_text()).values()) == [0.25]


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    speeds = Speeds(tmp_path / "taken" / "speeds.json", lambda *_: Speed(0.25))
    assert speeds.speed(load_preset("spiral-mlp")) == Speed(0.25)


def test_the_best_run_of_exactly_the_recipe_counts(tmp_path: Path) -> None:
    project = load_preset("spiral-mlp")
    changed = project.replace(train=project.train.replace(epochs=3))
    for number, (recipe, accuracy) in enumerate([(project, 0.8), (project, 0.9), (changed, 0.99)]):
        folder = tmp_path / f"20260101-00000{number}-spiral-mlp"
        folder.mkdir()
        (folder / "last.h5").touch()
        (folder / "project.json").write_text(recipe.dumps())
        (folder / "result.json").write_text(json.dumps({"test": {"accuracy": accuracy}}))
    assert best_accuracies({"mine": project}, tmp_path) == {"mine": 0.9}
    assert best_accuracies({"other": load_preset("digits-mlp")}, tmp_path) == {}
