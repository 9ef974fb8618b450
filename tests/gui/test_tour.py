"""The tour: it points at real widgets, lets them be used, and is offered until it was seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.tour.overlay import TourOverlay
from nnstudio.gui.tour.steps import STEPS
from tests.gui.windows import shown_window, spiral_project

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def tour_of(window: MainWindow) -> TourOverlay:
    tour = window.findChild(TourOverlay)
    assert tour is not None
    return tour


def gone(window: MainWindow) -> bool:
    tour = window.findChild(TourOverlay)
    return tour is None or not tour.isVisible()


def test_the_start_page_offers_it_until_it_was_seen(window: MainWindow) -> None:
    offer = window.inspector.offer
    assert offer.isVisible()
    QTest.mouseClick(offer.button, LEFT)
    tour = tour_of(window)
    assert tour.callout.title == "Begin with a preset"
    QTest.keyClick(tour.callout.next, Qt.Key.Key_Escape)
    assert gone(window)
    assert not offer.isVisible()
    window.show_page("evaluate")
    window.show_page("train")
    assert not offer.isVisible(), "once seen it is no longer offered"


def test_other_pages_do_not_offer_it(window: MainWindow) -> None:
    window.show_page("evaluate")
    assert not window.inspector.offer.isVisible()
    window.show_page("train")
    assert window.inspector.offer.isVisible()


def test_it_builds_trains_and_tests_by_the_keyboard_alone(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["tour"].trigger()
    tour = tour_of(window)
    titles = []
    while not gone(window):
        focused = QApplication.focusWidget()
        assert focused is tour.callout.next
        titles.append(tour.callout.title)
        target = tour.step.find(window)
        assert target is not None
        assert target.isVisible(), titles[-1]
        for label in tour.callout.findChildren(QLabel):
            assert label.height() >= label.heightForWidth(label.width()), f"cut off: {label.text()}"
        corner = target.mapTo(window, QPoint(0, 0))
        assert tour.hole.contains(QRect(corner, target.size()) & window.rect().adjusted(3, 3, -3, -3))
        QTest.keyClick(focused, Qt.Key.Key_Return)
    assert titles == [step.title for step in STEPS]
    assert window.document.project.name == "digits-mlp"
    assert window.live.run_number == 1
    assert window.tabs.page == "train"
    window.live.stop()
    qtbot.waitUntil(lambda: not window.live.running, timeout=20_000)


def test_back_goes_back_and_the_first_step_has_none(window: MainWindow) -> None:
    window.actions_["tour"].trigger()
    tour = tour_of(window)
    assert not tour.callout.back.isEnabled()
    QTest.keyClick(tour.callout.next, Qt.Key.Key_Right)
    QTest.keyClick(tour.callout.next, Qt.Key.Key_Right)
    assert tour.callout.title == "Layers to add"
    QTest.mouseClick(tour.callout.back, LEFT)
    assert tour.callout.title == "The network"
    QTest.mouseClick(tour.callout.end, LEFT)
    assert gone(window)


def test_what_is_pointed_at_can_be_used_and_the_rest_cannot(window: MainWindow, qtbot: QtBot) -> None:
    window.document.open(spiral_project(), None)
    window.files.opened.emit()
    window.actions_["tour"].trigger()
    tour = tour_of(window)
    assert tour.callout.title == "The network", "a project that is open stays"
    card = window.stack.view.geometry_.card(window.stack.view.cards.find("dense")).center().toPoint()
    inside = window.stack.view.viewport().mapTo(window, card)
    assert not tour.mask().contains(inside), "a click there reaches the card"
    assert tour.mask().contains(QPoint(window.width() - 60, 60)), "the toolbar lies below the tour"
    assert tour.mask().contains(tour.callout.geometry().center())
    window.resize(1300, 760)
    qtbot.waitUntil(lambda: tour.geometry() == window.rect())
    tour.end()


def test_the_callout_is_always_inside_the_window(window: MainWindow) -> None:
    window.resize(1280, 720)
    window.actions_["tour"].trigger()
    tour = tour_of(window)
    for _ in STEPS[:-1]:
        assert window.rect().contains(tour.callout.geometry()), tour.callout.title
        if tour.callout.title == "Train":
            break  # training is another test's
        QTest.keyClick(tour.callout.next, Qt.Key.Key_Right)
    tour.end()


def test_a_second_call_shows_the_one_under_way(window: MainWindow) -> None:
    window.actions_["tour"].trigger()
    window.actions_["tour"].trigger()
    assert len(window.findChildren(TourOverlay)) == 1
    tour_of(window).end()
