from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from nnstudio.gui import background
from nnstudio.gui.background import run_in_background, shut_down_background


def unwanted(result: object) -> None:
    pytest.fail(f"nothing should arrive, but {result!r} did")


def test_the_result_arrives_in_the_gui_thread(qtbot: QtBot) -> None:
    places: list[threading.Thread] = []
    results: list[int] = []

    def work() -> int:
        places.append(threading.current_thread())
        return 42

    def done(result: int) -> None:
        places.append(threading.current_thread())
        results.append(result)

    run_in_background(work, done)
    qtbot.waitUntil(lambda: bool(results))
    assert results == [42]
    assert places[0] is not threading.main_thread()
    assert places[1] is threading.main_thread()


def test_an_exception_goes_to_on_error(qtbot: QtBot) -> None:
    errors: list[Exception] = []
    run_in_background(lambda: 1 / 0, unwanted, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)


def test_without_on_error_the_exception_hook_hears_of_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: heard.append(kind))
    run_in_background(lambda: 1 / 0)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [ZeroDivisionError]


def test_nothing_is_delivered_to_a_deleted_owner(qtbot: QtBot) -> None:
    gate = threading.Event()
    results: list[object] = []
    owner = QObject()
    task = run_in_background(gate.wait, results.append, parent=owner)
    owner.deleteLater()
    qtbot.waitUntil(lambda: task.cancelled)
    gate.set()
    assert shut_down_background()
    qtbot.wait(40)
    assert results == []


def test_a_cancelled_task_delivers_nothing(qtbot: QtBot) -> None:
    gate = threading.Event()
    results: list[object] = []
    task = run_in_background(gate.wait, results.append)
    task.cancel()
    gate.set()
    qtbot.waitUntil(lambda: task.finished)
    qtbot.wait(40)
    assert results == []


def test_work_that_reports_ends_at_its_next_report_after_cancel(qtbot: QtBot) -> None:
    reports: list[tuple[str, float | None]] = []
    seen = threading.Event()

    def work(report: Callable[[str, float | None], None]) -> None:
        while True:
            report("reading", 0.5)
            seen.set()

    task = run_in_background(work, unwanted, unwanted, on_progress=lambda *r: reports.append(r))
    assert seen.wait(5)
    qtbot.waitUntil(lambda: bool(reports))
    task.cancel()
    qtbot.waitUntil(lambda: task.finished)
    assert reports == [("reading", 0.5)]  # the same report is told once


def test_an_error_in_one_callback_stops_no_other(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: heard.append(kind))
    results: list[int] = []
    run_in_background(lambda: 1, lambda _: [][1])
    run_in_background(lambda: 2, results.append)
    qtbot.waitUntil(lambda: bool(results) and bool(heard))
    assert (results, heard) == ([2], [IndexError])


def test_many_tasks_share_few_threads_and_none_is_left(qtbot: QtBot) -> None:
    alive: list[int] = []
    results: list[int] = []

    def work(number: int) -> int:
        names = [t.name for t in threading.enumerate() if t.name == "nnstudio-background"]
        alive.append(len(names))
        return number

    for number in range(30):
        run_in_background(lambda number=number: work(number), results.append)
    qtbot.waitUntil(lambda: len(results) == 30)
    assert sorted(results) == list(range(30))
    assert max(alive) <= background.WORKERS
    assert shut_down_background()
    assert not [t for t in threading.enumerate() if t.name == "nnstudio-background"]


def test_shutting_down_gives_up_on_work_that_does_not_end(qtbot: QtBot) -> None:
    gate, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        gate.wait()

    run_in_background(work, unwanted)
    assert begun.wait(5)
    assert not shut_down_background(timeout=0.05)
    gate.set()
    assert shut_down_background()
