"""A test set of one's own: samples that were drawn and labelled by hand, kept between sittings.

One file per kind of network, as its shape and its classes tell them apart. It is an ordinary ``.npz``
data set, so that it can also be opened, trained on and taken elsewhere.
"""

from __future__ import annotations

import re
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Part
from nnstudio.data.files import replacing
from nnstudio.data.npz import load_npz
from nnstudio.errors import DataError
from nnstudio.paths import data_dir

FOLDER = "my-test-sets"
MOST_SAMPLES = 10_000
_lock = threading.Lock()  # a sample is added by reading, appending and replacing


class OwnTests:
    """The test sets in a folder.

    Args:
        folder: The folder; the user's own by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_dir() / FOLDER

    def path(self, shape: tuple[int, ...], classes: tuple[str, ...]) -> Path:
        """The file of the samples for networks of an input shape and some classes."""
        sizes = "x".join(map(str, shape))
        word = re.sub(r"[^\w]+", "-", classes[0] if classes else "")[:20]
        code = zlib.crc32("\0".join(classes).encode())
        return self._folder / f"{sizes}-{len(classes)}-{word}-{code:08x}.npz"

    def load(self, shape: tuple[int, ...], classes: tuple[str, ...]) -> Part | None:
        """The samples saved so far, or None.

        Raises:
            DataError: The file is damaged, or holds something else.
        """
        path = self.path(shape, classes)
        if not path.is_file():
            return None
        dataset = load_npz(path)
        if dataset.shape != tuple(shape) or dataset.classes != classes:
            raise DataError(
                f"{path.name} holds samples of another kind",
                allowed=f"samples of {shape}",
                received=str(dataset.shape),
                fix="move the file away; a new one is made",
            )
        return dataset.train

    def count(self, shape: tuple[int, ...], classes: tuple[str, ...]) -> int:
        """Number of samples saved so far; 0 where the file can't be read."""
        try:
            part = self.load(shape, classes)
        except DataError:
            return 0
        return 0 if part is None else len(part)

    def add(self, sample: NDArray[Any], label: int, classes: tuple[str, ...]) -> int:
        """Saves a raw sample; returns how many there are now.

        Args:
            sample: ``(H, W, C)`` or ``(features,)``, uint8 or float32.
            label: Its class number.
            classes: Names of the classes.

        Raises:
            DataError: The label is no class, there are enough samples, or the file can't be written.
        """
        if not 0 <= label < len(classes):
            raise DataError("the label is no class", allowed=f"0 to {len(classes) - 1}", received=str(label))
        with _lock:
            part = self.load(sample.shape, classes)
            x, y = sample[None], np.array([label], np.int64)
            if part is not None:
                x = np.concatenate([part.samples(slice(None)), x.astype(part.x.dtype, copy=False)])
                y = np.concatenate([part.labels, y])
            if len(x) > MOST_SAMPLES:
                raise DataError(
                    "your test set is full",
                    allowed=f"{MOST_SAMPLES:,} samples",
                    fix=f"move {self.path(sample.shape, classes)} elsewhere",
                )
            self._write(x, y, classes)
        return len(x)

    def remove_last(self, shape: tuple[int, ...], classes: tuple[str, ...]) -> int:
        """Takes the newest sample out again; returns how many are left."""
        with _lock:
            part = self.load(shape, classes)
            if part is None:
                return 0
            x, y = part.samples(slice(None))[:-1], part.labels[:-1]
            if len(x):
                self._write(x, y, classes)
            else:
                self.path(shape, classes).unlink(missing_ok=True)
        return len(x)

    def _write(self, x: NDArray[Any], y: NDArray[np.int64], classes: tuple[str, ...]) -> None:
        path = self.path(x.shape[1:], classes)
        with replacing(path) as file:
            np.savez_compressed(file, x_train=x, y_train=y, classes=np.array(classes))
