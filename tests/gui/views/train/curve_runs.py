"""A curves panel on a page of its own, and made-up runs to draw in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.engine.state import Block, EpochRecord, Event
from nnstudio.gui.views.train.curve_plot import Plot
from nnstudio.gui.views.train.curves import CurvesPanel

BATCHES = 20


@contextmanager
def shown_panel(qtbot: QtBot, width: int = 640, height: int = 600) -> Iterator[CurvesPanel]:
    """The panel, visible."""
    page = QWidget()
    layout = QVBoxLayout(page)
    made = CurvesPanel()
    layout.addWidget(made)
    page.resize(width, height)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    yield made
    made.leave_full_screen()


def run_events(epochs: int, level: float = 0.0, validated: bool = True) -> list[Event]:
    random = np.random.default_rng(epochs)
    events: list[Event] = []
    for epoch in range(1, epochs + 1):
        train, val = level + 0.2 + math.exp(-epoch / 4), level + 0.3 + math.exp(-epoch / 3)
        losses = tuple(float(x) for x in train + random.normal(0, 0.05, BATCHES))
        events.append(
            Block(epoch, (epoch - 1) * BATCHES + 1, BATCHES, BATCHES, losses, tuple([0.8] * BATCHES))
        )
        figures: tuple[float | None, float | None] = (val, 0.9 - level - 0.3 * val)
        loss, accuracy = figures if validated else (None, None)
        events.append(EpochRecord(epoch, train, 0.95 - 0.3 * train, loss, accuracy, 0.001, float(epoch), 1.0))
    return events


def drawn(panel: CurvesPanel) -> CurvesPanel:
    panel.flush()
    QApplication.processEvents()
    return panel


def plot(panel: CurvesPanel, metric: str = "loss") -> Plot:
    return panel.chart.plots[metric]
