"""What another library can't be told."""

from __future__ import annotations

from typing import Any

from nnstudio.errors import DataError


def unknown(library: str, thing: Any) -> DataError:
    """The error for a layer or optimizer that the comparison doesn't know."""
    return DataError(
        f"the comparison with {library} can't build {thing.type_name()} with these settings",
        fix="leave --vs out for this network",
    )
