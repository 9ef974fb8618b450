"""What stands beside the surface, in the room that there is."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.playground.legend import SidePanel
from nnstudio.gui.playground.panel import PlaygroundPanel
from tests.gui.windows import shown_window, spiral_project


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
def test_the_kinds_of_points_are_always_explained(
    tmp_path: Path, qtbot: QtBot, width: int, height: int
) -> None:
    with shown_window(tmp_path, width, height) as window:
        window.document.open(spiral_project(), None)
        window.files.opened.emit()
        page: QWidget = window.pages.page("train")
        panel = page.findChild(PlaygroundPanel)
        assert panel is not None
        qtbot.waitUntil(lambda: panel.surface.look is not None)
        side = panel.side
        parts = (side.key, side.scale, side.train, side.held, side.lines)
        assert all(part.isVisible() for part in parts)
        assert panel.surface.width() == panel.surface.height() >= 240
        assert not panel.surface.geometry().intersects(side.geometry())
        assert all(side.rect().contains(part.geometry()) for part in parts)
        places = [part.geometry() for part in parts]
        assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[n + 1 :])


def test_the_words_move_together_before_they_take_the_surfaces_room(qtbot: QtBot) -> None:
    side = SidePanel()
    qtbot.addWidget(side)
    parts = [child for child in side.children() if isinstance(child, QWidget)]
    words = sum(part.sizeHint().height() for part in parts)
    one_column = side.fit(words + 10 * len(parts), 400)
    assert side.fit(words + 3 * len(parts), 400) == one_column
    side.resize(one_column, words + 3 * len(parts))
    side.show()
    places = sorted((part.geometry() for part in parts), key=QRect.y)
    assert len({place.x() for place in places}) == 1
    assert side.rect().contains(places[-1])
    assert not any(above.intersects(below) for above, below in itertools.pairwise(places))
    assert side.fit(words, 400) > one_column, "the key goes beside them at last"


def test_once_arranged_it_asks_for_no_further_layout(tmp_path: Path, qtbot: QtBot) -> None:
    class Requests(QObject):
        count = 0

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            self.count += event.type() == QEvent.Type.LayoutRequest
            return False

    with shown_window(tmp_path, 1280, 720) as window:
        window.document.open(spiral_project(), None)
        window.files.opened.emit()
        panel = window.pages.page("train").findChild(PlaygroundPanel)
        assert panel is not None
        qtbot.waitUntil(lambda: panel.surface.look is not None)
        qtbot.wait(100)
        requests = Requests()
        panel.side.installEventFilter(requests)
        qtbot.wait(100)
        assert requests.count <= 1
        panel.side.removeEventFilter(requests)
