"""Imported data are mapped: preparing and training on them never takes a copy of all."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, ProjectSpec, TrainSpec
from nnstudio.data import batches
from nnstudio.data.batches import epoch_order, part_order
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import prepare
from nnstudio.engine.trainer import Trainer

COUNT, SIDE = 12_000, 48


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    """A file of 27 MB of images in two classes, sorted by class; twice as many values as float32."""
    path = tmp_path / "large.h5"
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (COUNT, SIDE, SIDE), "u1")
        for first in range(0, COUNT, 1000):
            x[first : first + 1000] = rng.integers(0, 128 if first < COUNT // 2 else 256, (1000, SIDE, SIDE))
        file["y"] = np.arange(COUNT) * 2 // COUNT
    return path


def test_a_mapped_set_trains_in_a_fraction_of_its_size(mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "WHOLE_BYTES", 0)
    layers = [
        {"type": "Input", "shape": [SIDE, SIDE, 1]},
        {"type": "Flatten"},
        {"type": "Dense", "name": "out", "units": 2, "activation": "softmax"},
    ]
    recipe = DataSpec(source=str(mapped), scaling="standardise", test=0.1)
    project = ProjectSpec.build(
        {
            "network": {"layers": layers},
            "data": recipe,
            "train": TrainSpec(epochs=1, batch_size=64, learning_rate=1e-3),
        }
    )
    tracemalloc.start()
    try:
        prepared = prepare(recipe)
        imported = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        trainer = Trainer(project, prepared)
        for _ in trainer.run():
            pass
        trained = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert max(imported, trained) < COUNT * SIDE * SIDE * 3 / 4
    assert trainer.state.history[-1].val_accuracy == 1


@pytest.mark.parametrize(("n", "block"), [(10, 3), (5000, 2), (4096, 4), (7, 100), (0, 3)])
def test_shuffled_blocks_are_a_permutation_of_seed_and_epoch(n: int, block: int) -> None:
    order = epoch_order(n, seed=3, epoch=7, block=block)
    assert sorted(order.tolist()) == list(range(n))
    np.testing.assert_array_equal(order, epoch_order(n, 3, 7, block))
    if n > 100:
        assert (order != epoch_order(n, 3, 8, block)).mean() > 0.9


def test_a_batch_mixes_samples_from_all_over_the_data() -> None:
    order = epoch_order(1_000_000, 0, 1, block=64)
    batch = np.sort(order[:128] // 64)
    assert len(np.unique(batch)) > 110  # of nearly as many blocks as samples
    assert batch.min() < 1_000_000 // 64 * 0.05
    assert batch.max() > 1_000_000 // 64 * 0.95
    window = 1024 * 64
    assert len(np.unique(order[:window] // 64)) == 1024  # read while these are mixed, whole


def test_only_what_is_too_large_is_shuffled_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part(np.zeros((1000, 1024), np.uint8), np.zeros(1000, np.int64))
    np.testing.assert_array_equal(part_order(part, 1, 2), epoch_order(1000, 1, 2))
    monkeypatch.setattr(batches, "WHOLE_BYTES", 1000)
    np.testing.assert_array_equal(part_order(part, 1, 2), epoch_order(1000, 1, 2, block=256))
