"""What kind of thing a path is, from its name and folder alone."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

_IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
_DATA = {".npz", ".gz"}


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
    if suffix in _DATA or "ubyte" in path.name or suffix == ".idx":
        return Kind.DATA
    if path.is_dir() and not any((path / name).is_file() for name in ("project.json", "last.h5")):
        return Kind.DATA
    return Kind.PROJECT
