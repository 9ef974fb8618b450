"""Opens the dialogs about runs; each is imported when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


def find_rate(window: MainWindow) -> None:
    """Looks for a learning rate."""
    from nnstudio.gui.views.rate_finder import open_rate_finder

    open_rate_finder(window)


def plot_data(window: MainWindow) -> None:
    """Shows the table behind the curves."""
    from nnstudio.gui.views.plot_data import open_plot_data

    open_plot_data(window)
