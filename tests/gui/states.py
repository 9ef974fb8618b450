"""Every page of the window in every state worth looking at, for pictures and for checks of the looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from nnstudio.core.spec import ProjectSpec
from nnstudio.experiments.presets import load_preset
from nnstudio.experiments.sweeps.folders import list_sweeps, new_sweep_folder
from nnstudio.gui.help import windows as help_windows
from nnstudio.gui.main_window import MainWindow
from nnstudio.gui.project.undo_history import UndoHistory
from nnstudio.gui.run import run_dialogs
from nnstudio.gui.tour.offer import start_tour
from nnstudio.layers import Conv2D, Dense, MaxPool
from tests.experiments.sweeps import sample_sweeps as sweeps

State = Callable[[MainWindow], QWidget]
"""Brings a fresh window into a state; returns what is to be looked at, the window or a popup of it."""

PATIENCE = 60.0


def wait_until(done: Callable[[], bool]) -> None:
    """Runs the event loop until something has come about."""
    for _ in range(round(PATIENCE * 100)):
        if done():
            return
        let_pass(10)
    raise TimeoutError("the state was not reached")


def let_pass(milliseconds: int) -> None:
    """Runs the event loop for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def small_images(epochs: int = 2) -> ProjectSpec:
    """A residual network on a few generated digits: an epoch takes a moment."""
    block: dict[str, Any] = {
        "type": "Residual",
        "layers": [{"type": "Conv2D", "filters": 8, "padding": "same"}, {"type": "BatchNorm"}],
    }
    wider = {
        **block,
        "skip": "projection",
        "layers": [{"type": "Conv2D", "filters": 16, "strides": 2, "padding": "same"}, {"type": "BatchNorm"}],
    }
    layers = [
        {"type": "Input", "shape": [28, 28, 1]},
        {"type": "Conv2D", "filters": 8, "padding": "same", "frozen": True},
        block,
        {"type": "MaxPool"},
        wider,
        {"type": "Dropout", "disabled": True},
        {"type": "Flatten"},
        {"type": "Dense", "units": 10, "activation": "softmax"},
    ]
    return ProjectSpec.build(
        {
            "name": "digits-residual",
            "network": {"layers": layers},
            "data": {"source": "digits", "fraction": 0.03},
            "train": {"epochs": epochs, "batch_size": 64},
        }
    )


def open_project(window: MainWindow, project: ProjectSpec) -> None:
    """Opens a project as the File menu does."""
    window.document.open(project, None)
    window.files.opened.emit()


def trained(window: MainWindow, project: ProjectSpec) -> None:
    """Trains to the end, unless the window has just done that."""
    if window.document.project == project and window.live.state == "finished":
        window.show_page("train")
        return
    ended: list[object] = []
    open_project(window, project)
    window.live.run_ended.connect(ended.append)
    window.live.train()
    wait_until(lambda: bool(ended))


def start(window: MainWindow) -> QWidget:
    return window


def offer(window: MainWindow) -> QWidget:
    window.messages.say(
        "caution",
        "NNStudio was not closed properly. “digits-residual” can be restored as it was at 10:42:07.",
        "With 12 steps of its undo history. Its run was under way and can go on.",
        ("Restore", lambda: None),
        other=("Discard", lambda: None),
    )
    return window


def layers(window: MainWindow) -> QWidget:
    """Cards of all kinds: frozen, skipped, blocks open and closed, one selected."""
    open_project(window, small_images())
    window.document.select("conv2d")
    return window


def closed_blocks(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    window.document.select("residual")
    window.stack.view.setFocus()
    for name in ("residual", "residual_1"):
        window.document.select(name)
        QTest.keyClick(window.stack.view, Qt.Key.Key_Left)
    return window


def mistakes(window: MainWindow) -> QWidget:
    """Errors with fixes and a warning."""
    open_project(window, small_images())
    network = window.document.network
    network = network.remove("flatten").insert(2, Dense(units=32), Conv2D(filters=4, kernel_size=(40, 40)))
    window.document.apply_network("Break it", network)
    window.document.select("dense")
    return window


def several(window: MainWindow) -> QWidget:
    """Two cards of one kind edited together."""
    open_project(window, load_preset("s1-a8"))
    window.document.select_many(["dense", "dense_1"], "dense")
    return window


def paused(window: MainWindow) -> QWidget:
    """A run that waits, with a draft and a setting that waits for the next epoch."""
    open_project(window, small_images(epochs=5))
    window.live.step_epoch()
    wait_until(lambda: window.live.state == "paused")
    window.document.insert_layer(MaxPool(), 2)
    project = window.document.project
    window.document.apply("Set rate", project.replace(train=project.train.replace(learning_rate=0.002)))
    return window


def ended(window: MainWindow) -> QWidget:
    trained(window, small_images())
    return window


def plane(window: MainWindow) -> QWidget:
    """Two features: the playground."""
    project = load_preset("spiral-mlp")
    trained(window, project.replace(train=project.train.replace(epochs=6)))
    let_pass(200)
    return window


def no_evaluation(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    window.show_page("evaluate")
    return window


def evaluation(window: MainWindow) -> QWidget:
    trained(window, small_images())
    window.show_page("evaluate")
    page: Any = window.pages.page("evaluate")
    wait_until(lambda: page.result is not None)
    let_pass(200)
    return window


def no_prediction(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    window.show_page("predict")
    return window


def prediction(window: MainWindow) -> QWidget:
    trained(window, small_images())
    window.show_page("predict")
    page: Any = window.pages.page("predict")
    assert window.live.prepared is not None
    page.intake.open_sample(window.live.prepared.test.x[0])
    let_pass(500)
    return window


def undo_history(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    for units in (4, 5, 6):
        window.document.insert_layer(Dense(units=units))
    window.document.undo()
    popup = UndoHistory(window.document, window.toolbar.undo)
    popup.open()
    return popup


def keys(window: MainWindow) -> QWidget:
    return help_windows.show_keys(window)


def plot_data(window: MainWindow) -> QWidget:
    trained(window, small_images())
    run_dialogs.plot_data(window)
    return dialog_of(window)


def find_rate(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    run_dialogs.find_rate(window)
    let_pass(300)
    return dialog_of(window)


def fork(window: MainWindow) -> QWidget:
    trained(window, small_images())
    run_dialogs.fork_run(window)
    return dialog_of(window)


def layer_help(window: MainWindow) -> QWidget:
    open_project(window, small_images())
    window.document.select("conv2d")
    window.stack.view.setFocus()
    return help_windows.show_help(window)


def tour(window: MainWindow) -> QWidget:
    """The tour at its second step."""
    open_project(window, small_images())
    shown = start_tour(window)
    shown.go(1)
    return shown


def dialog_of(window: MainWindow) -> QWidget:
    """The dialog that belongs to a window."""
    found = [top for top in QApplication.topLevelWidgets() if top.parent() is window and top.isVisible()]
    assert len(found) == 1, found
    return found[0]


def no_sweep(window: MainWindow) -> QWidget:
    """Nothing varies, nothing was swept."""
    open_project(window, sweeps.project({}).replace(name="nothing"))
    window.show_page("experiments")
    return window


def sweep(window: MainWindow) -> QWidget:
    """A sweep with trials that are done, pruned and failed, one of them selected; a set-up with a mistake."""
    varied = {"lr": "1e-3,1e6", "optimizer": "Adam,SGD", "units": "4", "train.l2": "0,100"}
    wanted = sweeps.project(varied, epochs=6, repeats=2, prune=3)
    wanted = wanted.replace(name="spiral-study")
    if not list_sweeps() or list_sweeps()[0].project != wanted:
        sweeps.ran(new_sweep_folder(wanted.name), wanted)
    open_project(window, wanted)
    window.show_page("experiments")
    page: Any = window.pages.page("experiments")
    page.show_sweep(None)
    page.look_again()
    wait_until(lambda: page.table.rows.rowCount() > 0)
    page.table.selectRow(1)
    layer = window.document.network.layer("hidden").replace(name="first")
    window.document.apply_network("Rename", window.document.network.replace_layer("hidden", layer))
    return window


STATES: dict[str, State] = {
    "start": start,
    "offer": offer,
    "layers": layers,
    "closed-blocks": closed_blocks,
    "mistakes": mistakes,
    "several": several,
    "undo-history": undo_history,
    "keys": keys,
    "layer-help": layer_help,
    "tour": tour,
    "find-rate": find_rate,
    "experiments-empty": no_sweep,
    "experiments": sweep,
    "evaluate-empty": no_evaluation,
    "predict-empty": no_prediction,
    "paused": paused,
    "playground": plane,
    "ended": ended,
    "plot-data": plot_data,
    "fork": fork,
    "evaluate": evaluation,
    "predict": prediction,
}
"""In an order in which one window can go through them quickly: those behind ``ended`` share its run."""
