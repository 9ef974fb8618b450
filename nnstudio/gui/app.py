"""Starts the application: theme, window, error handling, and where the time goes."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from nnstudio.gui import heap
from nnstudio.gui.look import appearance
from nnstudio.gui.look.icons import application_icon
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.run.kernels import EarlyKernels
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import theme

TIMING = "NNSTUDIO_TIMING"
"""Set to 1 to print where the start-up time goes; to ``exit`` to quit when the window is usable."""
LIFT_PIXELS = 6  # how far a card is pulled before it is lifted


def run(file: Path | None = None) -> int:
    """Opens the window and stays until it is closed.

    Args:
        file: Project, run or model to open.

    Returns:
        The exit code, 0 after a normal end.
    """
    clock = _Clock()
    clock.lap("modules imported")
    app = make_application(sys.argv[:1])
    settings = Settings()
    appearance.restore(settings)
    theme().apply(app)
    clock.lap("application and theme")
    window = MainWindow(settings)
    sys.excepthook = Excepthook(window)
    clock.lap("window made")
    window.show()
    app.processEvents()
    clock.lap("window painted")
    if file is not None:
        window.open_any(file)
    window.recovery.look()
    kernels = EarlyKernels(window)
    kernels.said.connect(window.status.show_work)
    QTimer.singleShot(0, lambda: _usable(clock, kernels))
    try:
        return app.exec()
    finally:
        sys.excepthook = sys.__excepthook__


def make_application(argv: list[str]) -> QApplication:
    """The ``QApplication`` with its names, icon and steady heap; an existing one is used again."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else _new_application(argv)
    app.setApplicationName("NNStudio")
    app.setApplicationDisplayName("NNStudio")
    app.setDesktopFileName("nnstudio")
    app.setWindowIcon(application_icon())
    app.setStartDragDistance(LIFT_PIXELS)
    return app


def _new_application(argv: list[str]) -> QApplication:
    heap.fix_large_blocks()  # before the first large copy
    app = QApplication(argv)
    heap.HeapKeeper(app)
    return app


class Excepthook:
    """Tells an unexpected error in plain words, with details to copy, and lets the application live."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Shows the error; Ctrl+C still ends the program."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        print(details, file=sys.stderr, flush=True)
        self._window.messages.say(
            "error",
            "Something in NNStudio went wrong. Your project and runs are unharmed.",
            f"{kind.__name__}: {str(error)[:200]}\nSave the project. If it happens again, report it.",
            details=details,
        )


class _Clock:
    """Prints how long each part of the start took, if that was asked for."""

    def __init__(self) -> None:
        self._wanted = os.environ.get(TIMING, "")
        self._before = _seconds_since_start() if self._wanted else 0.0
        self._made = self._last = time.perf_counter()

    def lap(self, what: str) -> None:
        """A part is done."""
        if not self._wanted:
            return
        now = time.perf_counter()
        total = self._before + now - self._made
        took = total if self._last == self._made else now - self._last
        print(f"{what:24} {took:6.3f} s   {total:6.3f} s since the start", file=sys.stderr, flush=True)
        self._last = now

    @property
    def quits(self) -> bool:
        """Only the start was to be measured."""
        return self._wanted == "exit"


def _usable(clock: _Clock, kernels: EarlyKernels) -> None:
    clock.lap("usable")
    if clock.quits:
        QApplication.quit()
    else:
        kernels.start()


def _seconds_since_start() -> float:
    """Age of the process, where Linux tells it: the interpreter's own start counts too."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        return time.process_time()
