from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from nnstudio.gui.look.tokens import LIGHT
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.banner import KINDS, Banner


@pytest.fixture
def banner(qtbot) -> Banner:
    made = Banner()
    qtbot.addWidget(made)
    made.say(
        "caution", "Overfitting since epoch 17", "Val loss 0.281 → 0.334.", "Weight decay → 5e-4", why=True
    )
    made.resize(640, made.height())
    made.show()
    return made


def button(banner: Banner, name: str) -> QAbstractButton:
    found = (b for b in banner.findChildren(QAbstractButton) if name in (b.text(), b.accessibleName()))
    return next(found)


def test_the_fix_the_explanation_and_closing_are_separate(banner: Banner) -> None:
    seen: list[str] = []
    banner.action_clicked.connect(lambda: seen.append("action"))
    banner.why_clicked.connect(lambda: seen.append("why"))
    banner.closed.connect(lambda: seen.append("closed"))
    for name in ("Weight decay → 5e-4", "Why?", "Close"):
        QTest.mouseClick(button(banner, name), Qt.MouseButton.LeftButton)
    assert seen == ["action", "why", "closed"]
    assert not banner.isVisible()


def test_buttons_work_with_the_keyboard(banner: Banner) -> None:
    seen: list[str] = []
    banner.action_clicked.connect(lambda: seen.append("action"))
    QTest.keyClick(button(banner, "Weight decay → 5e-4"), Qt.Key.Key_Space)
    assert seen == ["action"]


def test_without_a_fix_there_are_no_buttons(banner: Banner) -> None:
    banner.say("good", "Training looks healthy", "Loss falls.")
    visible = [found.accessibleName() for found in banner.findChildren(QAbstractButton) if found.isVisible()]
    assert visible == ["Close"]
    assert banner.accessibleName() == "Training looks healthy"
    assert banner.accessibleDescription() == "Loss falls."


@pytest.mark.parametrize(
    ("kind", "tint"),
    [
        ("info", LIGHT.accent_tint),
        ("good", LIGHT.good_tint),
        ("caution", LIGHT.caution_tint),
        ("error", LIGHT.error_tint),
    ],
)
def test_each_kind_has_its_ground(banner: Banner, kind: str, tint: str) -> None:
    banner.say(kind, "Title")
    assert banner.grab().toImage().pixelColor(banner.width() // 2, 6).name().upper() == tint


def test_kinds_differ_by_icon_not_by_colour_alone() -> None:
    assert len({drawing for drawing, _ in KINDS.values()}) == len(KINDS)


def test_an_unknown_kind_is_refused(banner: Banner) -> None:
    with pytest.raises(KeyError):
        banner.say("wonderful", "Title")


def test_heights(banner: Banner, qtbot) -> None:
    compact = Banner(compact=True, closable=False)
    qtbot.addWidget(compact)
    assert (banner.height(), compact.height()) == (54, 46)
    theme().zoom = 1.25
    assert banner.height() == 68


def test_a_narrow_banner_shortens_the_words_and_keeps_the_buttons(banner: Banner) -> None:
    fix = button(banner, "Weight decay → 5e-4")
    whole = fix.width()
    banner.resize(420, banner.height())
    assert fix.width() == whole
    assert fix.geometry().right() < 420
