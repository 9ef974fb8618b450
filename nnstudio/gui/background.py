"""Slow work off the event loop: a few worker threads, and a timer that fetches what they made.

Workers know nothing of Qt. They leave their result in a :class:`Task`; a timer in the GUI thread looks
into the tasks under way, so no signal ever crosses the border between threads. Threads and the timer
live only as long as there is something to do.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from shiboken6 import isValid

from nnstudio.errors import Cancelled

WORKERS = 2
POLL_MS = 16
Report = Callable[[str, float | None], None]


class Task:
    """One piece of work under way.

    Attributes:
        progress: The newest ``(message, fraction)`` that the work reported, or None.
    """

    def __init__(self, work: Callable[..., Any], reports: bool) -> None:
        self.progress: tuple[str, float | None] | None = None
        self._work = work
        self._reports = reports
        self._cancelled = threading.Event()
        self._on_cancel: Callable[[], None] | None = None
        self._state: Literal["waiting", "done", "failed"] = "waiting"
        self._result: Any = None

    @property
    def cancelled(self) -> bool:
        """Nobody waits for the result any more."""
        return self._cancelled.is_set()

    @property
    def finished(self) -> bool:
        """The work is over, well or not."""
        return self._state != "waiting"

    def cancel(self) -> None:
        """Drops the result; work that reports its progress ends at its next report. GUI thread only."""
        self._cancelled.set()
        if self._on_cancel is not None:
            self._on_cancel()

    def _report(self, message: str, fraction: float | None) -> None:
        if self.cancelled:
            raise Cancelled("the work was cancelled")
        self.progress = (message, fraction)

    def _run(self) -> None:
        """Does the work, on a worker."""
        try:
            if not self.cancelled:
                self._result = self._work(self._report) if self._reports else self._work()
            self._state = "done"
        except BaseException as error:
            self._result, self._state = error, "failed"
        finally:
            del self._work  # and with it the data it holds


class _Pool:
    """At most ``WORKERS`` threads that end when there is nothing left to do."""

    def __init__(self) -> None:
        self._queue: deque[Task] = deque()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def put(self, task: Task) -> None:
        with self._lock:
            self._queue.append(task)
            if len(self._threads) < WORKERS:
                thread = threading.Thread(target=self._serve, name="nnstudio-background", daemon=True)
                self._threads.append(thread)
                thread.start()

    def join(self, timeout: float) -> bool:
        """Waits for all threads to end; True if they did."""
        until = time.monotonic() + timeout
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _serve(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._threads.remove(threading.current_thread())
                    return
                task = self._queue.popleft()
            task._run()


class _Poller(QObject):
    """Delivers results in the GUI thread."""

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        self._waiting: list[_Waiting] = []
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    def watch(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        waiting.task._on_cancel = lambda: self._forget(waiting)
        self._timer.start()

    def cancel_all(self) -> None:
        for waiting in list(self._waiting):
            waiting.task.cancel()

    def _poll(self) -> None:
        for waiting in list(self._waiting):
            if waiting in self._waiting and waiting.settle():
                self._forget(waiting)

    def _forget(self, waiting: _Waiting) -> None:
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            waiting.let_go()
        if not self._waiting and isValid(self._timer):
            self._timer.stop()


class _Waiting:
    """Who waits for a task."""

    def __init__(
        self,
        task: Task,
        on_done: Callable[[Any], None] | None,
        on_error: Callable[[Exception], None] | None,
        on_progress: Callable[[str, float | None], None] | None,
        parent: QObject | None,
    ) -> None:
        self.task = task
        self._on_done, self._on_error, self._on_progress = on_done, on_error, on_progress
        self._parent = parent
        self._told: tuple[str, float | None] | None = None
        if parent is not None:
            parent.destroyed.connect(task.cancel)

    def let_go(self) -> None:
        """Nothing is waited for any more."""
        if self._parent is not None and isValid(self._parent):
            self._parent.destroyed.disconnect(self.task.cancel)

    def settle(self) -> bool:
        """Tells what there is to tell; True if that was the last."""
        task = self.task
        if task.cancelled:
            return True
        finished = task.finished  # before the progress is read, so that none is told after the result
        if self._on_progress and task.progress is not None and task.progress != self._told:
            self._told = task.progress
            _guarded(self._on_progress, *self._told)
        if finished and not task.cancelled:
            self._deliver()
        return finished

    def _deliver(self) -> None:
        result = self.task._result
        if self.task._state == "done":
            if self._on_done is not None:
                _guarded(self._on_done, result)
        elif isinstance(result, Cancelled):
            return
        elif self._on_error is not None and isinstance(result, Exception):
            _guarded(self._on_error, result)
        else:
            sys.excepthook(type(result), result, result.__traceback__)


def run_in_background(
    work: Callable[..., Any],
    on_done: Callable[[Any], None] | None = None,
    on_error: Callable[[Exception], None] | None = None,
    parent: QObject | None = None,
    *,
    on_progress: Callable[[str, float | None], None] | None = None,
    urgent: bool = False,
) -> Task:
    """Runs a pure function on a worker thread and hands its result over in the GUI thread.

    Args:
        work: What to do; it must not touch Qt. It takes no arguments, or, with ``on_progress``, a
            function ``report(message, fraction)`` that raises ``Cancelled`` once the task is cancelled.
        on_done: Takes the result, in the GUI thread.
        on_error: Takes the exception; without it ``sys.excepthook`` does.
        parent: Who asks. When it is deleted the task is cancelled and nothing is delivered.
        on_progress: Takes what the work reports, newest only.
        urgent: Somebody waits for it with the pen in the hand: it queues behind no slow work.

    Returns:
        The task, whose ``cancel()`` drops the result.
    """
    task = Task(work, on_progress is not None)
    _the_poller().watch(_Waiting(task, on_done, on_error, on_progress, parent))
    (_urgent if urgent else _pool).put(task)
    return task


def shut_down_background(timeout: float = 5.0) -> bool:
    """Cancels everything under way and waits for the threads; True if all have ended."""
    if _poller is not None and isValid(_poller):
        _poller.cancel_all()
    started = time.monotonic()
    ended = _pool.join(timeout)
    return _urgent.join(max(0.0, timeout - (time.monotonic() - started))) and ended


_pool, _urgent = _Pool(), _Pool()
_poller: _Poller | None = None


def _the_poller() -> _Poller:
    global _poller
    if _poller is None or not isValid(_poller):
        _poller = _Poller(QCoreApplication.instance())
    return _poller


def _guarded(callback: Callable[..., None], *arguments: Any) -> None:
    """Calls back; an error there is reported and stops nothing else."""
    try:
        callback(*arguments)
    except Exception:
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            sys.excepthook(kind, error, trace)
