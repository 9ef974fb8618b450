"""Data sets: reading, downloading, splitting, scaling and batching them. Free of Qt.

The names below are imported when first used, so that ``import nnstudio.data`` costs nothing. ``prepare``
is not among them, since that is the name of its module: ``from nnstudio.data.prepare import prepare``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnstudio.data.batches import Gather, Scaling, epoch_order
    from nnstudio.data.catalog import DatasetInfo, list_datasets, load_dataset
    from nnstudio.data.convert import from_arrays
    from nnstudio.data.dataset import Dataset, Part, Progress
    from nnstudio.data.download import download_dataset
    from nnstudio.data.idx import read_idx, read_idx_pair, write_idx
    from nnstudio.data.prepare import Prepared, prepare_dataset

__all__ = [
    "Dataset",
    "DatasetInfo",
    "Gather",
    "Part",
    "Prepared",
    "Progress",
    "Scaling",
    "download_dataset",
    "epoch_order",
    "from_arrays",
    "list_datasets",
    "load_dataset",
    "prepare_dataset",
    "read_idx",
    "read_idx_pair",
    "write_idx",
]

_HOMES = {
    "batches": ("Gather", "Scaling", "epoch_order"),
    "catalog": ("DatasetInfo", "list_datasets", "load_dataset"),
    "convert": ("from_arrays",),
    "dataset": ("Dataset", "Part", "Progress"),
    "download": ("download_dataset",),
    "idx": ("read_idx", "read_idx_pair", "write_idx"),
    "prepare": ("Prepared", "prepare_dataset"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
