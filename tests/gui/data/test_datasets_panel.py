"""The left side of the Data page: cards, downloads from a server that misbehaves, data used lately."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from nnstudio.core.import_options import ImportOptions
from nnstudio.data import download as downloads
from nnstudio.data.published import PUBLISHED, PublishedSet
from nnstudio.gui.data.datasets_panel import DatasetsPanel
from nnstudio.gui.data.recent_data import OwnData, RecentData
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.run.pace import Pace, bytes_per_second
from nnstudio.gui.shell.settings import Settings
from tests.data.web_server import Handler, Server, published, server, silence_midway, status  # noqa: F401 - fixtures
from tests.gui.data.conftest import data_page, settled
from tests.gui.windows import shown_window

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def small_mnist(
    published: PublishedSet,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What is called MNIST is a small data set on a server of this machine, and not yet here."""
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NNSTUDIO_DATA", raising=False)
    chosen = dataclasses.replace(published, name="mnist", title="MNIST")
    monkeypatch.setitem(PUBLISHED, "mnist", chosen)
    monkeypatch.setattr(downloads, "fetch", functools.partial(downloads.fetch, back_off=0.0))


@pytest.fixture
def panel(small_mnist: None, window: MainWindow) -> DatasetsPanel:
    data_page(window)
    return window.data.datasets


def held(gate: threading.Event) -> Callable[[Handler, bytes], None]:
    """Sends half of a file, waits for the gate, then the rest."""

    def answer(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        half = len(content) // 2
        handler.wfile.write(content[:half])
        handler.wfile.flush()
        gate.wait(20)
        handler.wfile.write(content[half:])

    return answer


FIRST = "train-images-idx3-ubyte.gz"


def test_a_missing_set_is_downloaded_from_its_card(
    qtbot: QtBot, window: MainWindow, panel: DatasetsPanel
) -> None:
    card = panel.cards["mnist"]
    assert card.tag.text() == "Download"
    QTest.mouseClick(card, LEFT)
    assert not panel.download.isHidden()
    assert window.messages.title == "", "the card tells it"
    qtbot.waitUntil(lambda: card.tag.text() == "Ready", timeout=20_000)
    settled(qtbot, data_page(window))
    assert panel.download.isHidden()
    assert window.document.project.data.source == "mnist"
    assert data_page(window).strip.value("train") == "2,700"


def test_a_download_shows_how_far_it_is_and_is_cancelled(
    qtbot: QtBot,
    window: MainWindow,
    panel: DatasetsPanel,
    server: Server,  # noqa: F811
) -> None:
    gate = threading.Event()
    server.misbehave("a", FIRST, held(gate))
    QTest.mouseClick(panel.cards["mnist"], LEFT)
    qtbot.waitUntil(lambda: FIRST in panel.download.text.full_text(), timeout=10_000)
    assert panel.download.bar.maximum() == 1000
    QTest.mouseClick(panel.download.button, LEFT)
    gate.set()
    assert panel.download.isHidden()
    assert not window.datasets.downloading
    state = data_page(window).state
    qtbot.waitUntil(lambda: "is not on this machine" in state.accessibleName(), timeout=10_000)
    assert state.button.text() == "Download"


def test_cancelling_leaves_a_silent_server_and_the_next_download_goes_on(
    qtbot: QtBot,
    window: MainWindow,
    panel: DatasetsPanel,
    server: Server,  # noqa: F811
) -> None:
    server.misbehave("a", FIRST, silence_midway)
    QTest.mouseClick(panel.cards["mnist"], LEFT)
    qtbot.waitUntil(lambda: server.ranges == [""] and panel.download.bar.value() > 0, timeout=10_000)
    QTest.mouseClick(panel.download.button, LEFT)

    def free() -> bool:
        return not [thread for thread in threading.enumerate() if thread.name.startswith("nnstudio-")]

    qtbot.waitUntil(free, timeout=10_000)  # the server would be silent for half a minute
    panel.fetch("mnist")
    qtbot.waitUntil(lambda: panel.cards["mnist"].tag.text() == "Ready", timeout=20_000)
    assert server.ranges[1] == "bytes=1000-"
    settled(qtbot, data_page(window))


def test_offline_the_reason_is_told_and_the_next_try_works(
    qtbot: QtBot,
    window: MainWindow,
    panel: DatasetsPanel,
    server: Server,  # noqa: F811
) -> None:
    failing = [status(503)] * 3
    for mirror in ("a", "b"):
        server.misbehave(mirror, FIRST, *failing)
    QTest.mouseClick(panel.cards["mnist"], LEFT)
    qtbot.waitUntil(lambda: panel.download.button.text() == "Try again", timeout=20_000)
    assert panel.download.text.full_text() == "Could not download MNIST"
    assert panel.download.pace.text() == "HTTP status 503."
    below = panel.download.geometry().top() - panel.cards["mnist"].geometry().bottom()
    assert 0 < below < 12, "below its card"
    assert "503" in window.messages.text
    assert "check the internet connection" in window.messages.text
    QTest.mouseClick(panel.download.button, LEFT)
    qtbot.waitUntil(lambda: panel.cards["mnist"].tag.text() == "Ready", timeout=20_000)
    settled(qtbot, data_page(window))


def test_the_page_itself_offers_the_download(qtbot: QtBot, window: MainWindow, panel: DatasetsPanel) -> None:
    page = data_page(window)
    window.datasets.choose("mnist")
    qtbot.waitUntil(lambda: page.state.isVisible() and page.source.error is not None, timeout=10_000)
    assert "Press Download, or put its four files into" in page.state.accessibleDescription()
    QTest.mouseClick(page.state.button, LEFT)
    qtbot.waitUntil(lambda: page.source.measures is not None, timeout=20_000)
    assert page.strip.value("test") == "30"


def test_cards_are_pressed_with_the_keyboard_too(
    qtbot: QtBot, window: MainWindow, panel: DatasetsPanel
) -> None:
    settled(qtbot, data_page(window))
    card = panel.cards["points"]
    card.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(card, Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    names = [action.text() for action in menu.actions()]
    assert len(names) == 5
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert window.document.project.data.source in ("spiral", "circles", "moons", "xor", "blobs")
    assert card.isChecked()
    settled(qtbot, data_page(window))


def test_the_digits_card_shows_digits(qtbot: QtBot, panel: DatasetsPanel) -> None:
    qtbot.waitUntil(lambda: len(panel.cards["digits"]._images) == 4, timeout=10_000)
    panel.cards["digits"].grab()


def test_data_used_lately_survive_a_restart_and_damage(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    one = OwnData("/data/a.csv", ImportOptions(label="kind"), "a.csv", "30 samples, 2", 3, True)
    two = OwnData("/data/b.npz", None, "b.npz", "9 images, 4×4×1", 2)
    recent = RecentData(settings)
    recent.add(one)
    recent.add(two)
    recent.add(one)
    settings.sync()
    again = RecentData(Settings(tmp_path / "settings.ini"))
    assert again.all() == [one, two]
    again.remove(one.path)
    assert again.all() == [two]
    for entry in ({"path": 3}, {"path": "x", "reading": {"size": "huge"}}, "text", None):
        settings.set("recent/data", {"sets": [entry]})
        assert RecentData(settings).all() == []


def test_a_card_of_ones_own_is_taken_off_the_list(tmp_path: Path, qtbot: QtBot) -> None:
    settings = Settings(tmp_path / "settings.ini")
    RecentData(settings).add(OwnData(str(tmp_path / "gone.csv"), None, "gone.csv", "3 samples", 2))
    settings.sync()
    with shown_window(tmp_path) as window:
        panel = window.data.datasets
        assert panel.own[str(tmp_path / "gone.csv")].tag.text() == "Missing"
        panel._forget(str(tmp_path / "gone.csv"))
        assert panel.own == {}


def test_speed_and_time_left_come_from_what_was_done_lately() -> None:
    now = [0.0]
    pace = Pace(10_000_000, bytes_per_second, clock=lambda: now[0])
    assert pace.tell(None) == ""
    assert pace.tell(0.0) == ""
    now[0] = 2.0
    assert pace.tell(0.2) == "1.0 MB/s, 0:08 left"
    for now[0], share in ((4.0, 0.3), (6.0, 0.4), (8.0, 0.5)):
        told = pace.tell(share)
    assert told == "500 kB/s, 0:10 left"
    assert pace.tell(0.1) == "", "it began again"
