"""What the Input card calls the data."""

from __future__ import annotations

from functools import cache
from pathlib import PurePath


def data_title(source: str) -> str:
    """Title of a data set by name, or the file name of a path."""
    return _titles().get(source) or PurePath(source).name


@cache
def _titles() -> dict[str, str]:
    from nnstudio.data.catalog import list_datasets

    return {info.name: info.title for info in list_datasets()}
