"""A look at any file or folder of the user's own before it is read."""

from __future__ import annotations

from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources.detect import find_source
from nnstudio.data.sources.previews import Preview


def preview(path: str | Path, options: ImportOptions | None = None) -> Preview:
    """What is in a source and what will be done with it; nothing is read whole.

    Args:
        path: The file or folder.
        options: How to read it.

    Raises:
        DataError: There is nothing, it can't be read, or the options don't fit it.
    """
    return find_source(Path(path), options or ImportOptions()).preview()
