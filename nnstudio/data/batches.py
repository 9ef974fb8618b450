"""Batches for the training step: order, gathering and scaling, with nothing batch-sized allocated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import IntArray, Part
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.core.augmentation_spec import AugmentationSpec
    from nnstudio.data.augmentation.augmenter import Augmenter

Rows = IntArray | slice
Numbers = float | tuple[float, ...]

Share = Callable[[Sequence[Callable[[], object]]], object]

WHOLE_BYTES = 2 << 30
"""Samples up to this size are shuffled as a whole. Fixed, so that a run is the same on every machine."""
BLOCK_BYTES = 256 << 10
WINDOW_BLOCKS = 1024
"""Blocks whose samples are mixed, 256 MiB together, which stay in the system's memory meanwhile."""
PIECE_BYTES = 2 << 20
"""Scaled samples that are fetched at a time: they stay in a core's cache, and of smaller pieces each call
keeps another thread from going on in Python."""


@dataclass(frozen=True)
class Scaling:
    """How raw values become the network's input: ``x' = (x - offset) * scale``.

    Everything that scales does it in this order, in float32: convert x, subtract float32(offset)
    unless it is 0, multiply by float32(scale) unless it is 1. So training, evaluation and a drawn
    digit agree to the last bit.

    Args:
        offset: Subtracted from all values, or one number for each channel or feature.
        scale: Factor of all values, or one for each channel or feature.
    """

    offset: Numbers = 0.0
    scale: Numbers = 1.0

    def apply(self, array: NDArray[Any], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Scales an array.

        Args:
            array: Raw values of any shape, or with the channels (or whole pixels one behind the other)
                along the last axis; whatever their type, they are converted to float32 first.
            out: Float32 array of the same shape to write to; may be ``array`` itself.

        Returns:
            ``out``, or a new array.
        """
        if out is None:
            out = np.empty(array.shape, np.float32)
        # converting first and then working in place is faster than one mixed multiplication
        if out is not array:
            np.copyto(out, array, casting="same_kind")
        if self.offset:
            np.subtract(out, _spread(self.offset, out), out=out)
        if self.scale != 1:
            np.multiply(out, _spread(self.scale, out), out=out)
        return out

    def check(self, shape: tuple[int, ...]) -> None:
        """Checks that it fits samples of a shape.

        Raises:
            DataError: It is for another number of channels or features.
        """
        for numbers in (self.offset, self.scale):
            if isinstance(numbers, tuple) and len(numbers) != shape[-1]:
                raise DataError(
                    "the scaling doesn't fit the samples",
                    allowed=f"{shape[-1]} numbers, one per channel or feature",
                    received=str(len(numbers)),
                    fix="use data of the kind that the scaling was made for",
                )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data; floats survive the trip exactly."""
        pairs = (("offset", self.offset), ("scale", self.scale))
        return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs}

    @classmethod
    def from_json(cls, value: Any) -> Scaling:
        """Reads what :meth:`to_json` wrote.

        Raises:
            DataError: It isn't two finite numbers, or two lists of them.
        """
        if isinstance(value, dict) and set(value) == {"offset", "scale"}:
            offset, scale = _numbers(value["offset"]), _numbers(value["scale"])
            if offset is not None and scale is not None:
                return cls(offset, scale)
        raise DataError(
            "a scaling can't be read",
            allowed='{"offset": number or list of numbers, "scale": likewise}',
            received=repr(value)[:80],
            fix="open a file saved by NNStudio",
        )


def _numbers(value: Any) -> Numbers | None:
    """A finite number or a tuple of them, from JSON; None if it is something else."""
    several = value if isinstance(value, list) else [value]
    largest = float(np.finfo(np.float32).max)
    if not several or not all(type(one) in (int, float) and abs(one) <= largest for one in several):
        return None
    return tuple(map(float, several)) if isinstance(value, list) else float(value)


def _spread(numbers: Numbers, array: NDArray[np.float32]) -> NDArray[np.float32] | np.float32:
    """The numbers in float32, repeated to fill the array's last axis."""
    if not isinstance(numbers, tuple):
        return np.float32(numbers)
    return _repeated(numbers, array.shape[-1] // len(numbers))


@lru_cache(maxsize=16)
def _repeated(numbers: tuple[float, ...], times: int) -> NDArray[np.float32]:
    row = np.tile(np.array(numbers, np.float32), times)
    row.flags.writeable = False
    return row


def one_by_one(pieces: Sequence[Callable[[], object]]) -> None:
    """Calls the functions in turn."""
    for piece in pieces:
        piece()


class Gather:
    """Fetches scaled samples and labels of a part into buffers that are used again for every batch.

    What a call returns is overwritten by the next. One object serves one thread.
    Large batches are fetched in pieces of about :data:`PIECE_BYTES`.

    Args:
        part: Where the samples come from.
        scaling: Applied to every sample.
        batch_size: Most samples asked for at once.
        dtype: Type of the samples given out. They are computed in float32 whatever it is.
        augmentation: How to vary the samples, for training alone.
        seed: Seed of the run, from which the variations come.
        share: Calls some functions in any order, also at the same time, and waits for them.

    Raises:
        DataError: The samples can't be varied so.
    """

    def __init__(
        self,
        part: Part,
        scaling: Scaling,
        batch_size: int,
        dtype: type[np.floating[Any]] = np.float32,
        *,
        augmentation: AugmentationSpec | None = None,
        seed: int = 0,
        share: Share = one_by_one,
    ) -> None:
        self._share = share
        self._augmenter = _augmenter(augmentation, part, seed)
        self._scaling = scaling
        self._raw = part.x.reshape(len(part.x), -1)
        self._rows = part.rows(slice(None))
        self._y = part.labels
        self._labels = np.empty(batch_size, np.int64)
        features = self._raw.shape[1]
        self._scaled = np.empty((batch_size, features), np.float32)
        # bytes are fetched to a buffer of their own; floats to where they are scaled in place
        self._bytes = np.empty_like(self._scaled, np.uint8) if part.x.dtype == np.uint8 else None
        self._given = self._scaled if dtype == np.float32 else np.empty_like(self._scaled, dtype)
        self._shaped = self._given.reshape(batch_size, *part.shape)

    def x(self, rows: Rows, epoch: int = 0) -> NDArray[Any]:
        """Scaled samples at some positions of the part, ``(n, *shape)``.

        Args:
            rows: Positions ``(n,)``, int64, or a slice of them; at most ``batch_size``.
            epoch: Number of the epoch: in another one a sample is varied in another way.

        Raises:
            IndexError: A position is not within the part.
            ValueError: There are more than ``batch_size``.
        """
        pieces, x = self.pieces(rows, epoch)
        self._share(pieces)
        return x

    def pieces(self, rows: Rows, epoch: int = 0) -> tuple[list[Callable[[], object]], NDArray[Any]]:
        """As :meth:`x`, but the samples are there only when all returned functions have been called.

        Args:
            rows: See :meth:`x`.
            epoch: See :meth:`x`.

        Returns:
            Functions to call in any order, also at the same time; the samples.
        """
        chosen = self._rows[rows]  # numpy checks the positions here, so that take below may go unchecked
        n = len(chosen)
        most = max(1, PIECE_BYTES // self._scaled[:1].nbytes)
        parts = [slice(0, n)] if self._augmenter else _even_parts(n, most)
        return [partial(self._load, chosen, part, epoch) for part in parts], self._shaped[:n]

    def _load(self, chosen: IntArray, part: slice, epoch: int) -> None:
        """Fetches, varies and scales a part of a batch."""
        fetched, scaled = self._fetch(chosen, part), self._scaled[part]
        if self._augmenter is not None:
            np.copyto(scaled, fetched)
            self._augmenter.apply(scaled.reshape(-1, *self._shaped.shape[1:]), chosen[part], epoch)
            fetched = scaled
        self._scaling.apply(fetched, out=scaled)
        if self._given is not self._scaled:
            np.copyto(self._given[part], scaled)

    def _fetch(self, chosen: IntArray, part: slice) -> NDArray[Any]:
        """The raw samples of a part of a batch."""
        fetched = (self._scaled if self._bytes is None else self._bytes)[part]
        self._raw.take(chosen[part], axis=0, out=fetched, mode="clip")  # "raise" would copy through a buffer
        return fetched

    def labels(self, rows: Rows) -> IntArray:
        """Class numbers at some positions of the part, ``(n,)`` int64; see :meth:`x`."""
        chosen = self._y[rows]
        labels = self._labels[: len(chosen)]
        np.copyto(labels, chosen)
        return labels


def _even_parts(n: int, most: int) -> list[slice]:
    """Parts of about equal length, of ``most`` at most; where it takes several, an even number of them."""
    parts = max(1, -(-n // most))
    step = max(1, -(-n // (parts + parts % 2 if parts > 1 else 1)))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def _augmenter(spec: AugmentationSpec | None, part: Part, seed: int) -> Augmenter | None:
    if spec is None or not spec.active:
        return None
    from nnstudio.data.augmentation.augmenter import Augmenter

    return Augmenter(spec, part, seed)


def part_order(part: Part, seed: int, epoch: int) -> IntArray:
    """Order in which an epoch visits a part's samples; see :func:`epoch_order`.

    Up to :data:`WHOLE_BYTES` of samples all orders are equally likely. Beyond that, samples are taken to
    lie on disk (see ``sources.importing``) and are visited in shuffled blocks.
    """
    if not is_large(part):
        return epoch_order(len(part), seed, epoch)
    return epoch_order(len(part), seed, epoch, block=max(1, BLOCK_BYTES // part.x[:1].nbytes))


def is_large(part: Part) -> bool:
    """The part has more than :data:`WHOLE_BYTES`, and is shuffled in blocks."""
    return part.x[:1].nbytes * len(part) > WHOLE_BYTES


def shuffle_words(part: Part) -> str:
    """How an epoch shuffles a training part, in words."""
    if not is_large(part):
        return "every epoch in a new random order."
    size, window = part.x[:1].nbytes, WINDOW_BLOCKS * BLOCK_BYTES / 1e6
    return (
        f"larger than {WHOLE_BYTES / 1e9:.0f} GB, so the samples stay on disk. Every epoch reads blocks of "
        f"{max(1, BLOCK_BYTES // size):,} samples in a new random order and mixes {WINDOW_BLOCKS:,} "
        f"blocks, {window:.0f} MB, at a time."
    )


def epoch_order(n: int, seed: int, epoch: int, block: int = 1) -> IntArray:
    """Order in which an epoch visits ``n`` samples: a permutation that depends on nothing else.

    A run resumed in the middle of an epoch finds the same order again, without a generator's state.

    Args:
        n: Number of samples.
        seed: Seed of the run.
        epoch: Number of the epoch.
        block: With more than 1, blocks of so many neighbouring samples are put into random order first,
            and then the samples of every :data:`WINDOW_BLOCKS` blocks in a row are mixed with each other.
            So the disk reads whole blocks, each a few times within a short while, and still a batch mixes
            samples from all over the data: from a thousand blocks, whatever the order of the classes.
    """
    rng = np.random.default_rng((seed, epoch))
    if block == 1:
        return rng.permutation(n)
    first = rng.permutation(-(-n // block)) * block
    order = (first[:, np.newaxis] + np.arange(block)).reshape(-1)  # (blocks, block) to (n,)
    order = order[order < n]
    for start in range(0, n, WINDOW_BLOCKS * block):
        rng.shuffle(order[start : start + WINDOW_BLOCKS * block])
    return order
