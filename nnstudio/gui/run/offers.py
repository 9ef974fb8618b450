"""Which commands about a run can be given now, and why the others can't."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.run.train_controls import blocking_problem

if TYPE_CHECKING:
    from nnstudio.gui.document import Document
    from nnstudio.gui.live import Live
    from nnstudio.gui.run.run_link import RunLink
    from nnstudio.gui.shell.actions import Actions


class RunOffers(QObject):
    """Keeps the commands that open dialogs about a run in step with the run.

    Args:
        actions: The commands.
        document: The project.
        live: Its run.
        link: Knows which run is looked at.
    """

    def __init__(self, actions: Actions, document: Document, live: Live, link: RunLink) -> None:
        super().__init__(link)
        self._actions, self._document, self._live, self._link = actions, document, live, link
        for news in (document.changed, document.reset, link.showing_changed, live.state_changed):
            news.connect(self.refresh)
        for news in (live.run_started, live.run_ended, live.run_dropped, live.run_adopted):
            news.connect(self.refresh)
        self.refresh()

    def refresh(self, *_news: object) -> None:
        """Enables what works now, and says at the rest why it doesn't."""
        live, document = self._live, self._document
        self._actions.offer("fork_run", fork_problem(live, self._link.showing))
        stop = "Stop the run first: the search trains a copy of the network." if live.running else ""
        self._actions.offer("find_rate", stop or blocking_problem(document.report, document.expected[1]))


def fork_folder(live: Live, showing: str | KeptModel) -> Path | None:
    """Folder of the run that another would be forked from: the one looked at, or the last one."""
    return showing.point.folder if isinstance(showing, KeptModel) else live.run_folder or live.last_folder


def fork_problem(live: Live, showing: str | KeptModel) -> str:
    """Why no run can be forked now, as a sentence, or ""."""
    if live.running:
        return "Stop the run first; then another can begin from it."
    folder = fork_folder(live, showing)
    if folder is None or not (folder / "last.h5").is_file():
        return "There is no run to fork yet. Train first, or open a run; a fork begins with its weights."
    return ""
