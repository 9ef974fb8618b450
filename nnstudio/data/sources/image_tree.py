"""The files below a folder or in a zip archive, listed and read the same way; nothing is ever extracted."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.files import file_size, unreadable
from nnstudio.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
MAX_FILE = 128 << 20
"""Bytes of the largest image file."""
MAX_FILES = 5_000_000
_DEPTH = 5  # wrapper / data / train / class / image
_DEFLATE_RATIO = 1040  # deflate can't shrink anything further than about 1032 times
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    UnicodeError,
    ValueError,
)


@dataclass(frozen=True)
class Entry:
    """An image file.

    Args:
        name: Its path below the source, with "/".
        problem: Why it can't be read, if that is known already.
    """

    name: str
    problem: str = ""


class Unreadable(Exception):
    """A single file can't be read; says why."""


class Tree(ABC):
    """Image files below a path, listed when it is made. They are read within a ``with`` statement.

    Args:
        path: The folder or archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self.others = 0

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *error: object) -> None:  # noqa: B027 - a folder has nothing to close
        """Closes what is open."""

    @abstractmethod
    def read(self, entry: Entry) -> bytes:
        """The bytes of a file. Any thread may call it.

        Raises:
            Unreadable: They can't be had.
            DataError: The whole source is gone.
        """

    @abstractmethod
    def state(self, entry: Entry) -> str:
        """A text that is another one as soon as a file has changed."""

    def stamp(self) -> str:
        """A text that is another one as soon as a file has changed, is added or removed."""
        digest = hashlib.sha256()
        for entry in self.entries:
            text = f"{entry.name}\n{self.state(entry)} {entry.problem}\n"
            digest.update(text.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def _add(self, entry: Entry) -> None:
        """Takes an entry in, unless it is hidden or no image."""
        parts = entry.name.split("/")
        if any(part.startswith(".") or part == "__MACOSX" for part in parts) or parts[-1] == "Thumbs.db":
            return
        if os.path.splitext(parts[-1])[1].lower() not in SUFFIXES:
            self.others += 1
            return
        self.entries.append(entry)
        if len(self.entries) > MAX_FILES:
            raise DataError(f"{self.path} holds too many files", allowed=f"{MAX_FILES:,}", fix="divide it")


def open_tree(path: Path) -> Tree:
    """The image files of a folder or archive.

    Raises:
        DataError: It can't be listed, or is an archive that isn't safe.
    """
    return FolderTree(path) if path.is_dir() else ZipTree(path)


class FolderTree(Tree):
    """A folder; links are followed, but only as deep as data sets are."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        for entry in sorted(self._walk(path, "", _DEPTH), key=lambda entry: entry.name):
            self._add(entry)

    def _walk(self, folder: Path, prefix: str, depth: int) -> Iterator[Entry]:
        try:
            with os.scandir(folder) as listing:
                items = list(listing)
        except OSError as error:
            raise unreadable(folder, error) from error
        for item in items:
            name = prefix + item.name
            try:
                # mostly known from the listing itself, so that 100,000 files needn't be asked one by one
                if item.is_dir():
                    if depth > 1:
                        yield from self._walk(folder / item.name, f"{name}/", depth - 1)
                    continue
                ordinary = item.is_file()  # a pipe would be waited for
            except OSError as error:
                yield Entry(name, error.strerror or str(error))
                continue
            lost = not ordinary and item.is_symlink()
            problem = "a link that leads nowhere" if lost else "not an ordinary file"
            yield Entry(name, "" if ordinary else problem)

    def state(self, entry: Entry) -> str:
        """Size and time of a file."""
        try:
            status = (self.path / entry.name).stat()
        except OSError as error:
            return str(error.errno)
        return f"{status.st_size} {status.st_mtime_ns}"

    def read(self, entry: Entry) -> bytes:
        """The bytes of a file; see ``Tree.read``."""
        if entry.problem:
            raise Unreadable(entry.problem)
        try:
            with (self.path / entry.name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                _check(size)
                return file.read(size)
        except OSError as error:
            if not self.path.is_dir():
                raise gone(self.path) from error
            raise Unreadable(error.strerror or str(error)) from error


class ZipTree(Tree):
    """A zip archive. One that holds a bomb, or names that lead outside, is refused altogether."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._archive: zipfile.ZipFile | None = None
        size = file_size(path)
        with self:
            self._list(size)

    def __enter__(self) -> Tree:
        try:
            self._archive = zipfile.ZipFile(self.path)
        except _DAMAGED as error:
            raise _refused(self.path, "is a damaged zip archive", "an intact one", str(error)) from error
        except FileNotFoundError:
            raise gone(self.path) from None
        except OSError as error:
            raise unreadable(self.path, error) from error
        return self

    def __exit__(self, *error: object) -> None:
        """Closes the archive."""
        assert self._archive is not None
        self._archive.close()

    def state(self, entry: Entry) -> str:
        """Size and checksum of a member."""
        info = self._members[entry.name]
        return f"{info.file_size} {info.CRC}"

    def _list(self, size: int) -> None:
        self._members: dict[str, zipfile.ZipInfo] = {}
        assert self._archive is not None
        packed = 0
        for info in self._archive.infolist():
            packed += info.compress_size
            self._check(info)
            if info.is_dir():
                continue
            self._members[info.filename] = info
            self._add(Entry(info.filename))
        if packed > size:  # members lie over each other, so that few bytes become many
            raise _refused(self.path, "is a zip bomb", f"{size:,} packed bytes at most", f"{packed:,}")
        self.entries.sort(key=lambda entry: entry.name)

    def _check(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name[:1] in ("/", "\\") or ":" in parts[0] or "\0" in name:
            raise _refused(self.path, "holds a file that leads outside of it", "plain names", repr(name[:80]))
        if not info.filename:
            raise _refused(self.path, "holds a file without a name", "plain names", repr(name[:80]))
        if info.filename in self._members:
            raise _refused(self.path, "holds two files of one name", "one", repr(name[:80]))
        if info.flag_bits & 1:
            raise _refused(self.path, "is encrypted", "an archive without a password", repr(name[:80]))
        if info.file_size > (info.compress_size + 64) * _DEFLATE_RATIO:
            packed = f"{info.compress_size:,} for {info.file_size:,} bytes of {name[:80]!r}"
            raise _refused(self.path, "is a zip bomb", "believable packed sizes", packed)

    def read(self, entry: Entry) -> bytes:
        """The bytes of a file; see ``Tree.read``."""
        info = self._members[entry.name]
        _check(info.file_size)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("packed in a way that isn't read")
        try:
            assert self._archive is not None
            with self._archive.open(info) as member:
                return member.read()  # at most the declared size, and the checksum is compared
        except (*_DAMAGED, OSError) as error:
            raise Unreadable(f"damaged in the archive: {error}") from error


def gone(path: Path) -> DataError:
    """The error for a source that vanished while it was read."""
    return DataError(
        f"{path} was removed while it was being read",
        fix="put it back, or reconnect the drive, and import it again; nothing else is lost",
    )


def _check(size: int) -> None:
    """Refuses empty and huge image files."""
    if not size:
        raise Unreadable("an empty file")
    if size > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, where at most {MAX_FILE:,} are read")


def _refused(path: Path, what: str, allowed: str, received: str) -> DataError:
    with suppress(UnicodeError):
        received = received.encode("utf-8", "replace").decode()
    return DataError(f"{path} {what}", allowed=allowed, received=received, fix="don't use this archive")
