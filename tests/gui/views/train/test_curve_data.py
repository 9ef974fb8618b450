from __future__ import annotations

import math

import pytest

from nnstudio.engine.state import Block, EpochRecord
from nnstudio.gui.views.train.curve_axes import log_ticks, nice_axis, nice_step, spread, ticks_within
from nnstudio.gui.views.train.curve_data import Average, RunCurves, Series


def record(epoch: int, train: float = 0.5, val: float | None = 0.6) -> EpochRecord:
    accuracy = None if val is None else 1 - val
    return EpochRecord(epoch, train, 1 - train, val, accuracy, 0.001, float(epoch), 100.0)


def block(epoch: int, batch: int, losses: tuple[float, ...], batches: int = 4) -> Block:
    first = (epoch - 1) * batches + batch - len(losses) + 1
    return Block(epoch, first, batch, batches, losses, tuple(0.5 for _ in losses))


def test_the_average_has_no_bias_towards_its_start() -> None:
    # β = 0.5: a1 = 0.5·4 → /0.5 = 4; a2 = 0.5·2 + 0.5·1 = 1.5 → /0.75 = 2
    assert Average(0.5).extend([4.0, 1.0]) == pytest.approx([4.0, 2.0])
    assert Average(0.9).extend([3.0] * 5) == pytest.approx([3.0] * 5)
    assert Average(0.0).extend([3.0, 1.0]) == [3.0, 1.0]


def test_the_average_skips_gaps() -> None:
    smooth = Average(0.5).extend([4.0, math.nan, 1.0])
    assert math.isnan(smooth[1])
    assert [smooth[0], smooth[2]] == pytest.approx([4.0, 2.0])


def test_smoothing_again_equals_smoothing_from_the_start() -> None:
    slow, fast = Series(0.0), Series(0.6)
    for series in (slow, fast):
        series.extend([1, 2], [0.9, 0.5])
        series.extend([3], [0.4])
    assert slow.smooth.y.tolist() == slow.raw.y.tolist()
    slow.set_weight(0.6)
    assert slow.smooth.y.tolist() == fast.smooth.y.tolist()
    assert slow.smooth.y[2] != slow.raw.y[2]


def test_batches_stand_at_fractions_of_their_epoch() -> None:
    run = RunCurves(1)
    run.extend([block(1, 3, (0.9, 0.8, 0.7)), block(1, 4, (0.6,)), record(1), block(2, 1, (0.5,))])
    assert run.batch["loss"].x.tolist() == [0.25, 0.5, 0.75, 1.0, 1.25]
    assert run.batch["loss"].y.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5])
    assert run.series["loss", "train"].raw.x.tolist() == [1.0]
    assert run.end == 1.25


def test_the_error_of_a_batch_is_what_its_accuracy_lacks() -> None:
    run = RunCurves(1)
    run.extend([Block(1, 1, 2, 4, (0.9, 0.8), (0.25, 0.75))])
    error = run.batch["error"]
    assert (error.x.tolist(), error.y.tolist()) == ([0.25, 0.5], [0.75, 0.25])
    assert error.thinned(0, 1, 100)[1].tolist() == [0.75, 0.25]
    run.drop_batches()
    assert len(run.batch["error"]) == 0


def test_a_run_without_validation_has_no_validation_line() -> None:
    run = RunCurves(1)
    run.extend([record(1, 0.5, None), record(2, 0.4, None)])
    assert not run.validated
    assert len(run.series["accuracy", "train"].raw) == 2


def test_cutting_a_run_forgets_the_epoch_that_diverged() -> None:
    run = RunCurves(1)
    run.extend([block(1, 4, (0.9, 0.8, 0.7, 0.6)), record(1), block(2, 2, (0.5, math.nan))])
    run.cut(1.0)
    assert run.batch["loss"].x[-1] == 1.0
    assert run.end == 1.0
    assert len(run.records) == 1


def test_the_range_holds_all_epochs_but_not_the_first_batches() -> None:
    run = RunCurves(1)
    run.extend([block(1, 4, (9.0, 5.0, 2.0, 1.0))])
    assert run.value_range("loss") == (1.0, 9.0)
    run.extend([record(1, 0.9, 0.8), block(2, 4, (0.7, 0.7, 0.7, 0.7)), record(2, 0.7, 3.0)])
    low, high = run.value_range("loss") or (0, 0)
    assert low == pytest.approx(0.7)
    assert high == 3.0


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.12, 0.77, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
        (0.7, 0.99, [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0]),
        (0, 40, [0, 10, 20, 30, 40]),
        (2.3, 2.3, [2.1, 2.15, 2.2, 2.25, 2.3, 2.35, 2.4, 2.45]),
    ],
)
def test_an_axis_begins_and_ends_on_a_tick(low: float, high: float, ticks: list[float]) -> None:
    axis = nice_axis(low, high, 7)
    if low < high:
        assert list(axis.ticks) == ticks
    assert axis.low <= low <= high <= axis.high
    assert len(axis.ticks) <= 8
    assert (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])


def test_ticks_of_a_zoomed_stretch_lie_inside_it() -> None:
    axis = ticks_within(3.3, 9.1, 6, least_step=1.0)
    assert list(axis.ticks) == [4, 5, 6, 7, 8, 9]
    assert (axis.low, axis.high) == (3.3, 9.1)
    assert ticks_within(0.301, 0.304, 3).decimals == 3


def test_logarithmic_ticks_are_round_numbers_and_few() -> None:
    assert log_ticks(-2, 1, 4) == pytest.approx((0.01, 0.1, 1, 10))
    assert log_ticks(-1, 0, 7) == pytest.approx((0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0))
    assert len(log_ticks(-8, 3, 4)) <= 5


def test_steps_are_one_two_or_five() -> None:
    assert [nice_step(value) for value in (0.011, 0.02, 0.3, 6.0)] == pytest.approx([0.02, 0.02, 0.5, 10])


def test_labels_move_apart_as_little_as_possible() -> None:
    assert spread([10, 50, 90], 15, 0, 100) == [10, 50, 90]
    assert spread([50, 52], 10, 0, 100) == [46, 56]
    assert spread([52, 50], 10, 0, 100) == [56, 46]


def test_labels_stay_inside() -> None:
    assert spread([1, 2, 3], 10, 5, 95) == [5, 15, 25]
    assert spread([97, 99], 10, 5, 95) == [85, 95]
    crowded = spread([50, 50, 50], 60, 0, 100)
    assert crowded == [0, 50, 100]
