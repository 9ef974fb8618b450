"""What every kind of source can do: say when it changed, give a preview, hand over its samples."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import IntArray, Progress, Samples
from nnstudio.data.sources.previews import Preview
from nnstudio.data.sources.problems import Problems

PartName = Literal["train", "test"]
PARTS: tuple[PartName, ...] = ("train", "test")


@dataclass(frozen=True)
class Outline:
    """What has to be known before samples are written.

    Args:
        shape: Shape of one sample.
        dtype: "uint8" or "float32".
        size: Bytes of all samples, about.
        features: Names of the features, where the source has some.
    """

    shape: tuple[int, ...]
    dtype: str
    size: int
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Classes:
    """The classes of a source, known once it has been read.

    Args:
        names: Name of each class.
        numbers: What the provisional class numbers handed over with the samples become, or None.
    """

    names: tuple[str, ...]
    numbers: IntArray | None = None


class Receiver(Protocol):
    """Takes samples while a source is read."""

    def add(self, part: PartName, x: Samples, y: IntArray, names: Sequence[str] = ()) -> None:
        """Takes some samples.

        Args:
            part: Which part they belong to.
            x: Samples ``(n, *shape)``; may be overwritten afterwards.
            y: Their provisional class numbers ``(n,)``.
            names: What to call them, for sources whose samples have names.
        """


class Source(ABC):
    """A file or folder of the user's own.

    Args:
        path: The file or folder.
        options: How to read it.
    """

    kind: ClassVar[str]

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self.path = path
        self.options = options

    @abstractmethod
    def stamp(self) -> str:
        """A text that is another one as soon as somebody has changed the source."""

    @abstractmethod
    def preview(self) -> Preview:
        """A look at it, without reading it whole.

        Raises:
            DataError: It can't be read at all.
        """

    @abstractmethod
    def outline(self) -> Outline:
        """What its samples will look like.

        Raises:
            DataError: It can't be read at all.
        """

    @abstractmethod
    def read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        """Hands all usable samples over, block by block, and notes down the others.

        Raises:
            DataError: It can't be read at all.
            Cancelled: ``tell`` stopped it.
        """


def natural_order(name: str) -> tuple[object, ...]:
    """Sorts "2" before "10", and names as people look for them."""
    return (*((0, int(t), "") if t.isdecimal() else (1, 0, t.casefold()) for t in _runs(name)), (2, 0, name))


def _runs(name: str) -> list[str]:
    return [run for run in re.split(r"(\d{1,18})", name) if run]
