"""Which kind of source a path is."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.files import file_size, unreadable
from nnstudio.data.idx_sets import FILES, look
from nnstudio.data.sources.source import Source
from nnstudio.errors import DataError

TABLES = (".csv", ".tsv", ".tab", ".txt")
HDF5 = (".h5", ".hdf5", ".hdf")
READABLE = "a table (.csv, .tsv), an HDF5 file (.h5), or a folder or .zip with one folder of images per class"
_SIGNATURES = {b"\x89HDF\r\n\x1a\n": "hdf5", b"PK\x03\x04": "zip"}
_HOMES = {
    "csv": ("csv_source", "CsvSource"),
    "hdf5": ("hdf5_child", "Hdf5InChild"),
    "folder": ("image_source", "ImageSource"),
    "zip": ("image_source", "ImageSource"),
}


def kind_of(path: Path) -> str | None:
    """The kind of a source by its content and its name: "csv", "hdf5", "folder", "zip", or None.

    Raises:
        DataError: There is nothing, or it can't be read.
    """
    if path.is_dir():
        return "folder"
    file_size(path)
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise unreadable(path, error) from error
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            return kind
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return "csv"
    return "hdf5" if suffix in HDF5 else "zip" if suffix == ".zip" else None


def is_source(path: Path) -> bool:
    """Whether a path has to be imported, unlike IDX and NPZ files.

    Raises:
        DataError: There is nothing, or it can't be read.
    """
    kind = kind_of(path)
    if kind == "folder":
        return len(look(path).missing) == len(FILES)
    return kind is not None and path.suffix.lower() != ".npz"


def find_source(path: Path, options: ImportOptions) -> Source:
    """The source at a path.

    Raises:
        DataError: There is none, or it is of no known kind.
    """
    path = Path(os.path.expanduser(path))
    kind = kind_of(path)
    if kind not in _HOMES:
        raise DataError(
            f"{path} holds no data that can be imported",
            allowed=READABLE,
            received=f"a {path.suffix} file" if path.suffix else "a file of another kind",
            fix="convert it to one of these",
        )
    module, name = _HOMES[kind]
    cls: type[Source] = getattr(importlib.import_module(f"nnstudio.data.sources.{module}"), name)
    return cls(path, options)
