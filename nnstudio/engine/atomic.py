"""Files that are at any moment the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nnstudio.errors import FormatError

if TYPE_CHECKING:
    import h5py


@contextmanager
def atomic_hdf5(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file that replaces ``path`` when the block ends well, and vanishes otherwise.

    It is built in memory and written in one go: HDF5 itself doesn't survive a full disk (its retries
    at closing the file end in a segmentation fault), while a plain write fails in words.

    Raises:
        FormatError: The system refuses to write; what was there before is unharmed.
    """
    import h5py

    with atomic_file(path) as temporary:
        image = BytesIO()
        with h5py.File(image, "w") as file:
            yield file
        with image.getbuffer() as content:
            temporary.write_bytes(content)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """A name for a new file beside ``path``, which replaces it when the block ends well.

    Raises:
        FormatError: The system refuses to write; what was there before is unharmed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        replace_atomically(temporary, path)
    except OSError as error:
        raise FormatError(
            f"{path.name} can't be written",
            received=error.strerror or str(error),
            fix="choose a folder you may write to with enough free space; the previous file is unharmed",
        ) from error
    finally:
        with suppress(OSError):  # which would hide why it can't be written
            temporary.unlink(missing_ok=True)


def replace_atomically(temporary: Path, path: Path) -> None:
    """Moves a finished file over ``path`` so that a power cut leaves the old one or the new one."""
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
