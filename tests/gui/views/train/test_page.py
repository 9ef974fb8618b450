from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from nnstudio.core.spec import EarlyStopping, TrainSpec
from nnstudio.engine.session import Snapshot
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.stepper import NumpyStepper
from nnstudio.gui.document import Document
from nnstudio.gui.views.train.metrics import best_of, cells, progress
from nnstudio.gui.views.train.page import TrainView
from nnstudio.layers import Dense
from tests.gui.runs import ENDLESS, Watched, small_project

RECORD = EpochRecord(22, 0.171, 0.956, 0.334, 0.898, 4.1e-4, 85.0, 2850.0)
BEST = replace(RECORD, epoch=17, val_loss=0.281, val_accuracy=0.902)
SNAPSHOT = Snapshot(
    sequence=1,
    state="running",
    epoch=23,
    epochs=40,
    batch=34,
    batches=85,
    step=22 * 85 + 34,
    train_loss=0.166,
    batch_loss=0.1655,
    record=RECORD,
    best=BEST,
    learning_rate=4.1e-4,
    samples_per_second=2850.0,
    seconds=85.0,
    seconds_left=67.0,
)


class Page:
    """The Train page over a real link to real runs."""

    def __init__(self, qtbot: QtBot, document: Document) -> None:
        self.watched = Watched(qtbot, document, lambda name, folder: None)
        self.view = TrainView(document, self.watched.live)
        self.view.resize(656, 690)
        qtbot.addWidget(self.view)
        self.view.show()
        qtbot.waitExposed(self.view)

    def button(self, text: str) -> QPushButton:
        """The visible button with a text."""
        return next(b for b in self.view.findChildren(QPushButton) if b.text() == text and b.isVisible())

    def press(self, text: str) -> None:
        """Clicks it."""
        QTest.mouseClick(self.button(text), Qt.MouseButton.LeftButton)


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[Page]:
    made = Page(qtbot, Document(small_project()))
    yield made
    assert made.watched.live.shutdown()


def test_the_strip_says_what_the_picture_says() -> None:
    shown = cells(SNAPSHOT, [BEST, RECORD], True, TrainSpec(schedule="Cosine"))
    assert {key: (cell.value, cell.suffix, cell.note) for key, cell in shown.items()} == {
        "epoch": ("23", "/ 40", "batch 34 / 85"),
        "train_loss": ("0.171", "", "batch 0.166"),
        "val_loss": ("0.334", "", "best 0.281 at 17"),
        "val_accuracy": ("89.8%", "", "best 90.2% at 17"),
        "rate": ("4.1e-4", "", "cosine"),
        "speed": ("2,850", "", "CPU, 1 thread"),
        "left": ("1:07", "", "1:25 so far"),
    }
    assert progress(SNAPSHOT) == pytest.approx((22 * 85 + 34) / (40 * 85))
    from_file = cells(replace(SNAPSHOT, batches=0), [BEST, RECORD], True, TrainSpec())
    assert from_file["epoch"].note == "batch 34"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("CPU · NumPy: the fast kernels are being compiled", "CPU, 1 thread"),
        ("CPU · NumPy, 2 threads: the fast kernels are being compiled", "CPU, 2 threads"),
        ("CPU · AVX-512 kernels, 2 threads", "CPU, 2 threads"),
        ("GPU · NVIDIA GeForce RTX 4070", "GPU"),
    ],
)
def test_the_strip_says_what_computes(path: str, shown: str) -> None:
    assert cells(replace(SNAPSHOT, path=path), [], True, TrainSpec())["speed"].note == shown


def test_before_the_first_epoch_ends_the_running_mean_stands_in() -> None:
    early = replace(SNAPSHOT, epoch=1, record=None, best=None)
    shown = cells(early, [], True, TrainSpec())
    assert shown["train_loss"].value == "0.166"
    assert (shown["val_loss"].value, shown["val_loss"].note) == ("–", "")


@pytest.mark.parametrize(
    ("recipe", "rate", "shown"),
    [
        ({}, 0.00125, ("0.00125", "constant")),
        ({"schedule": "OneCycle"}, 0.0098765, ("0.0099", "one cycle")),
        ({"schedule": "ReduceOnPlateau"}, 5e-4, ("5e-4", "on plateau")),
        ({"schedule": "Cosine", "warmup": 30.0}, 4.1234e-4, ("4.1e-4", "warm-up")),
        ({"schedule": "Cosine", "warmup": 2.0}, 4.1234e-4, ("4.1e-4", "cosine")),
    ],
)
def test_the_rate_stands_above_what_changes_it(
    recipe: dict[str, Any], rate: float, shown: tuple[str, str]
) -> None:
    cell = cells(replace(SNAPSHOT, learning_rate=rate), [], True, TrainSpec(**recipe))["rate"]
    assert (cell.value, cell.note) == shown


def test_without_validation_the_strip_says_so() -> None:
    record = replace(RECORD, val_loss=None, val_accuracy=None)
    shown = cells(replace(SNAPSHOT, record=record), [record], False, TrainSpec())
    assert shown["train_accuracy"].value == "95.6%"
    assert shown["validation"].note == "no validation data"
    assert "val_loss" not in shown


def test_the_best_epoch_is_named_by_what_the_run_watches() -> None:
    project = small_project()
    assert best_of(SNAPSHOT, project) is not None
    assert best_of(SNAPSHOT, project).label == "val loss 0.281"  # type: ignore[union-attr]
    rule = EarlyStopping(monitor="val_accuracy")
    stopping = project.replace(train=project.train.replace(early_stopping=rule))
    best = best_of(SNAPSHOT, stopping)
    assert best is not None
    assert (best.epoch, best.label, best.split) == (17, "val accuracy 90.2%", "val")
    bare = replace(SNAPSHOT, best=replace(BEST, val_loss=None, val_accuracy=None))
    best = best_of(bare, project)
    assert best is not None
    assert best.label == "train loss 0.171"


def test_the_empty_page_trains_by_its_button_once_the_network_is_finished(page: Page) -> None:
    document, empty = page.watched.document, page.view.empty
    assert empty.isVisible()
    assert not page.view.curves.isVisible()
    document.expect((2,), 2)
    whole = document.network
    document.apply_network("Empty it", whole.remove(*(layer.name for layer in whole.layers[1:])))
    page.press("Train")
    assert page.watched.live.session is None
    assert empty.button.toolTip() == "Train needs an output layer with 2 units."
    assert empty.accessibleDescription().endswith(empty.button.toolTip())
    document.undo()
    assert empty.accessibleDescription().endswith("Press Train to begin.")
    page.press("Train")
    assert page.watched.to_end().state == "finished"
    assert page.view.curves.isVisible()
    assert not page.view.empty.isVisible()
    assert not page.view.banner.isVisible()
    records = page.watched.live.records
    chart = page.view.curves.chart
    assert chart.plots["loss"].raw["val"].getData()[1].tolist() == [r.val_loss for r in records]
    assert page.view.strip.value("epoch") == "3"
    assert page.view.strip.progress == 1.0


def test_the_curves_mark_the_best_epoch(page: Page) -> None:
    page.watched.set_train(epochs=8)
    page.press("Train")
    snapshot = page.watched.to_end()
    assert snapshot.best is not None
    picture = page.view.curves.chart.picture
    assert picture is not None
    assert picture.best is not None
    assert picture.best.epoch == snapshot.best.epoch
    assert picture.best.label.startswith("val loss 0.")


def test_a_run_that_is_stopped_early_ends_the_axis_and_going_on_brings_the_plan_back(page: Page) -> None:
    live = page.watched.live
    page.watched.set_train(epochs=ENDLESS)
    page.press("Train")
    page.watched.qtbot.waitUntil(lambda: len(live.records) > 2, timeout=20_000)
    live.stop()
    snapshot = page.watched.to_end()
    picture = page.view.curves.chart.picture
    assert picture is not None
    assert snapshot.epoch - 1 <= picture.x_end <= snapshot.epoch
    live.train()
    page.watched.until("running")
    page.view.curves.flush()
    again = page.view.curves.chart.picture
    assert again is not None
    assert not again.ended


def test_training_more_draws_on_in_the_same_curves(page: Page) -> None:
    page.press("Train")
    page.watched.to_end()
    page.watched.live.train()
    page.watched.to_end()
    assert page.view.curves.run is not None
    assert [record.epoch for record in page.view.curves.run.records] == [1, 2, 3, 4, 5, 6]
    assert page.view.curves.ghost is None


def test_a_fresh_run_is_compared_with_the_last(page: Page) -> None:
    page.press("Train")
    page.watched.to_end()
    page.watched.document.insert_layer(Dense(units=4, activation="relu"), 1)
    page.watched.live.train()
    page.watched.to_end()
    assert page.view.curves.run is not None
    assert page.view.curves.run.name == "Run 2"
    assert page.view.curves.ghost is not None
    assert page.view.curves.ghost.name == "Run 1"


def test_a_run_without_validation_data_shows_train_figures(qtbot: QtBot) -> None:
    page = Page(qtbot, Document(small_project(validation=0.0)))
    page.press("Train")
    page.watched.to_end()
    assert page.view.strip.value("train_accuracy").endswith("%")
    assert page.view.strip.isVisible()
    assert page.watched.live.shutdown()


def test_reset_empties_the_page_and_keeps_the_run_to_compare_with(page: Page) -> None:
    page.press("Train")
    page.watched.to_end()
    page.watched.live.reset()
    assert page.view.empty.isVisible()
    assert page.view.strip.value("epoch") == "–"
    page.press("Train")
    page.watched.to_end()
    assert page.view.curves.ghost is not None


def test_another_project_forgets_the_runs(page: Page) -> None:
    page.press("Train")
    page.watched.to_end()
    page.watched.document.open(small_project(), None)
    page.press("Train")
    page.watched.to_end()
    assert page.view.curves.ghost is None


def test_a_network_that_cannot_be_trained_offers_its_fix(qtbot: QtBot) -> None:
    project = small_project()
    document = Document(project.replace(network=project.network.remove("dense", "dense_1")))
    document.expect((2,), 2)
    page = Page(qtbot, document)
    assert not page.watched.live.train()
    assert page.view.banner.isVisible()
    page.press("Add Dense 2")
    assert document.report.ok
    assert document.undo_label == "Add Dense 2"
    assert not page.view.banner.isVisible()
    page.press("Train")
    page.watched.to_end()
    assert page.watched.live.shutdown()


def test_a_diverged_run_is_mended_with_one_click(page: Page) -> None:
    page.watched.set_train(optimizer="SGD", epochs=60, learning_rate=1e6, l2=100.0)
    page.press("Train")
    assert page.watched.to_end().state == "diverged"
    strip = page.view.doctor.banner
    assert strip.accessibleName().startswith("Loss became NaN or infinite")
    assert not page.view.banner.isVisible()  # one message, and the doctor knows more
    page.press("Learning rate → 0.1")
    assert page.watched.document.project.train.learning_rate == 0.1
    assert strip.accessibleDescription() == "The next Train starts a new run with it."


def test_an_error_shows_its_trace_and_copies_it(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NumpyStepper, "_step", lambda *_: 1 / 0)
    page.press("Train")
    page.watched.to_end()
    page.press("Details")
    assert "ZeroDivisionError" in page.view.details.text.toPlainText()
    page.press("Copy")
    assert "ZeroDivisionError" in QApplication.clipboard().text()
    page.press("Details")
    assert not page.view.details.isVisible()
    assert page.view.empty.isVisible()  # nothing was trained


def test_a_page_that_is_made_later_shows_the_run_so_far(qtbot: QtBot) -> None:
    watched = Watched(qtbot, Document(small_project()), lambda name, folder: None)
    watched.live.train()
    watched.to_end()
    view = TrainView(watched.document, watched.live)
    qtbot.addWidget(view)
    view.show()
    assert view.curves.isVisible()
    assert view.curves.run is not None
    assert [record.epoch for record in view.curves.run.records] == [1, 2, 3]
    assert view.strip.value("epoch") == "3"
    assert watched.live.shutdown()
