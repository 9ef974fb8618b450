"""Draw the application icon's pictures from ``resources/icons/nnstudio.svg``.

Run by hand after changing the drawing: ``python packaging/make_icons.py``.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).resolve().parent
DRAWING = HERE.parent / "resources" / "icons" / "nnstudio.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 24, 32, 48, 64, 256)


def draw(side: int) -> Image.Image:
    """The icon as a square picture with transparent corners."""
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, QByteArray(b"png")).write(image):
        raise SystemExit(f"Qt could not write a PNG of {side} pixels")
    return Image.open(io.BytesIO(bytes(buffer.data().data())))


def main() -> None:
    """Write a PNG for every size and one ICO."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication.instance() or QGuiApplication([])
    folder = HERE / "icons"
    folder.mkdir(exist_ok=True)
    pictures = {side: draw(side) for side in SIZES}
    for side, picture in pictures.items():
        picture.save(folder / f"nnstudio-{side}.png", optimize=True)
    others = [pictures[side] for side in WINDOWS_SIZES if side != 256]
    sizes = [(side, side) for side in WINDOWS_SIZES]
    pictures[256].save(folder / "nnstudio.ico", sizes=sizes, append_images=others)
    del app


if __name__ == "__main__":
    main()
