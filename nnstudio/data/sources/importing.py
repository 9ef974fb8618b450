"""Imports a source, once: what was read is kept on disk and mapped from then on.

The cache's key is the source's path, what its files' names, sizes and times say, and the options. A
source that changed is imported anew, in place of what it was before.
Mapped samples take no memory of their own: the system reads what is looked at and forgets it when
memory gets scarce, so a data set may be larger than memory.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import Dataset, Part, Progress
from nnstudio.data.files import PARTIAL
from nnstudio.data.sources.problems import BadSamples, Problem, Problems
from nnstudio.data.sources.source import PARTS, Source
from nnstudio.data.sources.store import (
    DiskStore,
    MemoryStore,
    Stored,
    check_space,
    load_stored,
    writing,
)
from nnstudio.errors import DataError
from nnstudio.paths import cache_dir

SMALL = 1 << 20
"""Bytes of samples up to which reading again is as quick as a cache."""

_STALE = 24 * 3600.0


@dataclass(frozen=True, eq=False)
class Imported:
    """An import.

    Args:
        dataset: The samples.
        problems: The first of the samples left out.
        left_out: Number of all that were left out.
    """

    dataset: Dataset
    problems: tuple[Problem, ...]
    left_out: int


def import_dataset(
    path: str | Path, options: ImportOptions | None = None, progress: Progress | None = None
) -> Imported:
    """Reads a table, a folder or zip archive of images, or an HDF5 file.

    Args:
        path: The source.
        options: How to read it.
        progress: Told a message and a fraction; may raise ``Cancelled``, which leaves nothing behind.

    Raises:
        BadSamples: Some samples can't be used and the options don't say to skip them. Skipping them then
            doesn't read the source again.
        DataError: The source can't be read, or the cache not be written.
        Cancelled: ``progress`` stopped it.
    """
    from nnstudio.data.sources.detect import find_source

    source = find_source(Path(path), options or ImportOptions())
    return import_source(source, progress, str(path))


def import_source(source: Source, progress: Progress | None = None, name: str = "") -> Imported:
    """Imports a source; see :func:`import_dataset`."""
    tell = progress or (lambda message, fraction: None)
    folder = cache_folder(source)
    stored = load_stored(folder) or _read(source, folder, tell)
    good = sum(map(len, stored.y.values()))
    problems = stored.problems
    if problems.count and (not source.options.skip_bad or not good):
        raise BadSamples(source.path, problems, good)
    return Imported(_dataset(source, stored, name or str(source.path)), tuple(problems.kept), problems.count)


def cache_folder(source: Source) -> Path:
    """Where the import of a source is kept as long as neither it nor the options change."""
    options = source.options.model_dump_json(exclude={"skip_bad"})
    wish = "\n".join([source.kind, str(source.path.resolve()), options])
    return cache_dir() / "imports" / f"{_digest(wish)}-{_digest(source.stamp())}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _dataset(source: Source, stored: Stored, name: str) -> Dataset:
    train, test = (Part(stored.x[part], stored.y[part]) for part in PARTS)
    return Dataset(
        name,
        source.path.resolve().name,
        train,
        test if len(test) else train.none(),
        stored.classes,
        stored.names["train"],
        stored.names["test"],
        stored.features,
    )


def _read(source: Source, folder: Path, tell: Progress) -> Stored:
    """Reads the source into memory or into the cache: all of it, or nothing."""
    outline, problems = source.outline(), Problems()
    if outline.size <= SMALL:
        memory = MemoryStore(outline)
        return memory.finish(source.read(memory, problems, tell), problems)
    temporary = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with writing(temporary):
            shutil.rmtree(folder, ignore_errors=True)  # there only if it is damaged
            temporary.mkdir(parents=True)
        check_space(temporary, outline.size)
        with closing(DiskStore(temporary, outline)) as store:
            store.finish(source.read(store, problems, tell), problems)
        _settle(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _clean(folder)
    stored = load_stored(folder)
    if stored is None:
        raise DataError(f"the import in {folder} is gone", fix="import the data again")
    return stored


def _settle(temporary: Path, folder: Path) -> None:
    with writing(folder):
        try:
            temporary.replace(folder)
        except OSError:
            if not folder.is_dir():  # else another process was quicker with the same import
                raise


def _clean(folder: Path) -> None:
    """Removes what the source was before it changed, and what killed programs left behind."""
    wish = folder.name.partition("-")[0]
    for other in folder.parent.iterdir():
        with suppress(OSError):
            if other.name.endswith(PARTIAL):
                old = time.time() - other.stat().st_mtime > _STALE
            else:
                old = other != folder and other.name.partition("-")[0] == wish
            if old:
                shutil.rmtree(other, ignore_errors=True)
