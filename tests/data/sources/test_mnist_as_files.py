"""MNIST's test images, written as files of every kind, are the same images when read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.data.idx_sets import read_folder
from nnstudio.data.sources import import_dataset, preview
from nnstudio.data.writers import write_dataset
from tests.realdata import real_data_dir

from .pictures import digits, write_tree, write_zip

COUNT = 1500


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    """The first test images as the training part."""
    test = read_folder(real_data_dir() / "mnist")[1].select(np.arange(COUNT))
    return Dataset("mnist", "MNIST", test, test.none(), tuple("0123456789"))


@pytest.mark.parametrize("name", ["mnist.csv", "mnist.npz", "mnist.h5"])
def test_tables_and_arrays_give_them_back_exactly(tmp_path: Path, mnist: Dataset, name: str) -> None:
    write_dataset(mnist, tmp_path / name)
    again = load_dataset(str(tmp_path / name))
    np.testing.assert_array_equal(again.train.x, mnist.train.samples(slice(None)))
    np.testing.assert_array_equal(again.train.y, mnist.train.labels)
    assert again.classes == mnist.classes
    seen = preview(tmp_path / name)
    assert (seen.shape, seen.dtype) == ((28, 28, 1), "uint8")
    assert seen.train == pytest.approx(COUNT, rel=0.02)


@pytest.mark.parametrize("archive", [False, True])
def test_png_folders_give_them_back_exactly(tmp_path: Path, mnist: Dataset, archive: bool) -> None:
    files = digits(mnist.train.samples(slice(None))[..., 0], mnist.train.labels)
    path = write_zip(tmp_path / "m.zip", files) if archive else write_tree(tmp_path / "m", files)
    again = import_dataset(path).dataset
    order = np.argsort(mnist.train.labels, kind="stable")
    np.testing.assert_array_equal(again.train.x, mnist.train.samples(order))
    np.testing.assert_array_equal(again.train.y, mnist.train.labels[order])
    assert again.classes == mnist.classes


def test_jpeg_gives_them_back_nearly(tmp_path: Path, mnist: Dataset) -> None:
    x, y = mnist.train.samples(slice(0, 300))[..., 0], mnist.train.labels[:300]
    again = import_dataset(write_tree(tmp_path, digits(x, y, kind="JPEG", quality=95))).dataset
    order = np.argsort(y, kind="stable")
    np.testing.assert_array_equal(again.train.y, y[order])
    assert np.abs(again.train.x[..., 0].astype(int) - x[order]).mean() < 2


def test_colour_with_alpha_becomes_the_same_digits(tmp_path: Path, mnist: Dataset) -> None:
    from nnstudio.core.import_options import ImportOptions

    x, y = mnist.train.samples(slice(0, 100))[..., 0], mnist.train.labels[:100]
    white = np.full((*x.shape, 4), 255, np.uint8)
    white[..., 3] = x  # white ink of varying thickness on nothing
    path = write_tree(tmp_path, digits(white, y))
    again = import_dataset(path, ImportOptions(background="black")).dataset
    np.testing.assert_array_equal(again.train.x[..., 0], x[np.argsort(y, kind="stable")])
