"""A window with the Data page in front, and small files of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.catalog import forget_loaded
from nnstudio.gui.data.page import DataView
from nnstudio.gui.main_window import MainWindow
from tests.data.sources.pictures import digits, random_images, write_tree
from tests.gui.windows import shown_window, spiral_project

CLASSES = ("cat", "dog", "owl")


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    forget_loaded()
    with shown_window(tmp_path) as made:
        made.document.open(spiral_project(), None)  # before the digits are read, which takes seconds
        yield made
    forget_loaded()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """An NPZ file with 90 training and 30 test images of 8×8, of which two are in both parts."""
    path = tmp_path / "animals.npz"
    x = random_images(120, (8, 8), seed=2)
    y = np.arange(120) % 3
    x[100], x[101] = x[4], x[5]
    y[101] = (y[5] + 1) % 3
    np.savez(path, x_train=x[:90], y_train=y[:90], x_test=x[90:], y_test=y[90:])
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with 12 images of 8×8 in three classes."""
    return write_tree(tmp_path / "pets", digits(random_images(12, (8, 8)), np.array(CLASSES * 4)))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of 30 rows with semicolons, decimal commas and a header."""
    rng = np.random.default_rng(0)
    rows = [
        ";".join(f"{value:.2f}".replace(".", ",") for value in rng.normal(number % 3, 0.3, 2))
        + f";{CLASSES[number % 3]}"
        for number in range(30)
    ]
    path = tmp_path / "points.csv"
    path.write_text("width;height;kind\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def data_page(window: MainWindow) -> DataView:
    """The page, in front."""
    window.show_page("data")
    page = window.pages.page("data")
    assert isinstance(page, DataView)
    return page


def shown_data(qtbot: QtBot, window: MainWindow, source: str | Path, **recipe: object) -> DataView:
    """The page with a data set on it, everything measured."""
    project = ProjectSpec.build({"name": "own", "data": {"source": str(source), **recipe}})
    window.document.open(project, None)
    window.files.opened.emit()
    page = data_page(window)
    settled(qtbot, page)
    return page


def settled(qtbot: QtBot, page: DataView) -> None:
    """Waits until the page shows the present recipe, measured."""

    def done() -> bool:
        source = page.source
        return source.summary is not None and source.measures is not None and not source.busy

    qtbot.waitUntil(done, timeout=20_000)


def imported(qtbot: QtBot, page: DataView) -> None:
    """Waits until the preview can be imported, or says what has to be skipped."""
    view = page.importer
    qtbot.waitUntil(lambda: view.go.isEnabled() or view.problems.isVisible(), timeout=20_000)
