"""What a command imports, says on a terminal, and leaves behind when its output is cut off."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnstudio
from nnstudio.cli.output import Progress, clock, complain, print_json
from nnstudio.cli.train import epoch_line
from nnstudio.engine.state import EpochRecord
from tests.cli.conftest import Command

MODULES = """
import sys
from nnstudio.__main__ import main
code = main(sys.argv[1:])
print(code, *sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """Packages in memory after a command in a process of its own, which must end well."""
    done = subprocess.run(
        [sys.executable, "-c", MODULES, *arguments], capture_output=True, text=True, check=True
    )
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0"
    return set(names)


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_import_next_to_nothing(option: str):
    assert imported(option).isdisjoint(
        {"numpy", "pydantic", "PySide6", "h5py", "rich", "PIL", "platformdirs"}
    )


def test_training_imports_no_qt(tmp_path: Path):
    names = imported("train", "spiral-mlp", "--epochs", "1", "--out", str(tmp_path / "run"))
    assert names.isdisjoint({"PySide6", "pyqtgraph", "qtawesome", "shiboken6", "cupy"})
    assert "numpy" in names


COMMANDS = """
import json, sys
from nnstudio.cli import main
for arguments in json.loads(sys.argv[1]):
    assert main(arguments) == 0, arguments
found = [name for name in sys.modules if name.startswith(("PySide6", "pyqtgraph", "cupy"))]
assert not found, found
"""


def test_no_other_command_imports_qt(tmp_path: Path, run_folder: Path):
    lines = [
        ["evaluate", str(run_folder)],
        ["summary", "s5-baseline"],
        ["gradcheck", "spiral-mlp"],
        ["presets"],
        ["data", "list"],
        ["export", str(run_folder), str(tmp_path / "m.h5")],
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(lines)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_version_and_help(command: Command):
    assert command("--version").out == f"nnstudio {nnstudio.__version__}\n"
    text = command("--help").out
    for name in ("train", "evaluate", "predict", "summary", "gradcheck", "export", "presets", "data"):
        assert name in text
        assert command(name, "--help").code == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes as on POSIX")
def test_a_reader_that_has_seen_enough_is_no_crash():
    script = "import sys; from nnstudio.cli import main; sys.exit(main(['presets', '--json']))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_said(command: Command):
    with Path("/dev/full").open("w") as full:
        script = "import sys; from nnstudio.cli import main; sys.exit(main(['presets']))"
        done = subprocess.run(
            [sys.executable, "-c", script], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert "error: the system refused" in done.stderr
    assert done.returncode != 0


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_bar_on_a_terminal(tmp_path: Path, columns: int):
    arguments = ["train", "spiral-mlp", "--epochs", "12", "--data", "moons", "--out", str(tmp_path / "run")]
    lines = on_a_terminal(arguments, columns)
    bars = [line for line in lines if "batch" in line]  # on a narrow one the bar itself makes room
    assert bars
    if columns >= 80:
        figures = (
            r"epoch +\d+/12 .*━.* \d+% batch +\d+/\d+  loss \d\.\d{4}  accuracy +\d+\.\d\d% ?(\d+:\d\d left)?"
        )
        assert all(re.fullmatch(figures, line.strip()) for line in bars)
    assert max(map(len, bars)) <= columns
    epochs = [line for line in lines if re.match(r"epoch +\d+/12  loss", line)]
    assert len(epochs) == 12
    assert lines[-1].startswith("time")


def on_a_terminal(arguments: list[str], columns: int) -> list[str]:
    """What a command shows on a terminal, without colours and cursor movements, line by line."""
    import pty

    terminal, end = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "LINES": "30", "TERM": "xterm-256color"}
    python = [sys.executable, "-m", "nnstudio", *arguments]
    with subprocess.Popen(python, stdin=end, stdout=end, stderr=end, env=environment) as process:
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError):  # EIO once the other end is closed
            while data := os.read(terminal, 65_536):
                shown += data
    os.close(terminal)
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    return [line for line in re.split(r"[\r\n]+", text) if line.strip()]


def test_epoch_lines_fit_a_terminal_and_stay_in_line():
    first = epoch_line(EpochRecord(3, 1.23456, 0.051, 2.3, 0.1, 0.1, 1.0, 9_876.5), 30)
    later = epoch_line(EpochRecord(30, 0.1, 0.9999, 0.2, 0.99, 0.1, 1.0, 45_689.2), 30)
    assert first == "epoch  3/30  loss 1.2346  accuracy  5.10%  val 2.3000  10.00%  9,876 samples/s"
    assert first.index("samples") == later.index("samples") - len("45,6") + len("9,8")
    assert max(len(first), len(later)) < 80
    assert "val" not in epoch_line(EpochRecord(1, 1.0, 0.5, None, None, 0.1, 1.0, 1.0), 2)


def test_clock():
    assert [clock(s) for s in (0, 59.6, 61, 3_600, 36_061)] == ["0:00", "1:00", "1:01", "1:00:00", "10:01:01"]


def test_plain_progress_says_each_stage_once(capsys: pytest.CaptureFixture[str]):
    display = Progress()
    for done in (0.1, 0.5, 0.9):
        display.update(f"Downloading: {done:.0%}", done)
    display.update("Unpacking", None)
    display.step(3, "unseen", "")
    assert capsys.readouterr().err.splitlines() == ["Downloading: 10%", "Unpacking"]


def test_errors_are_one_line(capsys: pytest.CaptureFixture[str]):
    complain("two problems:\n  this\n  that")
    complain("plain")
    assert capsys.readouterr().err == "error: two problems: this | that\nerror: plain\n"


def test_json_never_holds_nan():
    with pytest.raises(ValueError, match="JSON"):
        print_json({"loss": float("nan")})
