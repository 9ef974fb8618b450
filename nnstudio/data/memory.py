"""Keeps the data sets used last in memory, so that opening one again is instant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class RecentlyUsed(Generic[V]):
    """A thread-safe memory of the values used last.

    Two threads that ask for the same missing value make it once: the second waits for the first,
    and makes it itself only if the first one failed.

    Args:
        size: How many values to keep.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value kept under ``key``; ``make`` is called if there is none, and its errors passed on."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
            value = make()
            with self._lock:
                self._values[key] = value
                self._values.move_to_end(key)
                while len(self._values) > self._size:
                    dropped, _ = self._values.popitem(last=False)
                    self._making.pop(dropped, None)
            return value

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._values.clear()
