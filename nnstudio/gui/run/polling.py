"""Looks into a run's session once a frame: no signal ever leaves the run's own thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from nnstudio.engine.model import Model
from nnstudio.engine.session import Session, Snapshot
from nnstudio.engine.state import Event

FRAME_MS = 16
PORTION = 500
"""Events handed over per frame; a run makes about a hundred a second."""
SETTLE_SECONDS = 2.0


class Poller(QObject):
    """Polls one session, and waits for the threads of those that were dropped.

    Args:
        told: Turns a session's snapshot into the one to announce.
        parent: Qt parent.

    Signals:
        points(list[Event]): Blocks and epoch records, in order.
        snapshot_changed(Snapshot): At most once a frame.
        model_changed(): The session has a newer model.
        looked(): A look is over.
        ended(Session): The worker has ended and all its points are delivered.
    """

    points = Signal(list)
    snapshot_changed = Signal(object)
    model_changed = Signal()
    looked = Signal()
    ended = Signal(object)

    def __init__(self, told: Callable[[Snapshot], Snapshot], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._told = told
        self._session: Session | None = None
        self._snapshot: Snapshot | None = None
        self._model: Model | None = None
        self._model_wanted: set[int] = set()
        self._retiring: list[Session] = []  # dropped, but their threads haven't ended yet
        self._open = False  # the session's end hasn't been announced yet
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._frame)

    @property
    def session(self) -> Session | None:
        """The session that is polled, also after its end."""
        return self._session

    def watch(self, session: Session) -> None:
        """Begins to poll a session that is about to start."""
        self._session, self._snapshot, self._open = session, session.latest, True
        self._timer.start()

    def drop(self) -> None:
        """Stops the session and polls it no longer."""
        session = self._session
        if session is not None and session.alive:
            session.stop()
            self._retiring.append(session)
        self._session, self._snapshot, self._model, self._open = None, None, None, False

    def want_model(self, wanted: bool, by: object = None) -> None:
        """Keeps the session's model fresh while anybody wants it."""
        (self._model_wanted.add if wanted else self._model_wanted.discard)(id(by))

    def settle(self) -> None:
        """Takes in the end of a session that nobody has looked at yet."""
        while self._open and self._session is not None and self._session.join(SETTLE_SECONDS):
            self._look(self._session)

    def shut_down(self, timeout: float) -> bool:
        """Stops everything and waits for the threads; True if all have ended in time."""
        sessions = [*self._retiring, *([self._session] if self._session else [])]
        for session in sessions:
            if session.alive:
                session.stop()
        until = time.monotonic() + timeout
        ended = [session.join(max(0.0, until - time.monotonic())) for session in sessions]
        self._frame()
        self._timer.stop()
        return all(ended)

    def _frame(self) -> None:
        self._retiring = [session for session in self._retiring if session.alive]
        if self._session is not None and self._open:
            self._look(self._session)
        if not self._open and not self._retiring:
            self._timer.stop()

    def _look(self, session: Session) -> None:
        # in this order: what an older observation promises is in the newer one
        alive, snapshot = session.alive, self._told(session.latest)
        events = _drained(session.points)
        if events:
            self.points.emit(events)
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            self.snapshot_changed.emit(snapshot)
        if self._session is not session:
            return  # somebody dropped the run on hearing of it
        if self._model_wanted and alive:
            session.want_model()
        if session.model is not self._model:
            self._model = session.model
            self.model_changed.emit()
        self.looked.emit()
        if not alive and not session.points and self._session is session:
            self._open = False
            self.ended.emit(session)


def _drained(points: deque[Event]) -> list[Event]:
    """The oldest points, not more than a frame can take."""
    return [points.popleft() for _ in range(min(len(points), PORTION))]
