"""Reads picture files, within limits, without trusting them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
MAX_PIXELS = 50_000_000


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Pixels of a picture file.

    Args:
        path: A PNG, JPEG, BMP, GIF, WebP or TIFF file.

    Returns:
        ``(h, w)`` grey, ``(h, w, 3)`` colour or ``(h, w, 4)`` with transparency, 0 to 255.

    Raises:
        DataError: The file is missing, no picture, damaged or too large.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, about odd pictures; the limit here is lower
            with Image.open(path, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise _too_large(path, f"{picture.width:,} × {picture.height:,}")
                upright = ImageOps.exif_transpose(picture)  # cameras store how they were held
                return _pixels(upright)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}", fix="check the path") from error
    except Image.DecompressionBombError as error:  # Pillow's own limit, before it says the size
        raise _too_large(path, "far more") from error
    except DataError:
        raise
    except Exception as error:  # Pillow fails in many ways on damaged files, TypeError among them
        raise DataError(
            f"{path} is not a readable picture",
            allowed=", ".join(FORMATS),
            received=str(error),
            fix="open it in an image viewer and save it again as PNG",
        ) from error


def _too_large(path: Path, size: str) -> DataError:
    return DataError(
        f"{path} is too large", allowed=f"{MAX_PIXELS:,} pixels", received=size, fix="scale it down first"
    )


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey, colour or colour with transparency, 8 bits per channel."""
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 or 32 bits; Pillow would cut off, not scale
        return to_bytes(np.asarray(picture))
    transparent = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    grey = picture.mode in ("1", "L") and not transparent
    mode = "RGBA" if transparent else "L" if grey else "RGB"
    return np.asarray(picture.convert(mode), dtype=np.uint8)


def to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey values of 16 bits as the upper 8; floats from 0 to 1, or to whatever their largest is."""
    if values.dtype.kind == "f":
        finite = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0).clip(min=0)
        return np.rint(finite * (255 / max(1.0, float(finite.max(initial=0))))).astype(np.uint8)
    return (values.astype(np.int64).clip(0, 65_535) >> 8).astype(np.uint8)
