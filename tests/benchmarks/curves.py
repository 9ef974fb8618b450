"""The curves of a long run under the hand: what a frame costs while it grows, is dragged, zoomed and read.

Run by hand: ``python -m tests.benchmarks.curves [--points 200000] [--frames 200]``.

Everything goes through the panel's public way and real mouse events; a frame ends when the plots have
been painted. The limit is 16 ms. Busy machines make frames wait, so the time that the window's thread
computes is told beside the time that passes.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnstudio.engine.state import Event

LIMIT_MS = 16.0
EPOCHS = 400
GIVEN_UP = 0.2  # seconds without anything being painted
PAUSE = 0.012  # between two frames; moves that come faster are left out by pyqtgraph
GROWTH = 10  # batches that come between two frames, ten times a second


class Desk:
    """A window with a long run on its curves, and an earlier one behind them."""

    def __init__(self, points: int) -> None:
        from PySide6.QtCore import QEvent, QObject
        from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

        from nnstudio.gui.theme import theme
        from nnstudio.gui.views.train.curve_data import Best
        from nnstudio.gui.views.train.curves import CurvesPanel

        class Painted(QObject):
            count = 0

            def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
                self.count += event.type() == QEvent.Type.Paint
                return False

        self.app = QApplication.instance() or QApplication([])
        theme().apply(self.app)
        self.page = QWidget()
        self.panel = CurvesPanel()
        QVBoxLayout(self.page).addWidget(self.panel)
        self.page.resize(660, 620)  # what a window of 1440x900 leaves
        self.page.show()
        self.batches = points // EPOCHS
        self.events = long_run(EPOCHS + EPOCHS // 4, self.batches)
        self.panel.begin(1, EPOCHS)
        self.panel.append(list(long_run(EPOCHS, 1)))
        self.panel.begin(2, EPOCHS + EPOCHS // 4)
        self.grow(points)
        self.panel.set_best(Best(EPOCHS - 7, "val loss 0.300", "val"))
        self.panel.flush()
        self.painted = Painted()
        self.view = self.panel.chart.viewport()
        self.view.installEventFilter(self.painted)
        self.frame(self.panel.flush)

    def grow(self, points: int) -> None:
        """The run makes so many batches, and the epochs that they complete."""
        while points > 0:
            event = next(self.events)
            self.panel.append([event])
            points -= len(getattr(event, "losses", ()))

    def frame(self, do: Callable[[], object]) -> tuple[float, float]:
        """Milliseconds until what something changes has been painted: those that pass, those computed."""
        before, started, computed = self.painted.count, time.perf_counter(), time.thread_time()
        do()
        while self.painted.count == before and time.perf_counter() - started < GIVEN_UP:
            self.app.processEvents()  # a move at the limits of the view changes nothing to be painted
        self.app.processEvents()
        took = 1e3 * (time.perf_counter() - started), 1e3 * (time.thread_time() - computed)
        time.sleep(PAUSE)
        return took

    def growing(self, frames: int) -> Iterator[tuple[float, float]]:
        """Ten batches more per frame."""
        for _ in range(frames):
            self.grow(GROWTH)
            yield self.frame(self.panel.flush)

    def panning(self, frames: int) -> Iterator[tuple[float, float]]:
        """The curves are dragged to and fro, zoomed in to a half."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        for _ in range(4):
            self.turn(1)
        left, start = Qt.MouseButton.LeftButton, QPoint(330, 150)
        QTest.mousePress(self.view, left, pos=start)
        QTest.mouseMove(self.view, start + QPoint(12, 0))
        self.app.processEvents()
        for number in range(frames):
            at = start + QPoint(20 + round(120 * math.sin(number / 5)), number % 7)
            yield self.frame(lambda at=at: QTest.mouseMove(self.view, at))
        QTest.mouseRelease(self.view, left, pos=start)

    def zooming(self, frames: int) -> Iterator[tuple[float, float]]:
        """The wheel turns in and out."""
        for number in range(frames):
            yield self.frame(lambda step=1 if number // 12 % 2 == 0 else -1: self.turn(step))

    def reading(self, frames: int) -> Iterator[tuple[float, float]]:
        """The cross-hair follows the mouse over the whole run."""
        from PySide6.QtCore import QPoint
        from PySide6.QtTest import QTest

        self.panel.chart.reset_zoom()
        self.app.processEvents()
        for number in range(frames):
            at = QPoint(60 + number * 37 % 500, 150)
            yield self.frame(lambda at=at: QTest.mouseMove(self.view, at))

    def turn(self, steps: int) -> None:
        """Turns the wheel over the middle of the upper plot."""
        from tests.gui.acting import roll

        roll(self.view, 120 * steps, self.view.rect().center() / 2)

    def close(self) -> None:
        """Takes the window down."""
        self.page.deleteLater()
        self.app.processEvents()


def long_run(epochs: int, batches: int) -> Iterator[Event]:
    """Losses that fall and shake, in blocks as a run makes them."""
    from nnstudio.engine.state import Block, EpochRecord

    random = np.random.default_rng(0)
    for epoch in range(1, epochs + 1):
        level = 0.2 + math.exp(-epoch / 60)
        for first in range(0, batches, GROWTH):
            size = min(GROWTH, batches - first)
            losses = tuple((level + random.normal(0, 0.05, size)).tolist())
            shares = tuple((1 - level / 2 + random.normal(0, 0.05, size)).tolist())
            step = (epoch - 1) * batches + first + 1
            yield Block(epoch, step, first + size, batches, losses, shares)
        yield EpochRecord(epoch, level, 1 - level / 2, level + 0.1, 0.9 - level / 2, 0.001, 1.0, 1.0)


def told(name: str, frames: list[tuple[float, float]]) -> str:
    """Median and tail of frames, passed and computed."""
    passed, computed = (sorted(column) for column in zip(*frames, strict=True))
    p99 = computed[int(len(computed) * 0.99)]
    verdict = "within" if p99 <= LIMIT_MS else "above"
    return (
        f"{name:9} computed: median {statistics.median(computed):5.1f} ms, p99 {p99:5.1f} ms, "
        f"{verdict} {LIMIT_MS:.0f} ms; passed: median {statistics.median(passed):5.1f} ms"
    )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--frames", type=int, default=200)
    given = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    desk = Desk(given.points)
    print(f"{given.points:,} batches in {EPOCHS} epochs, beside an earlier run:")
    for name in ("growing", "panning", "zooming", "reading"):
        print(told(name, list(getattr(desk, name)(given.frames))), flush=True)
    desk.close()


if __name__ == "__main__":
    main()
