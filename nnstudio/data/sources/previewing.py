"""A look at any file or folder of the user's own before it is read."""

from __future__ import annotations

import os
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources.detect import find_source, is_source
from nnstudio.data.sources.previews import Preview


def preview(path: str | Path, options: ImportOptions | None = None) -> Preview:
    """What is in a file or folder and what will be done with it.

    Tables, images and HDF5 files are not read whole. IDX and NPZ files are, since they have to fit into
    memory anyway; they are remembered, so that opening them next is instant.

    Args:
        path: The file or folder.
        options: How to read it.

    Raises:
        DataError: There is nothing, it can't be read, or the options don't fit it.
    """
    place = Path(os.path.expanduser(path))
    if is_source(place):
        return find_source(place, options or ImportOptions()).preview()
    from nnstudio.data.catalog import load_dataset
    from nnstudio.data.sources.array_preview import preview_arrays

    kind = "npz" if place.suffix.lower() == ".npz" else "idx"
    return preview_arrays(place, load_dataset(os.path.abspath(place)), kind)
