"""Nothing on the Data page is cut off, in the way, nameless or faint, in any of its states."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QFontDatabase
from pytestqt.qtbot import QtBot

from nnstudio.data.catalog import forget_loaded
from tests.gui import looks
from tests.gui.data.conftest import data_page, imported, settled
from tests.gui.data.test_import import drop
from tests.gui.screenshots import dressed
from tests.gui.windows import shown_window, spiral_project

LARGE = ("light", "Inter", 1440, 900)
SMALL = ("dark", "DejaVu Sans", 1280, 720)  # the smallest window and the widest common font


@pytest.mark.parametrize("look", [LARGE, SMALL], ids=["large-light", "small-dark"])
def test_every_state_of_the_page_looks_right(
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    look: tuple[str, str, int, int],
    images: Path,
    folder: Path,
    table: Path,
) -> None:
    mode, font, wide, high = look
    if not QFontDatabase.hasFamily(font):
        pytest.skip(f"{font} is not installed")
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    forget_loaded()
    found: list[str] = []

    def check(state: str) -> None:
        qtbot.wait(80)
        found.extend(f"{state}: {finding}" for finding in looks.findings(window))

    with dressed(mode, font), shown_window(tmp_path, wide, high) as window:
        window.document.open(spiral_project(), None)
        page = data_page(window)
        settled(qtbot, page)
        check("points")
        window.datasets.choose(str(images))
        settled(qtbot, page)
        page.samples.grid.setCurrentIndex(page.samples.grid.samples.index(1, 1))
        check("a sample")
        page.samples.sheet.view.set_value("numbers")
        check("its numbers")
        page.samples._relabel(2)
        settled(qtbot, page)
        page.samples.choose("doubled")
        check("duplicates")
        view = drop(window, folder)
        imported(qtbot, page)
        check("images to import")
        view.cancel.click()
        table.write_text(table.read_text() + "1;2\n")
        drop(window, table)
        imported(qtbot, page)
        check("a table with a bad row")
        view.cancel.click()
        drop(window, tmp_path / "nothing.csv")
        qtbot.waitUntil(lambda: not view.error.isHidden(), timeout=10_000)
        check("a missing file")
        view.cancel.click()
        window.data.datasets.download.say(
            "Downloading train-images-idx3-ubyte.gz, 1.2 of 9.9 MB", 0.1, "1 MB/s"
        )
        check("a download")
        window.data.datasets.download.fail("MNIST", "No connection.")
        check("a failed download")
        window.data.datasets.download.hide()
        images.unlink()
        forget_loaded()
        page.source.retry()
        qtbot.waitUntil(lambda: page.state.isVisible() and page.source.error is not None, timeout=10_000)
        check("a source that is gone")
    forget_loaded()
    assert not found, "\n".join(found)
