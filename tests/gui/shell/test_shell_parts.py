"""The parts of the shell that are plain functions, and the message area."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow

from nnstudio.core.layer import LayerSpec
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec
from nnstudio.data.catalog import list_datasets
from nnstudio.data.prepare import prepare
from nnstudio.engine.session import Snapshot, State
from nnstudio.errors import DataError
from nnstudio.gui.datasets import Datasets, sample_counts
from nnstudio.gui.document import Document
from nnstudio.gui.project.dropped import Kind, kind_of
from nnstudio.gui.run.train_controls import blocking_problem, controls
from nnstudio.gui.shell.actions import Actions
from nnstudio.gui.shell.messages import MessageArea
from nnstudio.gui.shell.page_tabs import showing_choices
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.shell.status_bar import path_text, run_text
from nnstudio.gui.shell.toolbar import Toolbar
from nnstudio.gui.shell.window_geometry import smallest_size
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.layers import Conv2D, Dense, Flatten, Input

ALWAYS = ("train", "pause", "step", "stop", "reset")


@pytest.fixture
def messages() -> Iterator[MessageArea]:
    area = MessageArea()
    yield area
    area.close()
    area.deleteLater()


@pytest.mark.parametrize(
    ("state", "label", "primary", "enabled"),
    [
        (None, "Train", "train", "train step"),
        ("preparing", "Training", "pause", "pause stop"),
        ("running", "Training", "pause", "pause stop"),
        ("paused", "Resume", "train", "train step stop reset"),
        ("finished", "Train more", "train", "train step reset"),
        ("stopped", "Resume", "train", "train step reset"),
        ("diverged", "Train", "train", "train step reset"),
        ("failed", "Train", "train", "train step reset"),
    ],
)
def test_what_the_buttons_offer(state: State | None, label: str, primary: str, enabled: str) -> None:
    offered = controls(Snapshot(state=state) if state else None)
    assert (offered.label, offered.primary) == (label, primary)
    assert " ".join(name for name in ALWAYS if getattr(offered, name)) == enabled


def test_a_broken_network_can_not_be_trained_but_a_finished_run_goes_on() -> None:
    assert not controls(None, "Dense needs a flat vector.").train
    assert controls(None, "Dense needs a flat vector.").reason == "Dense needs a flat vector."
    changed = controls(Snapshot(state="finished"), "Dense needs a flat vector.", goes_on=False)
    assert (changed.label, changed.train, changed.reset) == ("Train", False, True)


def test_the_reason_is_a_sentence() -> None:
    def reason(*layers: LayerSpec, classes: int | None = 10) -> str:
        return blocking_problem(infer_shapes(NetworkSpec(layers=layers), classes=classes), classes)

    assert reason(Input(), Flatten(), Dense(units=10)) == ""
    assert reason(Input()) == "Train needs an output layer with 10 units."
    assert reason(Input(), classes=None) == "Train needs an output layer."
    assert reason(Input(), Dense(units=10)) == "Dense needs a flat vector."
    broken = reason(Input(), Dense(units=64), Conv2D(), Dense(units=10))
    assert broken == "Dense needs a flat vector, and 1 more."


@pytest.mark.parametrize(
    ("snapshot", "text"),
    [
        (None, "Ready"),
        (Snapshot(message="Downloading", progress=0.25), "Downloading, 25%"),
        (Snapshot(state="running", epoch=3, epochs=20), "Run 4 training, epoch 3 of 20"),
        (Snapshot(state="running", epoch=3000, epochs=20_000), "Run 4 training, epoch 3,000 of 20,000"),
        (Snapshot(state="paused", epoch=3, epochs=20), "Run 4 paused, epoch 3 of 20"),
        (Snapshot(state="finished", epoch=1, epochs=1, seconds=63), "Run 4 finished, 1 epoch, 1:03"),
        (Snapshot(state="diverged", epoch=0), "Run 4 diverged in epoch 1"),
    ],
)
def test_the_status_line(snapshot: Snapshot | None, text: str) -> None:
    assert run_text(4, snapshot)[1] == text


def test_showing_offers_what_there_is() -> None:
    assert [choice.text for choice in showing_choices(0, None, False, False)] == ["No runs yet"]
    assert [choice.text for choice in showing_choices(1, None, False, True)] == ["Model from a file"]
    assert [choice.text for choice in showing_choices(1, None, False, False)] == ["No run"], "after a reset"
    failed = showing_choices(2, Snapshot(state="failed"), False, False)
    assert [choice.key for choice in failed] == [""], "nothing was trained that could be shown"
    live = showing_choices(2, Snapshot(state="running"), True, True)
    assert [(choice.key, choice.text) for choice in live] == [("latest", "Run 2 · live")]


@pytest.mark.parametrize(
    ("fraction", "validation", "test"),
    [(1.0, 0.1, None), (0.3, 0.15, None), (0.01, 0.0, None), (0.5, 0.333, 0.25), (1.0, 0.1, 0.0)],
)
def test_the_counts_are_those_that_a_run_gets(fraction: float, validation: float, test: float | None) -> None:
    data = DataSpec(source="spiral", fraction=fraction, validation=validation, test=test)
    counts = prepare(data).counts
    info = next(info for info in list_datasets() if info.name == "spiral")
    assert sample_counts(info, ProjectSpec(data=data)) == tuple(counts.values())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.nnstudio", Kind.PROJECT),
        ("a.h5", Kind.PROJECT),
        ("digit.PNG", Kind.IMAGE),
        ("train-images-idx3-ubyte.gz", Kind.DATA),
        ("set.npz", Kind.DATA),
    ],
)
def test_what_was_dropped(name: str, kind: Kind) -> None:
    assert kind_of(Path(name)) is kind


def test_a_folder_is_a_run_or_data(tmp_path: Path) -> None:
    assert kind_of(tmp_path) is Kind.DATA
    (tmp_path / "project.json").write_text("{}")
    assert kind_of(tmp_path) is Kind.PROJECT


def test_a_small_screen_is_never_exceeded() -> None:
    assert smallest_size(QSize(1920, 1080)) == QSize(1280, 720)
    assert smallest_size(QSize(1024, 600)).height() < 600


def test_an_error_says_what_allowed_received_and_fix(messages: MessageArea) -> None:
    error = DataError("the file is cut off", allowed="47 MB", received="1 MB", fix="get it again")
    messages.show_error(error)
    assert messages.title == "The file is cut off."
    assert messages.text == "Allowed: 47 MB\nReceived: 1 MB\nWhat to do: get it again"
    (close,) = messages.findChildren(IconButton)
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert messages.isHidden()


def test_good_news_goes_and_errors_stay(messages: MessageArea) -> None:
    messages.say("good", "Saved.")
    messages.clear_news()
    assert messages.isHidden()
    messages.say("error", "Not saved.")
    messages.clear_news()
    assert messages.title == "Not saved."


def test_a_caution_comes_back_when_what_replaced_it_is_closed(messages: MessageArea) -> None:
    restored: list[bool] = []

    def press(text: str) -> None:
        button = next(
            b for b in messages.findChildren(QAbstractButton) if text in (b.text(), b.accessibleName())
        )
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    messages.say("caution", "Work can be restored.", action=("Restore", lambda: restored.append(True)))
    messages.say("caution", "The file is read-only.", action=("Save as…", lambda: None))
    messages.say("error", "Not opened.")
    press("Close the message")
    assert messages.title == "The file is read-only."
    press("Save as…")
    assert messages.title == "Work can be restored."
    messages.say("info", "Not opened: notes.txt.")
    messages.clear_news()
    press("Restore")
    assert restored == [True]
    assert messages.isHidden(), "each comes back once"
    messages.say("caution", "The file is read-only.")
    messages.say("good", "Another project is open.")
    messages.clear()
    assert messages.isHidden(), "what clears the message clears all"


def test_progress_can_be_cancelled(messages: MessageArea) -> None:
    cancelled: list[bool] = []
    messages.show()
    messages.show_progress("Downloading", None, lambda: cancelled.append(True))
    messages.show_progress("Downloading, 3 of 30 MB", 0.1, lambda: cancelled.append(True))
    assert messages.title == "Downloading, 3 of 30 MB"
    cancel = next(button for button in messages.findChildren(Button) if button.text() == "Cancel")
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert cancelled == [True]


def test_settings_survive_nonsense(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    settings.set("a/number", 1.5)
    settings.set("a/map", {"x": 1})
    settings.set("a/flag", False)
    settings.sync()
    again = Settings(tmp_path / "s.ini")
    assert (again.number("a/number", 0), again.data("a/map"), again.flag("a/flag", True)) == (
        1.5,
        {"x": 1},
        False,
    )
    again.set("a/number", "much")
    again.set("a/map", "[1")
    again.set("a/flag", "perhaps")
    assert (again.number("a/number", 2), again.data("a/map"), again.flag("a/flag", True)) == (2, {}, True)
    assert again.bytes("a/map").isEmpty()


@pytest.mark.parametrize(("zoom", "width"), [(1.0, 1280), (1.25, 1280), (1.5, 1280), (1.5, 1200)])
def test_the_training_buttons_never_overlap(zoom: float, width: int) -> None:
    theme().zoom = zoom
    window = QMainWindow()
    toolbar = Toolbar(Actions(window), Datasets(Document(parent=window), window))
    window.addToolBar(toolbar)
    window.resize(width, 200)
    window.show()
    QTest.qWaitForWindowExposed(window)
    QApplication.processEvents()
    edges = []
    for button in toolbar.training.buttons.values():
        left = button.mapTo(toolbar, button.rect().topLeft()).x()
        edges += [left, left + button.width()]
        assert button.width() >= button.sizeHint().width(), f"{button.accessibleName()} is cut off"
    assert edges == sorted(edges)
    assert edges[-1] <= width
    window.close()
    window.deleteLater()


@pytest.mark.parametrize(
    ("path", "text", "tooltip"),
    [
        ("", "", ""),
        ("CPU · NumPy", "NumPy", "NumPy computes the training steps."),
        (
            "CPU · NumPy: the fast kernels are being compiled",
            "NumPy",
            "NumPy computes the training steps: the fast kernels are being compiled.",
        ),
        (
            "CPU · NumPy, 2 threads: the fast kernels are being compiled",
            "NumPy",
            "NumPy computes the training steps on 2 threads: the fast kernels are being compiled.",
        ),
        ("GPU · NVIDIA H100", "GPU", "GPU · NVIDIA H100 computes the training steps."),
        (
            "CPU · AVX-512 kernels, 2 threads",
            "AVX-512",
            "Compiled kernels compute the training steps: AVX-512 kernels, 2 threads.",
        ),
    ],
)
def test_the_status_bar_says_what_computes_and_why(path: str, text: str, tooltip: str):
    assert path_text(path) == (text, tooltip)
