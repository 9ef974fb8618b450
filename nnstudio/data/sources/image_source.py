"""A folder, or a zip archive, with one folder of images per class, as a source."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import Progress
from nnstudio.data.sources.image_list import ImageList, arrange
from nnstudio.data.sources.image_pixels import Frame, decode, quiet, size_of
from nnstudio.data.sources.image_tree import Entry, Tree, Unreadable, open_tree
from nnstudio.data.sources.previews import SHOWN, ClassCount, Preview
from nnstudio.data.sources.problems import Problems
from nnstudio.data.sources.source import PARTS, Classes, Outline, PartName, Receiver, Source

LARGEST_OWN, USUAL = 128, 64
"""Images up to the first size keep it unless told otherwise; larger ones get the second."""

_BLOCK = 64
_THREADS = 4

File = tuple[Entry, int]
"""An image file and its class number."""


@dataclass(frozen=True, eq=False)
class _Look:
    """What a few of the images say of all.

    Args:
        frame: What they become.
        sizes: Heights and widths, and how often each occurs.
        x: The images themselves ``(n, H, W, C)``.
        labels: Their class numbers.
        problems: Those that can't be read.
    """

    frame: Frame
    sizes: Counter[tuple[int, int]]
    x: NDArray[np.uint8]
    labels: list[int]
    problems: Problems


class ImageSource(Source):
    """Images in folders of classes."""

    kind = "images"

    @cached_property
    def _tree(self) -> Tree:
        return open_tree(self.path)

    @cached_property
    def _images(self) -> ImageList:
        return arrange(self.path, [entry.name for entry in self._tree.entries])

    def _files(self, part: PartName) -> list[File]:
        entries = self._tree.entries
        return [(entries[place], number) for place, number in self._images.files[part]]

    @cached_property
    def _look(self) -> _Look:
        files = [*self._files("train"), *self._files("test")]
        count = min(SHOWN, len(files))
        some = [files[i * len(files) // count] for i in range(count)]
        with self._tree as tree, quiet():
            sizes = Counter[tuple[int, int]]()
            for entry, _ in some:
                with suppress(Unreadable):  # it is noted down below
                    sizes[size_of(tree.read(entry))] += 1
            frame, problems = self._frame(sizes), Problems()
            x, kept = _good(some, map(partial(_attempt, tree, frame), some), frame, problems)
        if self.options.colour == "auto" and (x == x[..., :1]).all():
            frame, x = replace(frame, channels=1), x[..., :1]
        return _Look(frame, sizes, x, [number for _, number in kept], problems)

    def _frame(self, sizes: Counter[tuple[int, int]]) -> Frame:
        """What images become, given the sizes of some; in colour until they are known to be grey."""
        options = self.options
        height, width = options.size or max(
            sizes, key=lambda size: (sizes[size], size), default=(USUAL, USUAL)
        )
        if options.size is None and max(height, width) > LARGEST_OWN:
            height = width = USUAL
        channels = 1 if options.colour == "grey" else 3
        return Frame(height, width, channels, options.fit, 255 if options.background == "white" else 0)

    @cached_property
    def _stamp(self) -> str:
        return self._tree.stamp()

    def stamp(self) -> str:
        """Names, sizes and times of all images."""
        return self._stamp

    def outline(self) -> Outline:
        """Shape after scaling; the size is that of all images."""
        shape = self._look.frame.shape
        count = sum(map(len, self._images.files.values()))
        return Outline(shape, "uint8", count * math.prod(shape))

    def preview(self) -> Preview:
        """Counts all files, and rests on a few images spread over all classes."""
        images, look = self._images, self._look
        train, test = images.counts("train"), images.counts("test")
        options = self.options.replace(
            size=look.frame.shape[:2], colour="grey" if look.frame.channels == 1 else "rgb"
        )
        others = self._tree.others
        notes = (f"{others:,} files that are no images are left out",) if others else ()
        return Preview(
            path=self.path,
            kind=self.kind,
            title="folder of images" if self.path.is_dir() else "archive of images (zip)",
            options=options,
            shape=look.frame.shape,
            dtype="uint8",
            train=train.total(),
            test=test.total(),
            exact=True,
            classes=tuple(ClassCount(name, train[i], test[i]) for i, name in enumerate(images.classes)),
            all_classes=True,
            x=look.x,
            labels=tuple(images.classes[number] for number in look.labels),
            steps=_steps(look),
            looked_at=_looked_at(len(look.x) + look.problems.count, train.total() + test.total()),
            notes=(*images.notes, *notes),
            problems=tuple(look.problems.kept),
        )

    def read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        """Reads all images on a few threads, a block at a time; see ``Source.read``."""
        frame, done = self._look.frame, 0
        total = sum(len(self._images.files[part]) for part in PARTS)
        threads = min(_THREADS, os.cpu_count() or 1)
        with self._tree as tree, quiet(), ThreadPoolExecutor(threads) as pool:
            for part in PARTS:
                files = self._files(part)
                for first in range(0, len(files), _BLOCK):
                    tell(f"Reading images: {done:,} of {total:,}", done / total)
                    block = files[first : first + _BLOCK]
                    results = pool.map(partial(_attempt, tree, frame), block)
                    x, kept = _good(block, results, frame, problems)
                    y = np.array([number for _, number in kept], np.int64)
                    receiver.add(part, x, y, [entry.name for entry, _ in kept])
                    done += len(block)
        return Classes(self._images.classes)


def _attempt(tree: Tree, frame: Frame, file: File) -> NDArray[np.uint8] | Unreadable:
    """The pixels of an image, or why there are none."""
    try:
        return decode(tree.read(file[0]), frame)
    except Unreadable as error:
        return error


def _good(
    files: list[File], results: Iterator[NDArray[np.uint8] | Unreadable], frame: Frame, problems: Problems
) -> tuple[NDArray[np.uint8], list[File]]:
    """The images that could be read, one behind the other, and their files; the others are noted down."""
    x = np.empty((len(files), *frame.shape), np.uint8)
    kept: list[File] = []
    for file, result in zip(files, results, strict=True):
        if isinstance(result, Unreadable):
            problems.add(file[0].name, str(result))
        else:
            x[len(kept)] = result
            kept.append(file)
    return x[: len(kept)], kept


def _steps(look: _Look) -> tuple[str, ...]:
    frame, sizes = look.frame, look.sizes
    size = f"{frame.height}×{frame.width}"
    how = {
        "fit": "whole, with filled borders where the proportions differ",
        "crop": "with what sticks out cut off",
        "stretch": "with changed proportions",
    }
    if set(sizes) <= {frame.shape[:2]}:
        scaling = f"images of {size} pixels stay as they are"
    else:
        found = ", ".join(f"{height}×{width}" for (height, width), _ in sizes.most_common(3))
        more = f" and {len(sizes) - 3} other sizes" if len(sizes) > 3 else ""
        scaling = f"images of {found} pixels{more} are scaled to {size}, {how[frame.fit]}"
    colour = "read as grey, one channel" if frame.channels == 1 else "read in colour, three channels (RGB)"
    background = "white" if frame.background else "black"
    return "each folder is a class", scaling, colour, f"transparent parts and borders become {background}"


def _looked_at(seen: int, total: int) -> str:
    return f"all {total:,} images" if seen == total else f"{seen:,} of {total:,} images"
