"""Published data sets that NNStudio can download: their files, checksums, mirrors and classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.idx_sets import FILES


@dataclass(frozen=True)
class PublishedFile:
    """One file to download.

    Args:
        name: Its name here, without ``.gz``.
        size: Length in bytes once unpacked.
        md5: MD5 of the unpacked bytes; those of the packed ones differ between mirrors.
    """

    name: str
    size: int
    md5: str


@dataclass(frozen=True)
class PublishedSet:
    """A data set of four IDX files.

    Args:
        name: The name that loads it.
        title: What the user sees.
        summary: One line about it.
        classes: Name of each class.
        mirrors: Base addresses, the preferred one first; ``<file>.gz`` lies directly below.
        files: Its files.
        packed: What has to be downloaded, in bytes, about.
    """

    name: str
    title: str
    summary: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[PublishedFile, ...]
    packed: int


def _mnist_files(*md5: str) -> tuple[PublishedFile, ...]:
    sizes = (47_040_016, 60_008, 7_840_016, 10_008)
    return tuple(PublishedFile(*one) for one in zip(FILES, sizes, md5, strict=True))


MNIST = PublishedSet(
    name="mnist",
    title="MNIST",
    summary="70,000 handwritten digits, 28×28",
    classes=tuple("0123456789"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=_mnist_files(
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ),
    packed=11_600_000,
)

FASHION_MNIST = PublishedSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    summary="70,000 pictures of clothing, 28×28",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    files=_mnist_files(
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    ),
    packed=30_900_000,
)

PUBLISHED = {published.name: published for published in (MNIST, FASHION_MNIST)}


def users_folder(name: str) -> Path | None:
    """Where the user may keep a published set: ``$NNSTUDIO_DATA/<name>``."""
    import os

    chosen = os.environ.get("NNSTUDIO_DATA")
    return Path(chosen).expanduser() / name if chosen else None


def cache_folder(name: str) -> Path:
    """Where downloads of a published set go."""
    from nnstudio.paths import cache_dir

    return cache_dir() / "datasets" / name
