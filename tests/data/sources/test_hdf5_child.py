"""HDF5 files are parsed in a child: what comes back is checked, and no crash or hang gets out of it."""

from __future__ import annotations

import io
import os
import struct
import sys
import threading
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources import BadSamples, child, import_dataset, preview
from nnstudio.data.sources.child import Child, Message, read_message, write_message
from nnstudio.data.sources.detect import find_source
from nnstudio.data.sources.hdf5_child import Hdf5InChild
from nnstudio.data.sources.hdf5_source import Hdf5Source
from nnstudio.data.sources.importing import import_source
from nnstudio.errors import Cancelled, DataError

from .pictures import random_images

X, Y = random_images(40, (4, 3)), np.arange(40) % 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "d.h5"
    with h5py.File(path, "w") as made:
        made["x_train"], made["y_train"] = X[:30], Y[:30]
        made["x_test"], made["y_test"] = X[30:], Y[30:]
        made["classes"] = np.array(["cat", "dog"], "S")
    return path


def pretend(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Runs other code in the child."""
    monkeypatch.setattr(child, "_START", code)


def test_a_child_tells_the_same_as_the_reader_in_this_process(file: Path) -> None:
    source = find_source(file, ImportOptions())
    assert isinstance(source, Hdf5InChild)
    here = Hdf5Source(file, ImportOptions())
    assert source.outline() == here.outline()
    assert source.stamp() == here.stamp()
    seen, direct = source.preview(), here.preview()
    np.testing.assert_array_equal(seen.x, direct.x)
    for name in ("options", "shape", "train", "test", "classes", "labels", "steps", "looked_at", "dtype"):
        assert getattr(seen, name) == getattr(direct, name), name
    dataset = import_dataset(file).dataset
    np.testing.assert_array_equal(dataset.train.x[..., 0], X[:30])
    np.testing.assert_array_equal(dataset.test.labels, Y[30:])
    assert dataset.classes == ("cat", "dog")


def test_bad_samples_come_back_by_name(tmp_path: Path) -> None:
    x = np.ones((5, 3), np.float32)
    x[2, 1] = np.nan
    with h5py.File(tmp_path / "d.h5", "w") as made:
        made["x"], made["y"] = x, np.arange(5) % 2
    with pytest.raises(BadSamples) as error:
        import_dataset(tmp_path / "d.h5")
    assert [problem.where for problem in error.value.problems] == ["sample 2"]
    assert len(import_dataset(tmp_path / "d.h5", ImportOptions(skip_bad=True)).dataset.train) == 4


def test_the_readers_own_words_come_back(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "d.h5", "w") as made:
        made["x"] = h5py.ExternalLink("/etc/passwd", "/x")
        made["y"] = Y
    with pytest.raises(DataError, match="leads elsewhere") as error:
        import_dataset(tmp_path / "d.h5", ImportOptions(samples="x", label="y"))
    assert error.value.allowed == "plain data sets"
    assert error.value.fix


@pytest.mark.parametrize("code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_of_the_library_is_an_error_message(
    file: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    pretend(monkeypatch, code)
    for look in (preview, import_dataset):
        with pytest.raises(DataError, match=r"d\.h5 made the reader crash"):
            look(file)


def test_a_hang_ends_after_a_while(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.3)
    pretend(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(DataError, match="took more than"):
        preview(file)
    assert not [one for one in threading.enumerate() if one.name == "nnstudio-child"]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_memory_is_limited(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = "x = bytearray(8 << 30)"
    monkeypatch.setattr(child, "MEMORY", 1 << 30)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from nnstudio.data.sources import hdf5_child, hdf5_source\n"
        f"def greedy(self):\n    {greedy}\n"
        "hdf5_source.Hdf5Source.preview = greedy\nhdf5_child.main(sys.argv[2:])"
    )
    pretend(monkeypatch, code)
    with pytest.raises(DataError, match="needs too much memory"):
        preview(file)


def test_cancelling_ends_a_silent_child(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Child] = []
    real = Child.__init__

    def watched(self: Child, *arguments: Any) -> None:
        real(self, *arguments)
        started.append(self)

    monkeypatch.setattr(Child, "__init__", watched)
    source = find_source(file, ImportOptions())
    source.outline()
    pretend(monkeypatch, "import time; time.sleep(600)")

    def cancel(message: str, share: float | None) -> None:
        raise Cancelled("the work was cancelled")

    with pytest.raises(Cancelled):
        source.read(None, None, cancel)  # type: ignore[arg-type]
    assert started[-1]._process.poll() is not None


@pytest.mark.parametrize(
    "header",
    [
        {"kind": "block", "part": "train", "count": 10**12},
        {"kind": "block", "part": "train", "count": -1},
        {"kind": "classes"},
        {"kind": "outline", "last": True, "shape": [2], "dtype": "object", "size": 1},
        {"kind": "outline", "last": True, "shape": "many"},
    ],
)
def test_nonsense_from_a_child_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, header: dict[str, Any]
) -> None:
    answer = io.BytesIO()
    write_message(answer, header)
    source = find_source(file, ImportOptions())
    if header["kind"] != "outline":
        source.outline()
    pretend(monkeypatch, f"import sys; sys.stdout.buffer.write({answer.getvalue()!r})")
    with pytest.raises(DataError, match=r"d\.h5"):
        import_source(source)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.binary(max_size=400), st.integers(0, 60), st.integers(1, 255))
def test_any_bytes_are_a_message_or_none(noise: bytes, place: int, flip: int) -> None:
    stream = io.BytesIO()
    write_message(stream, {"kind": "block", "count": 3}, b"abc")
    intact = bytearray(stream.getvalue())
    assert read_message(io.BytesIO(intact)) == Message({"kind": "block", "count": 3}, b"abc")
    intact[place % len(intact)] ^= flip
    for content in (noise, bytes(intact), bytes(intact[:place]), struct.pack("<QQ", 2**63, 2**63) + noise):
        message = read_message(io.BytesIO(content))
        assert message is None or isinstance(message.header, dict)


def test_a_child_writes_no_file(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = tmp_path / "written"
    code = (
        "import sys, signal; sys.path.insert(0, sys.argv[1])\n"
        "from nnstudio.data.sources.child import limit_self\n"
        f"limit_self(); open({os.fspath(target)!r}, 'w').write('harm' * 99999)"
    )
    pretend(monkeypatch, code)
    with pytest.raises(DataError):
        preview(file)
    assert not target.exists() or target.stat().st_size == 0
