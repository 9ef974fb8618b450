"""Downloads published data sets: several mirrors, retries, checksums, and nothing half done on disk."""

from __future__ import annotations

import gzip
import hashlib
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nnstudio.data import idx_sets
from nnstudio.data.dataset import Progress
from nnstudio.data.files import remove_leftovers, replacing
from nnstudio.data.published import PUBLISHED, PublishedFile, PublishedSet, cache_folder
from nnstudio.errors import DataError

FileProgress = Callable[[str, int, int | None], None]
"""Told a file's name, its bytes received and its bytes in all (None: unknown); may raise ``Cancelled``."""

ATTEMPTS = 3
BACK_OFF = 0.5
TIMEOUT = (5.0, 20.0)  # seconds to connect, seconds without a byte
_CHUNK = 1 << 16
_SLACK = 1 << 16  # gzip never makes a file longer by more than this


class _RefusedError(Exception):
    """A mirror has no use: it lacks the file or serves another one."""


class _HiccupError(Exception):
    """The connection failed; the same mirror may work the next time."""


def download_dataset(
    name: str,
    progress: FileProgress | None = None,
    *,
    mirrors: Sequence[str] | None = None,
    folder: Path | None = None,
) -> Path:
    """Downloads ``mnist`` or ``fashion-mnist``; files that are there and correct are kept.

    Args:
        name: Which one.
        progress: Told how far each file is; may raise ``Cancelled``.
        mirrors: Base addresses to use instead of the set's own.
        folder: Where to put the files, instead of the cache.

    Returns:
        The folder with the four files.

    Raises:
        DataError: No such set, no mirror could give a correct file, or the disk can't take it.
        Cancelled: ``progress`` stopped it; the file under way is removed, finished ones stay.
    """
    if name not in PUBLISHED:
        raise DataError(
            f"{name!r} can't be downloaded",
            allowed=", ".join(PUBLISHED),
            received=name,
            fix="use one of the names above; the other data sets need no download",
        )
    return fetch(PUBLISHED[name], progress, mirrors=mirrors, folder=folder)


def fetch(
    chosen: PublishedSet,
    progress: FileProgress | None = None,
    *,
    mirrors: Sequence[str] | None = None,
    folder: Path | None = None,
    attempts: int = ATTEMPTS,
    back_off: float = BACK_OFF,
) -> Path:
    """Downloads a published set; see :func:`download_dataset`.

    Args:
        chosen: What to download.
        progress: As there.
        mirrors: As there.
        folder: As there.
        attempts: How often every mirror is tried.
        back_off: Seconds to wait before the second attempt; doubled before each further one.
    """
    folder = folder or cache_folder(chosen.name)
    bases = tuple(chosen.mirrors if mirrors is None else mirrors)
    remove_leftovers(folder)
    task = _Task(chosen, bases, progress, attempts, back_off)
    for file in chosen.files:
        found = idx_sets.find(folder, file.name)
        if found is not None and is_correct(found, file):
            continue
        target = folder / f"{file.name}.gz"
        task.fetch(file, target)
        if found is not None and found != target:
            found.unlink(missing_ok=True)  # a wrong one under another spelling, which would be read first
    return folder


def is_correct(path: Path, file: PublishedFile) -> bool:
    """Whether a file, plain or gzipped, unpacks to exactly the published bytes."""
    try:
        with path.open("rb") as raw:
            return _unpacked_md5(raw, file.size) == file.md5
    except (OSError, EOFError, zlib.error):
        return False


def in_words(chosen: PublishedSet, tell: Progress) -> FileProgress:
    """Turns the progress of single files into a message and the fraction of the whole set."""
    sizes = {file.name: file.size for file in chosen.files}
    before = {
        file.name: sum(f.size for f in chosen.files[:number]) for number, file in enumerate(chosen.files)
    }

    def told(name: str, done: int, total: int | None) -> None:
        file = name.removesuffix(".gz")
        share = min(1.0, done / total) if total else 0.0
        amount = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
        tell(f"Downloading {name}, {amount}", (before[file] + share * sizes[file]) / sum(sizes.values()))

    return told


@dataclass(frozen=True)
class _Task:
    """How to fetch the files of one data set; the fields are those of :func:`fetch`."""

    chosen: PublishedSet
    mirrors: tuple[str, ...]
    progress: FileProgress | None
    attempts: int
    back_off: float

    def fetch(self, file: PublishedFile, target: Path) -> None:
        """Tries every mirror, several times, until one has given the correct file."""
        reasons: dict[str, str] = {}
        left = list(self.mirrors)
        for attempt in range(self.attempts):
            if attempt and left:
                time.sleep(self.back_off * 2 ** (attempt - 1))
            for mirror in tuple(left):
                try:
                    self._fetch_from(mirror, file, target)
                    return
                except _RefusedError as error:
                    left.remove(mirror)
                    reasons[mirror] = str(error)
                except _HiccupError as error:
                    reasons[mirror] = str(error)
        raise DataError(
            f"could not download {target.name} of {self.chosen.title}",
            received="; ".join(f"{mirror}: {reason}" for mirror, reason in reasons.items())
            or "no address to try",
            fix=f"check the internet connection, or put the four files into {target.parent} "
            f"or into $NNSTUDIO_DATA/{self.chosen.name}",
        )

    def _fetch_from(self, mirror: str, file: PublishedFile, target: Path) -> None:
        with replacing(target) as temporary:
            counter = _Counter(target.name, temporary, file.size + _SLACK, self.progress)
            _receive(f"{mirror.rstrip('/')}/{target.name}", temporary, counter)
            temporary.seek(0)
            _verify(temporary, file)


class _Counter:
    """What pooch takes for a progress bar: tells how much has arrived and stops what never ends."""

    def __init__(self, name: str, file: BinaryIO, limit: int, progress: FileProgress | None) -> None:
        self.total = 0  # set by pooch; 0 when the server doesn't say
        self._name = name
        self._file = file
        self._limit = limit
        self._progress = progress
        self.update(0)

    def update(self, _amount: int) -> None:
        """Called after every chunk; the amount pooch reports is only that of a full chunk."""
        done = self._file.tell()
        if done > self._limit:
            raise _RefusedError("it sends more than the file holds")
        if self._progress is not None:
            self._progress(self._name, min(done, self.total) if self.total else done, self.total or None)

    def reset(self) -> None:
        """Part of what pooch expects."""

    def close(self) -> None:
        """Part of what pooch expects."""


def _receive(url: str, file: BinaryIO, counter: _Counter) -> None:
    """Writes what an address gives to a file; trouble becomes one of the two errors above."""
    import pooch
    import requests

    fetcher = pooch.HTTPDownloader(progressbar=counter, chunk_size=_CHUNK, timeout=TIMEOUT)
    try:
        fetcher(url, file, None)
    except requests.HTTPError as error:
        status = 0 if error.response is None else error.response.status_code
        kind = _HiccupError if status >= 500 or status in (408, 429) else _RefusedError
        raise kind(f"HTTP status {status}") from error
    except requests.Timeout as error:
        raise _HiccupError("no answer in time") from error
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    ) as error:
        raise _RefusedError("not an address that can be opened") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise _HiccupError("the connection broke") from error
    except (requests.RequestException, ConnectionError) as error:
        raise _HiccupError("no connection") from error


def _verify(file: BinaryIO, expected: PublishedFile) -> None:
    """Compares the unpacked bytes with the published checksum."""
    try:
        found = _unpacked_md5(file, expected.size)
    except EOFError as error:
        raise _HiccupError("the transfer was cut short") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _RefusedError("the file it sends is damaged") from error
    if found != expected.md5:
        raise _RefusedError(f"the file it sends has the MD5 {found}, not the published {expected.md5}")


def _unpacked_md5(file: BinaryIO, size: int) -> str:
    """MD5 of a file's bytes, unpacked if they are gzipped; reads at most one byte past ``size``."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    stream: Any = gzip.GzipFile(fileobj=file, mode="rb") if packed else file
    digest, left = hashlib.md5(usedforsecurity=False), size + 1
    while left and (chunk := stream.read(min(left, 1 << 20))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()
