"""The main window: makes the parts and connects them. What the parts do is written in the parts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.gui.background import shut_down_background
from nnstudio.gui.collecting import Collector
from nnstudio.gui.data.side import DataSide
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.document import Document
from nnstudio.gui.experiments.side import ExperimentsSide
from nnstudio.gui.inspector import InspectorPanel
from nnstudio.gui.layer_list.panel import LayerList
from nnstudio.gui.layer_list.rail import LayerRail
from nnstudio.gui.live import Live
from nnstudio.gui.look.appearance import Appearance
from nnstudio.gui.project.dropped import Kind, sort_out
from nnstudio.gui.project.project_files import ProjectFiles
from nnstudio.gui.project.project_label import ProjectLabel, show_state
from nnstudio.gui.project.recovering import Recovery
from nnstudio.gui.run import run_dialogs
from nnstudio.gui.run.estimating import Estimating
from nnstudio.gui.run.offers import RunOffers
from nnstudio.gui.run.run_link import RunLink
from nnstudio.gui.shell.actions import Actions
from nnstudio.gui.shell.docks import Docks
from nnstudio.gui.shell.focus import Regions, SingleKeys
from nnstudio.gui.shell.messages import MessageArea
from nnstudio.gui.shell.navigation import Navigation
from nnstudio.gui.shell.page_makers import makers
from nnstudio.gui.shell.page_tabs import PageTabs
from nnstudio.gui.shell.pages import Pages
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.shell.status_bar import StatusBar
from nnstudio.gui.shell.toolbar import Toolbar
from nnstudio.gui.shell.window_commands import connect_commands
from nnstudio.gui.shell.window_geometry import limit_window, place_window
from nnstudio.gui.stack.outline import ModelOutline
from nnstudio.gui.stack.panel import StackPanel
from nnstudio.gui.theme import theme
from nnstudio.gui.views.start import empty_project
from nnstudio.gui.widgets import focus as focus_ring

NARROW = 1366
"""Width at 100% zoom below which the layer list becomes a rail."""


class MainWindow(QMainWindow):
    """The window.

    Args:
        settings: What is remembered; the user's own by default.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._collector = Collector(self)
        self.document = Document(empty_project(), self)
        self.live = Live(self.document, self)
        self.datasets = Datasets(self.document, self)
        self.actions_ = Actions(self)
        self.messages = MessageArea()
        self.files = ProjectFiles(self.document, self.live, self.settings, self.messages, self)
        train = self.start_training
        self.recovery = Recovery(self.document, self.live, self.files, self.messages, train)
        self._make_shell()
        self._make_centre()
        self._make_panels()
        self.navigation = Navigation(self)
        shell, panels = (self.toolbar, self.tabs, self.status), (self.stack, self.inspector)
        self.run = RunLink(self.document, self.live, self.datasets, shell, panels, self)
        RunOffers(self.actions_, self.document, self.live, self.run)
        self.estimating = Estimating(self.document, self.live, self.datasets, self.settings, self)
        self.estimating.changed.connect(self.run.show_estimate)
        self.files.set_exported(lambda: self.run.model)
        self._make_keys()
        connect_commands(self)
        self._connect_parts()
        self._appearance = Appearance(self.actions_, self.settings, self)
        self.ring = focus_ring.install(self)
        show_state(self)
        self._fill_recent()
        self.navigation.set_start(True)
        place_window(self, self.settings)
        theme().changed.connect(self._fit_zoom)

    # Making the parts

    def _make_shell(self) -> None:
        self.project_label = ProjectLabel()
        self.actions_.build(self.menuBar())
        self.menuBar().setNativeMenuBar(False)
        self.menuBar().setCornerWidget(self.project_label, Qt.Corner.TopRightCorner)
        self.toolbar = Toolbar(self.actions_, self.datasets, self)
        self.tabs = PageTabs(self.actions_["left_dock"], self.actions_["right_dock"], self)
        self.addToolBar(self.toolbar)
        self.addToolBarBreak()
        self.addToolBar(self.tabs)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)

    def _make_centre(self) -> None:
        self.pages = Pages(makers(self))
        self.centre = QWidget()
        self.centre.setProperty("role", "page")
        self.centre.setAccessibleName("Page")
        self.centre.setProperty("focusRing", "none")
        self.centre.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # where single keys reach no field
        self._column = QVBoxLayout(self.centre)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.messages)
        self._column.addWidget(self.pages, 1)
        self.setCentralWidget(self.centre)

    def _make_panels(self) -> None:
        self.layers = QStackedWidget()
        self.layer_list, self.layer_rail = LayerList(self.document), LayerRail(self.document)
        self.layers.addWidget(self.layer_list)
        self.layers.addWidget(self.layer_rail)
        self.stack = StackPanel(self.document)
        self.outline = ModelOutline()
        self.inspector = InspectorPanel(self.document)
        self.data = DataSide(self, self.document, self.datasets, self.live, self.settings)
        self.experiments = ExperimentsSide(self)
        contents: dict[str, QWidget] = {
            "layers": self.layers,
            "stack": self.stack,
            "outline": self.outline,
            "inspector": self.inspector,
            "datasets": self.data.left,
            "preparation": self.data.right,
            "sweep": self.experiments.left,
        }
        self.docks = Docks(self, contents, self.settings)

    def _make_keys(self) -> None:
        go_train = self.actions_["train"].trigger
        step = self.actions_["step_batch"].trigger
        keys = {"Space": go_train, "Right": step, "R": self.actions_["reset"].trigger}
        self.single_keys = SingleKeys(self, keys)
        regions = [self.toolbar, self.tabs, self.layers, self.stack, self.outline]
        regions += [self.data.left, self.experiments.left, self.centre, self.inspector, self.data.right]
        self.regions = Regions(self, regions)

    # Connecting them

    def _connect_parts(self) -> None:
        document = self.document
        for signal in (document.changed, document.reset, document.saved, self.recovery.kept):
            signal.connect(lambda *_news: show_state(self))
        self.files.opened.connect(lambda: self.navigation.set_start(False))
        self.files.emptied.connect(lambda: self.navigation.set_start(True))
        self.document.changed.connect(self.navigation.leave_start)
        self.files.recent_changed.connect(self._fill_recent)
        self.files.said.connect(self.status.say)
        self.actions_.recent_menu.triggered.connect(
            lambda action: self.files.open_path(Path(str(action.data())))
        )
        self.tabs.page_chosen.connect(self.show_page)
        self.toolbar.datasets.file_wanted.connect(self._choose_data_file)
        self.toolbar.device.chosen.connect(lambda device: setattr(self.live, "device", device))
        self.toolbar.device.choose(self.settings.text("train/device", "auto"))
        self.toolbar.device.chosen.connect(lambda device: self.settings.set("train/device", device))
        self.datasets.failed.connect(self._data_failed)
        self.datasets.progress.connect(self._show_download)
        self.datasets.cancelled.connect(self.messages.clear)
        self.datasets.downloaded.connect(
            lambda title: self.messages.say("good", f"{title} is on this computer now.")
        )
        self.stack.status_hint.connect(self.status.say)
        self.stack.inspector_requested.connect(self.inspector.focus_first)
        self.inspector.left.connect(self.stack.view.setFocus)
        self.inspector.points_edited.connect(self.datasets.edit_points)
        self.inspector.training.bookmark.clicked.connect(partial(run_dialogs.bookmark, self))
        self.layer_list.left.connect(self.stack.view.setFocus)
        for palette in (self.layer_list, self.layer_rail):
            palette.preset_chosen.connect(self.files.use_preset)
        self.outline.selected.connect(self._select_in_stack)
        self.live.run_started.connect(self.navigation.leave_start)
        self.live.run_started.connect(self._show_outline)
        self.live.run_started.connect(self.messages.clear_news)
        self.live.run_dropped.connect(self._show_outline)
        self.document.changed.connect(self._show_outline)
        self.document.reset.connect(self._show_outline)
        self._show_outline()

    # Doing what needs several parts

    def show_page(self, name: str) -> None:
        """Brings the page of a tab to the front."""
        self.navigation.show_page(name)

    def open_any(self, *paths: Path) -> None:
        """Opens what was dropped on the window or named on the command line, and says what is left."""
        dropped = sort_out(paths)
        if dropped.kind is Kind.DATA:
            self.data.import_path(dropped.paths[0])
        elif dropped.kind is Kind.IMAGE:
            self.show_page("predict")
            page: Any = self.pages.page("predict")
            page.intake.open_files([str(path) for path in dropped.paths])
        else:
            self.files.open_path(dropped.paths[0])
        if dropped.left:
            left = ", ".join(path.name for path in dropped.left[:5])
            more = f" and {len(dropped.left) - 5:,} more" if len(dropped.left) > 5 else ""
            self.messages.say("info", f"Not opened: {left}{more}.", dropped.why)
        elif dropped.why:
            self.status.say(dropped.why)

    def start_training(self) -> None:
        """Trains with the Train page in front."""
        self.tabs.set_page("train")
        self.live.train()

    def _choose_data_file(self) -> None:
        path = self.files.ask_data_file()
        if path is not None:
            self.data.import_path(path)

    def _data_failed(self, error: Exception, name: str) -> None:
        retry = ("Try again", lambda: self.datasets.download(name)) if name else None
        self.messages.show_error(error, retry)

    def _show_download(self, text: str, share: float | None) -> None:
        if self.tabs.page != "data":  # where the card shows it
            words = ", ".join(filter(None, (text, self.datasets.pace)))
            self.messages.show_progress(words, share, self.datasets.cancel_download)

    def _select_in_stack(self, name: str) -> None:
        if self.document.network.find(name) is not None:
            self.document.select(name)

    def _show_outline(self, *_news: object) -> None:
        session = self.live.session
        project = session.project if session else self.document.project
        self.outline.set_network(project.network, project.name)

    def _fill_recent(self) -> None:
        recent = self.settings.recent.projects()
        menu = self.actions_.recent_menu
        menu.clear()
        for project in recent:
            action = menu.addAction(project.name)
            action.setData(str(project.path))
            action.setToolTip(str(project.path))
        menu.setEnabled(bool(recent))
        start: Any = self.pages.existing("start")
        if start is not None:
            start.set_recent(recent)

    # Events

    def _fit_zoom(self) -> None:
        limit_window(self)
        self._fit_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Changes between layer list and rail."""
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        narrow = self.width() < NARROW * theme().zoom
        self.layers.setCurrentWidget(self.layer_rail if narrow else self.layer_list)
        self.docks.set_narrow(narrow)

    def showEvent(self, event: QShowEvent) -> None:
        """Gives the docks their widths once the window has its size."""
        super().showEvent(event)
        self.docks.apply()
        self.status.start()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped."""
        event.acceptProposedAction()
        urls = event.mimeData().urls()
        self.open_any(*(Path(url.toLocalFile()) for url in urls if url.isLocalFile()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks what may be lost, ends the run and keeps it."""
        if not self.files.may_replace("quit"):
            event.ignore()
            return
        self.docks.remember()
        self.settings.set("window/geometry", self.saveGeometry())
        self.settings.sync()
        self.datasets.cancel_download()
        self.experiments.shut_down()
        self.files.shut_down()
        shut_down_background()
        self.recovery.close()
        event.accept()
