"""Opens the dialogs about runs; each is imported when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


def find_rate(window: MainWindow) -> None:
    """Looks for a learning rate."""
    from nnstudio.gui.views.train.rate_finder import open_rate_finder

    open_rate_finder(window)


def fork_run(window: MainWindow) -> None:
    """Begins another run at a checkpoint of this one."""
    from nnstudio.gui.views.train.fork_dialog import open_fork

    open_fork(window)


def bookmark(window: MainWindow) -> None:
    """Keeps a checkpoint of the run under way."""
    if window.live.keep_next():
        window.status.say("A checkpoint of this epoch is kept at its end, to look back at or to fork from.")
    else:
        window.status.say("Only a run under way can keep a checkpoint; the last state is kept anyway.")


def plot_data(window: MainWindow) -> None:
    """Shows the table behind the curves."""
    from nnstudio.gui.views.train.plot_data import open_plot_data

    open_plot_data(window)
