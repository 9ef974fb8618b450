"""Data of the user's own: tables, folders and archives of images, HDF5 files. Previewed, then imported.

The names below are imported when first used: each kind of source brings its own libraries.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnstudio.data.sources.importing import Imported, import_dataset
    from nnstudio.data.sources.previewing import preview
    from nnstudio.data.sources.previews import ClassCount, Preview
    from nnstudio.data.sources.problems import BadSamples, Problem

__all__ = ["BadSamples", "ClassCount", "Imported", "Preview", "Problem", "import_dataset", "preview"]

_HOMES = {
    "importing": ("Imported", "import_dataset"),
    "previews": ("ClassCount", "Preview"),
    "previewing": ("preview",),
    "problems": ("BadSamples", "Problem"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
