"""From the bytes of an image file to pixels of one size and kind."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from nnstudio.data.pictures import MAX_PIXELS, to_bytes
from nnstudio.data.sources.image_tree import Unreadable

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF")


@dataclass(frozen=True)
class Frame:
    """What every image becomes.

    Args:
        height: Rows.
        width: Columns.
        channels: 1 or 3.
        fit: How an image of another shape gets there; see ``ImportOptions``.
        background: Of borders and transparent parts, from 0 to 255.
    """

    height: int
    width: int
    channels: int
    fit: Literal["fit", "crop", "stretch"]
    background: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(H, W, C)``."""
        return self.height, self.width, self.channels


@contextmanager
def quiet() -> Iterator[None]:
    """Without Pillow's warnings about odd files; those that can't be read raise errors all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def size_of(data: bytes) -> tuple[int, int]:
    """Height and width, from the header alone.

    Raises:
        Unreadable: It is no image, or has too many pixels.
    """
    with _opened(data) as picture:
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # held upright by the camera
        return (picture.width, picture.height) if turned else (picture.height, picture.width)


def decode(data: bytes, frame: Frame) -> NDArray[np.uint8]:
    """The pixels of an image file in the form of a frame, ``(H, W, C)``.

    Raises:
        Unreadable: It is no image, is damaged, or has too many pixels.
    """
    with _opened(data) as picture:
        if picture.format == "PNG":
            with _opened(data) as again:  # Pillow compares a PNG's checksums in this call alone
                again.verify()
        if picture.format == "JPEG":
            # a large photo is decoded at a half, a quarter or an eighth of its size, much faster
            picture.draft(None, (2 * frame.width, 2 * frame.height))
        picture.load()
        plain = _without_alpha(_upright(picture), frame.background)
        plain = plain.convert("L" if frame.channels == 1 else "RGB")
        return np.asarray(_fitted(plain, frame), np.uint8).reshape(frame.shape)


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                size = f"{picture.width:,} × {picture.height:,}"
                raise Unreadable(f"{size} pixels, where at most {MAX_PIXELS:,} are read")
            yield picture
    except Image.DecompressionBombError as error:  # before it says the size
        raise Unreadable(f"far more than the {MAX_PIXELS:,} pixels that are read") from error
    except UnidentifiedImageError as error:
        raise Unreadable(f"no {', '.join(FORMATS)} image") from error
    except Unreadable:
        raise
    except Exception as error:  # Pillow fails in many ways on damaged files, TypeError among them
        cut = "truncated" in str(error).lower()
        reason = "the file is cut short" if cut else str(error) or type(error).__name__
        raise Unreadable(f"damaged: {reason}") from error


def _upright(picture: Image.Image) -> Image.Image:
    from PIL import Image, ImageOps

    if (
        picture.mode.startswith("I") or picture.mode == "F"
    ):  # Pillow would cut off the numbers, not scale them
        return Image.fromarray(to_bytes(np.asarray(picture)))
    return ImageOps.exif_transpose(picture) if picture.format == "JPEG" else picture


def _without_alpha(picture: Image.Image, background: int) -> Image.Image:
    from PIL import Image

    if "transparency" not in picture.info and picture.mode not in ("RGBA", "LA", "PA", "La", "RGBa"):
        return picture
    colour = picture.convert("RGBA")
    sheet = Image.new("RGBA", colour.size, (background, background, background, 255))
    return Image.alpha_composite(sheet, colour)


def _fitted(picture: Image.Image, frame: Frame) -> Image.Image:
    size = frame.width, frame.height
    if picture.size == size:
        return picture
    if frame.fit == "stretch":
        return _scaled(picture, size, (0, 0, *picture.size))
    across, down = frame.width / picture.width, frame.height / picture.height
    if frame.fit == "crop":
        # only what is kept is scaled, or a long strip would become a huge image
        width, height = frame.width / max(across, down), frame.height / max(across, down)
        left, top = max(0.0, (picture.width - width) / 2), max(0.0, (picture.height - height) / 2)
        box = left, top, min(left + width, picture.width), min(top + height, picture.height)
        return _scaled(picture, size, box)
    scale = min(across, down)
    inner = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return _bordered(_scaled(picture, inner, (0, 0, *picture.size)), frame)


def _scaled(
    picture: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    from PIL import Image

    return picture.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)


def _bordered(picture: Image.Image, frame: Frame) -> Image.Image:
    from PIL import Image

    size = frame.width, frame.height
    sheet = Image.new(picture.mode, size, (frame.background,) * len(picture.getbands()))
    sheet.paste(picture, ((frame.width - picture.width) // 2, (frame.height - picture.height) // 2))
    return sheet
