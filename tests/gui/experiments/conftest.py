"""A window with the Experiments page in front, and sweeps that train on the page's own thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.core.spec import ProjectSpec
from nnstudio.gui.experiments import runner
from nnstudio.gui.experiments.page import ExperimentsView
from nnstudio.gui.experiments.setup_panel import SweepPanel
from nnstudio.gui.main_window import MainWindow
from tests.experiments.sweeps.sample_sweeps import InProcess, project
from tests.gui.states import open_project
from tests.gui.windows import shown_window


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[InProcess]:
    """Trains in this process instead of in others; the list holds one per sweep begun."""
    made: list[InProcess] = []

    def make(_count: int) -> InProcess:
        made.append(InProcess())
        return made[-1]

    monkeypatch.setattr(runner, "LocalWorkers", make)
    return made


class Page:
    """The window, and short ways to what the tests look at."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.document = window.document

    def open(self, wanted: ProjectSpec) -> None:
        open_project(self.window, wanted)
        self.window.show_page("experiments")

    @property
    def panel(self) -> SweepPanel:
        return self.window.experiments.panel

    @property
    def view(self) -> ExperimentsView:
        page: Any = self.window.pages.page("experiments")
        return page

    @property
    def sweep(self) -> Any:
        return self.document.project.sweep

    def cell(self, row: int, column: int) -> str:
        return str(self.view.table.rows.index(row, column).data())

    def column(self, title: str) -> list[str]:
        rows = self.view.table.rows
        titles = [rows.headerData(at, Qt.Orientation.Horizontal) for at in range(rows.columnCount())]
        return [self.cell(row, titles.index(title)) for row in range(rows.rowCount())]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with shown_window(tmp_path) as window:
        made = Page(window)
        made.open(project({}))
        yield made


def click(widget: QWidget, pos: QPoint | None = None) -> None:
    assert widget.isVisible()
    assert widget.isEnabled()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=pos or widget.rect().center())


def choose(menu: QMenu, *words: str) -> None:
    """Clicks through a menu that is open."""
    for word in words:
        action = next(action for action in menu.actions() if action.text() == word)
        QTest.mouseMove(menu, menu.actionGeometry(action).center())
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
        menu = action.menu() or menu
