"""Tests run on the NumPy path, which is exact to the last bit; those of other paths ask for them."""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("NNSTUDIO_PATH", "numpy")


def pytest_configure(config: pytest.Config) -> None:
    """What is imported and collected stays to the end: no need to look through it for garbage."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on garbage is collected, of what the tests make."""
    gc.freeze()
    gc.enable()
