"""Downloads published data sets: several mirrors, retries, checksums, and no half file in a file's place.

What has arrived when a transfer breaks or is cancelled is kept beside the file's place, and the next attempt
asks the same server for the rest. A server that can't do that, or whose file is another one by now, sends
the whole file again; the checksum of the whole decides.
"""

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
from nnstudio.data.files import remove_leftovers
from nnstudio.data.partial import PartialFile
from nnstudio.data.published import PUBLISHED, PublishedFile, PublishedSet, cache_folder
from nnstudio.data.transfer import HiccupError, RefusedError, StaleError, Transfer
from nnstudio.errors import DataError

FileProgress = Callable[[str, int, int | None], None]
"""Told a file's name, its bytes received and its bytes in all (None: unknown); may raise ``Cancelled``."""

ATTEMPTS = 3
BACK_OFF = 0.5
_SLACK = 1 << 16  # gzip never makes a file longer by more than this


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
        Cancelled: ``progress`` stopped it; finished files stay, and the next time goes on from there.
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
        with PartialFile(target) as partial:
            for attempt in range(self.attempts):
                if attempt and left:
                    self._wait(self.back_off * 2 ** (attempt - 1), target.name, partial)
                for mirror in _best_first(left, partial.url):
                    try:
                        self._fetch_from(f"{mirror.rstrip('/')}/{target.name}", file, partial)
                        return
                    except RefusedError as error:
                        left.remove(mirror)
                        reasons[mirror] = str(error)
                    except HiccupError as error:
                        reasons[mirror] = str(error)
        raise DataError(
            f"could not download {target.name} of {self.chosen.title}",
            received="; ".join(f"{mirror}: {reason}" for mirror, reason in reasons.items())
            or "no address to try",
            fix=f"check the internet connection, or put the four files into {target.parent} "
            f"or into $NNSTUDIO_DATA/{self.chosen.name}",
        )

    def _fetch_from(self, url: str, file: PublishedFile, partial: PartialFile) -> None:
        """Takes up a transfer as often as it gets further than ever before."""
        furthest, anew = 0, False
        while True:
            try:
                self._receive(url, file, partial)
                partial.finish()
                return
            except StaleError:
                partial.begin("", "")
                if anew:
                    raise
                anew = True  # once more, from the first byte on
            except HiccupError:
                if partial.url != url or partial.size <= furthest:
                    raise
                furthest = partial.size

    def _receive(self, url: str, file: PublishedFile, partial: PartialFile) -> None:
        """Gets what is missing of a file from one address, and checks the whole."""
        name = url.rsplit("/", 1)[1]
        start = partial.size if partial.url == url else 0
        done, total = start, partial.total if start else None
        self._tell(name, done, total)
        with Transfer(url, start, partial.validator, lambda: self._tell(name, done, total)) as transfer:
            head = transfer.head()
            if head.start and total not in (None, head.total):
                raise StaleError("the file changed meanwhile")
            if not head.start:
                partial.begin(url, head.validator)
            done, total = head.start, head.total
            partial.total = total
            for chunk in transfer.chunks():
                partial.write(chunk)
                done += len(chunk)
                if done > file.size + _SLACK:
                    partial.begin("", "")
                    raise RefusedError("it sends more than the file holds")
                self._tell(name, done, total)
        if total is not None and done != total:
            raise HiccupError("the connection broke")
        _verify(partial, file, resumed=head.start > 0)

    def _tell(self, name: str, done: int, total: int | None) -> None:
        if self.progress is not None:
            self.progress(name, min(done, total) if total else done, total)

    def _wait(self, seconds: float, name: str, partial: PartialFile) -> None:
        """Waits, and looks meanwhile whether anybody still waits for the file."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self._tell(name, partial.size, partial.total)


def _best_first(mirrors: Sequence[str], url: str) -> list[str]:
    """The mirrors, that one first of which a part of the file is here."""
    return sorted(mirrors, key=lambda mirror: not url.startswith(mirror))


def _verify(partial: PartialFile, expected: PublishedFile, *, resumed: bool) -> None:
    """Compares the unpacked bytes with the published checksum; wrong ones are forgotten."""
    try:
        found = _unpacked_md5(partial.file, expected.size)
    except EOFError as error:
        raise HiccupError("the transfer was cut short") from error
    except (gzip.BadGzipFile, zlib.error):
        found = ""
    if found == expected.md5:
        return
    partial.begin("", "")
    if resumed:
        raise StaleError("the file changed while it was fetched")
    if not found:
        raise RefusedError("the file it sends is damaged")
    raise RefusedError(f"the file it sends has the MD5 {found}, not the published {expected.md5}")


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
