"""Where Numba keeps the machine code of a function, and how it tells that its source has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnstudio.engine.ops.jit import store


class ContentLocator:
    """A cache in our own folder, in which a source is known by what it says.

    Numba's own ones lie in a folder named after the place of the source, so that a program installed
    elsewhere would have to compile everything again. See "Notes on Caching" in Numba's manual.

    Args:
        function: What is compiled.
        file: Its source.
    """

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._line = function.__code__.co_firstlineno
        self._file = Path(file)

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> ContentLocator:
        """The place for a function."""
        return cls(function, file)

    def ensure_cache_path(self) -> None:
        """Makes the folder."""
        store.numba_folder()

    def get_cache_path(self) -> str:
        """The folder."""
        return str(store.numba_folder())

    def get_source_stamp(self) -> str:
        """What the source says, in short."""
        return store.digest(self._file)

    def get_disambiguator(self) -> str:
        """Tells functions of one name in one module apart."""
        return str(self._line)
