"""Data sets stored as IDX files: a folder with the four files of MNIST, or one pair of files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.convert import as_part, number_names
from nnstudio.data.dataset import Dataset, Part, Progress
from nnstudio.data.idx import read_idx_pair
from nnstudio.errors import DataError

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class IdxFolder:
    """Which of the four files are in a folder; :func:`look` finds them."""

    folder: Path
    found: tuple[Path | None, ...]

    @property
    def missing(self) -> list[str]:
        """Usual names of the files that aren't there."""
        return [name for name, path in zip(FILES, self.found, strict=True) if path is None]

    @property
    def paths(self) -> tuple[Path, ...]:
        """All four files.

        Raises:
            DataError: Some are missing.
        """
        if self.missing:
            raise DataError(
                f"{self.folder} doesn't hold a whole data set",
                allowed="the four files " + ", ".join(FILES) + " (each may end in .gz)",
                received="no " + ", no ".join(self.missing),
                fix="add the missing files, or open one images file by itself",
            )
        return tuple(path for path in self.found if path is not None)


def look(folder: Path) -> IdxFolder:
    """Looks for the four files under their usual names, with or without ``.gz``."""
    return IdxFolder(folder, tuple(find(folder, name) for name in FILES))


def find(folder: Path, name: str) -> Path | None:
    """The file that goes by one of the usual spellings of ``name``, or None."""
    return next(filter(Path.is_file, _spellings(folder / name)), None)


def read_folder(folder: Path, progress: Progress | None = None) -> tuple[Part, Part]:
    """Training and test part from a folder with the four files.

    Raises:
        DataError: A file is missing, can't be read, or doesn't fit the others.
        Cancelled: ``progress`` stopped it.
    """
    paths = look(folder).paths
    parts = []
    for number in (0, 2):
        if progress is not None:
            progress(f"Reading {paths[number].name}", number / 4)
        x, y = read_idx_pair(paths[number], paths[number + 1])
        parts.append(as_part(x, y, str(paths[number])))
    return parts[0], parts[1]


def load_idx_folder(folder: Path, progress: Progress | None = None) -> Dataset:
    """The data set in a folder of the user's; its classes are named by their numbers.

    Raises:
        DataError: As :func:`read_folder`.
        Cancelled: ``progress`` stopped it.
    """
    train, test = read_folder(folder, progress)
    return Dataset(str(folder), folder.resolve().name, train, test, number_names(train, test))


def load_idx_pair(path: Path, progress: Progress | None = None) -> Dataset:
    """The data set in one pair of files, of which either may be named.

    It has no test samples of its own; the data recipe splits them off.

    Raises:
        DataError: The other file isn't beside it, one of them can't be read, or they don't fit.
        Cancelled: ``progress`` stopped it.
    """
    images, labels = pair(path)
    if progress is not None:
        progress(f"Reading {images.name}", None)
    whole = as_part(*read_idx_pair(images, labels), what=str(images))
    return Dataset(str(path), path.name, whole, whole.none(), number_names(whole))


def pair(path: Path) -> tuple[Path, Path]:
    """Images file and labels file, one of which is ``path``.

    Raises:
        DataError: The other one isn't in the same folder.
    """
    for this, other, first in (("images", "labels", "idx3"), ("labels", "images", "idx1")):
        if this in path.name:
            second = "idx1" if first == "idx3" else "idx3"
            beside = path.with_name(path.name.removesuffix(".gz").replace(this, other).replace(first, second))
            found = find(path.parent, beside.name)
            if found is not None:
                return (path, found) if this == "images" else (found, path)
            raise DataError(
                f"{path} lacks the file that belongs to it",
                allowed=f"{beside.name} (or .gz) in the same folder",
                received="no such file",
                fix="put both files into one folder",
            )
    raise DataError(
        f"{path} is an IDX file of which the other half can't be found",
        allowed=f'a name with "images" or "labels" in it, such as {FILES[0]}',
        received=path.name,
        fix="rename both files that way",
    )


def _spellings(path: Path) -> list[Path]:
    dotted = path.with_name(path.name.replace("-idx", ".idx"))
    return [candidate for base in (path, dotted) for candidate in (base, base.with_name(base.name + ".gz"))]
