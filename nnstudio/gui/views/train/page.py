"""The centre of the Train page: figures, one message, and the curves."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from nnstudio.engine.session import Session, Snapshot
from nnstudio.engine.state import Event
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.playground.look import is_plane
from nnstudio.gui.playground.panel import PlaygroundPanel
from nnstudio.gui.run.notices import Notice
from nnstudio.gui.run.train_controls import blocking_problem
from nnstudio.gui.theme import font, theme
from nnstudio.gui.throttle import Throttle
from nnstudio.gui.views.train import metrics as train_metrics
from nnstudio.gui.views.train.curves import CurvesPanel
from nnstudio.gui.views.train.doctor_strip import DoctorStrip
from nnstudio.gui.widgets.banner import Banner
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.focus import hand_up
from nnstudio.gui.widgets.metrics_strip import MetricsStrip

PROGRESS_MS = 250
WARM_UP_MS = 200
_UNLIMITED = 16_777_215
_STRIP, _LOW_STRIP = 180, 140
"""Height of the curves below the playground, and in a page lower than ``_LOW``."""
_LOW = 640
READY = "Curves appear here"
WHAT, HOW = "Loss and accuracy are drawn while the network trains.", "Press Train to begin."


class TrainView(QWidget):
    """Metrics strip, message and curves of the current run.

    Attributes:
        strip: The figures.
        banner: The message, hidden while there is none.
        doctor: What the training doctor says; a message goes before it.
        curves: The curves.

    Args:
        document: The project.
        live: The link to the run.
        parent: Qt parent.
    """

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "page")
        self.setAccessibleName("Train")
        self._document = document
        self._live = live
        self._notice: Notice | None = None
        self._validated = True
        self._warm = False
        self._waiting = True  # for a run to begin
        self._warm_up = QTimer(self)
        self._warm_up.setSingleShot(True)
        self._warm_up.timeout.connect(self._load_plots)
        self.strip = MetricsStrip(train_metrics.VALIDATED, "Training figures")
        self.banner = Banner()
        self.details = Details()
        self.doctor = DoctorStrip(document, live)
        self.empty = EmptyState(READY, WHAT, "Train", "play", "plot")
        self.curves = CurvesPanel()
        self.playground = PlaygroundPanel(document, live)
        self._ground = QFrame()
        self._build()
        self._figures = Throttle(PROGRESS_MS, self._show_figures, self)
        self._connect()
        self._ready()
        self._show_playground()
        self._catch_up()

    def show_notice(self, notice: Notice | None) -> None:
        """Shows a message above the curves, or none."""
        self._notice = notice
        self.banner.setVisible(notice is not None)
        self.details.hide()
        self.doctor.set_covered(notice is not None)
        if notice is not None:
            self.banner.say(
                notice.kind, notice.title, notice.detail, notice.action, "Details" if notice.trace else False
            )

    def showEvent(self, event: QShowEvent) -> None:
        """Gets the plots ready once the window stands, so that the first run starts at once."""
        super().showEvent(event)
        if not self._warm:
            self._warm = True
            self._warm_up.start(WARM_UP_MS)

    def _load_plots(self) -> None:
        """Importing pyqtgraph takes a third of a second, which a worker can do as well."""
        module = "nnstudio.gui.views.train.curve_chart"
        run_in_background(
            lambda: importlib.import_module(module), lambda _: self.curves.prepare(), parent=self
        )

    def _build(self) -> None:
        self._ground.setProperty("role", "panel")
        inside = QVBoxLayout(self._ground)
        inside.addWidget(self.empty)
        self._layout = QVBoxLayout(self)
        for widget in (self.strip, self.banner, self.details, self.doctor):
            self._layout.addWidget(widget)
        self._layout.addWidget(self.playground, 1)
        self._layout.addWidget(self._ground, 1)
        self._layout.addWidget(self.curves, 1)
        self.banner.hide()
        self.details.hide()
        self._space()
        theme().changed.connect(self._space)

    def _show_playground(self, *_news: object) -> None:
        """Points of the plane get the decision surface, and the curves a low strip below it."""
        plane = is_plane(self._document.project.data)
        self.playground.setVisible(plane)
        self.curves.set_wide(plane)
        for panel in (self.curves, self._ground):
            panel.setMaximumHeight(theme().px(self._strip_height()) if plane else _UNLIMITED)
            panel.setMinimumHeight(theme().px(self._strip_height()) if plane else 0)

    def _strip_height(self) -> int:
        low = self.height() < theme().px(_LOW)
        return _LOW_STRIP if low else _STRIP

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A low page has lower curves below the playground."""
        super().resizeEvent(event)
        self._show_playground()

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._layout.setContentsMargins(gap, gap, gap, gap)
        self._layout.setSpacing(gap)

    def _connect(self) -> None:
        live = self._live
        for news in (self._document.changed, self._document.reset):
            news.connect(self._show_playground)
            news.connect(self._show_ready)
        live.run_started.connect(self._started)
        live.run_adopted.connect(self._adopted)
        live.points.connect(self._extend)
        live.snapshot_changed.connect(self._snapshot_changed)
        live.run_ended.connect(self._ended)
        live.run_dropped.connect(self._dropped)
        live.notice.connect(self.show_notice)
        self.empty.clicked.connect(live.train)
        self.banner.action_clicked.connect(self._apply_fix)
        self.banner.why_clicked.connect(self._toggle_details)
        self.banner.closed.connect(lambda: self.show_notice(None))

    def _catch_up(self) -> None:
        """Shows a run that began before this page was made."""
        live = self._live
        if live.snapshot is None:
            return
        self.curves.begin(live.run_number, live.snapshot.epochs)
        self._extend(live.records)
        self._snapshot_changed(live.snapshot)

    def _started(self, session: Session) -> None:
        at = self._live.continued_at
        self.curves.begin(self._live.run_number, session.project.train.epochs, at)
        self._waiting = False
        self.empty.say("Getting the data ready", session.latest.message)
        hand_up(self.empty)
        self.empty.button.hide()
        if at is None:
            self.strip.clear()
            self._show_curves(False)

    def _adopted(self, snapshot: Snapshot) -> None:
        self.curves.begin(self._live.run_number, snapshot.epochs)
        self._extend(self._live.records)

    def _extend(self, events: Sequence[Event]) -> None:
        self.curves.append(events)
        if events and self.curves.isHidden():
            self._show_curves(True)  # which draws what it has

    def _snapshot_changed(self, snapshot: Snapshot) -> None:
        if snapshot.state == "preparing":
            share = f" ({100 * snapshot.progress:.0f}%)" if snapshot.progress is not None else ""
            self.empty.say("Getting the data ready", snapshot.message + share)
        else:
            self.curves.set_plan(snapshot.epochs, snapshot.ended)
            session = self._live.session
            project = session.project if session is not None else self._document.project
            self.curves.set_best(train_metrics.best_of(snapshot, project))
        self._figures.request()

    def _ended(self, snapshot: Snapshot) -> None:
        self._figures.now()
        self.curves.flush()
        if self.curves.run is None or not self.curves.run.end:
            self._ready()

    def _dropped(self) -> None:
        self._figures.cancel()
        if self._live.run_number:
            self.curves.clear()
        else:
            self.curves.forget()
        self.strip.clear()
        self._ready()

    def _ready(self) -> None:
        self._waiting = True
        self._show_ready()
        self.empty.button.show()
        self._show_curves(False)

    def _show_ready(self, *_news: object) -> None:
        """Says how to begin, or why that isn't possible yet."""
        if self._waiting:
            problem = blocking_problem(self._document.report, self._document.expected[1])
            self.empty.say(READY, f"{WHAT} {problem or HOW}")
            self.empty.button.setEnabled(not problem)
            self.empty.button.setToolTip(problem)

    def _show_curves(self, shown: bool) -> None:
        if not shown:
            hand_up(self.curves)
        self.curves.setVisible(shown)
        self._ground.setVisible(not shown)

    def _show_figures(self) -> None:
        snapshot, session = self._live.snapshot, self._live.session
        if snapshot is None:
            return
        if session is not None and session.prepared is not None:
            part = session.prepared.validation
            self._set_validated(part is not None and len(part) > 0)
        elif snapshot.record is not None:
            self._set_validated(snapshot.record.val_loss is not None)
        recipe = self._live.recipe_in_force or self._document.project.train
        for key, cell in train_metrics.cells(snapshot, self._live.records, self._validated, recipe).items():
            self.strip.set_value(key, cell.value, cell.suffix, cell.note)
        self.strip.set_progress(train_metrics.progress(snapshot))

    def _set_validated(self, validated: bool) -> None:
        if validated == self._validated:
            return
        self._validated = validated
        metrics = train_metrics.VALIDATED if validated else train_metrics.UNVALIDATED
        strip = MetricsStrip(metrics, "Training figures")
        self._layout.replaceWidget(self.strip, strip)
        strip.show()  # at once: a layout shows what it is given a moment later
        self.strip.deleteLater()
        self.strip = strip

    def _apply_fix(self) -> None:
        notice = self._notice
        if notice is None or notice.edit is None:
            return
        try:
            self._document.apply(notice.action, notice.edit(self._document.project))
        except NNStudioError as error:
            self.show_notice(Notice("error", "That can't be changed any more", str(error)))
            return
        self.show_notice(None)

    def _toggle_details(self) -> None:
        if self._notice is not None:
            self.details.show_text(self._notice.trace)
            self.details.setVisible(self.details.isHidden())


class Details(QFrame):
    """The whole story of an error, to be read or copied into a report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Details of the error")
        self.text.setMaximumHeight(theme().px(160))
        self.copy = Button("Copy", small=True, icon_name="duplicate")
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.text.toPlainText()))
        row = QHBoxLayout()
        row.addWidget(QLabel("Details"))
        row.addStretch(1)
        row.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.text)

    def show_text(self, text: str) -> None:
        """Shows another text."""
        self.text.setFont(font(12))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.text.setPlainText(text)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
