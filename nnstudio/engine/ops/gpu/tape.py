"""A step's calls, recorded once and played again for every further step.

From step to step the same kernels work on the same arrays; only a few arguments change, such as the rows
of the batch or the learning rate. So the layers' Python runs for the first step of a batch size alone,
and the others cost no more of it than their calls: with small networks that is most of their time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[[], None]


class Late:
    """An argument that changes from step to step.

    Args:
        value: Gives it for the step under way.
    """

    __slots__ = ("value",)

    def __init__(self, value: Callable[[], Any]) -> None:
        self.value = value


class LateKey(int):
    """A key of random numbers (see ``engine.ops.noise``) that changes from step to step.

    As a number it is the key of the step in which it was made.
    """

    value: Callable[[], int]

    def __new__(cls, value: Callable[[], int]) -> LateKey:
        """``value`` gives the key for the step under way."""
        key = super().__new__(cls, value())
        key.value = value
        return key


class Tape:
    """Calls in their order."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        """Adds a call behind the others."""
        self._calls.append(call)

    def play(self) -> None:
        """Makes all calls."""
        for call in self._calls:
            call()
