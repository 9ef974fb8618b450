"""Batches for the training step: order, gathering and scaling, with nothing batch-sized allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.dataset import IntArray, Part
from nnstudio.errors import DataError

Rows = IntArray | slice


@dataclass(frozen=True)
class Scaling:
    """How raw values become the network's input: ``x' = (x - offset) * scale``.

    Everything that scales does it in this order, in float32: convert x, subtract float32(offset)
    unless it is 0, multiply by float32(scale) unless it is 1. So training, evaluation and a drawn
    digit agree to the last bit.
    """

    offset: float = 0.0
    scale: float = 1.0

    def apply(self, array: NDArray[Any], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Scales an array of any shape.

        Args:
            array: Raw values; whatever their type, they are converted to float32 first.
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
            np.subtract(out, np.float32(self.offset), out=out)
        if self.scale != 1:
            np.multiply(out, np.float32(self.scale), out=out)
        return out

    def to_json(self) -> dict[str, float]:
        """JSON-ready data; floats survive the trip exactly."""
        return {"offset": self.offset, "scale": self.scale}

    @classmethod
    def from_json(cls, value: Any) -> Scaling:
        """Reads what :meth:`to_json` wrote.

        Raises:
            DataError: It isn't two finite numbers.
        """
        if isinstance(value, dict) and set(value) == {"offset", "scale"}:
            largest = float(np.finfo(np.float32).max)
            if all(type(number) in (int, float) and abs(number) <= largest for number in value.values()):
                return cls(float(value["offset"]), float(value["scale"]))
        raise DataError(
            "a scaling can't be read",
            allowed='{"offset": number, "scale": number}',
            received=repr(value)[:80],
            fix="open a file saved by NNStudio",
        )


class Gather:
    """Fetches scaled samples and labels of a part into buffers that are used again for every batch.

    What a call returns is overwritten by the next. One object serves one thread.

    Args:
        part: Where the samples come from.
        scaling: Applied to every sample.
        batch_size: Most samples asked for at once.
        dtype: Type of the samples given out. They are computed in float32 whatever it is.
    """

    def __init__(
        self, part: Part, scaling: Scaling, batch_size: int, dtype: type[np.floating[Any]] = np.float32
    ) -> None:
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

    def x(self, rows: Rows) -> NDArray[Any]:
        """Scaled samples at some positions of the part, ``(n, *shape)``.

        Args:
            rows: Positions ``(n,)``, int64, or a slice of them; at most ``batch_size``.

        Raises:
            IndexError: A position is not within the part.
            ValueError: There are more than ``batch_size``.
        """
        chosen = self._rows[rows]  # numpy checks the positions here, so that take below may go unchecked
        n = len(chosen)
        scaled = self._scaled[:n]
        fetched = scaled if self._bytes is None else self._bytes[:n]
        self._raw.take(chosen, axis=0, out=fetched, mode="clip")  # "raise" would copy through a buffer
        self._scaling.apply(fetched, out=scaled)
        if self._given is not self._scaled:
            np.copyto(self._given[:n], scaled)
        return self._shaped[:n]

    def labels(self, rows: Rows) -> IntArray:
        """Class numbers at some positions of the part, ``(n,)`` int64; see :meth:`x`."""
        chosen = self._y[rows]
        labels = self._labels[: len(chosen)]
        np.copyto(labels, chosen)
        return labels


def epoch_order(n: int, seed: int, epoch: int) -> IntArray:
    """Order in which an epoch visits ``n`` samples: a permutation that depends on nothing else.

    A run resumed in the middle of an epoch finds the same order again, without a generator's state.
    """
    return np.random.default_rng((seed, epoch)).permutation(n)
