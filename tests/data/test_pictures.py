"""Reading pictures: formats, depths, transparency, and files that lie."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnstudio.data import pictures
from nnstudio.data.pictures import FORMATS, MAX_PIXELS, read_picture
from nnstudio.errors import DataError

GREY = (np.arange(12 * 9).reshape(12, 9) * 2).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], axis=2)


def save(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)
    return path


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "tiff", "webp"])
def test_lossless_formats_give_the_very_pixels(tmp_path: Path, ending: str):
    options = {"lossless": True} if ending == "webp" else {}
    grey = read_picture(save(Image.fromarray(GREY), tmp_path / f"grey.{ending}", **options))
    assert grey.dtype == np.uint8
    np.testing.assert_array_equal(grey if grey.ndim == 2 else grey[..., 0], GREY)
    if ending != "gif":  # has 256 colours
        colour = read_picture(save(Image.fromarray(COLOUR), tmp_path / f"colour.{ending}", **options))
        np.testing.assert_array_equal(colour, COLOUR)


def test_jpeg_comes_close(tmp_path: Path):
    smooth = np.add.outer(np.arange(32), np.arange(24)).astype(np.uint8) * 4
    grey = read_picture(save(Image.fromarray(smooth), tmp_path / "a.jpg", quality=95))
    assert grey.shape == (32, 24)
    assert np.abs(grey.astype(int) - smooth).max() < 8
    cmyk = read_picture(save(Image.fromarray(COLOUR).convert("CMYK"), tmp_path / "b.jpg"))
    assert cmyk.shape == (12, 9, 3)


def test_transparency(tmp_path: Path):
    alpha = np.where(GREY > 100, 255, 0).astype(np.uint8)
    rgba = np.dstack([COLOUR, alpha])
    np.testing.assert_array_equal(read_picture(save(Image.fromarray(rgba), tmp_path / "a.png")), rgba)
    la = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(alpha)])
    pixels = read_picture(save(la, tmp_path / "b.png"))
    np.testing.assert_array_equal(pixels[..., 3], alpha)
    np.testing.assert_array_equal(pixels[..., 0][alpha > 0], GREY[alpha > 0])


def test_palettes(tmp_path: Path):
    picture = Image.fromarray((GREY % 3).astype(np.uint8), mode=None).convert("P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    np.testing.assert_array_equal(read_picture(save(picture, tmp_path / "a.png")), colours[GREY % 3])
    pixels = read_picture(save(picture, tmp_path / "b.png", transparency=1))
    np.testing.assert_array_equal(pixels[..., 3], np.where(GREY % 3 == 1, 0, 255))


def test_black_and_white(tmp_path: Path):
    bits = GREY > 100
    np.testing.assert_array_equal(read_picture(save(Image.fromarray(bits), tmp_path / "a.png")), bits * 255)


@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_16_bits_are_scaled_and_not_cut_off(tmp_path: Path, ending: str):
    deep = GREY.astype(np.uint16) * 257  # 255 becomes 65535
    pixels = read_picture(save(Image.fromarray(deep), tmp_path / f"a.{ending}"))
    np.testing.assert_array_equal(pixels, GREY)


def test_floats(tmp_path: Path):
    shares = (GREY / 255).astype(np.float32)
    np.testing.assert_array_equal(read_picture(save(Image.fromarray(shares), tmp_path / "a.tiff")), GREY)
    broken = shares * 4
    broken[0, :2] = np.nan, np.inf
    pixels = read_picture(save(Image.fromarray(broken), tmp_path / "b.tiff"))
    assert pixels[0, :2].tolist() == [0, 0]
    assert pixels.max() == 255


def test_an_animation_gives_its_first_picture(tmp_path: Path):
    frames = [Image.fromarray(GREY), Image.fromarray(255 - GREY)]
    path = save(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    pixels = read_picture(path)
    np.testing.assert_array_equal(pixels if pixels.ndim == 2 else pixels[..., 0], GREY)


def test_a_photo_stands_upright(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees to the right
    pixels = read_picture(save(Image.fromarray(GREY), tmp_path / "a.png", exif=exif))
    np.testing.assert_array_equal(pixels, np.rot90(GREY, -1))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG that declares a size and holds next to nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more)


class TestRefusals:
    def refused(self, path: Path, *words: str) -> None:
        with pytest.raises(DataError) as caught:
            read_picture(path)
        assert str(path) in str(caught.value)
        for word in (*words, "fix:"):
            assert word in str(caught.value)

    def test_missing(self, tmp_path: Path):
        self.refused(tmp_path / "none.png", "there is no file")

    def test_a_folder(self, tmp_path: Path):
        self.refused(tmp_path, "not a readable picture")

    @pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"P5 9 9 255 "])
    def test_no_picture(self, tmp_path: Path, content: bytes):
        (tmp_path / "a.png").write_bytes(content)
        self.refused(tmp_path / "a.png", "not a readable picture", ", ".join(FORMATS))

    @pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)])
    def test_too_large_is_known_from_the_header(self, tmp_path: Path, size: tuple[int, int]):
        data = chunk(b"IDAT", zlib.compress(b"\0" * 1_000)) + chunk(b"IEND", b"")
        (tmp_path / "a.png").write_bytes(png(*size, data))
        self.refused(tmp_path / "a.png", "is too large", "50,000,000 pixels")

    def test_a_picture_at_the_limit_is_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        path = save(Image.fromarray(GREY), tmp_path / "a.png")
        monkeypatch.setattr(pictures, "MAX_PIXELS", GREY.size)
        assert read_picture(path).shape == GREY.shape
        monkeypatch.setattr(pictures, "MAX_PIXELS", GREY.size - 1)
        self.refused(path, "is too large", "received: 9 × 12")

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
    def test_every_truncation_is_refused_or_read(self, tmp_path: Path, kind: str):
        whole = io.BytesIO()
        Image.fromarray(COLOUR).save(whole, kind)
        content, path, refused = whole.getvalue(), tmp_path / "a", 0
        for end in range(0, len(content), max(1, len(content) // 60)):
            path.write_bytes(content[:end])
            try:
                assert read_picture(path).shape[:2] == (12, 9)
            except DataError:
                refused += 1
        assert refused > 20

    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
    def test_flipped_bytes_never_crash(self, tmp_path: Path, kind: str):
        whole = io.BytesIO()
        Image.fromarray(COLOUR).save(whole, kind)
        random, path, refused = np.random.default_rng(0), tmp_path / "a", 0
        for _ in range(150):
            content = bytearray(whole.getvalue())
            content[int(random.integers(len(content)))] ^= int(random.integers(1, 256))
            path.write_bytes(content)
            try:
                assert read_picture(path).dtype == np.uint8
            except DataError:
                refused += 1
        assert refused > 0
