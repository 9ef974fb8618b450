"""As long as there is no evaluation the page says why, how far the first one is, and what can be done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.model import Model
from nnstudio.gui.document import Document
from nnstudio.gui.views.evaluate.page import EvaluateView
from tests.gui.views.conftest import StillLive
from tests.gui.views.evaluate.test_page import shown

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def go_on(trained: Model, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Evaluations wait for it."""
    event, real = threading.Event(), trained.evaluate

    def waiting(*arguments):
        event.wait(10)
        return real(*arguments)

    monkeypatch.setattr(trained, "evaluate", waiting)
    yield event
    event.set()


@pytest.fixture
def view(qtbot: QtBot, document: Document, live: StillLive, go_on: threading.Event) -> EvaluateView:
    made = shown(qtbot, document, live)
    qtbot.waitUntil(lambda: made.empty.state == "working", timeout=5000)
    return made


def test_the_first_evaluation_shows_how_far_it_is(qtbot: QtBot, view: EvaluateView, go_on: threading.Event):
    assert view.empty.accessibleName() == "Evaluating the network"
    qtbot.waitUntil(lambda: "of 600 samples" in view.empty.accessibleDescription(), timeout=5000)
    assert view.empty.bar.isVisible()
    assert (view.empty.bar.value(), view.empty.bar.maximum()) == (0, 1000)
    go_on.set()
    qtbot.waitUntil(lambda: view.table.isVisible(), timeout=5000)
    assert not view.empty.isVisible()


def test_it_can_be_cancelled_and_begun_again(qtbot: QtBot, view: EvaluateView, go_on: threading.Event):
    assert view.empty.button.text() == "Cancel"
    QTest.mouseClick(view.empty.button, LEFT)
    assert view.empty.accessibleName() == "The evaluation was cancelled"
    assert not view.empty.bar.isVisible()
    assert not view.evaluator.busy
    go_on.set()
    assert view.empty.button.text() == "Evaluate again"
    QTest.mouseClick(view.empty.button, LEFT)
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)
    assert view.table.isVisible()


def test_without_a_network_it_offers_to_train_again(qtbot: QtBot, view: EvaluateView, live: StillLive):
    live.give(None)
    assert view.empty.state == "nothing"
    assert not view.empty.bar.isVisible()
    with qtbot.waitSignal(view.train_requested):
        QTest.mouseClick(view.empty.button, LEFT)


def test_while_the_newest_weights_are_on_their_way_it_says_so(
    qtbot: QtBot, document: Document, live: StillLive
):
    live.running = True
    view = shown(qtbot, document, live)
    assert "newest weights" in view.empty.accessibleDescription()
    live.model_changed.emit()
    qtbot.waitUntil(lambda: view.result is not None, timeout=5000)


def test_data_without_test_samples_are_evaluated_on_what_there_is(
    qtbot: QtBot, document: Document, trained: Model, digits: Prepared
):
    live = StillLive(trained, replace(digits, test=Part(digits.test.x[:0], digits.test.labels[:0])))
    view = shown(qtbot, document, live)
    qtbot.waitUntil(lambda: view.result is not None and not view.evaluator.busy, timeout=5000)
    assert view.result.split == view.evaluator.split == "validation"
    assert view.table.isVisible()
    qtbot.wait(50)
    assert not view.evaluator.busy  # it doesn't ask again for what there isn't
