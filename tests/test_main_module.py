"""What ``nnstudio`` does with its arguments, on machines with and without a display. Free of Qt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nnstudio import __main__
from nnstudio.gui import qt_libraries

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Records what would be opened or run instead of doing it."""
    made: list[object] = []

    def command_line(arguments: list[str]) -> int:
        made.append(arguments)
        return 7

    def app(file: Path | None) -> int:
        made.append(file)
        return 3

    monkeypatch.setattr("nnstudio.cli.main", command_line)
    monkeypatch.setattr(__main__, "_open_app", app)
    return made


@pytest.mark.parametrize(
    "arguments", [["--version"], ["train", "x.json"], ["presets"], ["summary", "a", "b"]]
)
def test_subcommands_go_to_the_command_line(calls: list[object], arguments: list[str]) -> None:
    assert __main__.main(arguments) == 7
    assert calls == [arguments]


def test_nothing_or_one_file_opens_the_app(calls: list[object], tmp_path: Path) -> None:
    assert __main__.main([]) == 3
    assert __main__.main(["some.nnstudio"]) == 3
    (tmp_path / "project.json").write_text("{}")
    assert __main__.main([str(tmp_path)]) == 3
    assert calls == [None, Path("some.nnstudio"), tmp_path]


def test_no_subcommand_imports_qt() -> None:
    code = (
        "import sys; from nnstudio.__main__ import main; main(['presets']); print('PySide6' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.splitlines()[-1] == "False"


def test_without_a_display_it_says_so_and_trains_the_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def command_line(arguments: list[str]) -> int:
        ran.append(arguments)
        return 0

    monkeypatch.setattr("nnstudio.cli.main", command_line)
    monkeypatch.setattr(qt_libraries, "display_available", lambda: False)
    assert __main__.main([]) == 0
    assert ran == [["train", "digits-mlp"]]
    assert "no display" in capsys.readouterr().err


def test_a_file_without_a_display_is_not_ignored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "a.nnstudio"
    file.write_text("{}")
    monkeypatch.setattr(qt_libraries, "display_available", lambda: False)
    assert __main__.main([str(file)]) == 1
    assert f"nnstudio summary {file}" in capsys.readouterr().err


def test_a_file_that_is_missing_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["gone.nnstudio"]) == 2
    assert "error: there is no file gone.nnstudio" in capsys.readouterr().err


def test_missing_system_libraries_name_their_packages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = ("libegl1", "libxcb-cursor0")
    monkeypatch.setattr(qt_libraries, "display_available", lambda: True)
    monkeypatch.setattr(qt_libraries, "missing_packages", lambda: packages)
    assert __main__.main([]) == 1
    told = capsys.readouterr().err
    assert "sudo apt-get install libegl1 libxcb-cursor0" in told
    assert "Traceback" not in told


def test_only_libraries_that_do_not_load_are_missing() -> None:
    absent = {"libEGL.so.1", "libxcb-cursor.so.0"}

    def missing(environment: dict[str, str], platform: str = "linux") -> tuple[str, ...]:
        return qt_libraries.missing_packages(environment, platform, lambda name: name not in absent)

    assert missing({"DISPLAY": ":0"}) == ("libegl1", "libxcb-cursor0")
    assert missing({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}) == ("libegl1",)
    assert missing({"DISPLAY": ":0"}, "darwin") == ()


def test_when_a_window_can_be_shown() -> None:
    def available(environment: dict[str, str], platform: str = "linux", reaches: bool = True) -> bool:
        return qt_libraries.display_available(environment, platform, lambda _: reaches)

    assert not available({})
    assert available({"DISPLAY": ":0"})
    assert not available({"DISPLAY": ":0"}, reaches=False), "a server that is gone"
    assert available({"WAYLAND_DISPLAY": "wayland-0"}, reaches=False)
    assert available({"QT_QPA_PLATFORM": "offscreen"}, reaches=False)
    assert available({}, "win32")


def test_an_import_error_of_our_own_is_no_missing_library() -> None:
    assert qt_libraries.is_missing("libEGL.so.1: cannot open shared object file: No such file or directory")
    assert qt_libraries.is_missing("No module named 'PySide6'")
    assert not qt_libraries.is_missing("cannot import name 'Spec' from 'nnstudio.core.spec'")
    assert "python -m pip install" in qt_libraries.explain("No module named 'PySide6'")
