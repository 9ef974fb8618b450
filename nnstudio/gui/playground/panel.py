"""The playground's panel on the Train page: asks for looks at the run's network and shows them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from nnstudio.core.points_spec import PointsSpec
from nnstudio.engine.model import Model
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.playground.legend import SidePanel
from nnstudio.gui.playground.look import Look, Question, fits, is_plane, look
from nnstudio.gui.playground.surface import SurfaceView
from nnstudio.gui.theme import theme
from nnstudio.gui.throttle import Throttle
from nnstudio.gui.views.full_screen import FullScreenButton
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

LOOK_MS = 50
_LEAST = 240  # side of the surface that the words beside it leave at least
TILE = 25
"""Side of a unit's tile at 100% zoom."""


class PlaygroundPanel(Panel):
    """Decision surface and what belongs to it.

    Looks are worked out on a worker, one at a time and at most 20 times a second; a look that is
    asked for meanwhile is taken when the one under way is done, of the newest weights.

    Attributes:
        surface: The surface.
        side: Legend, check boxes and the answer under the cursor.
        mode: Confidence or class.

    Signals:
        looked(Look): A look was taken.
    """

    looked = Signal(object)

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__("Decision surface", parent=parent)
        self._document, self._live = document, live
        self._task: Task | None = None
        self._again = False
        self._asked_at: tuple[float, float] | None = None
        self.surface = SurfaceView()
        self.side = SidePanel()
        self.mode = SegmentedControl([("confidence", "Confidence"), ("class", "Class")], "Colours show")
        self.mode.changed.connect(lambda key: self.side.set_classes(key == "class"))
        self.full_screen = FullScreenButton(self, "Decision surface")
        self.add_control(self.mode)
        self.add_control(self.full_screen)
        self._body = _Body(self.surface, self.side)
        self.body.addWidget(self._body, 1)
        self._looks = Throttle(LOOK_MS, self._ask, self)
        self._connect()

    @property
    def busy(self) -> bool:
        """A look is under way, or will be taken."""
        return self._task is not None or self._looks.waiting

    def refresh(self, *_news: object) -> None:
        """Takes a new look soon, if anybody can see it."""
        if self.isVisible() and is_plane(self._document.project.data):
            self._looks.request()

    def showEvent(self, event: QShowEvent) -> None:
        """Wants fresh weights while it is seen."""
        super().showEvent(event)
        self._live.set_model_wanted(True, self)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more."""
        super().hideEvent(event)
        self._live.set_model_wanted(False, self)
        self._looks.cancel()

    def _connect(self) -> None:
        live, document = self._live, self._document
        for signal in (
            live.model_changed,
            live.state_changed,
            live.run_ended,
            document.changed,
            document.reset,
        ):
            signal.connect(self.refresh)
        self.surface.asked.connect(self._show_answer)
        self.side.shown_changed.connect(self._show_more)
        theme().changed.connect(self.refresh)  # tiles have the size of the zoom

    def _show_more(self, shown: object) -> None:
        self.surface.set_shown(self.side.shown)
        self.refresh()

    def _model(self) -> Model | None:
        """The run's model, unless it takes other inputs or its network was edited since the run ended."""
        model, project = self._live.model, self._document.project
        if model is None or not fits(model, project.data.points or PointsSpec()):
            return None
        return model if self._live.running or model.spec == project.network else None

    def _ask(self) -> None:
        self._again = self._task is not None
        if self._again or not is_plane(self._document.project.data):
            return
        lines = self.surface.width() if self.side.shown.lines else 0
        question = Question(self._document.project, self._model(), theme().px(TILE), lines)
        self._task = run_in_background(lambda: look(question), self._show, self._failed, self)

    def _show(self, seen: Look) -> None:
        self._task = None
        self.surface.show_look(seen)
        self.side.show_look(seen)
        self._show_answer(self._asked_at)
        self.set_subtitle(self._what(seen))
        self.looked.emit(seen)
        if self._again:
            self.refresh()

    def _failed(self, error: Exception) -> None:
        self._task = None
        self.set_subtitle(str(error))

    def _what(self, seen: Look) -> str:
        if seen.model is None:
            return "the network can't answer yet"
        if not seen.trained:
            return "with the initial weights"
        running = self._live.running and not self._live.paused
        return "updates 20 times a second" if running else f"run {self._live.run_number}"

    def _show_answer(self, place: tuple[float, float] | None) -> None:
        self._asked_at = place
        self.side.show_answer(place, self.surface.answer(*place) if place else None)


class _Body(QWidget):
    """A square as high as there is room for, and the side panel at its right."""

    def __init__(self, surface: SurfaceView, side: SidePanel) -> None:
        super().__init__()
        self._surface, self._side = surface, side
        for child in (surface, side):
            child.setParent(self)
        side.installEventFilter(self)
        theme().changed.connect(self._place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places both."""
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The side panel needs another height."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return False

    def _place(self) -> None:
        px = theme().px
        gap = px(16)
        wide = self._side.fit(self.height(), self.width() - gap - px(_LEAST))
        side = max(0, min(self.height(), self.width() - gap - wide))
        room = max(wide, self.width() - side - gap)
        self._surface.setGeometry(QRect(0, 0, side, side))
        self._side.setGeometry(QRect(side + gap, 0, room, max(side, 1)))
