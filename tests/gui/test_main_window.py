"""The window as a whole: pages, panels, commands, keys, and the run seen from outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.run.kept_runs import RunMenu
from nnstudio.gui.theme import theme
from nnstudio.gui.views.start import StartPage
from nnstudio.gui.views.train.curve_chart import Chart
from nnstudio.gui.views.train.page import TrainView
from tests.gui.windows import shown_window, spiral_project

NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    with shown_window(tmp_path) as made:
        yield made


def open_spiral(window: MainWindow, epochs: int = 3) -> None:
    window.document.open(spiral_project(epochs), None)
    window.files.opened.emit()


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def texts(window: MainWindow) -> dict[str, bool]:
    buttons = window.toolbar.training.buttons.values()
    return {button.text(): button.isEnabled() for button in buttons}


def test_the_first_start_shows_the_presets_and_an_empty_model(window: MainWindow) -> None:
    assert isinstance(window.pages.currentWidget(), StartPage)
    assert [layer.type_name() for layer in window.document.network.layers] == ["Input"]
    assert not any(texts(window).values()), "nothing can be trained yet"
    assert window.status.hint == "Train needs an output layer with 10 units."
    assert window.toolbar.training.buttons["train"].toolTip() == window.status.hint
    assert window.toolbar.training.buttons["step_batch"].toolTip() == window.status.hint
    assert window.actions_["train"].toolTip() == window.status.hint
    assert window.tabs.showing == ("No runs yet",)
    assert window.status.counts == "Train 10,800 · Val 1,200 · Test 2,000"


def test_one_click_on_a_presets_button_trains_it(window: MainWindow, qtbot: QtBot) -> None:
    start = window.pages.currentWidget()
    assert isinstance(start, StartPage)
    card = next(card for card in start.cards() if card.name == "spiral-mlp")
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        click(card.train)
    assert isinstance(window.pages.currentWidget(), TrainView)
    assert window.live.snapshot is not None
    assert window.live.snapshot.epoch == 60


def test_a_preset_and_one_click_on_train_train_it(window: MainWindow, qtbot: QtBot) -> None:
    start = window.pages.currentWidget()
    assert isinstance(start, StartPage)
    start.preset_chosen.emit("spiral-mlp")
    assert isinstance(window.pages.currentWidget(), TrainView)
    project = window.document.project
    assert project.data.source == "spiral"
    window.document.apply("Set epochs", project.replace(train=project.train.replace(epochs=1_000_000)))
    with qtbot.waitSignal(window.live.points, timeout=20_000):
        click(window.toolbar.training.buttons["train"])
    assert texts(window) == {"Training": False, "Pause": True, "Step": False, "Stop": True, "Reset": False}
    assert window.toolbar.datasets.locked
    qtbot.waitUntil(lambda: window.status.state.startswith("Run 1 training, epoch "))


def test_pause_resume_and_stop_move_only_the_fill(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    places = [button.geometry() for button in window.toolbar.training.buttons.values()]
    QTest.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    QTest.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.live.state == "paused", timeout=20_000)
    assert texts(window) == {"Resume": True, "Pause": False, "Step": True, "Stop": True, "Reset": True}
    assert window.tabs.showing[0] == "Run 1 · paused"
    QTest.keyClick(window, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: window.live.state == "paused", timeout=20_000)
    click(window.toolbar.training.buttons["stop"])
    qtbot.waitUntil(lambda: window.live.state == "stopped", timeout=20_000)
    assert texts(window) == {"Resume": True, "Pause": False, "Step": True, "Stop": False, "Reset": True}
    assert [button.geometry() for button in window.toolbar.training.buttons.values()] == places
    assert not window.toolbar.datasets.locked


def test_the_keyboard_stays_with_the_next_sensible_action(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    window.activateWindow()
    buttons = window.toolbar.training.buttons
    window.stack.view.setFocus()
    click(buttons["train"])
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    assert window.stack.view.hasFocus(), "a click leaves the focus where it was"
    buttons["pause"].setFocus()
    QTest.keyClick(buttons["pause"], Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.live.state == "paused", timeout=20_000)
    assert buttons["train"].hasFocus()


def test_after_a_reset_earlier_runs_can_be_shown_and_no_button_is_armed(
    window: MainWindow, qtbot: QtBot
) -> None:
    open_spiral(window, epochs=5_000)
    window.activateWindow()
    window.live.step_epoch()
    qtbot.waitUntil(lambda: window.live.state == "paused", timeout=20_000)
    page = window.pages.page("train")
    assert isinstance(page, TrainView)
    page.curves.findChild(Chart).setFocus()
    assert page.curves.isAncestorOf(QApplication.focusWidget())
    click(window.toolbar.training.buttons["reset"])
    assert not isinstance(QApplication.focusWidget(), QAbstractButton), "Space would press it"
    showing = next(box for box in window.tabs.findChildren(QComboBox) if box.isVisible())
    assert showing.currentText() == "No run"
    QTest.keyClick(showing, Qt.Key.Key_Down)
    menu = window.tabs.findChild(RunMenu)
    assert menu is not None
    qtbot.waitUntil(menu.isVisible)
    menu.close()


def test_after_the_last_epoch_train_offers_more(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=2)
    with qtbot.waitSignal(window.live.run_ended, timeout=20_000):
        window.actions_["train"].trigger()
    assert "Train more" in texts(window)
    assert window.status.state.startswith("Run 1 finished, 2 epochs, ")
    assert len(window.tabs.showing) == 2
    assert window.tabs.showing[1].startswith("Run 1 · best, epoch ")
    window.tabs.showing_chosen.emit("best")
    assert window.run.model is window.live.best_model


def test_editing_during_a_run_is_a_draft_that_can_be_reverted(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    before = window.document.network
    window.live.train()
    qtbot.waitUntil(lambda: window.live.state == "running", timeout=20_000)
    window.document.apply_network("Delete Dense", before.remove("dense"))
    assert window.stack.header.notice() == "Draft. Run 1 keeps its own copy."
    window.stack.revert_requested.emit()
    assert window.document.network == before
    assert window.stack.header.notice() is None


def test_a_recipe_edited_during_a_run_counts_from_the_next_epoch(window: MainWindow, qtbot: QtBot) -> None:
    open_spiral(window, epochs=5_000)
    window.live.step_epoch()
    qtbot.waitUntil(lambda: window.live.state == "paused", timeout=20_000)
    project = window.document.project
    rate = project.train.replace(learning_rate=0.25)
    window.document.apply("Set learning rate", project.replace(train=rate))
    with qtbot.waitSignal(window.inspector.recipe_changed_while_running, timeout=5_000):
        pass
    window.live.step_epoch()
    qtbot.waitUntil(lambda: len(window.live.records) == 2, timeout=20_000)
    assert [record.learning_rate for record in window.live.records] == [0.001, 0.25]


class Windows(QObject):
    """Notes every widget that is shown as a window of its own, if only for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_part_is_ever_shown_as_a_window(tmp_path: Path, qapp: QApplication) -> None:
    windows = Windows()
    qapp.installEventFilter(windows)
    try:
        with shown_window(tmp_path) as window:
            open_spiral(window)
            for name in ("evaluate", "predict", "train"):
                window.show_page(name)
            assert windows.seen == ["MainWindow"]
    finally:
        qapp.removeEventFilter(windows)


def test_the_window_comes_back_where_and_how_it_was(tmp_path: Path) -> None:
    with shown_window(tmp_path) as window:
        window.resize(1500, 820)
        window.docks.set_open("right", False)
        window.close()
    with shown_window(tmp_path, 1500, 820) as window:
        assert not window.inspector.isVisible()


def test_damaged_settings_are_ignored(tmp_path: Path) -> None:
    text = '[window]\ngeometry=@ByteArray(rubbish)\ndocks="{\\"train\\": 7}"\n[view]\nzoom=abc\n'
    (tmp_path / "settings.ini").write_text(text, encoding="utf-8")
    with shown_window(tmp_path) as window:
        assert window.stack.isVisible()


def test_a_data_set_brings_its_shape_in_one_step(window: MainWindow) -> None:
    window.document.open(spiral_project(), None)
    window.datasets.choose("fashion-mnist")
    assert window.document.network.input_shape == (28, 28, 1)
    assert window.document.expected == ((28, 28, 1), 10)
    assert window.toolbar.datasets.choice == "Fashion-MNIST 100%"
    problems = window.document.report.errors
    assert problems, "two outputs don't fit ten classes"
    assert problems[0].fixes
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert window.document.project == spiral_project()
    assert window.document.report.ok, "and it is checked against the spiral again"


def test_the_data_menu_lists_what_there_is(window: MainWindow) -> None:
    entries = {action.text(): action for action in window.toolbar.datasets.menu_actions()}
    assert entries["Digits"].isChecked()
    entries["Use 50% of the samples"].trigger()
    assert window.document.project.data.fraction == 0.5
    assert window.status.counts == "Train 5,400 · Val 600 · Test 1,000"


def test_f6_goes_round_the_regions(window: MainWindow) -> None:
    window.activateWindow()
    seen = []
    for _ in range(6):
        window.actions_["next_region"].trigger()
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(
            next(
                name
                for name in ("toolbar", "tabs", "layers", "stack", "centre", "inspector")
                if getattr(window, name).isAncestorOf(focus) or getattr(window, name) is focus
            )
        )
    assert sorted(seen) == sorted(["toolbar", "tabs", "layers", "stack", "centre", "inspector"])


def test_everything_in_the_shell_has_a_name(window: MainWindow) -> None:
    window.actions_["page_evaluate"].trigger()
    nameless = [
        button
        for bar in (window.toolbar, window.tabs)
        for button in bar.findChildren(QToolButton)
        if not button.isHidden() and not (button.accessibleName() or button.text())
    ]
    assert nameless == []


def test_theme_and_zoom_follow_the_menu(window: MainWindow) -> None:
    window.actions_["theme_dark"].trigger()
    assert theme().tokens.dark
    assert window.actions_["theme_dark"].isChecked()
    window.actions_["zoom_125"].trigger()
    assert theme().zoom == 1.25
    assert window.settings.text("view/theme") == "dark"
    assert window.settings.number("view/zoom", 0) == 1.25


def test_a_project_dropped_on_the_window_opens(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "spiral.nnstudio"
    path.write_text(spiral_project().dumps(), encoding="utf-8")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    actions, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPointF(5, 5), actions, mime, button, NONE)
    with qtbot.waitSignal(window.files.opened, timeout=5_000):
        window.dropEvent(event)
    assert window.document.project == spiral_project()
    assert window.document.path == path
