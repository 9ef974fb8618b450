"""What the command-line tests share: folders of their own, and one small trained run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnstudio.cli import main
from tests.data.sample_data import write_idx_set
from tests.helpers import clouds

CLOUDS_MLP: list[dict[str, Any]] = [
    {"type": "Input", "shape": [6, 6, 1]},
    {"type": "Flatten"},
    {"type": "Dense", "name": "hidden", "units": 8, "activation": "relu"},
    {"type": "Dense", "name": "out", "units": 3, "activation": "softmax"},
]
"""A network for the images of :func:`clouds`, as the layers of a JSON file."""


class Output(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        assert self.out.count("\n") == 1
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    def refused(self, *words: str) -> None:
        """The command ended with 2, one ``error:`` line that holds the words, and nothing else."""
        assert self.code == 2
        assert self.out == ""
        lines = [line for line in self.err.splitlines() if line.startswith("error:")]
        assert len(lines) == 1
        assert "Traceback" not in self.err
        for word in words:
            assert word in lines[0]


Command = Callable[..., Output]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs go to a folder of the test; nothing is found outside it."""
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NNSTUDIO_DATA", raising=False)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command in this process."""

    def run(*arguments: object) -> Output:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Output(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def clouds_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clouds of images as a folder of IDX files."""
    folder = tmp_path_factory.mktemp("clouds")
    write_idx_set(folder, clouds())
    return folder


@pytest.fixture(scope="session")
def network_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network for the clouds as a JSON file."""
    path = tmp_path_factory.mktemp("network") / "clouds-mlp.json"
    path.write_text(json.dumps({"layers": CLOUDS_MLP}), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, network_file: Path, clouds_folder: Path) -> Path:
    """A finished run on the clouds. Tests don't change it."""
    folder = tmp_path_factory.mktemp("runs") / "clouds"
    arguments = [
        "train",
        network_file,
        "--data",
        clouds_folder,
        "--out",
        folder,
        "--epochs",
        15,
        "--lr",
        0.01,
    ]
    assert main([str(argument) for argument in arguments]) == 0
    return folder
