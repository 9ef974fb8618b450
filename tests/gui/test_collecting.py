"""Looking at all objects waits for a quiet moment."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.gui import collecting
from nnstudio.gui.collecting import Collector


class Knot:
    """An object that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def full_collections() -> Iterator[list[str]]:
    """Notes each look at all objects."""
    seen: list[str] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if about["generation"] == 2:
            seen.append(phase)

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


def make_many() -> list[list[int]]:
    """More objects that stay than Python lets pass without looking at all."""
    young, middle, old = collecting._USUAL
    return [[number] for number in range(young * (middle + 2) * (old + 2) + len(gc.get_objects()))]


def test_making_many_objects_looks_at_the_young_ones_alone(full_collections: list[str]) -> None:
    make_many()
    assert full_collections, "without it Python looks at all"
    full_collections.clear()
    collector = Collector()
    make_many()
    assert not full_collections
    collector.deleteLater()


def test_garbage_goes_at_the_next_quiet_moment(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "EVERY_MS", 20)
    collector = Collector()
    knot = Knot()
    gone = weakref.ref(knot)
    gc.collect()  # it is old now
    del knot
    qtbot.waitUntil(lambda: gone() is None)
    collector.deleteLater()


def test_without_it_python_does_as_usual(qtbot: QtBot) -> None:
    collector = Collector()
    assert gc.get_threshold() != collecting._USUAL
    with qtbot.waitSignal(collector.destroyed):
        collector.deleteLater()
    assert gc.get_threshold() == collecting._USUAL
