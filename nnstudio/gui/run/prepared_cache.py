"""Keeps the data of the last run, so that the next one starts at once."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from nnstudio.core.spec import DataSpec
from nnstudio.data.prepare import Prepared


class PreparedCache:
    """The prepared data of one recipe; they count as long as recipe and file are the same."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, Prepared] | None = None

    def put(self, data: DataSpec, prepared: Prepared) -> None:
        """Keeps data instead of the earlier ones."""
        self._kept = _key(data), prepared

    def get(self, data: DataSpec) -> Prepared | None:
        """The data of a recipe, if they are kept."""
        return self._kept[1] if self._kept is not None and self._kept[0] == _key(data) else None


def _key(data: DataSpec) -> Hashable:
    """The recipe, and the state of the file that it names, if it does."""
    try:
        found = Path(data.source).expanduser().stat()
    except (OSError, ValueError, RuntimeError):
        return data
    return data, found.st_mtime_ns, found.st_size
