from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow, QPushButton

from nnstudio.gui.look.tokens import DARK, LIGHT
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.bars import Bar
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.tag import KINDS, Tag

LONG = "a rather long name of a project that does not fit"


def colours(widget) -> set[str]:
    image = widget.grab().toImage()
    places = itertools.product(range(image.width()), range(image.height()))
    return {image.pixelColor(x, y).name().upper() for x, y in places}


def test_an_elided_label_shows_its_text_as_tooltip_only_when_shortened(qtbot) -> None:
    label = ElidedLabel(LONG, "caption")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.is_elided()
    assert label.text().endswith("…")
    assert label.toolTip() == LONG
    assert (label.full_text(), label.accessibleName()) == (LONG, LONG)
    label.resize(label.sizeHint())
    assert label.text() == LONG
    assert label.toolTip() == ""


def test_an_elided_label_keeps_a_tooltip_of_its_own_and_may_shrink(qtbot) -> None:
    label = ElidedLabel(LONG)
    qtbot.addWidget(label)
    label.setToolTip("The project")
    label.resize(60, 20)
    assert label.toolTip() == "The project"
    assert label.minimumSizeHint().width() < 40
    label.setText("ab")
    assert label.text() == "ab"


def test_an_elided_label_fits_again_after_a_zoom(qtbot) -> None:
    label = ElidedLabel("some words", "caption")
    qtbot.addWidget(label)
    label.show()
    label.resize(label.sizeHint())
    assert not label.is_elided()
    width = label.sizeHint().width()
    theme().zoom = 1.5
    label.ensurePolished()
    assert label.sizeHint().width() > width
    assert label.is_elided()


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_has_the_tint_and_colour_of_its_kind(qtbot, kind: str) -> None:
    tag = Tag("MMMM", kind, "check")
    qtbot.addWidget(tag)
    tag.resize(tag.sizeHint())
    tag.show()
    ground, ink = (LIGHT.colour(role) for role in KINDS[kind])
    assert {ground, ink} <= colours(tag)
    assert tag.accessibleName() == "MMMM"
    assert tag.height() == 18


def test_a_tag_grows_with_its_text_and_repaints_in_the_dark(qtbot) -> None:
    tag = Tag("Queued", "neutral", "clock")
    qtbot.addWidget(tag)
    before = tag.sizeHint().width()
    tag.show_status("Imbalanced classes", "caution", "warning")
    assert tag.sizeHint().width() > before
    assert tag.text() == "Imbalanced classes"
    tag.resize(tag.sizeHint())
    theme().mode = "dark"
    assert DARK.caution_tint in colours(tag)
    with pytest.raises(KeyError):
        tag.show_status("x", "wonderful")


def test_a_panel_has_a_header_only_with_a_title(qtbot) -> None:
    panel = Panel()
    qtbot.addWidget(panel)
    inside = QLabel("content")
    panel.body.addWidget(inside)
    panel.resize(300, 200)
    panel.show()
    assert inside.y() < 20
    panel.set_title("Confusion matrix")
    panel.set_subtitle(LONG)
    panel.layout().activate()
    assert inside.geometry().top() >= 36
    assert panel.accessibleName() == "Confusion matrix"
    assert panel.subtitle() == LONG


def test_a_panels_controls_stay_whole_when_the_subtitle_does_not_fit(qtbot) -> None:
    panel = Panel("Title", LONG)
    qtbot.addWidget(panel)
    control = QPushButton("Export")
    panel.add_control(control)
    panel.resize(240, 120)
    panel.show()
    assert control.width() == control.sizeHint().width()
    assert control.mapTo(panel, QPoint(control.width(), 0)).x() == 240 - 12


def test_a_yielding_panel_shortens_its_title_where_others_are_as_wide_as_it(qtbot) -> None:
    firm, yielding = Panel(LONG), Panel(LONG, yielding=True)
    qtbot.addWidget(firm)
    qtbot.addWidget(yielding)
    assert yielding.minimumSizeHint().width() < 100 < firm.minimumSizeHint().width()
    assert yielding.accessibleName() == LONG


def test_an_empty_states_button_is_its_only_way_on(qtbot) -> None:
    empty = EmptyState("No runs to compare yet", "Train once and the curves appear here.", "Train", "play")
    qtbot.addWidget(empty)
    empty.resize(340, 120)
    empty.show()
    clicks: list[int] = []
    empty.clicked.connect(lambda: clicks.append(1))
    QTest.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    QTest.keyClick(empty.button, Qt.Key.Key_Space)
    assert len(clicks) == 2
    assert empty.accessibleName() == "No runs to compare yet"
    assert abs(empty.button.geometry().center().x() - 170) <= 1


def test_an_empty_state_may_have_no_button(qtbot) -> None:
    empty = EmptyState("Nothing here", "Yet.")
    qtbot.addWidget(empty)
    empty.show()
    assert not empty.button.isVisible()
    empty.say("Still nothing", "Wait.")
    assert empty.accessibleDescription() == "Wait."


@pytest.mark.parametrize(
    ("role", "fill"),
    [("primary", LIGHT.accent), ("", LIGHT.panel), ("tint", LIGHT.accent_tint), ("danger", LIGHT.panel)],
)
def test_a_buttons_role_decides_its_fill(qtbot, role: str, fill: str) -> None:
    button = Button("Train", role, "play")
    qtbot.addWidget(button)
    button.show()
    assert button.grab().toImage().pixelColor(6, 6).name().upper() == fill


def test_only_the_fill_moves_when_a_button_becomes_primary(qtbot) -> None:
    button = Button("Pause", "", "pause")
    qtbot.addWidget(button)
    button.show()
    button.set_role("primary")
    seen = colours(button)
    assert LIGHT.accent in seen
    assert LIGHT.on_accent in seen
    assert LIGHT.strong not in seen


def test_heights_of_buttons(qtbot) -> None:
    for small, height in ((False, 28), (True, 24)):
        button = Button("Export", small=small)
        qtbot.addWidget(button)
        assert button.sizeHint().height() == height


def test_an_icon_button_is_24_pixels_and_has_a_name(qtbot) -> None:
    button = IconButton("trash", "Delete layer")
    qtbot.addWidget(button)
    button.show()
    assert (button.width(), button.height()) == (24, 24)
    assert button.accessibleName() == button.toolTip() == "Delete layer"
    clicks: list[int] = []
    button.clicked.connect(lambda: clicks.append(1))
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert clicks == [1]
    button.set_icon("plus")
    button.set_label("Add layer")
    assert button.accessibleName() == "Add layer"


def test_an_icon_label_follows_theme_and_zoom(qtbot) -> None:
    label = IconLabel("stop", "accent", 16)
    qtbot.addWidget(label)
    assert LIGHT.accent in colours(label)
    theme().mode = "dark"
    assert DARK.accent in colours(label)
    theme().zoom = 1.5
    assert label.width() == 24


def test_bars_keep_their_height_whatever_they_hold(qtbot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    tools, tabs = Bar("Tools"), Bar("Pages", tabs=True)
    window.addToolBar(tools)
    window.addToolBarBreak()
    window.addToolBar(tabs)
    tools.add_label("Dataset")
    tools.addWidget(Combo("Dataset"))
    tools.add_stretch()
    run = Button("Train", "primary", "play")
    tools.addWidget(run)
    tools.finish()
    window.resize(1280, 720)
    window.show()
    assert (tools.height(), tabs.height()) == (44, 36)
    assert run.height() == 30
    assert 1280 - run.geometry().right() <= 16
    theme().zoom = 1.25
    assert (tools.height(), tabs.height()) == (55, 45)


def test_a_combos_list_is_wide_enough_for_every_entry(qtbot) -> None:
    combo = Combo("Compare with")
    qtbot.addWidget(combo)
    combo.addItems(["Run 12", LONG])
    combo.setFixedWidth(90)
    combo.show()
    combo.showPopup()
    assert combo.view().width() >= combo.view().sizeHintForColumn(0)
    combo.hidePopup()
    assert combo.accessibleName() == "Compare with"
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentIndex() == 1
