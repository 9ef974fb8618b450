"""Labels of HDF5 files: class numbers, names, or one-hot rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import MAX_CLASSES, IntArray
from nnstudio.data.sources.class_order import order_classes
from nnstudio.data.sources.source import Classes
from nnstudio.errors import DataError


class Labels:
    """Turns labels into provisional class numbers, block by block, and knows the classes in the end.

    Args:
        path: The file, for messages.
        names: Names of the classes, if the file gives some.
    """

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path, self._names = path, names
        self._texts: dict[str, int] = {}
        self._largest = 0

    def codes(self, y: NDArray[Any]) -> IntArray:
        """Provisional class numbers ``(n,)``.

        Args:
            y: Class numbers or names ``(n,)`` or ``(n, 1)``, or one-hot rows ``(n, classes)``.

        Raises:
            DataError: They are no classes.
        """
        if y.ndim == 2 and y.shape[1] > 1:
            y = self._positions(y)
        y = y.reshape(-1)
        if y.dtype.kind in "SO":
            return self._text_codes(y)
        numbers = y.astype(np.float64)
        if not ((numbers >= 0) & (numbers < MAX_CLASSES) & (numbers == np.floor(numbers))).all():
            wrong = numbers[~((numbers >= 0) & (numbers < MAX_CLASSES) & (numbers == np.floor(numbers)))]
            raise self._bad(f"whole numbers from 0 to {MAX_CLASSES - 1:,}", f"{wrong[0]:g}")
        self._largest = max(self._largest, int(numbers.max(initial=0)))
        return numbers.astype(np.int64)

    def classes(self) -> Classes:
        """The classes of all labels seen."""
        if self._texts:
            return order_classes(list(self._texts))
        count = self._largest + 1
        if self._names and len(self._names) < count:
            raise self._bad(
                f"0 to {len(self._names) - 1}, for that many classes are named", str(self._largest)
            )
        return Classes(self._names or tuple(map(str, range(count))))

    def _positions(self, y: NDArray[Any]) -> NDArray[Any]:
        if y.dtype.kind not in "biuf" or not (((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all()):
            raise self._bad("a single 1 in every one-hot row", "other rows")
        return np.asarray(y.argmax(axis=1))

    def _text_codes(self, y: NDArray[Any]) -> IntArray:
        texts = [as_text(value) for value in y]
        if not all(texts):
            raise self._bad("a name for every sample", "an empty one")
        codes = [self._texts.setdefault(text, len(self._texts)) for text in texts]
        if len(self._texts) > MAX_CLASSES:
            raise self._bad(f"at most {MAX_CLASSES:,} classes", f"{len(self._texts):,}")
        return np.array(codes, np.int64)

    def _bad(self, allowed: str, received: str) -> DataError:
        return DataError(
            f"{self._path} has labels that are no classes",
            allowed=allowed,
            received=received,
            fix="number the classes from 0, or name them",
        )


def as_text(value: Any) -> str:
    """Text stored as bytes or as a string."""
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
