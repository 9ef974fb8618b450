"""The window while a network trains: start, first point, event loop, and what watching costs.

Run by hand: ``python -m tests.benchmarks.responsiveness [--seconds 60] [--preset s1-a8]``.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

STARTS = 5
TICK_MS = 5


def cold_starts(count: int) -> list[float]:
    """Seconds from the start of the process to the usable window, several times."""
    environment = {**os.environ, "NNSTUDIO_TIMING": "exit"}
    seconds = []
    for _ in range(count):
        command = [sys.executable, "-m", "nnstudio"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found = re.findall(r"([\d.]+) s since the start", done.stdout + done.stderr)
        seconds.append(float(found[-1]))
    return seconds


def unwatched_rate(preset: str, seconds: float) -> float:
    """Steps per second of the trainer alone."""
    from nnstudio.data.prepare import prepare
    from nnstudio.engine.trainer import Trainer
    from nnstudio.experiments.presets import load_preset

    project = load_preset(preset)
    trainer = Trainer(project, prepare(project.data))
    with closing(trainer.run()) as events:
        next(events)
        first, started = trainer.state.step, time.perf_counter()
        while time.perf_counter() - started < seconds:
            next(events)
        return (trainer.state.step - first) / (time.perf_counter() - started)


class Watch:
    """A real window on a run, with a ticker beside it."""

    def __init__(self, preset: str) -> None:
        from PySide6.QtCore import QElapsedTimer, Qt, QTimer
        from PySide6.QtWidgets import QApplication

        from nnstudio.experiments.presets import load_preset
        from nnstudio.gui.main_window import MainWindow
        from nnstudio.gui.settings import Settings
        from nnstudio.gui.theme import theme

        self.app = QApplication.instance() or QApplication([])
        theme().apply(self.app)
        self.window = MainWindow(Settings(Path(os.environ["NNSTUDIO_HOME"], "settings.ini")))
        self.window.show()
        project = load_preset(preset)
        train = project.train.replace(epochs=1_000_000)
        self.window.files.open_preset(preset)
        document = self.window.document
        document.apply("Train without end", document.project.replace(train=train))
        self.late: list[float] = []
        self._clock = QElapsedTimer()
        self._ticker = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)

    def first_point(self) -> float:
        """Seconds from pressing Train to the first point on the curves."""
        drawn: list[float] = []
        self.let_pass(3)  # a person reads the page before pressing Train
        started = time.perf_counter()
        self.window.live.points.connect(lambda _: drawn.append(time.perf_counter()))
        self.window.start_training()
        while not drawn:
            self.app.processEvents()
        self.app.processEvents()  # the paint that follows
        return time.perf_counter() - started

    def measure(self, seconds: float) -> float:
        """Lets the run go on; fills ``late`` and returns its steps per second."""
        session = self.window.live.session
        first, started = session.latest.step, time.perf_counter()
        self._clock.start()
        self._ticker.start()
        self.let_pass(seconds)
        self._ticker.stop()
        return (session.latest.step - first) / (time.perf_counter() - started)

    def let_pass(self, seconds: float) -> None:
        """Runs the event loop as the application does."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()

    def close(self) -> None:
        """Ends the run and the window."""
        self.window.live.stop()
        self.window.live.shutdown()
        self.window.deleteLater()
        self.let_pass(0.2)

    def _tick(self) -> None:
        self.late.append(self._clock.nsecsElapsed() / 1e6 - TICK_MS)
        self._clock.restart()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--preset", default="s1-a8")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNSTUDIO_HOME"] = home
        starts = cold_starts(STARTS)
        print(f"start to usable window: median {statistics.median(starts):.2f} s, worst {max(starts):.2f} s")
        watch = Watch(arguments.preset)
        print(f"Train to first point: {watch.first_point():.2f} s")
        alone, watched = [], []
        for _ in range(3):  # in turn, so that a busy moment hits both
            watched.append(watch.measure(arguments.seconds / 3))
            watch.window.live.pause()
            watch.let_pass(0.2)
            alone.append(unwatched_rate(arguments.preset, arguments.seconds / 6))
            watch.window.live.train()
            watch.let_pass(0.2)
        late = sorted(watch.late)
        p999 = late[int(len(late) * 0.999)]
        print(f"event loop, {len(late)} ticks: p99 {late[int(len(late) * 0.99)]:.1f} ms late,", end=" ")
        print(f"p99.9 {p999:.1f} ms, worst {late[-1]:.1f} ms")
        a, b = statistics.median(watched), statistics.median(alone)
        print(
            f"steps/s watched {a:.0f}, alone {b:.0f}: ratio {a / b:.2f} (a step alone takes {1e3 / b:.2f} ms)"
        )
        watch.close()


if __name__ == "__main__":
    main()
