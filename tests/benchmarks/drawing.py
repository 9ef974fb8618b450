"""From the stroke to the bars: how long a person waits for the prediction while the network trains.

Run by hand: ``python -m tests.benchmarks.drawing [--preset s5-cnn2] [--strokes 30] [--idle]``.

A hand comes to the canvas, draws a stroke and rests, again and again. The mouse reports a move every 8 ms,
and the clock of each runs from that moment, also while the window is busy with other things, until the bars
have been painted with what the network says of a drawing that has it. The limit is 30 ms.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnstudio.engine.ops.jit import build

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint, Qt

LIMIT_MS = 30.0
EVERY = 0.008  # seconds between two moves, as mice report them
COMING, DRAWING = 8, 40  # moves above the canvas and along the stroke
REST = 0.7  # seconds between two strokes, in which the training has all cores


class Desk:
    """A real window, drawn in while its network trains."""

    def __init__(self, preset: str) -> None:
        from PySide6.QtWidgets import QApplication

        from nnstudio.gui.main_window import MainWindow
        from nnstudio.gui.shell.settings import Settings
        from nnstudio.gui.theme import theme

        self.app = QApplication.instance() or QApplication([])
        theme().apply(self.app)
        self.window = MainWindow(Settings(Path(os.environ["NNSTUDIO_HOME"], "settings.ini")))
        self.window.resize(1440, 900)
        self.window.show()
        self.window.files.open_preset(preset)
        document = self.window.document
        train = document.project.train.replace(epochs=1_000_000)
        document.apply("Train without end", document.project.replace(train=train))

    def begin(self, training: bool) -> None:
        """Trains until there is a model, then goes to the Predict page; pauses unless ``training``.

        The kernels are compiled first, as they are after the first run on a machine.
        """
        build.load(wait=True)
        live = self.window.live
        self.window.start_training()
        live.set_model_wanted(True, self)
        self.until(lambda: live.model is not None, 300)
        if not training:
            live.pause()
            self.until(lambda: live.paused, 60)
        self.window.show_page("predict")
        self.page = self.window.pages.page("predict")
        self.let_pass(1.0)

    def strokes(self, count: int) -> list[float]:
        """Milliseconds from each move of the mouse in some strokes to the painted bars."""
        hand = Hand(self.page)
        for number in range(count):
            hand.stroke(number, self.let_pass)
            self.until(lambda: not hand.waiting, 10)
            self.let_pass(REST)
            if number % 5 == 4:
                self.page.canvas.clear()
        return hand.times

    def until(self, test, seconds: float) -> None:
        """Runs the event loop until something is so; it sleeps between events, as an application does."""
        end = time.perf_counter() + seconds
        while not test():
            self.let_pass(0.001)
            if time.perf_counter() > end:
                raise TimeoutError("the window doesn't come to it")

    def let_pass(self, seconds: float) -> None:
        """Runs the event loop as the application does."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def close(self) -> None:
        """Ends the run and the window."""
        self.window.live.stop()
        self.window.files.shut_down()
        self.window.deleteLater()
        self.let_pass(0.2)


class Hand:
    """Moves the mouse at a steady pace and notes when the bars follow.

    Attributes:
        times: Milliseconds that each answered move waited.
        waiting: When the moves were due that the bars don't show yet.
    """

    def __init__(self, page: Any) -> None:
        self.times: list[float] = []
        self.waiting: list[float] = []
        self._page = page
        page.predictor.done.connect(self._painted)  # behind the page's own slot

    def stroke(self, number: int, let_pass: Callable[[float], None]) -> None:
        """Comes to the canvas, draws a stroke, and lifts the pen."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        canvas, plain = self._page.canvas, Qt.KeyboardModifier.NoModifier
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        started = time.perf_counter()
        for step in range(COMING + DRAWING):
            due = started + step * EVERY
            let_pass(max(0.0, due - time.perf_counter()))
            turn = 0.1 * step + number
            at = QPoint(round(210 + 110 * math.cos(turn)), round(210 + 90 * math.sin(1.3 * turn)))
            if step == COMING:
                QTest.mousePress(canvas, left, plain, at)
            if step >= COMING:
                self.waiting.append(due)
            self._move(at, left if step >= COMING else none)
        QTest.mouseRelease(canvas, left, plain, at)

    def _move(self, at: QPoint, button: Qt.MouseButton) -> None:
        """A move as the platform sends it: ``QTest.mouseMove`` can't hold a button."""
        from PySide6.QtCore import QEvent, QPointF, Qt
        from PySide6.QtGui import QMouseEvent
        from PySide6.QtWidgets import QApplication

        canvas, none = self._page.canvas, Qt.MouseButton.NoButton
        there, plain = QPointF(canvas.mapToGlobal(at)), Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), there, none, button, plain)
        QApplication.sendEvent(canvas, event)

    def _painted(self) -> None:
        self._page.prediction.bars.repaint()
        now = time.perf_counter()
        self.times += [1e3 * (now - due) for due in self.waiting]
        self.waiting.clear()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="s5-cnn2")
    parser.add_argument("--strokes", type=int, default=30)
    parser.add_argument("--idle", action="store_true", help="the network doesn't train meanwhile")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNSTUDIO_HOME"] = home
        desk = Desk(arguments.preset)
        desk.begin(training=not arguments.idle)
        times = sorted(desk.strokes(arguments.strokes))
        desk.close()
    what = "paused" if arguments.idle else "training"
    p95 = times[int(len(times) * 0.95)]
    print(f"{arguments.preset}, {what}: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms,", end=" ")
    print(f"worst {times[-1]:.1f} ms; {'within' if p95 <= LIMIT_MS else 'above'} {LIMIT_MS:.0f} ms")


if __name__ == "__main__":
    main()
