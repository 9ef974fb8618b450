from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnstudio.data.catalog import load_dataset
from nnstudio.data.own_tests import OwnTests
from nnstudio.errors import DataError

DIGITS = tuple("0123456789")


def drawing(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (28, 28, 1), dtype=np.uint8)


@pytest.fixture
def tests(tmp_path: Path) -> OwnTests:
    return OwnTests(tmp_path / "sets")


def test_samples_come_back_in_order_with_their_labels(tests: OwnTests):
    assert tests.load((28, 28, 1), DIGITS) is None
    assert [tests.add(drawing(seed), seed, DIGITS) for seed in range(3)] == [1, 2, 3]
    part = tests.load((28, 28, 1), DIGITS)
    assert part is not None
    assert part.labels.tolist() == [0, 1, 2]
    assert (part.samples(slice(None)) == np.stack([drawing(seed) for seed in range(3)])).all()
    assert tests.count((28, 28, 1), DIGITS) == 3


def test_the_newest_sample_can_be_taken_out_again(tests: OwnTests):
    for seed in range(2):
        tests.add(drawing(seed), 7, DIGITS)
    assert tests.remove_last((28, 28, 1), DIGITS) == 1
    part = tests.load((28, 28, 1), DIGITS)
    assert part is not None
    assert (part.x[0] == drawing(0)).all()
    assert tests.remove_last((28, 28, 1), DIGITS) == 0
    assert tests.load((28, 28, 1), DIGITS) is None
    assert tests.remove_last((28, 28, 1), DIGITS) == 0


def test_networks_of_another_kind_have_a_set_of_their_own(tests: OwnTests):
    tests.add(drawing(0), 1, DIGITS)
    assert tests.count((28, 28, 1), ("cat", "dog")) == 0
    assert tests.count((32, 32, 3), DIGITS) == 0
    tests.add(np.zeros(4, np.float32), 1, ("cat", "dog"))
    assert tests.count((4,), ("cat", "dog")) == 1


def test_the_file_is_an_ordinary_data_set(tests: OwnTests):
    for seed in range(10):
        tests.add(drawing(seed), seed, DIGITS)
    dataset = load_dataset(str(tests.path((28, 28, 1), DIGITS)))
    assert dataset.classes == DIGITS
    assert len(dataset.train) == 10


def test_bad_labels_and_damaged_files_are_refused_in_words(tests: OwnTests):
    with pytest.raises(DataError, match="no class"):
        tests.add(drawing(0), 10, DIGITS)
    tests.add(drawing(0), 1, DIGITS)
    tests.path((28, 28, 1), DIGITS).write_bytes(b"no zip")
    assert tests.count((28, 28, 1), DIGITS) == 0
    with pytest.raises(DataError):
        tests.add(drawing(1), 1, DIGITS)
