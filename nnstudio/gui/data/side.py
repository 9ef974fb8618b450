"""What surrounds the Data page: its two side panels, and the way from a file to the project's data."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout, QWidget

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.balance import imbalance_ratio
from nnstudio.data.catalog import DatasetInfo
from nnstudio.engine.doctor.imbalance import MAX_RATIO
from nnstudio.gui.data.recent_data import RecentData
from nnstudio.gui.data.source import DataSource
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.document import Document
from nnstudio.gui.form.training_section import STOP_FIRST
from nnstudio.gui.live import Live
from nnstudio.gui.shell.settings import Settings

if TYPE_CHECKING:
    from nnstudio.gui.data.datasets_panel import DatasetsPanel
    from nnstudio.gui.data.page import DataView
    from nnstudio.gui.data.preparation import PreparationPanel
    from nnstudio.gui.main_window import MainWindow


class DataSide(QObject):
    """Makes the panels, once somebody looks, and connects them with the page.

    Attributes:
        source: The summary of the project's data.
        left: Where the left panel goes.
        right: Where the right panel goes.

    Args:
        window: The window.
        document: The project.
        datasets: Its data set as the window knows it.
        live: The run, during which the data are locked.
        settings: Remembers data of one's own.
    """

    def __init__(
        self, window: MainWindow, document: Document, datasets: Datasets, live: Live, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window, self._datasets, self._live = window, datasets, live
        self._document = document
        self._recent = RecentData(settings)
        self.source = DataSource(document, self)
        self.left, self.right = _place("Data sets"), _place("Preparation")

    @cached_property
    def datasets(self) -> DatasetsPanel:
        """The left panel."""
        from nnstudio.gui.data.datasets_panel import DatasetsPanel

        panel = DatasetsPanel(self._datasets, self._recent)
        panel.open_file_clicked.connect(self._ask_file)
        panel.open_folder_clicked.connect(self._ask_folder)
        panel.own_chosen.connect(self._choose_own)
        panel.preview_wanted.connect(lambda path, reading: self.import_path(Path(path), reading))
        _put(self.left, panel)
        return panel

    @cached_property
    def preparation(self) -> PreparationPanel:
        """The right panel."""
        from nnstudio.gui.data.preparation import PreparationPanel

        panel = PreparationPanel(self._document, self.source)
        _put(self.right, panel)
        return panel

    def import_path(self, path: Path, options: ImportOptions | None = None) -> None:
        """Shows the preview of a file or folder on the Data page."""
        self._window.show_page("data")
        page: Any = self._window.pages.page("data")
        page.import_path(path, options)

    def follow(self, page: DataView) -> None:
        """Connects the page, once it is made, and makes its panels."""
        live = self._live
        self.source.summarised.connect(self._tell_summary)
        self._datasets.downloaded.connect(lambda _title: self.source.retry())
        for signal in (live.state_changed, live.run_started, live.run_ended, live.run_dropped):
            signal.connect(self._lock)
        self._lock()
        page.download_requested.connect(self.datasets.fetch)
        page.imported.connect(self._take)
        for news in (self.source.summarised, self.source.failed):  # after the page has shown it
            news.connect(lambda *_: self._window.navigation.focus_loaded())

    def _take(self, path: str, reading: ImportOptions | None, info: DatasetInfo) -> None:
        """Makes imported data the project's."""
        from nnstudio.gui.data.datasets_panel import own_data

        self._datasets.know(info, reading)
        self._recent.add(own_data(path, reading, info, False))
        self.datasets.show_recent()
        if self._live.running:
            self._window.messages.say(
                "info",
                f"{info.title} is imported.",
                "It is in the list of your data. Stop the run to use it.",
            )
            return
        self._datasets.choose(path, reading)
        self.datasets.refresh()

    def _choose_own(self, path: str, reading: ImportOptions | None) -> None:
        if not Path(path).exists():
            self.import_path(Path(path), reading)  # which says what is wrong, and looks again when asked
        else:
            self._datasets.choose(path, reading)

    def _tell_summary(self) -> None:
        """The exact counts go to the status bar; the card of one's own data says when they are uneven."""
        from nnstudio.gui.data.datasets_panel import own_data

        summary = self.source.summary
        if summary is not None:
            counts = summary.prepared.counts
            parts = (counts["train"], counts["validation"], counts["test"])
            self._datasets.set_counts(summary.recipe, parts)
        own = next((one for one in self._recent.all() if summary and one.path == summary.recipe.source), None)
        if summary is None or own is None:
            return
        uneven = imbalance_ratio(summary.dataset.train.class_counts(len(summary.dataset.classes))) > MAX_RATIO
        if uneven != own.uneven:
            info = self._datasets.info
            if info is not None and info.name == own.path:
                self._recent.add(own_data(own.path, own.reading, info, uneven))
                self.datasets.show_recent()

    def _ask_file(self) -> None:
        path = self._window.files.ask_data_file()
        if path is not None:
            self.import_path(path)

    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Folder with one folder of images per class")
        if path:
            self.import_path(Path(path))

    def _lock(self, *_news: object) -> None:
        reason = STOP_FIRST if self._live.running else ""
        self.datasets.set_locked(reason)
        self.preparation.set_locked(reason)


def _place(name: str) -> QFrame:
    place = QFrame()
    place.setProperty("role", "surface")
    place.setAccessibleName(name)
    layout = QVBoxLayout(place)
    layout.setContentsMargins(0, 0, 0, 0)
    return place


def _put(place: QFrame, panel: QWidget) -> None:
    layout = place.layout()
    assert layout is not None
    layout.addWidget(panel)
