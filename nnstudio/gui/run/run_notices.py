"""Decides what stands above the curves: why nothing trains, and what a run's beginning and end tell."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from nnstudio.engine.session import Recorder, Session
from nnstudio.gui.document import Document
from nnstudio.gui.run import notices
from nnstudio.gui.run.forking import Forking


class RunNotices(QObject):
    """Tells at most one notice at a time.

    Args:
        document: The project; its problems are told when somebody tries to train it.
        parent: Qt parent.

    Signals:
        told(Notice | None): Something to tell, or nothing any more.
    """

    told = Signal(object)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._refused = False  # the notice on show says why the network can't be trained
        self._forking: Forking | None = None  # until what begins anew is told
        self._problem_told = False
        document.changed.connect(self._look_again)

    def refuses(self) -> bool:
        """Whether the network can't be trained; tells why."""
        report = self._document.report
        self._refused = not report.ok
        if self._refused:
            self.told.emit(notices.refused(report))
        return self._refused

    def begin(self, forking: Forking | None = None) -> None:
        """Another run begins, from a checkpoint of ``forking`` or by itself."""
        self._forking = forking

    def started(self) -> None:
        """A session has started; so far there is nothing to tell."""
        self._problem_told = False
        self.told.emit(None)

    def clear(self) -> None:
        """The run is dropped, and what it told with it."""
        self.told.emit(None)

    def look(self, recorder: Recorder | None) -> None:
        """Tells once if a run can't be kept."""
        problem = getattr(recorder, "problem", "")
        if problem and not self._problem_told:
            self._problem_told = True
            self.told.emit(notices.not_kept(problem))

    def look_at_fork(self) -> None:
        """Tells what a forked run could not take over, once it has begun."""
        made = self._forking.made if self._forking is not None else None
        if made is not None:
            self._forking = None
            self.told.emit(notices.forked(made))

    def ended(self, session: Session) -> None:
        """Tells why a run has ended, if not by plan."""
        said = notices.ended(session.latest, session.findings)
        if said is not None:
            self.told.emit(said)

    def _look_again(self) -> None:
        """Keeps the reason why the network can't be trained true while it is being mended."""
        if self._refused:
            report = self._document.report
            self._refused = not report.ok
            self.told.emit(notices.refused(report) if self._refused else None)
