"""Bad data dropped on the window: each is refused or listed in clear words, and nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from nnstudio.data.sources import importing, store
from nnstudio.gui.data.import_view import ImportView
from nnstudio.gui.main_window import MainWindow
from tests.data.sources.pictures import digits, encoded, random_images, write_tree, write_zip
from tests.gui.data.conftest import data_page, imported, settled
from tests.gui.data.test_import import drop, go

LEFT = Qt.MouseButton.LeftButton
Maker = Callable[[Path], Path]


def pets(count: int = 6) -> dict[str, bytes]:
    return digits(random_images(count, (8, 8)), np.array(["cat", "dog"] * (count // 2)))


def huge_png() -> bytes:
    """A PNG whose header says 100,000×100,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def object_npz(folder: Path) -> Path:
    np.savez(folder / "d.npz", x_train=np.array([{"a": 1}, None], object), y_train=[0, 1])
    return folder / "d.npz"


def bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "d.zip", "w") as archive:
        info = zipfile.ZipInfo("cat/a.png")
        archive.writestr(info, b"small")
        info.file_size = 10**12
    return folder / "d.zip"


def escaping(folder: Path) -> Path:
    return write_zip(folder / "d.zip", {"../../cat/a.png": b"x", "dog/b.png": b"y"})


def links(folder: Path) -> Path:
    with h5py.File(folder / "d.h5", "w") as file:
        file["x_train"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["y_train"] = np.arange(4) % 2
    return folder / "d.h5"


def virtual(folder: Path) -> Path:
    with h5py.File(folder / "d.h5", "w") as file:
        layout = h5py.VirtualLayout((4, 3), "u1")
        layout[...] = h5py.VirtualSource("secret.h5", "x", (4, 3))
        file.create_virtual_dataset("x_train", layout)
        file["y_train"] = np.arange(4) % 2
    return folder / "d.h5"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "d.csv")
    return folder / "d.csv"


def text(content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / "d.csv").write_bytes(content)
        return folder / "d.csv"

    return make


def nothing(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def damaged_hdf5(folder: Path) -> Path:
    path = links(folder)
    path.write_bytes(path.read_bytes()[:400])
    return path


def truncated_idx(folder: Path) -> Path:
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(struct.pack(">IIII", 0x803, 60_000, 28, 28) + bytes(100))
    return path


UNREADABLE = (
    (object_npz, "object|pickle"),
    (bomb, "zip bomb|damaged"),
    (escaping, "leads outside"),
    (links, "holds no samples|leads elsewhere"),
    (virtual, "other files"),
    (damaged_hdf5, "no HDF5 file, or a damaged one|crash"),
    (truncated_idx, "train-images|labels"),
    (pipe, "not an ordinary file"),
    (nothing, "no folders of images"),
    (text(b""), "is empty"),
    (text(b"\0" * 4000), "single column|no rows|no numbers|no text"),
    (text(b"only one column\nx\ny\n"), "single column"),
    (text(b"a,b\n" + b"word,more words\n" * 30), "no numbers"),
)


def test_what_cannot_be_read_is_refused_in_words(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    before, view = window.document.project, data_page(window).importer
    for number, (make, words) in enumerate(UNREADABLE):
        folder = tmp_path / f"case {number}"
        folder.mkdir()
        drop(window, make(folder))
        qtbot.waitUntil(lambda: not view.error.isHidden(), timeout=20_000)
        qtbot.waitUntil(lambda: not view.working.isVisible())
        told = f"{view.error.title} {view.error.text}"
        assert any(word in told for word in words.split("|")), make
        assert "Traceback" not in told
        assert "What to do:" in view.error.text
        assert not view.go.isEnabled()
        QTest.mouseClick(view.cancel, LEFT)
        assert not view.isVisible()
        assert window.document.project == before
        assert not window.document.dirty


def broken_images(folder: Path) -> Path:
    files = pets()
    good = files["cat/00000.png"]
    files["cat/cut.png"], files["cat/words.png"] = good[:60], b"not an image"
    files["dog/huge.png"], files["dog/empty.png"] = huge_png(), b""
    return write_tree(folder / "pets", files)


def bad_rows(folder: Path) -> Path:
    rows = [
        "a,b,kind",
        "1,2,x",
        "3,4,y",
        "nan,1,x",
        "1,2",
        "inf,2,y",
        "1,2,3,4",
        "1,zwei,x",
        "5,6,x",
        "7,8,y",
    ]
    (folder / "d.csv").write_text("\n".join(rows) + "\n")
    return folder / "d.csv"


def not_finite(folder: Path) -> Path:
    x = np.ones((6, 3), np.float32)
    x[1, 0], x[4, 2] = np.nan, np.inf
    with h5py.File(folder / "d.h5", "w") as file:
        file["x_train"], file["y_train"] = x, np.arange(6) % 2
    return folder / "d.h5"


@pytest.mark.parametrize(
    ("make", "listed", "left"),
    [
        (broken_images, ["cat/cut.png", "cat/words.png", "dog/huge.png", "dog/empty.png"], 6),
        (bad_rows, ["line 4", "line 5", "line 6", "line 7", "line 8"], 4),
        (not_finite, ["sample 1", "sample 4"], 4),
    ],
)
def test_bad_samples_are_listed_and_skipped_or_not(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, make: Maker, listed: list[str], left: int
) -> None:
    view = drop(window, make(tmp_path))
    page = data_page(window)
    qtbot.waitUntil(lambda: view.job.preview is not None, timeout=20_000)
    if view.go.isEnabled():  # the preview has not looked at all of them
        QTest.mouseClick(view.go, LEFT)
    qtbot.waitUntil(
        lambda: view.problems.isVisible() and not view.working.isVisible() and not view.go.isEnabled(),
        timeout=20_000,
    )
    lines = [view.problems.list.item(i).text() for i in range(view.problems.list.count())]
    assert sorted(line.split(":")[0] for line in lines) == sorted(listed)
    assert all(": " in line for line in lines), "each says what is wrong"
    QTest.mouseClick(view.problems.skip, LEFT)
    qtbot.waitUntil(lambda: not view.isVisible(), timeout=20_000)
    settled(qtbot, page)
    assert len(page.source.summary.dataset.train) == left
    assert window.status._hint.text().endswith(f"samples; {len(listed)} left out.")


def test_where_nothing_can_be_used_there_is_nothing_to_skip(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    view = drop(window, text(b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 9)(tmp_path))
    imported(qtbot, data_page(window))
    files = {"cat/a.png": b"words", "dog/b.png": b"words"}
    drop(window, write_tree(tmp_path / "pets", files))
    qtbot.waitUntil(lambda: view.problems.isVisible(), timeout=20_000)
    assert view.problems.subtitle() == "among all 2 images"
    assert view.problems.skip.isHidden()
    assert not view.go.isEnabled()
    assert view.samples.subtitle() == "none that can be used"
    assert not view.samples.rows.isVisible(), "the rows of the table before"


def test_wrong_sizes_and_kinds_of_images_become_one(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    files = pets()
    files["cat/wide.jpeg"] = encoded(random_images(1, (20, 60, 3))[0], "JPEG")
    files["dog/alpha.png"] = encoded(random_images(1, (9, 7, 4))[0])
    view = drop(window, write_tree(tmp_path / "pets", files))
    imported(qtbot, data_page(window))
    assert "20×60" in view.steps.text()
    assert "scaled to 8×8, whole, with filled borders" in view.steps.text()
    go(qtbot, window)
    assert data_page(window).source.summary.dataset.shape == (8, 8, 3)


def test_a_class_with_one_image_is_pointed_out(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    files = digits(random_images(20, (8, 8)), np.array(["cat", "dog"] * 10))
    files["owl/only.png"] = files["cat/00000.png"]
    view = drop(window, write_tree(tmp_path / "pets", files))
    imported(qtbot, data_page(window))
    assert "Classes with a single training image: owl" in view.steps.text()
    go(qtbot, window)
    page = data_page(window)
    assert "owl" in page.classes.subtitle()


def test_text_that_is_not_utf_8_is_read_and_its_encoding_shown(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    rows = ["größe;art"] + [f"{i},5;{'süß' if i % 2 else 'herb'}" for i in range(20)]
    view = drop(window, text("\n".join(rows).encode("cp1252"))(tmp_path))
    imported(qtbot, data_page(window))
    assert view.form.spec.encoding in ("cp1252", "latin-1")
    go(qtbot, window)
    assert data_page(window).source.summary.dataset.classes == ("herb", "süß")


def test_a_table_of_ten_million_rows_is_previewed_at_once_and_reading_it_cancelled(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "long.csv"
    block = "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(10_000)).encode()
    with path.open("wb") as file:
        for _ in range(1000):
            file.write(block)
    view = drop(window, path)
    imported(qtbot, data_page(window))
    assert view.facts.value("samples").startswith("≈ ")
    estimate = int(view.facts.value("samples").removeprefix("≈ ").replace(",", ""))
    assert 8e6 < estimate < 12e6
    QTest.mouseClick(view.go, LEFT)
    qtbot.waitUntil(lambda: view.working.bar.value() > 0, timeout=20_000)
    task = view.job._task
    QTest.mouseClick(view.working.cancel, LEFT)
    qtbot.waitUntil(lambda: task.finished, timeout=20_000)
    assert not list((tmp_path / "cache" / "imports").glob("*"))


def test_too_little_space_is_told_before_anything_is_written(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "SMALL", 0)
    usage = shutil.disk_usage(folder)._replace(free=10)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _path: usage)
    view = refused(qtbot, window, folder)
    assert "too little free space" in view.error.title


def test_a_disk_that_fills_while_it_is_written_leaves_nothing_behind(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importing, "SMALL", 0)

    def full(*_block: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.ArrayFile, "add", full)
    view = refused(qtbot, window, folder)
    assert "can't be written" in view.error.title
    assert "No space left" in view.error.text
    assert not [path for path in (tmp_path / "cache" / "imports").rglob("*") if path.is_file()]
    monkeypatch.undo()
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    QTest.mouseClick(view.error._action, LEFT)  # Look again
    go(qtbot, window)


def test_a_source_deleted_meanwhile_is_told(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    view = drop(window, folder)
    imported(qtbot, data_page(window))
    shutil.rmtree(folder)
    QTest.mouseClick(view.go, LEFT)
    qtbot.waitUntil(lambda: not view.error.isHidden(), timeout=20_000)
    assert "pets" in view.error.title


def refused(qtbot: QtBot, window: MainWindow, path: Path) -> ImportView:
    """The view after an import that was refused; the project is what it was."""
    before = window.document.project
    view = drop(window, path)
    imported(qtbot, data_page(window))
    QTest.mouseClick(view.go, LEFT)
    qtbot.waitUntil(lambda: not view.error.isHidden(), timeout=20_000)
    assert window.document.project == before
    return view
