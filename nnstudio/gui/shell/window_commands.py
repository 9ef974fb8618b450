"""What each command of the menus, the toolbar and the keys does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nnstudio.gui.help import windows as help_windows
from nnstudio.gui.project.undo_history import UndoHistory
from nnstudio.gui.run import run_dialogs
from nnstudio.gui.shell.docks import SIDES
from nnstudio.gui.shell.page_tabs import PAGES
from nnstudio.gui.stack.keys import STACK_COMMANDS

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


def connect_commands(window: MainWindow) -> None:
    """Gives every command its action, once the window's parts are made."""
    window.actions_.scope(window.stack)
    window.actions_.connect_all(
        {**_project(window), **_stack(window), **_shell(window), **_training(window), **_help(window)}
    )
    wanted = window.settings.flag("keys/single", True)
    window.actions_["single_keys"].setChecked(wanted)
    window.single_keys.set_wanted(wanted)


def _project(window: MainWindow) -> dict[str, Callable[[], object]]:
    files, document = window.files, window.document
    return {
        "new": files.new,
        "open": files.open,
        "recover": partial(window.recovery.look, tell=True),
        "save": files.save,
        "save_as": files.save_as,
        "export": files.export,
        "quit": window.close,
        "undo": document.undo,
        "redo": document.redo,
        "history": lambda: UndoHistory(document, window.toolbar.undo).open(),
    }


def _stack(window: MainWindow) -> dict[str, Callable[[], object]]:
    on_stack = window.actions_.names() & STACK_COMMANDS
    return {
        "find_layer": window.navigation.find_layer,
        **{name: partial(window.stack.view.run, name) for name in on_stack},
    }


def _shell(window: MainWindow) -> dict[str, Callable[[], object]]:
    return {
        **{f"page_{name}": partial(window.tabs.set_page, name) for name, _ in PAGES},
        **{f"{side}_dock": partial(window.navigation.toggle_side, side) for side in SIDES},
        "next_region": lambda: window.regions.cycle(1),
        "previous_region": lambda: window.regions.cycle(-1),
        "single_keys": partial(_toggle_single_keys, window),
    }


def _training(window: MainWindow) -> dict[str, Callable[[], object]]:
    live = window.live
    return {
        "train": window.run.toggle,
        "pause": live.pause,
        "step_batch": live.step_batch,
        "step_epoch": live.step_epoch,
        "stop": live.stop,
        "reset": live.reset,
        "fork_run": partial(run_dialogs.fork_run, window),
        "find_rate": partial(run_dialogs.find_rate, window),
        "plot_data": partial(run_dialogs.plot_data, window),
    }


def _help(window: MainWindow) -> dict[str, Callable[[], object]]:
    return {
        "help": lambda: help_windows.show_help(window),
        "tour": lambda: help_windows.show_tour(window),
        "keys": lambda: help_windows.show_keys(window),
        "about": lambda: help_windows.show_about(window),
    }


def _toggle_single_keys(window: MainWindow) -> None:
    wanted = window.actions_["single_keys"].isChecked()
    window.single_keys.set_wanted(wanted)
    window.settings.set("keys/single", wanted)
