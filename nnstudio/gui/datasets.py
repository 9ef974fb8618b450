"""The project's data set as the window knows it: described without loading it, chosen, downloaded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.history import Change
from nnstudio.core.import_options import ImportOptions
from nnstudio.core.points_spec import PointsSpec
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec
from nnstudio.data.catalog import DatasetInfo, list_datasets, points_info
from nnstudio.data.dataset import Dataset
from nnstudio.data.points2d import SETS
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.run.pace import Pace, bytes_per_second

Key = tuple[str, ImportOptions | None]
"""A file or folder, and how it is read."""


class Datasets(QObject):
    """Keeps the document told what its data look like, and changes them.

    Named data sets are described by the catalogue; a file or folder is read in the background once.

    Attributes:
        pace: Speed of the download under way and the time left, "" while they aren't known.
        fetched: Name of the data set that is downloaded, or was lately.

    Signals:
        described(): The data set, what is known of it, or its fraction changed.
        failed(Exception, str): A file couldn't be read or a download failed; the second is the name of the
            data set to download again, or "".
        progress(str, object): What a download is doing, and its share from 0 to 1 or None.
        downloaded(str): Title of a data set that is on disk now.
        cancelled(): A download was cancelled.
    """

    described = Signal()
    failed = Signal(object, str)
    progress = Signal(str, object)
    downloaded = Signal(str)
    cancelled = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.pace = ""
        self.fetched = ""
        self._files: dict[Key, DatasetInfo | None] = {}
        self._named = {info.name: info for info in list_datasets()}
        self._task: Task | None = None
        self._counted: tuple[DataSpec, tuple[int, int, int]] | None = None
        document.changed.connect(self._changed)
        document.reset.connect(self.refresh)
        self.refresh()

    @property
    def source(self) -> str:
        """Name or path of the data set."""
        return self._document.project.data.source

    @property
    def fraction(self) -> float:
        """Share of the samples in use."""
        return self._document.project.data.fraction

    @property
    def info(self) -> DatasetInfo | None:
        """What is known of the data set; None for a file that isn't read yet or can't be."""
        return self._info(*self._key)

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.info.title if self.info else Path(self.source).name or self.source

    @property
    def summary(self) -> str:
        """One line about it."""
        return f"{self.info.summary}. {self.info.origin}" if self.info else self.source

    @property
    def counts(self) -> tuple[int, int, int] | None:
        """Samples to train on, held back and to test with, or None while unknown."""
        if self._counted is not None and self._counted[0] == _parts_of(self._document.project.data):
            return self._counted[1]
        return sample_counts(self.info, self._document.project) if self.info else None

    def set_counts(self, recipe: DataSpec, counts: tuple[int, int, int]) -> None:
        """Tells how many samples a recipe leaves, by whoever has drawn them: corrections count too."""
        self._counted = _parts_of(recipe), counts
        self.described.emit()

    @property
    def downloading(self) -> bool:
        """A download is under way."""
        return self._task is not None

    def choose(self, source: str, reading: ImportOptions | None = None) -> None:
        """Makes ``source`` the project's data set; a known shape goes to the Input layer, in one step.

        Args:
            source: Name of a data set, or a path.
            reading: How a file or folder is read.
        """
        project = self._document.project
        info = self._info(source, reading)
        network = with_input(project.network, info.shape) if info else project.network
        data = project.data.of_source(source, reading)
        title = info.title if info else Path(source).name
        self._document.apply(f"Choose {title}", project.replace(data=data, network=network))

    def set_fraction(self, fraction: float) -> None:
        """Uses another share of the samples."""
        project = self._document.project
        data = project.data.replace(fraction=fraction)
        self._document.apply("Set fraction", project.replace(data=data), ("data", "fraction"))

    def edit_points(self, wanted: str | PointsSpec, field: str = "") -> None:
        """Chooses another 2-D set, or draws the chosen one otherwise.

        Other inputs go to the Input layer, in the same step.

        Args:
            wanted: Name of a set, or the new recipe.
            field: Name of the setting of the recipe that the user changed.
        """
        if isinstance(wanted, str):
            self.choose(wanted)
            return
        project = self._document.project
        network = with_input(project.network, points_info(self.source, wanted).shape)
        data = project.data.replace(points=wanted)
        label = f"Set {field.replace('_', ' ')}"
        self._document.apply(label, project.replace(data=data, network=network), ("points", field))

    def refresh(self) -> None:
        """Tells the document what the data look like; reads an unknown file in the background."""
        if self.source not in self._named and self._key not in self._files:
            self._files[self._key] = None
            self._look_into(self._key)
        info = self.info
        self._document.expect(info.shape if info else None, info.classes if info else None)
        self.described.emit()

    def download(self, name: str) -> None:
        """Fetches a published data set now, in the background; one at a time."""
        if self.downloading:
            return
        from nnstudio.data.download import fetch, in_words
        from nnstudio.data.published import PUBLISHED

        chosen = PUBLISHED[name]
        pace = Pace(chosen.packed, bytes_per_second)

        def told(text: str, share: float | None) -> None:
            self.pace = pace.tell(share)
            self.progress.emit(text, share)

        self.pace, self.fetched = "", name
        self._task = run_in_background(
            lambda report: fetch(chosen, in_words(chosen, report)),
            lambda _folder: self._arrived(chosen.title),
            lambda error: self._broke_off(error, name),
            self,
            on_progress=told,
        )
        self.progress.emit(f"Downloading {chosen.title}", None)

    def cancel_download(self) -> None:
        """Stops the download; finished files stay."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.cancelled.emit()

    def _info(self, source: str, reading: ImportOptions | None) -> DatasetInfo | None:
        if source in SETS:
            return points_info(source, self._document.project.data.points)
        return self._named.get(source) or self._files.get((source, reading))

    def _changed(self, change: Change) -> None:
        if change.data:
            self.refresh()

    def know(self, info: DatasetInfo, reading: ImportOptions | None) -> None:
        """Tells what a file or folder holds, by whoever has read it."""
        self._files[info.name, reading] = info

    @property
    def _key(self) -> Key:
        return self.source, self._document.project.data.reading

    def _look_into(self, key: Key) -> None:
        def done(info: DatasetInfo) -> None:
            self._files[key] = info
            if key == self._key:
                self.refresh()

        def failed(error: Exception) -> None:
            self._files.pop(key, None)
            if key == self._key:
                self.failed.emit(error, "")

        run_in_background(lambda: describe(*key), done, failed, self)

    def _arrived(self, title: str) -> None:
        self._task = None
        self._named = {info.name: info for info in list_datasets()}
        self.downloaded.emit(title)
        self.refresh()

    def _broke_off(self, error: Exception, name: str) -> None:
        self._task = None
        self.failed.emit(error, name)


def describe(source: str, reading: ImportOptions | None = None) -> DatasetInfo:
    """Reads a file or folder to learn what it holds (slow: for a background thread).

    Args:
        source: Its path.
        reading: How it is read.

    Raises:
        DataError: It can't be read as a data set.
    """
    from nnstudio.data.catalog import load_dataset

    return info_of(source, load_dataset(source, download=False, reading=reading))


def info_of(source: str, data: Dataset) -> DatasetInfo:
    """What is known of a file or folder that has been read."""
    train, test = len(data.train), len(data.test)
    summary = f"{train + test:,} samples"
    return DatasetInfo(source, data.title, summary, data.shape, len(data.classes), train, test, True, source)


def with_input(network: NetworkSpec, shape: tuple[int, ...]) -> NetworkSpec:
    """The network with its Input layer, if it has one, set to ``shape``."""
    if network.input_shape in (None, shape):
        return network
    first = network.layers[0]
    return network.replace_layer(first.name, first.replace(shape=shape))


def _parts_of(recipe: DataSpec) -> DataSpec:
    """A recipe without what leaves all samples in their parts."""
    return recipe.replace(scaling="unit", augmentation=AugmentationSpec())


def sample_counts(info: DatasetInfo, project: ProjectSpec) -> tuple[int, int, int]:
    """Training, validation and test samples that the project's data recipe leaves."""
    from nnstudio.data.prepare import part_sizes

    return part_sizes(info.train, info.test, project.data)
