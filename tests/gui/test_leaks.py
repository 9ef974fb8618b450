"""The guard against left-over threads, timers and windows has to notice them."""

from __future__ import annotations

import threading

from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from . import conftest


def test_a_running_timer_is_noticed(qapp: QApplication) -> None:
    holder = QWidget()
    timer = QTimer(holder)
    timer.start(5000)
    assert conftest.left_timers() == ["timer of QWidget every 5000 ms"]
    timer.stop()
    assert conftest.left_timers() == []


def test_a_window_is_noticed_until_it_is_deleted(qapp: QApplication) -> None:
    before = qapp.topLevelWidgets()
    window = QWidget()
    window.setWindowTitle("forgotten")
    assert conftest.left_widgets(qapp, before) == ["QWidget forgotten"]
    window.deleteLater()
    conftest.settle()
    assert conftest.left_widgets(qapp, before) == []


def test_a_thread_is_noticed_until_it_ends(qapp: QApplication, monkeypatch) -> None:
    monkeypatch.setattr(conftest, "_PATIENCE", 0.0)
    before = set(threading.enumerate())
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="forgotten")
    thread.start()
    assert conftest.left_threads(before) == ["thread forgotten"]
    stop.set()
    thread.join()
    assert conftest.left_threads(before) == []


def test_a_qt_thread_is_noticed(qapp: QApplication) -> None:
    thread = QThread()
    thread.setObjectName("forgotten")
    thread.start()
    try:
        assert conftest.left_threads(set(threading.enumerate())) == ["thread forgotten"]
    finally:
        thread.quit()
        thread.wait()
