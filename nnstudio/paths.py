"""Where NNStudio's own files are: the resources it ships and the folders it may write to."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Path of a file shipped in ``resources/``, from a checkout or an installed wheel.

    Args:
        *parts: Path components below ``resources``, such as ``"icons", "dense.svg"``.
    """
    installed = _PACKAGE / "resources"  # the wheel carries the folder inside the package
    base = installed if installed.is_dir() else _PACKAGE.parent / "resources"
    return base.joinpath(*parts)


def cache_dir() -> Path:
    """Folder for data that can be made or downloaded again (``$NNSTUDIO_CACHE`` overrides it)."""
    return _folder("NNSTUDIO_CACHE", "user_cache_dir")


def data_dir() -> Path:
    """Folder for the user's runs and recovery files (``$NNSTUDIO_HOME`` overrides it)."""
    return _folder("NNSTUDIO_HOME", "user_data_dir")


def _folder(variable: str, kind: str) -> Path:
    chosen = os.environ.get(variable)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(getattr(platformdirs, kind)("NNStudio", appauthor=False))
