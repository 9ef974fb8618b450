"""The cache of imports: read once, all or nothing, clear errors when the disk doesn't play along."""

from __future__ import annotations

import errno
import io
import os
import shutil
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.core.import_options import ImportOptions
from nnstudio.core.spec import DataSpec
from nnstudio.data.catalog import forget_loaded, load_dataset
from nnstudio.data.prepare import prepare
from nnstudio.data.sources import import_dataset, preview
from nnstudio.data.sources import importing as importing_module
from nnstudio.data.sources import store as store_module
from nnstudio.errors import DataError

from .pictures import digits, random_images, write_tree, write_zip

X, Y = random_images(12), np.arange(12) % 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images that goes to the cache, although it is small."""
    monkeypatch.setattr(importing_module, "SMALL", 0)
    return write_tree(tmp_path / "set", digits(X, Y))


def imports(cache: Path) -> list[Path]:
    return sorted((cache / "imports").iterdir())


def test_a_small_source_takes_no_place_on_the_disk(tmp_path: Path, cache: Path) -> None:
    import_dataset(write_tree(tmp_path, digits(X, Y)))
    assert not (cache / "imports").exists()


def test_each_choice_of_options_has_an_import_of_its_own(folder: Path, cache: Path) -> None:
    small = import_dataset(folder, ImportOptions(size=(3, 3))).dataset
    large = import_dataset(folder, ImportOptions(size=(9, 9))).dataset
    assert (small.shape, large.shape, len(imports(cache))) == ((3, 3, 1), (9, 9, 1), 2)


@pytest.mark.parametrize("damage", ["x_train.npy", "y_train.npy", "index.json"])
def test_a_damaged_import_is_made_again(folder: Path, cache: Path, damage: str) -> None:
    first = import_dataset(folder).dataset
    (kept,) = imports(cache)
    content = (kept / damage).read_bytes()
    del first
    (kept / damage).write_bytes(content[: len(content) // 2])
    again = import_dataset(folder).dataset
    np.testing.assert_array_equal(again.train.y, np.sort(Y))
    assert imports(cache) == [kept]


def test_what_a_killed_program_left_behind_is_removed_a_day_later(folder: Path, cache: Path) -> None:
    for name, age in (("old.part", 2 * 24 * 3600), ("new.part", 60)):
        (cache / "imports" / name).mkdir(parents=True)
        os.utime(cache / "imports" / name, (time.time() - age,) * 2)
    import_dataset(folder)
    assert [path.name for path in imports(cache) if path.suffix] == ["new.part"]


def test_a_full_disk_is_noticed_before_and_meanwhile(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10))
        with pytest.raises(DataError, match=r"too little free space.*set NNSTUDIO_CACHE"):
            import_dataset(folder)

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store_module.ArrayFile, "add", lambda self, block: Full().write(block))
        with pytest.raises(DataError, match=r"can't be written.*No space left.*the source is unchanged"):
            import_dataset(folder)
    assert imports(cache) == []
    assert len(import_dataset(folder).dataset.train) == 12  # as soon as there is space again


def test_a_cache_that_may_not_be_written_is_named(folder: Path, cache: Path) -> None:
    (cache / "imports").touch()
    with pytest.raises(DataError, match="the imported data can't be written"):
        import_dataset(folder)


def test_a_project_reads_its_data_as_it_says(folder: Path) -> None:
    recipe = DataSpec(source=str(folder), reading=ImportOptions(size=(3, 4), colour="rgb"))
    assert prepare(recipe).shape == (3, 4, 3)
    assert prepare(recipe.replace(reading=None)).shape == (6, 5, 1)


def test_a_loaded_source_is_remembered_until_it_changes(folder: Path) -> None:
    first = load_dataset(str(folder))
    assert load_dataset(str(folder)) is first
    assert load_dataset(str(folder), reading=ImportOptions(size=(2, 2))).shape == (2, 2, 1)
    write_tree(folder, digits(X[:1], Y[:1], "0/../"))
    (folder / "1" / "00001.png").unlink()
    assert len(load_dataset(str(folder)).train) == 11
    forget_loaded()


def test_arrays_are_previewed_too(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2], classes=["a", "b", "c"])
    seen = preview(tmp_path / "d.npz")
    assert (seen.kind, seen.shape, seen.train, seen.test) == ("npz", (6, 5, 1), 12, 2)
    assert [(one.name, one.train, one.test) for one in seen.classes] == [
        ("a", 4, 1),
        ("b", 4, 1),
        ("c", 4, 0),
    ]
    assert seen.labels[:4] == ("a", "b", "c", "a")
    np.savez(tmp_path / "bad.npz", x_train=X, y_train=np.array([{}] * 12, object))
    with pytest.raises(DataError, match="something else than numbers"):
        preview(tmp_path / "bad.npz")


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/passwd.png", "a/../../b.png", "C:\\x.png", "a\\..\\..\\b.png"]
)
def test_archives_with_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "d.zip", {**digits(X, Y), name: b""})
    with pytest.raises(DataError, match="leads outside"):
        import_dataset(path)
    assert [one.name for one in tmp_path.iterdir()] == ["d.zip"]


def test_zip_bombs_are_refused(tmp_path: Path) -> None:
    import struct

    path = write_zip(tmp_path / "d.zip", digits(X, Y))
    intact = path.read_bytes()
    entry = intact.index(b"PK\x01\x02")
    for at, value, pattern in ((24, 2**31, "is a zip bomb"), (20, 2**31, "is a zip bomb")):
        damaged = bytearray(intact)
        damaged[entry + at : entry + at + 4] = struct.pack("<I", value)
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=pattern):
            import_dataset(path)


@pytest.mark.parametrize("flag", [1, 2])
def test_encrypted_archives_and_doubled_names_are_refused(tmp_path: Path, flag: int) -> None:
    import zipfile

    path = write_zip(tmp_path / "d.zip", digits(X, Y))
    if flag == 1:
        content = bytearray(path.read_bytes())
        content[content.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("0/00000.png", b"")
    with pytest.raises(DataError, match=r"is encrypted|two files of one name"):
        import_dataset(path)


def test_no_damage_to_an_archive_crashes_the_reader(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "d.zip", digits(X[:3], Y[:3]))
    intact, known = path.read_bytes(), {x.tobytes() for x in X[:3]}
    rng = np.random.default_rng(0)
    for place in range(0, len(intact), 6):
        flipped = intact[:place] + bytes([intact[place] ^ int(rng.integers(1, 256))]) + intact[place + 1 :]
        for damaged in (flipped, intact[:place]):
            path.write_bytes(damaged)
            try:
                dataset = import_dataset(
                    path, ImportOptions(skip_bad=True, size=(6, 5), colour="grey")
                ).dataset
            except DataError:
                continue
            assert {x.tobytes() for x in dataset.train.x} <= known
