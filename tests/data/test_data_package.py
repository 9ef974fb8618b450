from __future__ import annotations

import subprocess
import sys

import pytest

import nnstudio.data


def test_every_exported_name_exists() -> None:
    for name in nnstudio.data.__all__:
        assert getattr(nnstudio.data, name).__name__ == name or name == "Progress"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nnstudio.data.nothing  # noqa: B018


def test_loading_data_imports_nothing_heavy() -> None:
    program = """
import sys
import nnstudio.data
assert "numpy" not in sys.modules
nnstudio.data.load_dataset("spiral")
heavy = {"requests", "h5py", "PIL", "PySide6", "cupy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
