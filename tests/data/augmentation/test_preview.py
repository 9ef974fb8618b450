from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.data_spec import AugmentationSpec
from nnstudio.data.augmentation.preview import preview
from nnstudio.data.batches import Gather, Scaling
from nnstudio.errors import DataError
from tests.data.sample_data import byte_part, float_part


def test_the_preview_is_what_a_run_sees() -> None:
    part = byte_part(30).select(np.arange(29, 4, -1))
    spec = AugmentationSpec.build({"shift": {"vertical": 0.5}, "noise": {}, "rotation": {}})
    rows = np.array([3, 20, 3])
    shown = preview(part, rows, spec, seed=9, epochs=2)
    assert shown.shape == (3, 3, 4, 3, 1)
    np.testing.assert_array_equal(shown[0], part.samples(rows))
    gather = Gather(part, Scaling(), 8, augmentation=spec, seed=9)
    for epoch in (1, 2):
        np.testing.assert_array_equal(shown[epoch], gather.x(rows, epoch))
    assert (shown[1] != shown[2]).any()


def test_without_operations_all_rows_are_alike() -> None:
    shown = preview(float_part(5), np.array([1]), AugmentationSpec(), seed=0, epochs=1)
    np.testing.assert_array_equal(shown[0], shown[1])


def test_what_cannot_be_varied_is_refused() -> None:
    with pytest.raises(DataError, match="no images"):
        preview(float_part(5), np.array([1]), AugmentationSpec.build({"zoom": {}}), seed=0, epochs=1)
