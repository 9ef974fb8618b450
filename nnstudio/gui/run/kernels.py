"""The compiled kernels, made a moment after the window opens, so that the first run has them."""

from __future__ import annotations

import subprocess

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.engine.fast_path import chosen_path
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import run_in_background

QUIET_MS = 2_000
"""Time from the window's opening until kernels are looked for: pages and data come first."""
POLL_MS = 500

TEXT = "Preparing fast kernels"
TOOLTIP = (
    "Once on this computer, the kernels that train fastest are compiled for its processor. It takes about a "
    "minute and lets everything else go first. Runs train in NumPy until then."
)


class EarlyKernels(QObject):
    """Has the kernels compiled by a process of its own, if there are none yet.

    The window does not notice: what is on disk is looked at on a worker thread, and the process gives way
    to everything else. It goes on if the window is closed, and a run that begins meanwhile waits for
    nothing (see ``engine.fast_path``).
    """

    said = Signal(str, str)
    """What goes on, in short and for a tooltip; empty when nothing does any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)

    def start(self, after: int = QUIET_MS) -> None:
        """Looks for the kernels a while later.

        Args:
            after: The while, in milliseconds.
        """
        QTimer.singleShot(after, self, self._look)

    def _look(self) -> None:
        run_in_background(_begin, self._begun, parent=self)

    def _begun(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is not None:
            self._process = process
            self._timer.start(POLL_MS)
            self.said.emit(TEXT, TOOLTIP)

    def _poll(self) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = None
            self._timer.stop()
            self.said.emit("", "")


def _begin() -> subprocess.Popen[bytes] | None:
    """The process that compiles, or None where nothing is to be compiled."""
    try:
        if chosen_path() == "numpy":
            return None
        from nnstudio.engine.ops.jit import build

        return None if build.ready() else build.compile_in_background()
    except NNStudioError:  # a run says so, when it matters
        return None
