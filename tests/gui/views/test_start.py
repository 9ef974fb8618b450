from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.experiments import presets
from nnstudio.experiments.presets import PresetInfo
from nnstudio.gui.project.recent import KEY, MOST, RecentProject, RecentProjects, when_text
from nnstudio.gui.views.preset_card import Measured, bars, dataset_title, facts
from nnstudio.gui.views.start import EMPTY, StartPage
from nnstudio.layers import Dense, Flatten, Input

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NOW = datetime(2026, 11, 20, 10, 42)


def project(name: str, source: str = "digits") -> ProjectSpec:
    layers = (Input(), Flatten(), Dense(units=32, activation="relu"), Dense(units=10, activation="softmax"))
    train = TrainSpec(epochs=5)
    return ProjectSpec(
        name=name, network=NetworkSpec(layers=layers), data=DataSpec(source=source), train=train
    )


@pytest.fixture
def three_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = (
        PresetInfo("first", "First one", "A summary of the first.", True),
        PresetInfo("second", "Second one", "A summary of the second.", True),
        PresetInfo("third", "Third one", "Not featured.", False),
    )
    monkeypatch.setattr(presets, "list_presets", lambda: infos)
    monkeypatch.setattr(presets, "load_preset", project)


@pytest.fixture
def page(qtbot: QtBot, three_presets: None) -> StartPage:
    return shown(qtbot, StartPage())


def shown(qtbot: QtBot, page: StartPage, height: int = 760) -> StartPage:
    qtbot.addWidget(page)
    page.resize(660, height)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    return page


def test_featured_presets_and_the_empty_model_are_shown(page: StartPage) -> None:
    assert [card.name for card in page.cards()] == ["first", "second", EMPTY]
    assert [card.accessibleName() for card in page.cards()] == ["First one", "Second one", "Empty model"]
    first, second, empty = page.cards()
    assert first.y() == second.y() < empty.y()
    assert "A summary of the first." in first.accessibleDescription()


def test_a_card_says_only_what_is_computed(page: StartPage) -> None:
    first, _, empty = page.cards()
    assert first.facts_text() == "25,450 params, 5 epochs\nDigits, Adam"
    assert empty.facts_text() == "For your own ideas"


def test_measured_values_appear_when_they_are_passed_in(page: StartPage) -> None:
    page.set_measured("first", 15.2, 0.9712)
    assert page.cards()[0].facts_text() == "25,450 params, trains in 0:15\n97.1% on test data here"
    assert "97.1%" in page.cards()[0].accessibleDescription()
    assert "%" not in page.cards()[1].facts_text()


def test_one_click_opens_a_preset(page: StartPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.preset_chosen) as chosen:
        QTest.mouseClick(page.cards()[1], LEFT, pos=QPoint(150, 40))
    assert chosen.args == ["second"]
    with qtbot.waitSignal(page.preset_chosen) as chosen:
        QTest.mouseClick(page.cards()[2], LEFT)
    assert chosen.args == [EMPTY]


def test_a_click_on_any_word_of_a_card_counts(page: StartPage, qtbot: QtBot) -> None:
    card = page.cards()[0]
    for label in card.findChildren(QLabel):
        at = label.mapTo(page, label.rect().center())
        hit = page.childAt(at)
        assert hit is card or card.isAncestorOf(hit)
        with qtbot.waitSignal(page.preset_chosen):
            QTest.mouseClick(card, LEFT, pos=label.mapTo(card, label.rect().center()))
        assert label.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)


def test_arrows_walk_the_cards_and_return_opens(page: StartPage, qtbot: QtBot) -> None:
    page.focus_first()
    for key, name in (
        (Key.Key_Right, "second"),
        (Key.Key_Right, "second"),  # the row ends here
        (Key.Key_Left, "first"),
        (Key.Key_Down, EMPTY),
        (Key.Key_Up, "first"),
    ):
        QTest.keyClick(QApplication.focusWidget(), key)
        assert getattr(QApplication.focusWidget(), "name", "") == name
    for key in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
        with qtbot.waitSignal(page.preset_chosen) as chosen:
            QTest.keyClick(QApplication.focusWidget(), key)
        assert chosen.args == ["first"]


def test_all_presets_are_one_click_away(page: StartPage) -> None:
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "All 3 presets")
    QTest.mouseClick(button, LEFT)
    assert [card.name for card in page.cards()] == ["first", "second", "third", EMPTY]
    assert all(card.isVisible() for card in page.cards())
    QTest.mouseClick(button, LEFT)
    assert [card.name for card in page.cards()] == ["first", "second", EMPTY]


def test_recent_projects_are_listed_and_opened(page: StartPage, qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "digits-cnn.nnstudio"
    file.write_text("{}")
    page.set_recent([RecentProject(file, "digits-cnn", datetime.now(), 0.959), file])
    first, second = page.recent_rows()
    text = [label.text() for label in first.findChildren(QLabel)]
    assert "digits-cnn" in text
    assert "95.9%" in text
    assert any(part.startswith("Today") for part in text)
    assert not any("%" in label.text() for label in second.findChildren(QLabel))
    with qtbot.waitSignal(page.recent_chosen) as chosen:
        QTest.mouseClick(first, LEFT)
    assert chosen.args == [str(file)]
    first.setFocus()
    QTest.keyClick(first, Key.Key_Down)
    with qtbot.waitSignal(page.recent_chosen):
        QTest.keyClick(QApplication.focusWidget(), Key.Key_Return)
    QTest.keyClick(second, Key.Key_Up)
    QTest.keyClick(first, Key.Key_Up)
    assert QApplication.focusWidget() is page.cards()[-1]
    QTest.keyClick(page.cards()[-1], Key.Key_Down)
    assert QApplication.focusWidget() is first


def test_without_recent_projects_it_says_what_will_be_there(page: StartPage, tmp_path: Path) -> None:
    hint = next(label for label in page.findChildren(QLabel) if "appear here" in label.text())
    assert hint.isVisible()
    file = tmp_path / "a.nnstudio"
    file.write_text("{}")
    page.set_recent([file])
    assert not hint.isVisible()
    page.set_recent([])
    assert hint.isVisible()
    assert page.recent_rows() == []


def test_open_is_a_button(page: StartPage, qtbot: QtBot) -> None:
    button = next(b for b in page.findChildren(QPushButton) if b.text() == "Open...")
    with qtbot.waitSignal(page.open_requested):
        QTest.mouseClick(button, LEFT)


def test_a_low_window_scrolls_to_what_has_the_focus(qtbot: QtBot, three_presets: None) -> None:
    page = shown(qtbot, StartPage(), height=300)
    assert page.verticalScrollBar().maximum() > 0
    page.focus_first()
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Down)
    empty = page.cards()[-1]
    assert empty.hasFocus()
    bottom = empty.mapTo(page.viewport(), QPoint(0, empty.height())).y()
    assert bottom <= page.viewport().height()


def test_the_shipped_presets_all_make_a_card(qtbot: QtBot) -> None:
    page = shown(qtbot, StartPage())
    featured = [info.name for info in presets.list_presets() if info.featured]
    assert [card.name for card in page.cards()] == [*featured, EMPTY]
    for name in featured:
        parameters = infer_shapes(presets.load_preset(name).network).parameters
        assert parameters > 0, name


def test_bars_follow_the_layers_and_their_sizes() -> None:
    drawn = bars(project("x").network)
    assert [category for category, _ in drawn] == ["input", "shape", "dense", "dense"]
    widths = [width for _, width in drawn]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 1
    assert min(widths) >= 0.3


def test_a_data_set_has_its_title_and_a_path_its_file_name() -> None:
    assert dataset_title("fashion-mnist") == "Fashion-MNIST"
    assert dataset_title("/data/leaves.npz") == "leaves.npz"
    assert facts(project("x", "mnist"), Measured(64, 0.5)) == (
        "25,450 params, trains in 1:04\n50.0% on test data here"
    )


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "Today 10:42"), (1, "Yesterday"), (3, "Tuesday"), (7, "13 Nov 2026"), (-1, "21 Nov 2026")],
)
def test_times_are_said_as_people_do(days: int, text: str) -> None:
    assert when_text(NOW - timedelta(days=days), NOW) == text


def test_recent_projects_survive_a_restart_newest_first(tmp_path: Path) -> None:
    one, two = (tmp_path / name for name in ("one.nnstudio", "two.nnstudio"))
    for file in (one, two):
        file.write_text("{}")
    recent = RecentProjects(QSettings())
    recent.add(one, "one", 0.9, NOW)
    recent.add(two, "two", None, NOW)
    recent.add(one, "one", when=NOW + timedelta(minutes=1))
    again = RecentProjects(QSettings()).projects()
    assert [known.name for known in again] == ["one", "two"]
    assert again[0] == RecentProject(one.resolve(), "one", NOW + timedelta(minutes=1), 0.9)
    two.unlink()
    assert [known.name for known in recent.projects()] == ["one"]
    recent.remove(one)
    assert recent.projects() == []


def test_at_most_ten_are_kept(tmp_path: Path) -> None:
    recent = RecentProjects(QSettings())
    for number in range(MOST + 3):
        file = tmp_path / f"{number}.nnstudio"
        file.write_text("{}")
        recent.add(file, str(number))
    assert [known.name for known in recent.projects()] == [str(n) for n in range(MOST + 2, 2, -1)]


@pytest.mark.parametrize(
    "damage", ["", "[", "5", '[{"path": 5}, 7, {"path": "/x", "name": "x", "when": "then"}]']
)
def test_damaged_entries_are_left_out(tmp_path: Path, damage: str) -> None:
    store = QSettings()
    store.setValue(KEY, damage)
    assert RecentProjects(store).projects() == []
    file = tmp_path / "a.nnstudio"
    file.write_text("{}")
    RecentProjects(store).add(file, "a")
    assert [entry["name"] for entry in json.loads(str(store.value(KEY)))] == ["a"]


def test_the_words_of_all_cards_begin_at_one_edge(page: StartPage) -> None:
    begins = {
        min(label.mapTo(card, QPoint(0, 0)).x() for label in card.findChildren(QLabel))
        for card in page.cards()
    }
    assert len(begins) == 1
