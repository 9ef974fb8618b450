"""``nnstudio bench``."""

from __future__ import annotations

import pytest

from nnstudio.engine.ops.gpu.detect import Gpu
from tests.cli.conftest import Command


def test_one_object_with_a_row_per_network_and_path(command: Command):
    found = command("bench", "M5", "--path", "numpy", "--seconds", 0.01, "--rounds", 1, "--json").json
    assert set(found) == {"machine", "rows"}
    (row,) = found["rows"]
    assert set(row) == {"name", "task", "path", "threads", "samples_per_second", "spread", "of_limit"}
    assert (row["name"], row["path"]) == ("M5", "CPU · NumPy")


def test_an_unknown_network_is_refused(command: Command):
    command("bench", "M7").refused("M7", "M6")


def test_turns_without_time_are_refused(command: Command):
    command("bench", "M5", "--seconds", 0).refused("--seconds")
    command("bench", "M5", "--rounds", 0).refused("--rounds")


def test_the_gpu_is_measured_where_there_is_one(command: Command, monkeypatch: pytest.MonkeyPatch):
    none = Gpu(reason="CuPy finds no NVIDIA GPU", fix="check the driver")
    monkeypatch.setattr("nnstudio.engine.ops.gpu.detect.find_gpu", lambda: none)
    command("bench", "M5", "--path", "gpu").refused("CuPy finds no NVIDIA GPU")
