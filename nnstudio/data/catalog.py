"""Every data set that can be named: what there is, whether it is ready, and how to load it."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nnstudio.core.data_spec import DataSpec
from nnstudio.core.import_options import ImportOptions
from nnstudio.core.points_spec import PointsSpec
from nnstudio.core.registry import did_you_mean
from nnstudio.data import idx_sets, points2d, published
from nnstudio.data.dataset import Dataset, Part, Progress
from nnstudio.data.download import fetch, in_words
from nnstudio.data.files import file_size, unreadable
from nnstudio.data.memory import RecentlyUsed
from nnstudio.data.npz import load_npz
from nnstudio.data.published import PUBLISHED, PublishedSet
from nnstudio.data.sources import detect
from nnstudio.errors import DataError

DIGITS = "digits"
DIGITS_COUNTS = (12_000, 2_000)
NAMES = (DIGITS, *PUBLISHED, *points2d.SETS)
READABLE = (
    "a folder with the four IDX files of MNIST, one pair of IDX files, an .npz file, "
    + detect.READABLE.removeprefix("a ")
)
_recent: RecentlyUsed[Dataset] = RecentlyUsed(2)
_fetching = threading.Lock()


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set without loading it.

    Args:
        name: The name that loads it.
        title: What the user sees.
        summary: One line about it.
        shape: Shape of one sample.
        classes: Number of classes.
        train: Number of training samples.
        test: Number of test samples.
        ready: Whether it loads without a download.
        origin: Where it comes from: "built in", a folder, or "download from ...".
    """

    name: str
    title: str
    summary: str
    shape: tuple[int, ...]
    classes: int
    train: int
    test: int
    ready: bool = True
    origin: str = "built in"


def list_datasets() -> list[DatasetInfo]:
    """The data sets that have a name, the built-in digits first."""
    summary = "14,000 generated handwritten digits, 28×28"
    digits = DatasetInfo(DIGITS, "Digits", summary, (28, 28, 1), 10, *DIGITS_COUNTS)
    return [digits, *map(_published_info, PUBLISHED.values()), *map(points_info, points2d.SETS)]


def points_info(name: str, points: PointsSpec | None = None) -> DatasetInfo:
    """What is known of a 2-D set that is drawn as ``points`` says."""
    points, chosen = points or PointsSpec(), points2d.SETS[name]
    shape = (len(points.inputs),)
    return DatasetInfo(name, chosen.title, chosen.summary, shape, len(points2d.CLASSES), *points.counts)


def load_dataset(
    source: str,
    progress: Progress | None = None,
    *,
    download: bool = True,
    reading: ImportOptions | None = None,
    points: PointsSpec | None = None,
) -> Dataset:
    """Loads a data set by name or path. The last two are kept in memory, as long as their files don't change.

    ``mnist`` and ``fashion-mnist`` are looked for in ``$NNSTUDIO_DATA/<name>``, then in the cache,
    then downloaded. A name goes before a file of the same name; write ``./digits`` for the file.

    Args:
        source: One of :data:`NAMES`, or the path of :data:`READABLE`.
        progress: Told a message and a fraction (None while unknown); may raise ``Cancelled``.
        download: Whether missing files may be fetched from the internet.
        reading: How to read a table, images or an HDF5 file.
        points: How to draw a 2-D set.

    Raises:
        DataError: There is no such data set, it can't be read, or not be downloaded.
        Cancelled: ``progress`` stopped it.
    """
    tell = progress or _silent
    if source in PUBLISHED:
        return _load_published(PUBLISHED[source], tell, download)
    if source == DIGITS:
        return _recent.get(DIGITS, lambda: _load_digits(tell))
    if source in points2d.SETS:
        return points2d.load_points(source, points)
    return _load_path(source, tell, reading or ImportOptions())


def load_recipe(recipe: DataSpec, progress: Progress | None = None, *, download: bool = True) -> Dataset:
    """Loads the data set that a recipe names, read or drawn as the recipe says; see :func:`load_dataset`."""
    reading, points = recipe.reading, recipe.points
    return load_dataset(recipe.source, progress, download=download, reading=reading, points=points)


def forget_loaded() -> None:
    """Frees the data sets kept in memory."""
    _recent.clear()


def ready_folder(chosen: PublishedSet) -> Path | None:
    """The folder with all four files of a published set, or None if it has to be downloaded."""
    folders = (published.users_folder(chosen.name), published.cache_folder(chosen.name))
    return next((folder for folder in folders if folder and not idx_sets.look(folder).missing), None)


def _published_info(chosen: PublishedSet) -> DatasetInfo:
    folder = ready_folder(chosen)
    host = urlsplit(chosen.mirrors[0]).hostname
    origin = str(folder) if folder else f"download from {host} ({chosen.packed / 1e6:.0f} MB)"
    return DatasetInfo(
        chosen.name,
        chosen.title,
        chosen.summary,
        shape=(28, 28, 1),
        classes=len(chosen.classes),
        train=60_000,
        test=10_000,
        ready=folder is not None,
        origin=origin,
    )


def _load_published(chosen: PublishedSet, tell: Progress, download: bool) -> Dataset:
    def read(folder: Path) -> Dataset:
        key = (chosen.name, *_stamps(idx_sets.look(folder).paths))
        return _recent.get(key, lambda: _read_published(chosen, folder, tell))

    folder = ready_folder(chosen)
    cache = published.cache_folder(chosen.name)
    if folder is not None:
        try:
            return read(folder)
        except DataError:
            if folder != cache or not download:
                raise  # the user's own files are never replaced
    elif not download:
        raise DataError(
            f"{chosen.title} is not on this machine",
            allowed=f"its four files in {cache} or $NNSTUDIO_DATA/{chosen.name}",
            fix=f"run: nnstudio data download {chosen.name}",
        )
    with _fetching:  # a second thread waits, then finds the files
        fetch(chosen, in_words(chosen, tell))
    return read(cache)


def _read_published(chosen: PublishedSet, folder: Path, tell: Progress) -> Dataset:
    train, test = idx_sets.read_folder(folder, tell)
    return Dataset(chosen.name, chosen.title, train, test, chosen.classes)


def _load_digits(tell: Progress) -> Dataset:
    from nnstudio.data.digits import load_digits

    x, y, x_test, y_test = load_digits(progress=lambda done: tell("Generating digits", done))
    return Dataset(DIGITS, "Digits", Part(x, y), Part(x_test, y_test), tuple("0123456789"))


def _load_path(source: str, tell: Progress, reading: ImportOptions) -> Dataset:
    path = Path(os.path.expanduser(source))  # unlike Path.expanduser, this leaves an unknown ~user alone
    folder = _is_folder(source, path)
    if detect.is_source(path):
        return _load_import(source, path, tell, reading)
    if folder:
        files = idx_sets.look(path)
        return _recent.get((source, *_stamps(files.paths)), lambda: idx_sets.load_idx_folder(path, tell))
    if path.suffix.lower() == ".npz":
        return _recent.get((source, *_stamps([path])), lambda: load_npz(path, tell))
    if not _looks_like_idx(path):
        raise _unsupported(path, f"a {path.suffix} file" if path.suffix else "a file of another kind")
    return _recent.get((source, *_stamps(idx_sets.pair(path))), lambda: idx_sets.load_idx_pair(path, tell))


def _load_import(source: str, path: Path, tell: Progress, reading: ImportOptions) -> Dataset:
    from nnstudio.data.sources.importing import import_source

    opened = detect.find_source(path, reading)

    def read() -> Dataset:
        imported = import_source(opened, tell, source)
        if imported.left_out:
            tell(f"Left out {imported.left_out:,} samples that can't be used", None)
        return imported.dataset

    return _recent.get((source, reading, opened.stamp()), read)


def _is_folder(source: str, path: Path) -> bool:
    """Whether ``path`` is a folder rather than a file; refuses what is neither."""
    try:
        if path.is_dir():
            return True
        if path.exists() or path.name != source or path.suffix:
            file_size(path)
            return False
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    raise DataError(
        f"there is no data set called {source!r}",
        allowed=f"{', '.join(NAMES)}, or the path of {READABLE}",
        received=source,
        fix=did_you_mean(source, NAMES) or "use one of the names above",
    )


def _looks_like_idx(path: Path) -> bool:
    if "idx" in path.name or "ubyte" in path.name:
        return True
    try:
        with path.open("rb") as file:
            return file.read(2) in (b"\0\0", b"\x1f\x8b")
    except OSError as error:
        raise unreadable(path, error) from error


def _stamps(paths: Iterable[Path]) -> list[Hashable]:
    """Names, times and sizes of files: equal as long as nobody changes them."""
    stamps: list[Hashable] = []
    for path in paths:
        size = file_size(path)
        stamps.append((str(path.resolve()), path.stat().st_mtime_ns, size))
    return stamps


def _unsupported(path: Path, received: str) -> DataError:
    return DataError(
        f"{path} holds no data that NNStudio can read",
        allowed=READABLE,
        received=received,
        fix="write x_train, y_train, x_test and y_test with numpy.savez_compressed",
    )


def _silent(message: str, fraction: float | None) -> None:
    """Progress that nobody watches."""
