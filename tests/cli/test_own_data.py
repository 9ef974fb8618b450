"""Data of the user's own from the command line: preview, info, convert, train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.core.import_options import ImportOptions
from tests.data.sources.pictures import digits, random_images, write_tree

from .conftest import Command

ROWS = [(*point, name) for name, centre in (("left", -1.0), ("right", 1.0)) for point in
        np.random.default_rng(0).normal([centre, 0], 0.3, (40, 2)).tolist()]  # fmt: skip
LAYERS: list[dict[str, Any]] = [
    {"type": "Input", "shape": [2]},
    {"type": "Dense", "name": "out", "units": 2, "activation": "softmax"},
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text("x;y;side\n" + "".join(f"{x};{y};{side}\n" for x, y, side in ROWS), encoding="utf-8")
    return path


def test_preview_shows_what_will_be_done(command: Command, table: Path) -> None:
    out = command("data", "preview", table).out
    assert "table (CSV): 80 training and 0 test samples, 2, float32" in out
    assert "cells separated by semicolon" in out
    assert "column 'side' holds the class" in out
    assert "looked at all 80 rows: nothing wrong" in out
    seen = command("data", "preview", table, "--json", "--read", "label=3").json
    assert (seen["shape"], seen["options"]["label"]) == ([2], "side")
    assert seen["classes"] == [{"name": name, "train": 40, "test": 0} for name in ("left", "right")]


def test_info_reads_a_table_and_finds_duplicates(command: Command, tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=np.eye(3), y_train=[0, 1, 0], x_test=np.eye(3)[1:], y_test=[1, 1])
    found = command("data", "info", tmp_path / "d.npz", "--duplicates", "--json").json["duplicates"]
    assert found == [
        {"test": "test sample 0", "train": "sample 1", "contradictory": False},
        {"test": "test sample 1", "train": "sample 2", "contradictory": True},
    ]
    out = command("data", "info", tmp_path / "d.npz", "--duplicates").out
    assert "2 of 2 test samples are training samples too" in out
    assert "test sample 1 = sample 2, with another label" in out


def test_a_table_trains_and_the_run_remembers_how_it_was_read(
    command: Command, table: Path, tmp_path: Path
) -> None:
    table.write_text(table.read_text() + "1;2\n")
    network = tmp_path / "network.json"
    network.write_text(json.dumps({"layers": LAYERS}))
    arguments = ["train", network, "--data", table, "--epochs", 20, "--lr", 0.1, "--batch-size", 8]
    command(*arguments).refused(
        "holds 1 sample that can't be used", "line 82: 2 cells instead of 3", "skip_bad=true"
    )
    result = command(
        *arguments, "--set", "data.reading.skip_bad=true", "--out", tmp_path / "run", "--json"
    ).json
    assert result["test"]["accuracy"] > 0.9
    project = json.loads((tmp_path / "run" / "project.json").read_text())
    assert project["data"]["reading"]["skip_bad"] is True
    assert command("evaluate", tmp_path / "run", "--json").json["classes"] == ["left", "right"]


def test_python_trains_on_a_table(table: Path) -> None:
    network = nn.Network([nn.layers.Dense(2, activation="softmax")], (2,))
    run = nn.train(
        network, table, epochs=20, learning_rate=0.1, batch_size=8, reading=ImportOptions(label="side")
    )
    assert run.data.classes == ("left", "right")
    assert run.history[-1].train_accuracy > 0.9


@pytest.mark.parametrize("out", ["images", "set.npz", "set.h5", "set.csv"])
def test_convert_writes_what_trains_again(
    command: Command, clouds_folder: Path, tmp_path: Path, out: str
) -> None:
    written = command("data", "convert", clouds_folder, tmp_path / out, "--json").json["written"]
    assert Path(written[0]) == tmp_path / out
    before = command("data", "info", clouds_folder, "--json").json
    after = command("data", "info", tmp_path / out, "--json").json
    for figure in ("shape", "classes", "train", "train_per_class"):
        assert after[figure] == before[figure], figure


def test_wrong_wishes_are_refused(command: Command, table: Path, tmp_path: Path) -> None:
    command("data", "info", table, "--read", "label").refused("--read needs a field and a value")
    command("data", "info", table, "--read", "size=wide").refused("size")
    command("data", "info", table, "--read", "fit=squeeze").refused("fit", "stretch")
    command("data", "info", table, "--read", "colours=rgb").refused("colours")
    command("data", "convert", table, tmp_path / "x.parquet").refused("ending that isn't known", ".npz")
    command("data", "convert", table, tmp_path / "pictures").refused("PNG files hold")


def test_corrections_count_from_the_command_line(command: Command, table: Path, tmp_path: Path) -> None:
    network = tmp_path / "network.json"
    network.write_text(json.dumps({"layers": LAYERS}))
    corrections = json.dumps([{"row": row, "label": None} for row in range(0, 40, 2)])
    arguments = ["train", network, "--data", table, "--epochs", 1, "--set", f"data.corrections={corrections}"]
    command(*arguments, "--set", "data.test=0", "--set", "data.validation=0", "--out", tmp_path / "run")
    told = command("evaluate", tmp_path / "run", "--split", "train", "--json").json
    assert sum(map(sum, told["confusion"])) == 60
    command(*arguments[:-1], 'data.corrections=[{"row": 99, "label": null}]').refused("doesn't hold", "Data")


@pytest.mark.parametrize("size", ["6x4", "6,4", "6×4", "[6,4]"])
def test_a_size_is_written_as_people_do(command: Command, tmp_path: Path, size: str):
    folder = write_tree(tmp_path / "pets", digits(random_images(6, (8, 8)), np.array(["a", "b"] * 3)))
    assert command("data", "preview", folder, "--json", "--read", f"size={size}").json["shape"] == [6, 4, 1]
