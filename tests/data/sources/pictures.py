"""Folders and archives of images for the tests."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def encoded(pixels: Pixels, kind: str = "PNG", **settings: Any) -> bytes:
    """An image file of pixels ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **settings)
    return file.getvalue()


def write_tree(root: Path, files: dict[str, bytes]) -> Path:
    """Files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """The same files in an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def digits(
    x: Pixels, y: NDArray[Any], prefix: str = "", kind: str = "PNG", **settings: Any
) -> dict[str, bytes]:
    """Image files in folders of their classes, in the order of the samples within each class."""
    ending = kind.lower()
    return {
        f"{prefix}{label}/{number:05}.{ending}": encoded(pixels, kind, **settings)
        for number, (pixels, label) in enumerate(zip(x, y, strict=True))
    }


def random_images(count: int, shape: tuple[int, ...] = (6, 5), seed: int = 0) -> Pixels:
    """Images of noise ``(count, *shape)``."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)
