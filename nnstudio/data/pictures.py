"""Reads picture files, within limits, without trusting them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.errors import DataError

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
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit here is lower
            with Image.open(path, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise DataError(
                        f"{path} is too large",
                        allowed=f"{MAX_PIXELS:,} pixels",
                        received=f"{width:,} × {height:,}",
                        fix="scale it down first",
                    )
                transparent = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA")
                grey = picture.mode in ("1", "L") and not transparent
                mode = "RGBA" if transparent else "L" if grey else "RGB"
                return np.asarray(picture.convert(mode), dtype=np.uint8)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}", fix="check the path") from error
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise DataError(
            f"{path} is not a readable picture",
            allowed=", ".join(FORMATS),
            received=str(error),
            fix="open it in an image viewer and save it again as PNG",
        ) from error
