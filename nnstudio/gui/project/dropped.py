"""What was dropped on the window: what kind of thing a path is, and what of several is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nnstudio.data import idx_sets
from nnstudio.errors import DataError

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


@dataclass(frozen=True)
class Dropped:
    """What of several files and folders is opened.

    Args:
        kind: What it is.
        paths: What is opened; more than one only of images.
        left: What isn't.
        why: Why not, or why several files are one thing; "" where there is nothing to say.
    """

    kind: Kind
    paths: tuple[Path, ...]
    left: tuple[Path, ...] = ()
    why: str = ""


_ONE_ONLY = {
    Kind.PROJECT: "One project or model is open at a time.",
    Kind.DATA: "One data set is imported at a time. Drop the others afterwards, or join them in one file.",
    Kind.IMAGE: "Images open on the Predict page. Drop the others by themselves.",
}


def sort_out(paths: Sequence[Path]) -> Dropped:
    """What to open of what was dropped: all images; or the first thing, with what belongs to it.

    Images and labels in IDX files belong together, and so do the folders of all classes of one folder.

    Args:
        paths: One path at least.
    """
    kind = kind_of(paths[0])
    opened: tuple[Path, ...]
    opened, taken, why = (paths[0],), {paths[0]}, ""
    if kind is Kind.IMAGE:
        opened = tuple(path for path in paths if kind_of(path) is kind)
        taken = set(opened)
    elif kind is Kind.DATA and len(paths) > 1:
        whole, belonging, why = _belonging(paths)
        opened, taken = (whole,), {paths[0], *belonging}
    left = tuple(path for path in paths if path not in taken)
    return Dropped(kind, opened, left, _ONE_ONLY[kind] if left else why)


def _belonging(paths: Sequence[Path]) -> tuple[Path, tuple[Path, ...], str]:
    """What the first of several paths is a part of, the others that are too, and why."""
    first, folder = paths[0], paths[0].parent
    if first.is_dir():
        siblings = {path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
        if len(siblings) > 1 and siblings <= set(paths):
            return folder, tuple(siblings), f"They are all folders in {folder.name}: a class each."
        return first, (), ""
    four = tuple(path for path in idx_sets.look(folder).found if path is not None)
    if first in four and len(four) == len(idx_sets.FILES) and set(four) <= set(paths):
        return folder, four, "They are the training and the test samples of one data set."
    try:
        pair = idx_sets.pair(first) if "ubyte" in first.name or ".idx" in first.suffixes else (first,)
    except DataError:
        pair = (first,)  # whoever opens it says what is missing
    return pair[0], pair, "Images and labels belong together." if len(pair) > 1 else ""


def _holds_model(path: Path) -> bool:
    """Whether an HDF5 file is a model: their names for its parts occur in it. Nothing is parsed here."""
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError:
        return True  # whoever opens it says what is wrong
    return any(mark in start for mark in _MODEL_MARKS)
