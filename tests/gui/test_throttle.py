from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from nnstudio.gui.throttle import Throttle


def test_the_first_request_acts_at_once_and_later_ones_wait(qtbot: QtBot) -> None:
    calls: list[int] = []
    owner = QObject()
    throttle = Throttle(3_600_000, lambda: calls.append(1), owner)
    for _ in range(50):
        throttle.request()
    assert len(calls) == 1
    throttle.now()
    assert len(calls) == 2
    assert not any(timer.isActive() for timer in throttle.findChildren(QTimer))


def test_a_request_that_waits_is_honoured_once(qtbot: QtBot) -> None:
    calls: list[int] = []
    owner = QObject()
    throttle = Throttle(20, lambda: calls.append(1), owner)
    for _ in range(50):
        throttle.request()
    qtbot.waitUntil(lambda: len(calls) == 2)
    qtbot.wait(60)
    assert len(calls) == 2


def test_a_cancelled_request_is_forgotten(qtbot: QtBot) -> None:
    calls: list[int] = []
    owner = QObject()
    throttle = Throttle(20, lambda: calls.append(1), owner)
    throttle.request()
    throttle.request()
    throttle.cancel()
    qtbot.wait(60)
    assert calls == [1]
