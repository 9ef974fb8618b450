"""Folders and archives of images: what is read, how it is scaled, and how bad files are named."""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources import BadSamples, import_dataset, preview
from nnstudio.data.sources import importing as importing_module
from nnstudio.data.sources.image_source import ImageSource
from nnstudio.errors import Cancelled, DataError

from .pictures import digits, encoded, random_images, write_tree, write_zip

X, Y = random_images(12), np.arange(12) % 3
ORDER = np.argsort(Y, kind="stable")  # class by class, and by file name within each


def by_file(folder: Path, files: dict[str, bytes], archive: bool) -> Path:
    return write_zip(folder / "set.zip", files) if archive else write_tree(folder / "set", files)


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize("prefix", ["", "wrapper/deep/"])
def test_folders_of_classes_are_read(tmp_path: Path, archive: bool, prefix: str) -> None:
    path = by_file(tmp_path, digits(X, Y, prefix), archive)
    dataset = import_dataset(path).dataset
    np.testing.assert_array_equal(dataset.train.x[..., 0], X[ORDER])
    np.testing.assert_array_equal(dataset.train.y, Y[ORDER])
    assert (dataset.classes, dataset.shape) == (("0", "1", "2"), (6, 5, 1))
    assert dataset.train_names[4] == f"{prefix}1/00001.png"
    assert len(dataset.test) == 0


@pytest.mark.parametrize("archive", [False, True])
def test_train_and_test_may_lie_above(tmp_path: Path, archive: bool) -> None:
    files = {**digits(X, Y, "set/Train/"), **digits(X[:3], Y[:3], "set/test/")}
    dataset = import_dataset(by_file(tmp_path, files, archive)).dataset
    assert (len(dataset.train), len(dataset.test)) == (12, 3)
    np.testing.assert_array_equal(dataset.test.x[..., 0], X[:3])
    assert dataset.name_of(dataset.test, 0) == "set/test/0/00000.png"
    assert dataset.name_of(dataset.train.select(np.array([5, 4])), 1) == "set/Train/1/00001.png"


def test_validation_images_test_or_join_the_training_images(tmp_path: Path) -> None:
    files = {**digits(X, Y, "train/"), **digits(X[:3], Y[:3], "val/")}
    seen = preview(write_tree(tmp_path / "a", files))
    assert (seen.train, seen.test) == (12, 3)
    assert "the images in val/ are used as test images" in seen.notes
    seen = preview(write_tree(tmp_path / "b", {**files, **digits(X[:6], Y[:6], "test/")}))
    assert (seen.train, seen.test) == (15, 6)
    assert "the images in val/ join the training images" in seen.notes


def test_classes_are_sorted_as_people_do(tmp_path: Path) -> None:
    names = ["10", "9", "b", "Äpfel", "A"]
    files = {f"{name}/1.png": encoded(X[0]) for name in names}
    assert import_dataset(write_tree(tmp_path, files)).dataset.classes == ("9", "10", "A", "b", "Äpfel")


def test_a_preview_says_what_will_be_done(tmp_path: Path) -> None:
    files = {
        **digits(random_images(8, (40, 20, 3)), np.arange(8) % 2),
        "2/only.png": encoded(random_images(1, (10, 30, 3))[0]),
        "0/readme.txt": b"no image",
        "loose.png": encoded(X[0]),
        "0/.hidden.png": b"",
        "__MACOSX/0/x.png": b"",
    }
    seen = preview(write_tree(tmp_path, files), ImportOptions(fit="crop"))
    assert (seen.kind, seen.title, seen.shape, seen.dtype) == (
        "images",
        "folder of images",
        (40, 20, 3),
        "uint8",
    )
    assert (seen.train, seen.test, seen.exact) == (9, 0, True)
    assert [(one.name, one.train) for one in seen.classes] == [("0", 4), ("1", 4), ("2", 1)]
    assert seen.steps == (
        "each folder is a class",
        "images of 40×20, 10×30 pixels are scaled to 40×20, with what sticks out cut off",
        "read in colour, three channels (RGB)",
        "transparent parts and borders become white",
    )
    assert seen.notes == (
        "1 images lie outside of the class folders and are left out",
        "classes with a single training image: 2",
        "1 files that are no images are left out",
    )
    assert (seen.looked_at, seen.options.size, seen.options.colour) == ("all 9 images", (40, 20), "rgb")
    assert seen.x.shape == (9, 40, 20, 3)


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    return np.tile(np.linspace(0, 250, width).astype(np.uint8), (height, 1))


def imported(
    folder: Path, pixels: NDArray[np.uint8], options: ImportOptions, kind: str = "PNG"
) -> NDArray[np.uint8]:
    files = {f"a/1.{kind.lower()}": encoded(pixels, kind)}
    return import_dataset(write_tree(folder, files), options).dataset.train.x[0]


def test_fit_keeps_the_whole_image_and_fills_the_borders(tmp_path: Path) -> None:
    image = imported(tmp_path, gradient(10, 20), ImportOptions(size=(20, 20), background="black"))[..., 0]
    assert (image[:5] == 0).all()
    assert (image[15:] == 0).all()
    np.testing.assert_array_equal(image[5:15], gradient(10, 20))


def test_crop_cuts_off_both_sides_evenly(tmp_path: Path) -> None:
    image = imported(tmp_path, gradient(10, 20), ImportOptions(size=(10, 10), fit="crop"))[..., 0]
    np.testing.assert_array_equal(image, gradient(10, 20)[:, 5:15])


def test_stretch_changes_the_proportions(tmp_path: Path) -> None:
    image = imported(tmp_path, gradient(10, 20), ImportOptions(size=(10, 10), fit="stretch"))[..., 0]
    np.testing.assert_allclose(image[0], gradient(1, 20)[0].reshape(10, 2).mean(axis=1), atol=3)


@pytest.mark.parametrize("fit", ["fit", "crop", "stretch"])
def test_a_long_strip_never_becomes_a_huge_image(tmp_path: Path, fit: str) -> None:
    strip = np.full((1, 60_000), 200, np.uint8)
    image = imported(
        tmp_path, strip, ImportOptions.build({"size": (64, 64), "fit": fit, "background": "black"})
    )
    assert image.max() == 200


def test_large_images_get_the_usual_size_unless_told_otherwise(tmp_path: Path) -> None:
    assert imported(tmp_path, gradient(300, 400), ImportOptions(), "JPEG").shape == (64, 64, 1)
    assert imported(tmp_path, gradient(300, 400), ImportOptions(size=(150, 200)), "JPEG").shape == (
        150,
        200,
        1,
    )


def test_transparent_parts_get_the_background(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[0, :, 3] = 255  # an opaque black line on nothing
    assert imported(tmp_path, pixels, ImportOptions())[..., 0].tolist() == [[0] * 4, *[[255] * 4] * 3]
    assert imported(tmp_path, pixels, ImportOptions(background="black")).max() == 0


def test_colour_becomes_grey_when_asked_and_grey_becomes_colour(tmp_path: Path) -> None:
    pixels = random_images(1, (5, 5, 3))[0]
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    np.testing.assert_array_equal(imported(tmp_path, pixels, ImportOptions(colour="grey"))[..., 0], grey)
    assert imported(tmp_path, grey, ImportOptions(colour="rgb")).shape == (5, 5, 3)


def test_a_photo_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(gradient(16, 32), "JPEG", exif=exif, quality=100)
    image = import_dataset(write_tree(tmp_path, {"a/1.jpg": data})).dataset.train.x[0, ..., 0]
    assert image.shape == (32, 16)
    np.testing.assert_allclose(image[:, 0], gradient(1, 32)[0], atol=6)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "LA", "RGBA"])
def test_every_kind_and_mode_is_read(tmp_path: Path, kind: str, mode: str) -> None:
    if (kind, mode) in (("BMP", "LA"), ("GIF", "LA")):
        pytest.skip("the format has no such mode")
    picture = Image.fromarray(random_images(1, (8, 8, 3))[0]).convert(mode)
    (tmp_path / "a").mkdir()
    picture.save(tmp_path / "a" / f"1.{kind.lower()}")
    expected = np.asarray(picture.convert("RGB"))
    got = import_dataset(tmp_path, ImportOptions(colour="rgb")).dataset.train.x[0]
    assert np.abs(got.astype(int) - expected).mean() < (40 if kind == "GIF" else 0.5)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header declares so many pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, data, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def bad_files() -> dict[str, tuple[bytes, str]]:
    intact = encoded(X[0])
    return {
        "1/cut.png": (intact[: len(intact) // 2], "damaged"),
        "1/empty.png": (b"", "an empty file"),
        "1/flip.png": (intact[:50] + bytes([intact[50] ^ 1]) + intact[51:], "damaged"),
        "1/huge.png": (bomb(100_000, 100_000), "far more than the 50,000,000 pixels"),
        "1/large.png": (bomb(8000, 8000), "8,000 × 8,000 pixels, where at most 50,000,000 are read"),
        "1/text.jpg": (b"no image at all", "no PNG, JPEG, BMP, GIF image"),
        "1/webp.png": (encoded(X[0], "WEBP"), "no PNG, JPEG, BMP, GIF image"),
        "1/zcut.jpg": (encoded(X[0], "JPEG")[:-20], "damaged"),
    }


@pytest.mark.parametrize("archive", [False, True])
def test_each_bad_file_is_named_and_may_be_skipped(tmp_path: Path, archive: bool) -> None:
    bad = bad_files()
    files = {**digits(X, Y), **{name: content for name, (content, _) in bad.items()}}
    path = by_file(tmp_path, files, archive)
    with pytest.raises(
        BadSamples, match=rf"holds {len(bad)} samples that can't be used, beside 12 that can"
    ) as caught:
        import_dataset(path)
    assert [one.where for one in caught.value.problems] == sorted(bad)
    for problem in caught.value.problems:
        assert bad[problem.where][1] in problem.what
    result = import_dataset(path, ImportOptions(skip_bad=True))
    np.testing.assert_array_equal(result.dataset.train.x[..., 0], X[ORDER])
    assert result.left_out == len(bad)
    assert {one.where for one in preview(path).problems} == set(bad)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_ordinary_file_is_named_and_never_waited_for(tmp_path: Path) -> None:
    write_tree(tmp_path, digits(X, Y))
    os.mkfifo(tmp_path / "0" / "pipe.png")
    (tmp_path / "0" / "lost.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "0" / "round.png").symlink_to(tmp_path)  # a folder, and a circle
    with pytest.raises(
        BadSamples, match=r"lost.png: a link that leads nowhere.*pipe.png: not an ordinary file"
    ):
        import_dataset(tmp_path)


@pytest.mark.parametrize("files", [{}, {"a.png": encoded(X[0])}, {"a/b.txt": b"text"}])
def test_a_folder_without_classes_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match="holds no folders of images"):
        import_dataset(write_tree(tmp_path, files))


def test_many_images_are_read_once_and_mapped_from_then_on(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module, "SMALL", 0)
    path = write_tree(tmp_path, {**digits(X, Y), "0/bad.png": b"bad"})
    told: list[str] = []
    with pytest.raises(BadSamples):
        import_dataset(path, progress=lambda message, done: told.append(message))
    assert told == ["Reading images: 0 of 13"]
    again = import_dataset(path, ImportOptions(skip_bad=True), lambda message, done: told.append(message))
    assert len(told) == 1  # skipping what is bad doesn't read the others again
    np.testing.assert_array_equal(again.dataset.train.x[..., 0], X[ORDER])
    assert isinstance(again.dataset.train.x.base.base, np.memmap)
    (path / "0" / "bad.png").unlink()
    import_dataset(path, progress=lambda message, done: told.append(message))
    assert len(told) == 2  # the source has changed
    assert len(list((cache / "imports").iterdir())) == 1


def test_an_import_may_be_cancelled_and_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module, "SMALL", 0)

    def stop(message: str, fraction: float | None) -> None:
        if fraction:
            raise Cancelled("stopped")

    path = write_tree(tmp_path, digits(random_images(70), np.zeros(70, int)))
    with pytest.raises(Cancelled):
        import_dataset(path, progress=stop)
    assert not list((cache / "imports").iterdir())


@pytest.mark.parametrize("archive", [False, True])
def test_a_source_that_vanishes_meanwhile_is_named(tmp_path: Path, archive: bool) -> None:
    import shutil

    path = by_file(tmp_path, digits(X, Y), archive)
    source = ImageSource(path, ImportOptions())
    source.outline()
    path.unlink() if archive else shutil.rmtree(path)
    with pytest.raises(DataError, match="was removed while it was being read"):
        importing_module.import_source(source)


SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([(), (3,)]))


@settings(deadline=None, derandomize=True, max_examples=20)
@given(SHAPES, st.integers(1, 6), st.sampled_from(["PNG", "BMP"]), st.integers(0, 2**32 - 1), st.booleans())
def test_any_images_come_back_exactly(
    shape: tuple[int, int, tuple[int, ...]], count: int, kind: str, seed: int, archive: bool
) -> None:
    x = random_images(count, (*shape[:2], *shape[2]), seed)
    with tempfile.TemporaryDirectory() as folder:
        path = by_file(Path(folder), digits(x, np.zeros(count, int), kind=kind), archive)
        colour = "rgb" if shape[2] else "grey"
        got = import_dataset(path, ImportOptions.build({"colour": colour})).dataset.train.x
    np.testing.assert_array_equal(got, x.reshape(got.shape))


@settings(deadline=None, derandomize=True, max_examples=120)
@given(st.sampled_from(["PNG", "JPEG", "BMP", "GIF"]), st.data())
def test_no_damage_crashes_the_reader(kind: str, data: st.DataObject) -> None:
    intact = encoded(X[0], kind)
    place = data.draw(st.integers(0, len(intact) - 1))
    cut = data.draw(st.booleans())
    damaged = (
        intact[:place]
        if cut
        else intact[:place] + bytes([intact[place] ^ data.draw(st.integers(1, 255))]) + intact[place + 1 :]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = write_tree(Path(folder), {f"a/1.{kind.lower()}": damaged, "b/1.png": encoded(X[1])})
        dataset = import_dataset(path, ImportOptions(skip_bad=True, size=(6, 5), colour="grey")).dataset
    assert len(dataset.train) in (1, 2)
    np.testing.assert_array_equal(dataset.train.x[-1, ..., 0], X[1])
    if kind == "PNG" and len(dataset.train) == 2:  # its checksums let nothing else through
        np.testing.assert_array_equal(dataset.train.x[0, ..., 0], X[0])
