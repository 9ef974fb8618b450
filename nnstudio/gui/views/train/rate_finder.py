"""The dialog that looks for a learning rate: a range test in the background, its curve, and its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QStackedLayout, QVBoxLayout, QWidget

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import Prepared, prepare
from nnstudio.engine.lr_finder import RateTest, find_learning_rate
from nnstudio.engine.threads import one_blas_thread
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.theme import theme
from nnstudio.gui.views.train.rate_plot import RatePlot
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

INTRODUCTION = (
    "A copy of the network takes steps that grow from 1e-6 to 10. The rate at which its loss falls "
    "fastest is a good one to begin with. The model and its runs stay as they are."
)


def open_rate_finder(window: MainWindow) -> RateFinder:
    """Opens the dialog and begins; the command is only offered where a rate can be searched."""
    dialog = window.findChild(RateFinder) or RateFinder(window.document, window.live, window)
    dialog.show()
    dialog.activateWindow()
    return dialog


class RateFinder(QDialog):
    """Searches as soon as it is made.

    Attributes:
        plot: The curve, once there is one.
        text: What is going on, or what was found.
        use: Takes the marked rate over, as one undo step.
        close_button: Cancels the search, or closes.

    Args:
        document: The project to search a rate for.
        live: The link to the run; a run that begins ends the search.
        parent: Qt parent.
    """

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Find learning rate")
        self._document = document
        self._project = document.project
        self._test: RateTest | None = None
        self.plot, self.text, self.bar = RatePlot(), _label("", "secondary"), QProgressBar()
        self.use = Button("", "primary")
        self.close_button = Button("Cancel")
        self._build()
        self.plot.chosen.connect(self._show_choice)
        self.use.clicked.connect(self._use)
        self.close_button.clicked.connect(self.reject)
        live.run_started.connect(self._run_started)
        document.reset.connect(self.reject)
        self._task: Task = run_in_background(
            _search(self._project, live.prepared),
            self._found,
            self._failed,
            self,
            on_progress=self._show_progress,
        )

    @property
    def rate(self) -> float | None:
        """The learning rate that "Use" sets: the marked one, or what makes a one-cycle schedule reach it."""
        marked = self.plot.rate
        return None if marked is None else float(f"{marked / self._peak():.2g}")

    def done(self, result: int) -> None:
        """Closes, and gives the search up if it isn't over."""
        self._task.cancel()
        super().done(result)

    def _build(self) -> None:
        px = theme().px
        waiting = QWidget()
        inside = QVBoxLayout(waiting)
        inside.addStretch(1)
        inside.addWidget(self.bar)
        inside.addStretch(1)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("Progress of the search")
        self._pages = QStackedLayout()
        self._pages.addWidget(waiting)
        self._pages.addWidget(self.plot)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.use)
        self.use.hide()
        self.text.setText("Getting ready")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[px(16)] * 4)
        column.setSpacing(px(12))
        for label in (_label("Find learning rate", "title"), _label(INTRODUCTION, "secondary")):
            column.addWidget(label)
        column.addLayout(self._pages, 1)
        column.addWidget(self.text)
        column.addLayout(buttons)
        self.resize(px(600), px(440))
        self.close_button.setFocus()

    def _show_progress(self, message: str, share: float | None) -> None:
        self.text.setText(message)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0.0)))

    def _found(self, test: RateTest) -> None:
        self._test = test
        self._pages.setCurrentWidget(self.plot)
        self.close_button.setText("Close")
        self.text.setText(_verdict(test))
        self.plot.show_test(test)
        if self.use.isVisible():
            self.use.setDefault(True)
            self.use.setFocus()

    def _failed(self, error: Exception) -> None:
        self._end(str(error))

    def _run_started(self, *_news: object) -> None:
        if not self._task.finished:
            self._task.cancel()
            self._end("The search ended because a run has begun. Search again once it is over.")

    def _end(self, why: str) -> None:
        self.bar.hide()
        self.text.setText(why)
        self.close_button.setText("Close")

    def _show_choice(self, _rate: float) -> None:
        rate, peak = self.rate, self._peak()
        if rate is None:
            return
        self.use.setText(f"Use {numbers.field_text(rate)}")
        self.use.setToolTip("Set it as the learning rate, as one step that can be undone.")
        self.use.show()
        if peak != 1 and self._test is not None:
            more = f"One cycle rises to {peak:g} times the learning rate, up to the rate that is marked."
            self.text.setText(f"{_verdict(self._test)} {more}")

    def _use(self) -> None:
        rate, project = self.rate, self._document.project
        if rate is not None:
            label = f"Set learning rate {numbers.field_text(rate)}"
            train = project.train.replace(learning_rate=rate)
            self._document.apply(label, project.replace(train=train))
        self.accept()

    def _peak(self) -> float:
        return float(getattr(self._document.project.train.schedule, "peak", 1.0))


def _search(
    project: ProjectSpec, prepared: Prepared | None
) -> Callable[[Callable[[str, float | None], None]], RateTest]:
    """The work for a background thread, which leaves a core to the window."""

    def work(report: Callable[[str, float | None], None]) -> RateTest:
        data = prepared or prepare(project.data, report)
        with one_blas_thread():
            return find_learning_rate(project, data, progress=report)

    return work


def _verdict(test: RateTest) -> str:
    end = f" At {numbers.field_text(float(f'{test.rates[-1]:.1e}'))} it explodes." if test.exploded else ""
    if test.suggestion is None:
        return f"No rate makes the loss fall by a tenth.{end} Choose one on the curve, or check the network."
    found = numbers.field_text(test.suggestion)
    return f"The loss falls fastest at {found}.{end} Click the curve to choose another rate."


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
