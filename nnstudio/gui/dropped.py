"""What kind of thing a path is, from its name and folder alone."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

_IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
_DATA = {".npz", ".gz", ".csv", ".tsv", ".tab", ".txt", ".zip"}
_HDF5 = {".h5", ".hdf5", ".hdf"}
_MODEL_MARKS = (b"model_config", b"layer_names", b"nnstudio")
_LOOKED_AT = 1 << 20


class Kind(Enum):
    """What can be done with it."""

    PROJECT = "project"
    DATA = "data"
    IMAGE = "image"


def kind_of(path: Path) -> Kind:
    """Data sets and images by their names; everything else is tried as a project, run or model."""
    suffix = path.suffix.lower()
    if suffix in _IMAGES:
        return Kind.IMAGE
    if suffix in _HDF5:
        return Kind.PROJECT if _holds_model(path) else Kind.DATA
    if suffix in _DATA or "ubyte" in path.name or suffix == ".idx":
        return Kind.DATA
    if path.is_dir() and not any((path / name).is_file() for name in ("project.json", "last.h5")):
        return Kind.DATA
    return Kind.PROJECT


def _holds_model(path: Path) -> bool:
    """Whether an HDF5 file is a model: their names for its parts occur in it. Nothing is parsed here."""
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError:
        return True  # whoever opens it says what is wrong
    return any(mark in start for mark in _MODEL_MARKS)
