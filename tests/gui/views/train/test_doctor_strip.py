"""The training doctor's strip over real runs: findings, fixes, reasons, and how it gives way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from nnstudio.core.fixes import InsertBefore
from nnstudio.engine.checkup import Visit
from nnstudio.engine.doctor import Figure, Finding, ProjectFix
from nnstudio.engine.doctor.finding import set_train
from nnstudio.gui.document import Document
from nnstudio.gui.run.notices import Notice
from nnstudio.gui.views.train.doctor_strip import DoctorStrip
from nnstudio.gui.views.train.evidence import Evidence
from nnstudio.gui.views.train.page import TrainView
from tests.gui.runs import ENDLESS, Watched, epochs_of, small_project

L2 = set_train("l2", 5e-4)
DROPOUT = ProjectFix("Insert Dropout 0.3", layers=(("dense_1", InsertBefore("Dropout", {"rate": 0.3})),))
OVERFITTING = Finding(
    "overfitting",
    "caution",
    "Overfitting since epoch 17",
    "Val loss 0.281 → 0.334, train loss still falling.",
    "The network learns details that are chance.",
    (Figure("Best epoch", 17), Figure("Val loss then", 0.281), Figure("log10(update:weight)", -2.5)),
    (L2, DROPOUT),
)
IMBALANCE = Finding(
    "imbalance", "caution", "Classes are unbalanced", "900 to 100.", "Rare ones hardly count."
)
HEALTHY = Finding("healthy", "good", "Training looks healthy", "Train loss 0.7 → 0.2.", "All is well.")


class Page:
    """The Train page, and what the doctor says put into its mouth."""

    def __init__(self, qtbot: QtBot) -> None:
        self.watched = Watched(qtbot, Document(small_project(epochs=ENDLESS)), lambda name, folder: None)
        self.view = TrainView(self.watched.document, self.watched.live)
        self.view.resize(656, 690)
        qtbot.addWidget(self.view)
        self.view.show()
        qtbot.waitExposed(self.view)

    @property
    def strip(self) -> DoctorStrip:
        return self.view.doctor

    @property
    def title(self) -> str:
        return self.strip.banner.accessibleName() if self.strip.banner.isVisible() else ""

    def say(self, *findings: Finding, problem: str = "") -> None:
        """Lets a paused run have these findings."""
        session = self.watched.live.session
        assert session is not None
        case = session.case
        session.visit = Visit(case, findings, problem)
        self.strip._look()

    def pause_after_an_epoch(self) -> None:
        live, before = self.watched.live, len(epochs_of(self.watched.events))
        live.step_epoch()
        self.watched.qtbot.waitUntil(lambda: len(epochs_of(self.watched.events)) > before, timeout=20_000)
        self.watched.qtbot.waitUntil(lambda: live.paused, timeout=20_000)

    def button(self, name: str) -> QAbstractButton:
        found = self.strip.findChildren(QAbstractButton)
        return next(b for b in found if name in (b.text(), b.accessibleName()) and b.isVisible())

    def buttons(self) -> list[str]:
        return [b.text() for b in self.strip.findChildren(QAbstractButton) if b.isVisible() and b.text()]

    def press(self, name: str) -> None:
        QTest.mouseClick(self.button(name), Qt.MouseButton.LeftButton)


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    made = Page(qtbot)
    yield made
    assert made.watched.live.shutdown()


@pytest.fixture
def paused(page: Page) -> Page:
    page.pause_after_an_epoch()
    return page


def test_nothing_is_said_before_anything_is_known(page: Page) -> None:
    assert not page.strip.isVisible()


def test_a_real_run_gets_a_real_finding(page: Page, qtbot: QtBot) -> None:
    page.watched.set_train(epochs=10, learning_rate=0.02)
    page.watched.live.train()
    page.watched.to_end()
    session = page.watched.live.session
    assert session is not None
    assert page.strip.finding == session.findings[0]
    assert page.title == session.findings[0].title
    assert page.strip.height() == 54


def test_the_most_urgent_finding_is_shown_with_one_fix(paused: Page) -> None:
    paused.say(OVERFITTING, IMBALANCE)
    assert paused.title == "Overfitting since epoch 17"
    assert paused.strip.banner.accessibleDescription() == OVERFITTING.evidence
    assert paused.buttons() == ["L2 penalty → 5e-4", "Why?"]
    assert paused.strip.banner.property("kind") == "caution"


def test_healthy_is_shown_in_green(paused: Page) -> None:
    paused.say(HEALTHY)
    assert paused.title == "Training looks healthy"
    assert paused.strip.banner.property("kind") == "good"
    assert paused.buttons() == ["Why?"]


def test_a_fix_is_one_undo_step_that_the_run_takes_over_at_its_next_epoch(paused: Page) -> None:
    paused.say(OVERFITTING)
    document, trainer = paused.watched.document, paused.watched.trainer
    paused.press("L2 penalty → 5e-4")
    assert document.project.train.l2 == 5e-4
    assert document.undo_label == "L2 penalty → 5e-4"
    assert "takes it over at epoch" in paused.strip.banner.accessibleDescription()
    paused.pause_after_an_epoch()
    paused.pause_after_an_epoch()
    assert trainer.spec.l2 == 5e-4
    paused.watched.live.train()  # the doctor speaks again after its next look, which waits to stay cheap
    paused.watched.qtbot.waitUntil(lambda: paused.title != "L2 penalty → 5e-4", timeout=30_000)
    paused.watched.live.stop()
    paused.watched.to_end()


def test_a_fix_can_be_taken_back_in_the_strip(paused: Page) -> None:
    paused.say(OVERFITTING)
    paused.press("L2 penalty → 5e-4")
    paused.press("Undo")
    assert paused.watched.document.project.train.l2 == 0.0
    assert paused.title == "Overfitting since epoch 17"
    paused.pause_after_an_epoch()
    paused.pause_after_an_epoch()
    assert paused.watched.trainer.spec.l2 == 0.0


def test_a_fix_that_needs_a_new_run_says_so(paused: Page) -> None:
    paused.say(Finding("chance", "error", "No better than guessing", "50%.", "", (), (DROPOUT,)))
    assert "Needs a new run" in paused.button("Insert Dropout 0.3").toolTip()
    paused.press("Insert Dropout 0.3")
    assert paused.strip.banner.accessibleDescription() == "It needs a new run: press Stop, then Train."
    assert paused.watched.document.network.find("dropout") is not None
    assert paused.watched.live.session is not None
    assert paused.watched.live.session.project.network.find("dropout") is None


def test_why_opens_the_rule_the_figures_and_the_other_fixes(paused: Page) -> None:
    paused.say(OVERFITTING)
    paused.press("Why?")
    evidence = paused.strip.evidence
    assert evidence.isVisible()
    assert evidence.rule.text().startswith("Val loss ≥ 1.1 × best val loss")
    assert evidence.table == [
        ("Best epoch", "17"),
        ("Val loss then", "0.281"),
        ("log10(update:weight)", "−2.50"),
    ]
    assert "details that are chance" in evidence.accessibleDescription()
    paused.press("Insert Dropout 0.3")
    assert paused.watched.document.network.find("dropout") is not None
    assert not evidence.isVisible()


def test_why_closes_again_and_by_the_keyboard_too(paused: Page) -> None:
    paused.say(OVERFITTING)
    why = paused.button("Why?")
    why.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(why, Qt.Key.Key_Space)
    assert paused.strip.evidence.isVisible()
    assert QApplication.focusWidget() is why
    QTest.keyClick(why, Qt.Key.Key_Space)
    assert not paused.strip.evidence.isVisible()


def test_a_closed_finding_stays_closed_and_the_next_one_shows(paused: Page) -> None:
    paused.say(OVERFITTING, IMBALANCE)
    paused.press("Close")
    assert paused.title == "Classes are unbalanced"
    paused.say(OVERFITTING, IMBALANCE)
    assert paused.title == "Classes are unbalanced"
    paused.press("Close")
    assert not paused.strip.isVisible()


def test_a_new_run_is_seen_with_fresh_eyes(paused: Page) -> None:
    paused.say(OVERFITTING)
    paused.press("Close")
    paused.watched.live.reset()
    assert not paused.strip.isVisible()
    paused.pause_after_an_epoch()
    paused.say(OVERFITTING)
    assert paused.title == "Overfitting since epoch 17"


def test_a_fix_that_is_made_already_is_not_offered(paused: Page) -> None:
    paused.watched.set_train(l2=5e-4)
    paused.say(OVERFITTING)
    assert paused.buttons() == ["Insert Dropout 0.3", "Why?"]


def test_a_message_of_the_run_goes_first(paused: Page) -> None:
    paused.say(OVERFITTING)
    paused.view.show_notice(Notice("error", "This run is not being saved"))
    assert not paused.strip.isVisible()
    paused.view.show_notice(None)
    assert paused.title == "Overfitting since epoch 17"


def test_a_doctor_who_cannot_look_says_why(paused: Page) -> None:
    paused.say(problem="no room for a look")
    assert paused.title == "No check-up of this run"
    assert paused.strip.banner.accessibleDescription() == "no room for a look"
    paused.press("Close")
    assert not paused.strip.isVisible()


def test_many_figures_scroll(qtbot: QtBot) -> None:
    figures = tuple(Figure(f"class {k}", k) for k in range(100))
    panel = Evidence()
    qtbot.addWidget(panel)
    panel.resize(640, 200)
    panel.show_finding(replace(IMBALANCE, figures=figures), "rule", ())
    panel.show()
    assert len(panel.table) == 100
    assert panel.sizeHint().height() < 240
