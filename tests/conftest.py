"""Tests run on the NumPy path, which is exact to the last bit; those of other paths ask for them."""

from __future__ import annotations

import os

os.environ.setdefault("NNSTUDIO_PATH", "numpy")
