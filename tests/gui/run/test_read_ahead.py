from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from nnstudio.core.import_options import ImportOptions
from nnstudio.data import catalog
from nnstudio.engine.session import Snapshot
from nnstudio.gui.document import Document
from nnstudio.gui.run.read_ahead import ReadAhead
from tests.gui.runs import small_project


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The data sets that were asked for, and whether a download was allowed."""
    asked: list[tuple[str, bool]] = []
    real = catalog.load_dataset

    def load(source: str, progress: Any = None, *, download: bool = True, **how: Any) -> Any:
        asked.append((source, download))
        return real(source, progress, download=download, **how)

    monkeypatch.setattr(catalog, "load_dataset", load)
    return asked


@pytest.fixture
def document(qtbot: QtBot) -> Iterator[Document]:
    owner = QObject()
    made = Document(small_project(), owner)
    ahead = ReadAhead(made, owner)
    yield made
    ahead.stop()


def choose(document: Document, **changes: Any) -> None:
    project = document.project
    document.apply("Data", project.replace(data=project.data.replace(**changes)))


def test_the_last_choice_is_read_without_downloading(
    document: Document, loaded: list[tuple[str, bool]], qtbot: QtBot
) -> None:
    choose(document, source="circles")
    choose(document, source="xor")
    qtbot.waitUntil(lambda: bool(loaded))
    assert loaded == [("xor", False)]


def test_an_opened_project_is_read(document: Document, loaded: list[tuple[str, bool]], qtbot: QtBot) -> None:
    document.open(small_project(source="blobs"), None)
    qtbot.waitUntil(lambda: loaded == [("blobs", False)])


def test_another_split_reads_nothing(
    document: Document, loaded: list[tuple[str, bool]], qtbot: QtBot
) -> None:
    choose(document, validation=0.5)
    choose(document, source="circles")
    qtbot.waitUntil(lambda: bool(loaded))
    assert loaded == [("circles", False)]


def test_a_file_that_cannot_be_read_is_left_to_the_run(
    document: Document, loaded: list[tuple[str, bool]], qtbot: QtBot, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.npz"
    np.save(broken.with_suffix(".npy"), np.zeros(3))
    broken.write_bytes(b"not a zip file")
    choose(document, source=str(broken))
    qtbot.waitUntil(lambda: bool(loaded))
    qtbot.wait(60)  # nothing is raised when the error comes back
    assert loaded == [(str(broken), False)]


def test_a_run_that_waits_for_the_reading_says_how_far_it_is(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = threading.Event(), threading.Event()

    def load(source: str, progress: Any = None, *, download: bool = True, **_how: Any) -> None:
        progress("Generating digits", 0.25)
        begun.set()
        gate.wait()

    monkeypatch.setattr(catalog, "load_dataset", load)
    owner = QObject()
    document = Document(small_project(), owner)
    ahead = ReadAhead(document, owner)
    waiting = Snapshot(sequence=0, state="preparing", message="Getting the data ready")
    assert ahead.told(waiting) == waiting
    choose(document, source="digits")
    qtbot.waitUntil(begun.is_set)
    told = ahead.told(waiting)
    assert (told.message, told.progress) == ("Generating digits", 0.25)
    running = Snapshot(sequence=1, state="running")
    assert ahead.told(running) == running
    gate.set()
    ahead.stop()


def test_a_file_is_read_anew_when_it_is_to_be_read_otherwise(
    document: Document, loaded: list[tuple[str, bool]], qtbot: QtBot, tmp_path: Path
) -> None:
    table = tmp_path / "points.csv"
    table.write_text("a,b,c\n1,2,x\n3,4,y\n")
    choose(document, source=str(table), reading=ImportOptions(label="c"))
    qtbot.waitUntil(lambda: len(loaded) == 1)
    choose(document, reading=ImportOptions(label="a", ignore="c"))
    qtbot.waitUntil(lambda: len(loaded) == 2)
    choose(document, validation=0.3)
    qtbot.wait(400)
    assert len(loaded) == 2
