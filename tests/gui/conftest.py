"""Every GUI test runs off screen, with folders of its own, and must clean up after itself."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Set at import, before any test module can read them; each test then gets folders of its own.
_SESSION = tempfile.TemporaryDirectory(prefix="nnstudio-tests-", ignore_cleanup_errors=True)
os.environ["NNSTUDIO_HOME"] = str(Path(_SESSION.name, "home"))
os.environ["NNSTUDIO_CACHE"] = str(Path(_SESSION.name, "cache"))

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, QThread, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402
from shiboken6 import isValid  # noqa: E402

from nnstudio.gui.theme import theme  # noqa: E402

_PATIENCE = 2.0  # seconds for a thread that was told to stop
_THAW = 50  # tests; what one of them left and nobody holds any more is collected after so many
_known: weakref.WeakSet[QObject] = weakref.WeakSet()
_checked = 0


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["nnstudio-tests"]


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application in its own light theme."""
    qapp.setOrganizationName("NNStudio tests")
    qapp.setApplicationName("NNStudio tests")
    theme().mode = "light"
    theme().apply(qapp)
    gc.collect()
    gc.freeze()
    return qapp


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and runs of one test are invisible to the next; the picture cache is shared."""
    monkeypatch.setenv("NNSTUDIO_HOME", str(tmp_path / "home"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(tmp_path / "settings"))
        QSettings.setPath(QSettings.Format.NativeFormat, scope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a thread, a running timer, a top-level widget or a pressed button."""
    threads = set(threading.enumerate())
    widgets = qapp.topLevelWidgets()
    yield
    settle()
    leaks = [*left_threads(threads), *left_timers(), *left_widgets(qapp, widgets), *left_buttons()]
    theme().mode, theme().zoom = "light", 1.0
    set_survivors_aside()
    if leaks:
        pytest.fail("left behind: " + "; ".join(leaks))


def left_threads(before: set[threading.Thread]) -> list[str]:
    """Threads that are new and do not end by themselves within the patience."""
    until = time.monotonic() + _PATIENCE
    new = [thread for thread in threading.enumerate() if thread not in before]
    for thread in new:
        thread.join(max(0.0, until - time.monotonic()))
    left = [f"thread {thread.name}" for thread in new if thread.is_alive()]
    main = QCoreApplication.instance().thread()
    running = [found for found in living(QThread) if found.isRunning() and found != main]
    return left + [f"thread {found.objectName() or type(found).__name__}" for found in running]


def left_timers() -> list[str]:
    """Running timers that Python made and something still holds."""
    return [
        f"timer of {type(timer.parent()).__name__} every {timer.interval()} ms"
        for timer in living(QTimer)
        if timer.isActive()
    ]


def left_widgets(app: QApplication, before: list[QWidget]) -> list[str]:
    """New top-level widgets; a few belong to Qt, which keeps them hidden."""
    return [
        f"{type(widget).__name__} {widget.windowTitle() or widget.objectName()}".strip()
        for widget in app.topLevelWidgets()
        if not any(widget is known for known in before) and not _qts_own(widget)
    ]


def left_buttons() -> list[str]:
    """Mouse buttons that stay down (``QTest.mouseDClick`` needs a ``mouseRelease`` behind it)."""
    down = QApplication.mouseButtons()
    return [] if down == Qt.MouseButton.NoButton else [f"pressed {down}"]


Kind = TypeVar("Kind", bound=QObject)


def living(kind: type[Kind]) -> list[Kind]:
    """Timers or threads that still exist on both sides, Python's and Qt's."""
    found = {id(each): each for each in (*gc.get_objects(), *_known) if isinstance(each, kind)}
    return [each for each in found.values() if isValid(each)]


def set_survivors_aside() -> None:
    """Freeze what outlives a test, so that looking through what the next one makes is cheap.

    Frozen objects are in no list of the garbage collector: the timers and threads among them are kept in
    mind, as they may begin to run in a later test.
    """
    global _checked
    _known.update([*living(QTimer), *living(QThread)])
    _checked += 1
    if _checked % _THAW == 0:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def settle() -> None:
    """Carry out deletions that were put off to the event loop."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _qts_own(widget: QWidget) -> bool:
    return widget.metaObject().className() in ("QTipLabel", "QComboBoxPrivateContainer")
