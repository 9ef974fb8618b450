"""Pictures from files, the clipboard and drops, read safely: checked for size before they are decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage, QImageReader

from nnstudio.errors import DataError

MAX_BYTES = 64_000_000
MAX_PIXELS = 100_000_000
LARGEST_SIDE = 1600
"""Larger pictures are made smaller while they are read; a network sees far less anyway."""

MAX_FILES = 1000


def filters() -> str:
    """Name filter of the file dialog, with all formats that can be read."""
    endings = sorted({bytes(form.data()).decode().lower() for form in QImageReader.supportedImageFormats()})
    known = [ending for ending in endings if ending not in ("svg", "svgz", "pdf")]
    return f"Pictures ({' '.join(f'*.{ending}' for ending in known)});;All files (*)"


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """Reads a picture file, turned the way its camera says.

    Returns:
        ``(h, w, 4)``, red, green, blue and opacity.

    Raises:
        DataError: The file is missing, too large, or no picture.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DataError(
            f"{path.name} can't be read", received=error.strerror or str(error), fix="choose another file"
        ) from error
    if path.is_dir() or size > MAX_BYTES:
        received = "a folder" if path.is_dir() else f"{size / 1e6:.0f} MB"
        raise DataError(
            f"{path.name} is too large or no file",
            allowed=f"picture files of up to {MAX_BYTES / 1e6:.0f} MB",
            received=received,
            fix="choose a smaller file",
        )
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)  # a wrong ending is no reason to refuse
    _check_and_shrink(reader, path.name)
    image = reader.read()
    if image.isNull():
        raise _no_picture(path.name, reader.errorString())
    return pixels_of(image)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """A picture's values, ``(h, w, 4)``: red, green, blue and opacity.

    Raises:
        DataError: There is no picture.
    """
    if image.isNull():
        raise _no_picture("what was pasted", "")
    if max(image.width(), image.height()) > LARGEST_SIDE:
        image = image.scaled(
            LARGEST_SIDE,
            LARGEST_SIDE,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()


def picture_paths(data: QMimeData | None) -> list[str]:
    """The local files among pasted or dropped data, at most ``MAX_FILES``."""
    if data is None:  # an empty clipboard has no data on some platforms
        return []
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()][:MAX_FILES]


def pasted_image(data: QMimeData | None) -> QImage | None:
    """The picture in pasted or dropped data, or None."""
    image = data.imageData() if data is not None and data.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None


def _check_and_shrink(reader: QImageReader, name: str) -> None:
    size = reader.size()
    if not reader.canRead() or (size.isValid() and size.isEmpty()):
        raise _no_picture(name, reader.errorString())
    if size.isValid():
        if size.width() * size.height() > MAX_PIXELS:
            raise DataError(
                f"{name} has too many pixels",
                allowed=f"{MAX_PIXELS / 1e6:.0f} million",
                received=f"{size.width():,} × {size.height():,}",
                fix="make the picture smaller",
            )
        if max(size.width(), size.height()) > LARGEST_SIDE:
            reader.setScaledSize(size.scaled(LARGEST_SIDE, LARGEST_SIDE, Qt.AspectRatioMode.KeepAspectRatio))


def _no_picture(name: str, reason: str) -> DataError:
    return DataError(
        f"{name} is no picture that can be read",
        allowed="PNG, JPEG, BMP, GIF, WebP and the like",
        received=reason,
        fix="open it in an image program and save it as PNG",
    )
