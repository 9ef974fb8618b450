"""The window as people feel it: start, edits of a long stack, and training while everything is drawn.

Run by hand: ``python -m tests.benchmarks.responsiveness [--seconds 60] [--presets s1-a8 s5-cnn1]``.
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.core.spec import ProjectSpec

STARTS = 5
TICK_MS = 5
EDITS = 40
LAYERS = 100


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

        from nnstudio.experiments.presets import load_preset
        from nnstudio.gui.app import make_application
        from nnstudio.gui.main_window import MainWindow
        from nnstudio.gui.shell.settings import Settings
        from nnstudio.gui.theme import theme

        self.app = make_application([])
        theme().apply(self.app)
        self.window = MainWindow(Settings(Path(os.environ["NNSTUDIO_HOME"], "settings.ini")))
        self.window.show()
        project = load_preset(preset)
        train = project.train.replace(epochs=1_000_000)
        self.window.files.open_preset(preset)
        document = self.window.document
        document.apply("Train without end", document.project.replace(train=train))
        self.late: list[float] = []
        self.computed: list[float] = []  # milliseconds of this thread alone between two ticks
        self._clock = QElapsedTimer()
        self._ticker = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)

    def edits(self) -> tuple[list[float], list[float]]:
        """Milliseconds from an edit to the end of the repaint, with a long stack on show.

        Returns:
            Those that pass, and those that the thread computes: the same on an idle machine.
        """
        from PySide6.QtCore import QEvent, QObject

        class Painted(QObject):
            count = 0

            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
                self.count += event.type() == QEvent.Type.Paint
                return False

        document, painted = self.window.document, Painted()
        document.open(_long_stack(), None)
        self.window.files.opened.emit()
        document.select("dense_50")
        self.let_pass(1)
        self.window.stack.view.viewport().installEventFilter(painted)
        took, busy = [], []
        for units in range(20, 20 + EDITS):
            before, started, computed = painted.count, time.perf_counter(), time.thread_time()
            document.set_layer_field("dense_50", "units", units)
            document.seal()
            while painted.count == before:
                self.app.processEvents()
            self.app.processEvents()
            took.append(1e3 * (time.perf_counter() - started))
            busy.append(1e3 * (time.thread_time() - computed))
            self.let_pass(0.05)
        return took, busy

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
        self._before = time.thread_time()
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

    def growth(self, seconds: float) -> tuple[float, int]:
        """Megabytes that the process grows by while the run goes on, and epochs in that time."""
        import psutil

        process, session = psutil.Process(), self.window.live.session
        first, epoch = process.memory_info().rss, session.latest.epoch
        self.let_pass(seconds)
        return (process.memory_info().rss - first) / 1e6, session.latest.epoch - epoch

    def close(self) -> None:
        """Ends the run and the window."""
        self.window.live.stop()
        self.window.live.shutdown()
        self.window.deleteLater()
        self.let_pass(0.2)

    def _tick(self) -> None:
        self.late.append(self._clock.nsecsElapsed() / 1e6 - TICK_MS)
        self.computed.append(1e3 * (time.thread_time() - self._before))
        self._before = time.thread_time()
        self._clock.restart()


def _long_stack() -> ProjectSpec:
    from nnstudio.core.spec import NetworkSpec, ProjectSpec
    from nnstudio.layers import Dense, Flatten, Input

    hidden = [Dense(units=16, activation="relu") for _ in range(LAYERS - 3)]
    layers = (Input(shape=(28, 28, 1)), Flatten(), *hidden, Dense(units=10, activation="softmax"))
    return ProjectSpec(name="long", network=NetworkSpec(layers=layers))


def watch(preset: str, seconds: float) -> None:
    """Measures one preset while it trains with all of the Train page on show."""
    shown = Watch(preset)
    print(f"{preset}: Train to first point {shown.first_point():.2f} s")
    alone, watched = [], []
    for _ in range(3):  # in turn, so that a busy moment hits both
        watched.append(shown.measure(seconds / 3))
        shown.window.live.pause()
        shown.let_pass(0.2)
        alone.append(unwatched_rate(preset, seconds / 6))
        shown.window.live.train()
        shown.let_pass(0.2)
    print(f"  event loop late by, {len(shown.late)} ticks: {late_text(shown.late)}")
    print(f"  of which the window's thread computes {late_text(shown.computed)}")
    a, b = statistics.median(watched), statistics.median(alone)
    print(
        f"  steps/s watched {a:.0f}, alone {b:.0f}: ratio {a / b:.2f} (a step alone takes {1e3 / b:.2f} ms)"
    )
    grown, epochs = shown.growth(seconds)
    print(f"  memory: {grown:+.1f} MB in {seconds:.0f} s and {epochs} epochs")
    shown.close()


def late_text(late: list[float]) -> str:
    """The tail of a distribution: what a frame may wait for."""
    ordered = sorted(late)
    p99, p999 = (ordered[int(len(ordered) * share)] for share in (0.99, 0.999))
    return f"p99 {p99:.1f} ms, p99.9 {p999:.1f} ms, worst {ordered[-1]:.1f} ms"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--presets", nargs="*", default=["s1-a8", "s5-cnn1"])
    parser.add_argument("--starts", type=int, default=STARTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNSTUDIO_HOME"] = home
        if given.starts:
            starts = cold_starts(given.starts)
            print(
                f"start to usable window: median {statistics.median(starts):.2f} s, worst {max(starts):.2f} s"
            )
        shown = Watch("digits-mlp")
        took, busy = shown.edits()
        median, worst = statistics.median(took), max(took)
        print(f"edit of {LAYERS} layers to repaint: median {median:.1f} ms, worst {worst:.1f} ms,")
        print(f"  of which the window's thread computes {statistics.median(busy):.1f} ms")
        shown.close()
        for preset in given.presets:
            watch(preset, given.seconds)


if __name__ == "__main__":
    main()
