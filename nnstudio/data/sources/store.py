"""Where imported samples go: to memory when they are few, else to a cache on disk that is mapped."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import IntArray, Samples
from nnstudio.data.sources.problems import Problem, Problems
from nnstudio.data.sources.source import PARTS, Classes, Outline, PartName
from nnstudio.errors import DataError

VERSION = 1
_CODE = np.int16  # holds more than MAX_CLASSES, in a quarter of the memory that labels take in the end
INDEX = "index.json"


@dataclass(frozen=True, eq=False)
class Stored:
    """An imported source.

    Args:
        classes: Name of each class.
        features: Names of the features, if they have some.
        names: Names of the samples of each part, if they have some.
        problems: What was left out.
        x: Samples of each part.
        y: Class numbers of each part.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    names: dict[PartName, tuple[str, ...]]
    problems: Problems
    x: dict[PartName, Samples]
    y: dict[PartName, IntArray]


def load_stored(folder: Path) -> Stored | None:
    """What a :class:`DiskStore` wrote, or None if that is missing, damaged or of another version.

    The samples are mapped, so that only what is looked at takes memory.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        stored = Stored(
            tuple(index["classes"]),
            tuple(index["features"]),
            {part: tuple(index["names"][part]) for part in PARTS},
            Problems([Problem(*pair) for pair in index["problems"]], index["problem_count"]),
            {part: _mapped(folder / f"x_{part}.npy") for part in PARTS},
            {part: np.load(folder / f"y_{part}.npy", allow_pickle=False) for part in PARTS},
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    whole = all(len(stored.x[part]) == len(stored.y[part]) for part in PARTS)
    return stored if whole and index["version"] == VERSION else None


class ArrayFile:
    """An ``.npy`` file that is written row by row; its header is completed when it is closed.

    Args:
        path: The new file.
        shape: Shape of one row.
        dtype: Type of the values.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str) -> None:
        self._shape, self._dtype, self._rows = shape, np.dtype(dtype), 0
        self._file = path.open("xb")
        self._file.write(self._header())

    def add(self, block: NDArray[Any]) -> None:
        """Appends rows ``(n, *shape)``."""
        self._file.write(np.ascontiguousarray(block, self._dtype).data)
        self._rows += len(block)

    def close(self) -> None:
        """Completes the file and puts it on the disk itself."""
        try:
            self._file.seek(0)
            self._file.write(self._header())
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Closes it as it is."""
        self._file.close()

    def _header(self) -> bytes:
        # numpy pads the header so that the first size may grow to any number without moving the values
        text = io.BytesIO()
        fields = {"descr": self._dtype.str, "fortran_order": False, "shape": (self._rows, *self._shape)}
        np.lib.format.write_array_header_1_0(text, fields)
        return text.getvalue()


class MemoryStore:
    """Keeps samples in memory.

    Args:
        outline: What they look like.
    """

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._x: dict[PartName, list[Samples]] = {part: [] for part in PARTS}
        self._y: dict[PartName, list[NDArray[np.int16]]] = {part: [] for part in PARTS}
        self._names: dict[PartName, list[str]] = {part: [] for part in PARTS}

    def add(self, part: PartName, x: Samples, y: IntArray, names: Sequence[str] = ()) -> None:
        """Takes some samples; see ``source.Receiver``."""
        self._x[part].append(x.astype(self._outline.dtype))
        self._y[part].append(y.astype(_CODE))
        self._names[part] += names

    def finish(self, classes: Classes, problems: Problems) -> Stored:
        """All that was taken."""
        empty = np.empty((0, *self._outline.shape), self._outline.dtype)
        return Stored(
            classes.names,
            self._outline.features,
            {part: tuple(names) for part, names in self._names.items()},
            problems,
            {part: np.concatenate([empty, *x]) for part, x in self._x.items()},
            {part: _labels(y, classes) for part, y in self._y.items()},
        )


class DiskStore:
    """Writes samples to a folder.

    Args:
        folder: The folder, which exists and is empty.
        outline: What the samples look like.
    """

    def __init__(self, folder: Path, outline: Outline) -> None:
        self._folder, self._outline = folder, outline
        self._y: dict[PartName, list[NDArray[np.int16]]] = {part: [] for part in PARTS}
        self._names: dict[PartName, list[str]] = {part: [] for part in PARTS}
        self._stack = ExitStack()
        with self._stack, writing(folder):
            self._files = {part: self._open(part) for part in PARTS}
            self._stack = self._stack.pop_all()  # nothing went wrong: they stay open

    def add(self, part: PartName, x: Samples, y: IntArray, names: Sequence[str] = ()) -> None:
        """Takes some samples; see ``source.Receiver``."""
        with writing(self._folder):
            self._files[part].add(x)
        self._y[part].append(y.astype(_CODE))
        self._names[part] += names

    def finish(self, classes: Classes, problems: Problems) -> None:
        """Completes the folder."""
        index = {
            "version": VERSION,
            "classes": list(classes.names),
            "features": list(self._outline.features),
            "problems": [[problem.where, problem.what] for problem in problems.kept],
            "problem_count": problems.count,
            "names": self._names,
        }
        with writing(self._folder):
            for part in PARTS:
                self._files[part].close()
                np.save(self._folder / f"y_{part}.npy", _labels(self._y[part], classes))
            (self._folder / INDEX).write_text(json.dumps(index), encoding="utf-8")

    def close(self) -> None:
        """Closes the files, also when something went wrong before."""
        self._stack.close()

    def _open(self, part: PartName) -> ArrayFile:
        file = ArrayFile(self._folder / f"x_{part}.npy", self._outline.shape, self._outline.dtype)
        self._stack.callback(file.abandon)
        return file


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Failures to write as an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"the imported data can't be written to {folder.parent}",
            received=error.strerror or str(error),
            fix="free some space there, or set NNSTUDIO_CACHE to another folder; the source is unchanged",
        ) from error


def check_space(folder: Path, size: int) -> None:
    """Refuses an import that the disk can't hold before it is begun."""
    with writing(folder):
        free = shutil.disk_usage(folder).free
    if free < size:
        raise DataError(
            f"there is too little free space in {folder} for the imported data",
            allowed=f"about {size / 1e6:,.0f} MB",
            received=f"{free / 1e6:,.0f} MB",
            fix="free some space there, set NNSTUDIO_CACHE to another folder, or choose smaller images",
        )


def _mapped(path: Path) -> NDArray[Any]:
    array = np.lib.format.open_memmap(path, mode="r")
    return np.asarray(array)  # a plain view of it, which numpy handles faster


def _labels(blocks: list[NDArray[np.int16]], classes: Classes) -> IntArray:
    y = np.concatenate([np.empty(0, _CODE), *blocks])
    return y.astype(np.int64) if classes.numbers is None or not len(y) else classes.numbers[y]
