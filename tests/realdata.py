"""Finds the real MNIST and Fashion-MNIST, which are never part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_data_dir() -> Path:
    """Folder with ``mnist/`` and ``fashion-mnist/``; skips the test, saying so, where it is absent."""
    chosen = Path(os.environ.get("NNSTUDIO_DATA", _BESIDE))
    if not (chosen / "mnist").is_dir() or not (chosen / "fashion-mnist").is_dir():
        pytest.skip(f"the real MNIST and Fashion-MNIST are not at {chosen} (set NNSTUDIO_DATA)")
    return chosen
