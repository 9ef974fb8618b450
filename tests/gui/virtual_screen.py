"""A virtual screen with real processes of the application, typed on with xdotool."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def skip_without_screen() -> None:
    """Skips the test where the tools for a virtual screen are not installed."""
    missing = [tool for tool in ("Xvfb", "xdotool", "openbox") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: no virtual screen to type on")


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A virtual screen with a window manager; yields the environment that shows on it."""
    number = 90 + os.getpid() % 400
    environment = {**os.environ, "DISPLAY": f":{number}"}
    environment.pop("QT_QPA_PLATFORM", None)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    command = ["Xvfb", f":{number}", "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, **quiet) as server:  # type: ignore[call-overload]
        try:
            wait_for(lambda: Path(f"/tmp/.X11-unix/X{number}").exists(), 10, "the screen")
            with subprocess.Popen(["openbox"], **quiet) as manager:  # type: ignore[call-overload]
                try:
                    yield environment
                finally:
                    manager.terminate()
        finally:
            server.send_signal(signal.SIGTERM)


def wait_for(done: Callable[[], object], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, f"{what} did not come"
        time.sleep(0.1)


@contextmanager
def application(environment: dict[str, str], folder: Path, *files: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the application with a home of its own in ``folder``, which is also where it starts."""
    folder.mkdir(exist_ok=True)
    environment = environment | {"NNSTUDIO_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "nnstudio", *map(str, files)]
    with subprocess.Popen(command, env=environment, cwd=folder) as app:
        try:
            yield app
        finally:
            app.kill()


class Keys:
    """Types with xdotool on a screen."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def press(self, *keys: str) -> None:
        """Presses keys one after the other, with a person's pauses."""
        for key in keys:
            self._run("key", key)
            time.sleep(0.3)

    def write(self, text: str) -> None:
        """Types text."""
        self._run("type", "--delay", "30", text)
        time.sleep(0.3)

    def wait_for_window(self, title: str) -> None:
        """Waits until a window with these words in its title is there."""
        command = ["search", "--onlyvisible", "--name", title]
        wait_for(lambda: self._run(*command, check=False).stdout.strip(), 60, f"the window {title}")
        time.sleep(1.0)

    def front(self, title: str) -> None:
        """Brings a window to the front, as a click on it does."""
        self._run("search", "--onlyvisible", "--name", title, "windowactivate", "--sync")
        time.sleep(0.5)

    def _run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["xdotool", *words]
        return subprocess.run(command, env=self._environment, check=check, capture_output=True, text=True)
