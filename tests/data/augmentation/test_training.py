"""Augmentation as a run uses it."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import Any

import numpy as np
import pytest

from nnstudio.core.data_spec import AugmentationSpec
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.augmentation.augmenter import Augmenter
from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.trainer import Trainer
from tests.helpers import small_data, small_project

OPERATIONS = tuple(AugmentationSpec.model_fields)


def project(*names: str, **train: Any) -> ProjectSpec:
    plain = small_project(**train)
    augmentation = AugmentationSpec.build({name: {} for name in names})
    return plain.replace(data=plain.data.replace(augmentation=augmentation))


def trained(spec: ProjectSpec, state: Any = None) -> Trainer:
    trainer = Trainer(spec, small_data(spec), state)
    for _ in trainer.run():
        pass
    return trainer


def test_resuming_within_an_epoch_is_bit_identical() -> None:
    spec = project(*OPERATIONS)
    first = Trainer(spec, small_data(spec))
    first.block_steps = 1
    for _ in itertools.islice(first.run(), 8):
        pass
    assert first.state.batch > 0, "it should stop within an epoch"
    np.testing.assert_array_equal(
        trained(spec, first.state.copy()).state.weights, trained(spec).state.weights
    )


def test_it_changes_the_run() -> None:
    plain, varied = (trained(project(*names, epochs=1)).state.weights for names in ((), ("shift",)))
    assert not np.array_equal(plain, varied)


def test_only_training_batches_are_varied(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    apply = Augmenter.apply

    def record(self: Augmenter, x: Any, rows: Any, epoch: int) -> None:
        seen.extend((epoch, row) for row in rows.tolist())
        apply(self, x, rows, epoch)

    monkeypatch.setattr(Augmenter, "apply", record)
    trainer = trained(project(*OPERATIONS, epochs=2))
    rows = trainer.data.train.rows(slice(None)).tolist()
    assert sorted(seen) == [(epoch, row) for epoch in (1, 2) for row in sorted(rows)]
    seen.clear()
    validation = trainer.data.validation
    assert validation is not None
    figures = trainer.model.evaluate(validation.samples(slice(None)), validation.labels)
    assert seen == []
    assert trainer.state.history[-1].val_loss == pytest.approx(figures.loss, rel=1e-6)


def test_no_batch_is_allocated() -> None:
    part = Part(np.zeros((2000, 28, 28, 1), np.uint8), np.zeros(2000, np.int64))
    spec = AugmentationSpec.build({name: {} for name in OPERATIONS})
    gather = Gather(part, Scaling(), 2000, augmentation=spec)
    rows = np.arange(2000)
    gather.x(rows, 1)
    tracemalloc.start()
    try:
        gather.x(rows, 2)
        assert tracemalloc.get_traced_memory()[1] < 300_000  # the batch takes 6,272,000
    finally:
        tracemalloc.stop()
