"""From the stroke to the bars: how long a person waits for the prediction while the network trains.

Run by hand: ``python -m tests.benchmarks.drawing [--preset s5-cnn2] [--strokes 200] [--idle]``.

A move of the mouse goes through Qt like a real one; the clock stops when the bars have been painted with
what the network says of that very drawing. The limit is 30 ms.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

LIMIT_MS = 30.0
PAUSE = 0.05  # seconds between two moves, so that each is a fresh question


class Desk:
    """A real window, drawn in while its network trains."""

    def __init__(self, preset: str) -> None:
        from PySide6.QtWidgets import QApplication

        from nnstudio.gui.main_window import MainWindow
        from nnstudio.gui.settings import Settings
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
        """Trains until there is a model, then goes to the Predict page; pauses unless ``training``."""
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
        """Milliseconds from each move of the mouse to the painted bars."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        from tests.gui.views.test_canvas import move

        canvas, left = self.page.canvas, Qt.MouseButton.LeftButton
        times = []
        QTest.mousePress(canvas, left, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
        for number in range(count):
            at = QPoint(100 + number * 37 % 220, 100 + number * 53 % 220)
            before = self.page.prediction.prediction
            started = time.perf_counter()
            move(canvas, at, left, Qt.KeyboardModifier.NoModifier)
            drawn = canvas.sheet.values()
            self.until(partial(self._shows, before, drawn), 10)
            self.page.prediction.bars.repaint()
            times.append(1e3 * (time.perf_counter() - started))
            if number % 20 == 19:
                canvas.clear()
            self.let_pass(PAUSE)
        QTest.mouseRelease(canvas, left, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
        return times

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

    def _shows(self, before, drawn) -> bool:
        """A newer prediction is shown, and it is of this drawing."""
        from nnstudio.engine.drawing import network_input

        now = self.page.prediction.prediction
        if now is None or now is before:
            return False
        shape = now.model.network.input_shape
        return bool((network_input(drawn, shape, centre=True) == now.sample).all())


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="s5-cnn2")
    parser.add_argument("--strokes", type=int, default=200)
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
