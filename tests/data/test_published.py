from __future__ import annotations

import gzip
import hashlib

import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.idx_sets import look
from nnstudio.data.published import PUBLISHED, PublishedSet
from tests.realdata import real_data_dir

every_set = pytest.mark.parametrize("chosen", PUBLISHED.values(), ids=PUBLISHED)


@every_set
def test_the_checksums_are_those_of_the_real_files(chosen: PublishedSet) -> None:
    folder = real_data_dir() / chosen.name
    for path, file in zip(look(folder).paths, chosen.files, strict=True):
        content = path.read_bytes()
        raw = gzip.decompress(content) if path.suffix == ".gz" else content
        assert len(raw) == file.size
        assert hashlib.md5(raw, usedforsecurity=False).hexdigest() == file.md5


@every_set
def test_the_real_files_make_a_balanced_data_set(
    chosen: PublishedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_DATA", str(real_data_dir()))
    dataset = load_dataset(chosen.name, download=False)
    assert dataset.shape == (28, 28, 1)
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    assert min(dataset.train.class_counts(10)) > 5_000
    assert dataset.title == chosen.title


def test_fashion_mnist_has_its_usual_class_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_DATA", str(real_data_dir()))
    dataset = load_dataset("fashion-mnist")
    first = [dataset.classes[label] for label in dataset.train.y[:4]]
    assert first == ["Ankle boot", "T-shirt/top", "T-shirt/top", "Dress"]


@every_set
def test_addresses_end_with_a_slash_and_name_a_host(chosen: PublishedSet) -> None:
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in chosen.mirrors)
    assert len(chosen.classes) == 10
