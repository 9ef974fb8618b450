"""Writes data sets as files that NNStudio and other programs read: NPZ, HDF5, CSV, IDX, folders of images."""

from __future__ import annotations

import csv
import io
import re
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.data.dataset import Dataset, Part, Progress, blocks
from nnstudio.data.files import PARTIAL, replacing
from nnstudio.data.idx import write_idx
from nnstudio.data.idx_sets import FILES
from nnstudio.errors import DataError

ENDINGS = {".npz": "npz", ".h5": "hdf5", ".hdf5": "hdf5", ".csv": "csv"}
KINDS = ("npz", "hdf5", "csv", "idx", "png")


def write_dataset(
    dataset: Dataset, path: Path, kind: str = "", progress: Progress | None = None
) -> list[Path]:
    """Writes a data set; a file takes its name when it is complete, never before.

    Args:
        dataset: The data set.
        path: A file, or for "idx" and "png" a new or empty folder. A table takes the training samples; the
            test samples go to a second one beside it, ``name-test.csv``.
        kind: One of :data:`KINDS`; by default what the path's ending says, and "png" for a folder.
        progress: Told a message and a fraction; may raise ``Cancelled``.

    Returns:
        What was written.

    Raises:
        DataError: There is no such kind, the samples can't be stored so, or nothing can be written there.
    """
    kind = kind or ENDINGS.get(path.suffix.lower(), "" if path.suffix else "png")
    writers: dict[str, Callable[[Dataset, Path, Progress], list[Path]]] = {
        "npz": _write_npz,
        "hdf5": _write_hdf5,
        "csv": _write_csv,
        "idx": _write_idx,
        "png": _write_png,
    }
    if kind not in writers:
        allowed = ", ".join([*ENDINGS, "a folder (PNG images)"])
        raise DataError(
            f"{path} has an ending that isn't known", allowed=allowed, fix="name the kind with --to"
        )
    return writers[kind](dataset, path, progress or (lambda message, fraction: None))


def _arrays(dataset: Dataset) -> dict[str, tuple[Part, str]]:
    parts = {"train": dataset.train} | ({"test": dataset.test} if len(dataset.test) else {})
    return {f"{letter}_{name}": (part, letter) for name, part in parts.items() for letter in "xy"}


def _write_npz(dataset: Dataset, path: Path, tell: Progress) -> list[Path]:
    tell(f"Writing {path.name}", None)
    arrays: dict[str, Any] = {
        name: part.samples(slice(None)) if letter == "x" else part.labels
        for name, (part, letter) in _arrays(dataset).items()
    }
    with replacing(path) as file:
        np.savez_compressed(file, **arrays, classes=np.array(dataset.classes))
    return [path]


def _write_hdf5(dataset: Dataset, path: Path, tell: Progress) -> list[Path]:
    import h5py

    with replacing(path) as file, h5py.File(file, "w") as archive:
        for name, (part, letter) in _arrays(dataset).items():
            if letter == "y":
                archive[name] = part.labels
                continue
            stored = archive.create_dataset(
                name,
                (len(part), *part.shape),
                part.x.dtype,
                compression="gzip",
                shuffle=True,
                fletcher32=True,
            )
            for first, block in blocks(part.x, part.indices):
                tell(f"Writing {name} of {path.name}: {first:,}", first / len(part))
                stored[first : first + len(block)] = block
        archive["classes"] = list(dataset.classes)
    return [path]


def _write_csv(dataset: Dataset, path: Path, tell: Progress) -> list[Path]:
    written = []
    for part, ending in ((dataset.train, ""), (dataset.test, "-test")):
        if len(part):
            target = path.with_name(f"{path.stem}{ending}{path.suffix}")
            _write_table(dataset, part, target, tell)
            written.append(target)
    return written


def _write_table(dataset: Dataset, part: Part, path: Path, tell: Progress) -> None:
    count = int(np.prod(part.shape))
    word = "pixel" if len(part.shape) == 3 else "feature"
    names = dataset.features or [f"{word}{number}" for number in range(count)]
    label = "label" if "label" not in names else "class"
    labels = part.labels
    with replacing(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow([label, *names])
        for first, block in blocks(part.x, part.indices):
            tell(f"Writing {path.name}: {first:,}", first / len(part))
            # float() prints the shortest digits of the double, "%.9g" those that bring a float32 back
            numbers = block.reshape(len(block), -1).tolist()
            cells = numbers if block.dtype == np.uint8 else [[f"{n:.9g}" for n in row] for row in numbers]
            known = labels[first : first + len(block)]
            rows: Iterable[list[Any]] = cells
            writer.writerows([dataset.classes[y], *row] for y, row in zip(known, rows, strict=True))
        text.flush()
        text.detach()


def _write_idx(dataset: Dataset, path: Path, tell: Progress) -> list[Path]:
    _require(dataset, dataset.shape[2:] == (1,), "IDX files hold grey images of bytes")
    if not len(dataset.test) or len(dataset.classes) > 256:
        raise DataError("IDX files need test samples, and at most 256 classes", fix="choose another kind")
    with _NewFolder(path) as folder:
        for name, (part, letter) in zip(FILES, _arrays(dataset).values(), strict=True):
            tell(f"Writing {name}", None)
            x = part.samples(slice(None))[..., 0] if letter == "x" else part.labels.astype(np.uint8)
            write_idx(folder / name, x)
    return [path]


def _write_png(dataset: Dataset, path: Path, tell: Progress) -> list[Path]:
    from PIL import Image

    _require(dataset, dataset.shape[2:] in ((1,), (3,)), "PNG files hold grey or colour images of bytes")
    names = _folder_names(dataset.classes)
    with _NewFolder(path) as folder:
        for word, part in (("train", dataset.train), ("test", dataset.test)):
            if not len(part):
                continue
            labels, top = part.labels, folder / word if len(dataset.test) else folder
            for name in names:
                (top / name).mkdir(parents=True)
            for first, block in blocks(part.x, part.indices):
                tell(f"Writing {word} images: {first:,} of {len(part):,}", first / len(part))
                for number, image in enumerate(block, first):
                    pixels = image[..., 0] if image.shape[2] == 1 else image
                    target = top / names[labels[number]] / f"{number:0{len(str(len(part)))}}.png"
                    Image.fromarray(pixels).save(target)
    return [path]


def _folder_names(classes: tuple[str, ...]) -> list[str]:
    """Names of folders that every system takes, one for each class."""
    names: list[str] = []
    for number, name in enumerate(classes):
        plain = re.sub(r'[\\/:*?"<>|]', "-", name).strip(". ")[:100] or str(number)
        names.append(plain if plain.casefold() not in map(str.casefold, names) else f"{plain} {number}")
    return names


def _require(dataset: Dataset, fits: bool, what: str) -> None:
    if not fits or dataset.train.x.dtype != np.uint8:
        raise DataError(
            f"{what}, which {dataset.title!r} doesn't",
            received=f"{dataset.shape} of {dataset.train.x.dtype}",
            fix="choose .npz, .h5 or .csv",
        )


class _NewFolder:
    """A folder that gets its name when everything in it is written, and is removed otherwise."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PARTIAL}")

    def __enter__(self) -> Path:
        if self._path.exists() and (not self._path.is_dir() or any(self._path.iterdir())):
            raise DataError(
                f"{self._path} exists already", allowed="a new or an empty folder", fix="choose another"
            )
        self._temporary.mkdir(parents=True)
        return self._temporary

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                with suppress(FileNotFoundError):
                    self._path.rmdir()
                self._temporary.replace(self._path)
        finally:
            shutil.rmtree(self._temporary, ignore_errors=True)
