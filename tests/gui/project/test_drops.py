"""Files that fall on the window: several images at once, and a model that makes the HDF5 library crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from nnstudio.data.digits import generate
from nnstudio.data.sources import child
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.views.pixels import sample_image
from tests.gui.windows import shown_window


def drop(window: MainWindow, *paths: Path) -> None:
    """Lets files fall on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(700, 400),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


@pytest.mark.parametrize("code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)"])
def test_a_dropped_model_that_crashes_its_reader_is_an_error_message(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    hostile = tmp_path / "model.h5"
    hostile.write_bytes(b"\x89HDF\r\n\x1a\n" + b"model_config nnstudio" * 9)
    monkeypatch.setattr(child, "_START", code)
    with shown_window(tmp_path) as window:
        before = window.document.project
        drop(window, hostile)
        qtbot.waitUntil(lambda: bool(window.messages.title), timeout=20_000)
        assert "made the reader crash" in window.messages.title
        assert window.document.project == before


def test_several_images_dropped_on_the_window_are_listed_on_predict(qtbot: QtBot, tmp_path: Path) -> None:
    images, labels = generate(3, seed=2)
    paths = []
    for number, image in enumerate(images):
        paths.append(tmp_path / f"{labels[number]}-{number}.png")
        assert sample_image(image).save(str(paths[-1]))
    with shown_window(tmp_path) as window:
        assert window.files.open_preset("digits-mlp")
        drop(window, *paths)
        page = window.pages.page("predict")
        qtbot.waitUntil(lambda: page.results.filled, timeout=20_000)
        assert page.isVisible()
        assert [picture.name for picture in page.results.rows.pictures] == [path.name for path in paths]
        assert not any(picture.problem for picture in page.results.rows.pictures)
