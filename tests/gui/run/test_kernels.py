"""Kernels are compiled early, seen in the status bar, and not at all where there is nothing to compile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.ops.jit import build
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.gui.background import run_in_background
from nnstudio.gui.run import kernels
from nnstudio.gui.run.kernels import EarlyKernels
from nnstudio.gui.shell.status_bar import StatusBar


@pytest.fixture
def status(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> StatusBar:
    """A status bar on a machine that would compile."""
    monkeypatch.setenv("NNSTUDIO_PATH", "auto")
    monkeypatch.setattr(kernels, "POLL_MS", 10)
    bar = StatusBar()
    qtbot.addWidget(bar)
    return bar


@contextmanager
def compiler() -> Iterator[subprocess.Popen[bytes]]:
    """A process that works until its input ends."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process


def looked(status: StatusBar, qtbot: QtBot) -> EarlyKernels:
    """Has the kernels looked for, and waits until that is over."""
    early, over = EarlyKernels(status), list[None]()
    early.said.connect(status.show_work)
    early.start(after=0)
    qtbot.wait(1)
    run_in_background(lambda: None, over.append, parent=status)
    qtbot.waitUntil(lambda: bool(over))
    return early


def test_the_status_bar_says_so_while_they_are_compiled(
    status: StatusBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with compiler() as process:
        monkeypatch.setattr(build, "ready", lambda: False)
        monkeypatch.setattr(build, "compile_in_background", lambda: process)
        looked(status, qtbot)
        qtbot.waitUntil(lambda: status.work == kernels.TEXT)
        assert process.stdin is not None
        process.stdin.close()
        qtbot.waitUntil(lambda: status.work == "")


def test_closing_the_window_meanwhile_leaves_nothing_behind(
    status: StatusBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with compiler() as process:
        monkeypatch.setattr(build, "ready", lambda: False)
        monkeypatch.setattr(build, "compile_in_background", lambda: process)
        early = looked(status, qtbot)
        qtbot.waitUntil(lambda: status.work == kernels.TEXT)
        with qtbot.waitSignal(early.destroyed):
            early.deleteLater()
        assert process.poll() is None


def refuse() -> bool:
    raise NoFastPath("Numba is not installed")


@pytest.mark.parametrize(
    ("path", "ready"), [("auto", lambda: True), ("auto", refuse), ("numpy", lambda: False)]
)
def test_nothing_is_compiled_that_is_there_or_cant_be_or_isnt_wanted(
    status: StatusBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, path: str, ready: Callable[[], bool]
) -> None:
    started: list[None] = []
    monkeypatch.setenv("NNSTUDIO_PATH", path)
    monkeypatch.setattr(build, "ready", ready)
    monkeypatch.setattr(build, "compile_in_background", lambda: started.append(None))
    looked(status, qtbot)
    assert not started
    assert status.work == ""
