"""Which arrays of an HDF5 file hold samples and labels, and what has to be done with them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import MAX_CLASSES
from nnstudio.data.sources.hdf5_file import array_names, find_array, link_names
from nnstudio.data.sources.source import PARTS, PartName
from nnstudio.errors import DataError

SAMPLES = frozenset({"x", "images", "image", "data", "features", "samples", "inputs"})
LABELS = frozenset({"y", "labels", "label", "target", "targets"})
CLASSES = ("classes", "class_names", "list_classes", "label_names")
MAX_SAMPLE = 64 << 20
_PARTS: dict[str, PartName] = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Arrays:
    """Names of the arrays of one part.

    Args:
        x: The samples.
        y: The labels.
    """

    x: str
    y: str


@dataclass(frozen=True)
class Plan:
    """How an HDF5 file becomes a data set.

    Args:
        parts: The arrays of each part.
        classes: Name of the array with the classes' names, or "".
        shape: Shape of a sample.
        dtype: "uint8" or "float32".
        first: Whether the channels come first and have to be moved behind height and width.
        counts: Samples in each part.
    """

    parts: dict[PartName, Arrays]
    classes: str
    shape: tuple[int, ...]
    dtype: str
    first: bool
    counts: dict[PartName, int]


def make_plan(path: Path, file: Any, options: ImportOptions) -> Plan:
    """Finds the arrays by their usual names, or takes those that the options name.

    Raises:
        DataError: There are none, or they don't fit each other.
    """
    names = array_names(file)
    parts = _named(options, names) if options.samples or options.label else _found(names)
    if "train" not in parts:
        raise DataError(
            f"{path} holds no samples and labels that are recognised",
            allowed="x_train and y_train, x and y, images and labels, or the like",
            received=_listed(names, link_names(file)),
            fix="name the array of samples and that of labels "
            "(--set data.reading.samples=NAME --set data.reading.label=NAME)",
        )
    counts: dict[PartName, int] = {}
    forms = set()
    for part, arrays in parts.items():
        x, y = find_array(path, file, arrays.x), find_array(path, file, arrays.y)
        _check_pair(path, arrays, x, y)
        counts[part] = len(x)
        forms.add((x.shape[1:], x.dtype))
    if len(forms) > 1:
        raise DataError(
            f"the samples of {path} differ in kind", received=str(sorted(map(str, forms))), fix="store alike"
        )
    shape, first = _sample_shape(x.shape[1:])
    dtype = "uint8" if x.dtype in (np.uint8, np.bool_) else "float32"
    classes = next((name for name in names if name.rpartition("/")[2].lower() in CLASSES), "")
    return Plan(parts, classes, shape, dtype, first, counts)


def _found(names: list[str]) -> dict[PartName, Arrays]:
    """The arrays that are named as usual: "x_train", "train/images", "test_set_y", "labels" ..."""
    roles: dict[tuple[PartName, str], str] = {}
    for name in names:
        words = set(re.split(r"[/_\-. ]+", name.lower())) - {"set", "orig", "dataset"}
        part: PartName = next((_PARTS[word] for word in sorted(words) if word in _PARTS), "train")
        rest = words - set(_PARTS)
        if len(rest) == 1:
            role = "x" if rest <= SAMPLES else "y" if rest <= LABELS else ""
            roles.setdefault((part, role), name)
    parts: dict[PartName, Arrays] = {}
    for part in PARTS:
        if (part, "x") in roles and (part, "y") in roles:
            parts[part] = Arrays(roles[part, "x"], roles[part, "y"])
    return parts


def _listed(names: list[str], links: list[str]) -> str:
    """What a file holds, in words."""
    told = names[:20] + [f"{name} (a link to elsewhere, which isn't followed)" for name in links[:5]]
    return ", ".join(told) or "no data sets"


def _named(options: ImportOptions, names: list[str]) -> dict[PartName, Arrays]:
    """The arrays that the options name, and those for testing that are named alike."""
    found = _found(names).get("train", Arrays("x_train", "y_train"))
    chosen = Arrays(options.samples.strip("/ ") or found.x, options.label.strip("/ ") or found.y)
    test = Arrays(chosen.x.replace("train", "test"), chosen.y.replace("train", "test"))
    both = test.x != chosen.x and test.y != chosen.y and {test.x, test.y} <= set(names)
    return {"train": chosen, "test": test} if both else {"train": chosen}


def _check_pair(path: Path, arrays: Arrays, x: Any, y: Any) -> None:
    size = math.prod(x.shape[1:]) * x.dtype.itemsize
    if x.ndim not in (2, 3, 4) or 0 in x.shape or x.dtype.kind not in "biuf" or size > MAX_SAMPLE:
        raise DataError(
            f"{arrays.x!r} in {path} can't be samples",
            allowed="real numbers shaped (N, features), (N, H, W) or (N, H, W, C)",
            received=f"{x.shape} of {x.dtype}",
            fix="store one sample per row",
        )
    one_hot = y.ndim == 2 and 1 < y.shape[1] <= MAX_CLASSES
    column = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    text = y.dtype.kind in "SO"
    if (
        not (column or one_hot)
        or y.dtype.kind not in "biufSO"
        or (text and not column)
        or y.dtype.itemsize > 1000
    ):
        raise DataError(
            f"{arrays.y!r} in {path} can't be labels",
            allowed="class numbers or names shaped (N,), or one-hot rows (N, classes)",
            received=f"{y.shape} of {y.dtype}",
            fix="store the class of each sample",
        )
    if len(x) != len(y):
        raise DataError(
            f"{arrays.x!r} and {arrays.y!r} in {path} don't belong together",
            allowed="as many labels as samples",
            received=f"{len(x):,} samples and {len(y):,} labels",
            fix="name the labels of these samples",
        )


def _sample_shape(stored: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """Shape of a sample, and whether its channels come first as in PyTorch."""
    if len(stored) == 2:
        return (*stored, 1), False
    if len(stored) == 3 and stored[0] in _CHANNELS and stored[2] not in _CHANNELS:
        return (*stored[1:], stored[0]), True
    return stored, False
