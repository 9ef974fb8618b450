"""All training images are searched for similar ones, in the background; the search stops and goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.engine.analysis import similar
from nnstudio.gui.document import Document
from nnstudio.gui.views.predict import similar_search
from nnstudio.gui.views.predict.insight import NEIGHBOURS
from nnstudio.gui.views.predict.page import PredictView
from tests.gui.views.conftest import StillLive
from tests.gui.views.predict.test_page import THREE, drawn, shown

LEFT = Qt.MouseButton.LeftButton


class Gate:
    """Lets as many blocks through as it is told to."""

    def __init__(self) -> None:
        self._open = threading.Semaphore(0)
        self.closed = True

    def let_through(self, blocks: int) -> None:
        for _ in range(blocks):
            self._open.release()

    def open(self) -> None:
        self.closed = False
        self.let_through(1000)

    def wait(self) -> None:
        if self.closed:
            self._open.acquire(timeout=10)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Blocks of 1,000 samples, each of which has to be let through."""
    gate, real = Gate(), similar.FeatureIndex._directions

    def waiting(self, samples):
        if len(samples) > 1:
            gate.wait()
        return real(self, samples)

    monkeypatch.setattr(similar.FeatureIndex, "_directions", waiting)
    monkeypatch.setattr(similar, "_BLOCK", 1000)
    monkeypatch.setattr(similar_search, "PATIENCE", 0.0)
    monkeypatch.setattr(similar_search, "NEWS_SECONDS", 0.0)
    yield gate
    gate.open()


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive, gate: Gate) -> PredictView:
    made = shown(qtbot, document, live)
    drawn(qtbot, made, THREE)
    qtbot.waitUntil(lambda: made.insights.search.searching, timeout=10_000)
    return made


def words(view: PredictView) -> str:
    return view.prediction.search.features.full_text()


def test_similar_images_are_shown_while_the_search_goes_on(qtbot: QtBot, view: PredictView, gate: Gate):
    gate.let_through(2)
    qtbot.waitUntil(lambda: words(view) == "2,000 of 6,000", timeout=10_000)
    qtbot.waitUntil(lambda: len(view.prediction.similar.shown) == NEIGHBOURS, timeout=10_000)
    best = view.prediction.similar.shown[0].similarity
    gate.open()
    qtbot.waitUntil(lambda: words(view).startswith("features of"), timeout=10_000)
    qtbot.waitUntil(lambda: not view.insights.busy, timeout=10_000)
    assert view.prediction.similar.shown[0].similarity >= best
    assert not view.prediction.search.button.isVisible()


def test_it_stops_and_goes_on_by_hand(qtbot: QtBot, view: PredictView, gate: Gate):
    button = view.prediction.search.button
    gate.let_through(1)
    qtbot.waitUntil(lambda: words(view) == "1,000 of 6,000" and button.isVisible(), timeout=10_000)
    assert button.accessibleName() == "Stop the search"
    QTest.mouseClick(button, LEFT)
    assert not view.insights.search.searching
    gate.open()
    drawn(qtbot, view, (((100, 100), (300, 300)),))
    qtbot.waitUntil(lambda: not view.insights.busy, timeout=10_000)
    assert view.insights.index is not None
    assert not view.insights.index.complete
    assert button.accessibleName() == "Go on with the search"
    QTest.mouseClick(button, LEFT)
    qtbot.waitUntil(lambda: words(view).startswith("features of"), timeout=10_000)


def test_what_was_found_out_is_kept_while_the_page_is_away(qtbot: QtBot, view: PredictView, gate: Gate):
    gate.open()
    qtbot.waitUntil(lambda: not view.insights.busy, timeout=10_000)
    index = view.insights.index
    view.hide()
    view.show()
    qtbot.waitUntil(lambda: not view.insights.busy and view.prediction.similar.shown != (), timeout=10_000)
    assert view.insights.index is index


def test_other_weights_are_searched_anew_and_going_back_is_not(
    qtbot: QtBot, view: PredictView, live: StillLive, gate: Gate, trained, untrained_model
):
    gate.open()
    qtbot.waitUntil(lambda: not view.insights.busy, timeout=10_000)
    first = view.insights.index
    live.give(untrained_model(3))
    qtbot.waitUntil(lambda: view.insights.index is not first and not view.insights.busy, timeout=10_000)
    live.give(trained)
    qtbot.waitUntil(lambda: view.insights.index is first and not view.insights.busy, timeout=10_000)


def test_a_hidden_page_searches_nothing(qtbot: QtBot, view: PredictView, gate: Gate):
    view.hide()
    assert not view.insights.search.searching
