"""The left side of the Data page: the data sets there are, and how to add one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from nnstudio.core.import_options import ImportOptions
from nnstudio.core.layer import shape_text
from nnstudio.data.catalog import DatasetInfo, list_datasets
from nnstudio.data.points2d import SETS
from nnstudio.gui.background import run_in_background
from nnstudio.gui.data.card import DatasetCard
from nnstudio.gui.data.download_row import Download
from nnstudio.gui.data.recent_data import OwnData, RecentData
from nnstudio.gui.data.thumbnails import some_points, some_samples
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button

POINTS = "points"
_LINES = {
    "digits": ("14,000 generated digits, 28×28", "Built in, works offline"),
    "mnist": ("70,000 images, 28×28", "10 handwritten digits"),
    "fashion-mnist": ("70,000 images, 28×28", "10 kinds of clothing"),
}


class DatasetsPanel(QFrame):
    """The cards.

    Signals:
        open_file_clicked(): Choose a file with data.
        open_folder_clicked(): Choose a folder of images.
        own_chosen(str, object): A file or folder that was used before, and how it is read.
        preview_wanted(str, object): The same, but it may be read otherwise.
    """

    open_file_clicked = Signal()
    open_folder_clicked = Signal()
    own_chosen = Signal(str, object)
    preview_wanted = Signal(str, object)

    def __init__(self, datasets: Datasets, recent: RecentData, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAccessibleName("Data sets")
        self._datasets, self._recent = datasets, recent
        self._locked = ""
        self._fetched = ""
        self._pictured = False
        self.cards: dict[str, DatasetCard] = {}
        self.own: dict[str, DatasetCard] = {}
        self.download = Download()
        self.download.hide()
        self.download.cancel_clicked.connect(datasets.cancel_download)
        self.download.retry_clicked.connect(lambda: self.fetch(self._fetched))
        self._build()
        self._connect()
        self.refresh()

    def set_locked(self, reason: str) -> None:
        """Locks the choice and says why; "" unlocks it."""
        if reason != self._locked:
            self._locked = reason
            for card in (*self.cards.values(), *self.own.values()):
                card.set_locked(reason)

    def show_recent(self) -> None:
        """Lists data of one's own anew."""
        for card in self.own.values():
            self._own_column.removeWidget(card)
            card.deleteLater()
        self.own = {}
        for one in self._recent.all():
            self._add_own(one)
        self._own_title.setVisible(bool(self.own))
        self.refresh()

    def fetch(self, name: str) -> None:
        """Downloads a data set."""
        from nnstudio.data.published import PUBLISHED

        if name in PUBLISHED and not self._datasets.downloading:
            self._fetched = name
            self._datasets.download(name)

    def refresh(self) -> None:
        """Shows which data set is chosen and what state each is in."""
        source = self._datasets.source
        known = {info.name: info for info in list_datasets()}
        for name, card in self.cards.items():
            chosen = source in SETS if name == POINTS else source == name
            card.setChecked(chosen)
            if name == POINTS or known[name].ready:
                card.show_tag("Ready", "good", "check")
            else:
                card.show_tag("Download", "accent", "download")
        for path, card in self.own.items():
            card.setChecked(source == path)

    # Making the parts

    def _build(self) -> None:
        inner = QWidget()
        inner.setProperty("role", "form")
        self._column = QVBoxLayout(inner)
        self._column.addWidget(_title("Datasets"))
        for info in list_datasets():
            if info.name not in SETS:
                self._add_named(info)
        self._column.addWidget(self.download)
        self._add_points()
        self._own_title = _title("Your data")
        self._column.addWidget(self._own_title)
        self._own_column = QVBoxLayout()
        self._column.addLayout(self._own_column)
        self._column.addWidget(self._drop_zone())
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._space()
        theme().changed.connect(self._space)
        for one in self._recent.all():
            self._add_own(one)
        self._own_title.setVisible(bool(self.own))

    def _add_named(self, info: DatasetInfo) -> None:
        lines = _LINES.get(info.name, (info.summary, info.origin))
        card = self._card(info.title, lines, "database", lambda: self._choose(info.name))
        self.cards[info.name] = card
        self._column.addWidget(card)

    def _add_points(self) -> None:
        names = ", ".join(one.title.removeprefix("2-D ") for one in SETS.values())
        lines = (f"{names[:1].upper()}{names[1:]}", "Two inputs, instant training")
        card = self._card("2-D playground", lines, "plot", self._choose_points)
        self.cards[POINTS] = card
        self._column.addWidget(card)

    def _add_own(self, one: OwnData) -> None:
        folder = Path(one.path).suffix == "" or one.path.endswith(".zip")
        count = f"{one.classes:,} {'class' if one.classes == 1 else 'classes'}"
        place = str(Path(one.path).parent)
        card = self._card(
            one.title,
            (one.summary, f"{count}, {place}"),
            "folder" if folder else "file",
            lambda: self.own_chosen.emit(one.path, one.reading),
        )
        if not one.present:
            card.show_tag("Missing", "error", "error-circle")
        elif one.uneven:
            card.show_tag("Imbalanced", "caution", "warning-triangle")
        card.setToolTip(one.path)
        card.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        card.customContextMenuRequested.connect(lambda at: self._own_menu(card, one, at))
        self.own[one.path] = card
        self._own_column.addWidget(card)

    def _card(
        self, title: str, lines: tuple[str, str], icon_name: str, press: Callable[[], Any]
    ) -> DatasetCard:
        card = DatasetCard(title, lines, icon_name)
        card.clicked.connect(self.refresh)  # a press alone chooses nothing
        card.clicked.connect(lambda: press())
        card.set_locked(self._locked)
        return card

    def _drop_zone(self) -> QFrame:
        zone = QFrame()
        zone.setProperty("role", "drop")
        column = QVBoxLayout(zone)
        words = QLabel(
            "Drop a file or folder here. A preview lets you check labels and shapes before anything "
            "is imported."
        )
        words.setProperty("role", "secondary")
        words.setWordWrap(True)
        self.open_file = Button("Open a data file…", icon_name="open")
        self.open_file.setToolTip("A table (CSV), HDF5, NPZ, IDX, or a zip archive of images.")
        self.open_file.clicked.connect(self.open_file_clicked)
        self.open_folder = Button("Open image folder…", icon_name="image")
        self.open_folder.setToolTip("A folder with one folder of images for each class.")
        self.open_folder.clicked.connect(self.open_folder_clicked)
        column.addWidget(_title("Add your own"))
        for widget in (words, self.open_file, self.open_folder):
            column.addWidget(widget)
        return zone

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(METRICS.gap), px(METRICS.gap), px(METRICS.gap), px(METRICS.gap))
        for layout in (self._column, self._own_column):
            layout.setSpacing(px(METRICS.gap))

    # Doing

    def _connect(self) -> None:
        datasets = self._datasets
        datasets.described.connect(self.refresh)
        datasets.progress.connect(self._show_download)
        datasets.downloaded.connect(self._downloaded)
        datasets.cancelled.connect(self.download.hide)
        datasets.failed.connect(self._download_failed)

    def showEvent(self, event: QShowEvent) -> None:
        """Fetches the cards' pictures once somebody looks."""
        super().showEvent(event)
        if not self._pictured:
            self._pictured = True
            self._load_pictures()

    def _load_pictures(self) -> None:
        for name in ("digits", "mnist", "fashion-mnist"):
            run_in_background(
                lambda name=name: some_samples(name),
                self.cards[name].show_samples,
                lambda _error: None,
                self,
            )
        self.cards[POINTS].show_points(some_points("spiral"))

    def _choose(self, name: str) -> None:
        ready = {info.name: info.ready for info in list_datasets()}
        if not ready.get(name, True):
            self.fetch(name)
        if name != self._datasets.source:
            self._datasets.choose(name)

    def _choose_points(self) -> None:
        menu = QMenu(self)
        for name, one in SETS.items():
            action = menu.addAction(one.title)
            action.setCheckable(True)
            action.setChecked(name == self._datasets.source)
            action.triggered.connect(lambda _checked=False, name=name: self._datasets.choose(name))
        menu.aboutToHide.connect(menu.deleteLater)
        card = self.cards[POINTS]
        menu.popup(card.mapToGlobal(card.rect().bottomLeft()))

    def _own_menu(self, card: DatasetCard, one: OwnData, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Read it otherwise…").triggered.connect(
            lambda: self.preview_wanted.emit(one.path, one.reading)
        )
        menu.addAction("Take off the list").triggered.connect(lambda: self._forget(one.path))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(card.mapToGlobal(at))

    def _forget(self, path: str) -> None:
        self._recent.remove(path)
        self.show_recent()

    def _show_download(self, text: str, share: float | None) -> None:
        self._place_download(self._datasets.fetched)
        self.download.say(text, share, self._datasets.pace)

    def _place_download(self, name: str) -> None:
        """Below the card of its data set."""
        before = self._column.indexOf(self.download)
        below = self._column.indexOf(self.cards[name])
        if before != below + 1:
            self._column.removeWidget(self.download)
            self._column.insertWidget(self._column.indexOf(self.cards[name]) + 1, self.download)

    def _downloaded(self, _title: str) -> None:
        self.download.hide()
        self._load_pictures()
        self.refresh()

    def _download_failed(self, error: Exception, name: str) -> None:
        if name:
            self._fetched = name
            self._place_download(name)
            reason = getattr(error, "received", "").rpartition(": ")[2] or str(error)
            self.download.fail(self.cards[name].title, f"{reason[:1].upper()}{reason[1:]}.")


def _title(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "section")
    return label


def own_data(path: str, reading: ImportOptions | None, info: DatasetInfo, uneven: bool) -> OwnData:
    """What the list remembers of data that were imported."""
    shape = shape_text(info.shape)
    word = "images" if len(info.shape) == 3 else "samples"
    summary = f"{info.train + info.test:,} {word}, {shape}"
    return OwnData(path, reading, info.title, summary, info.classes, uneven)
