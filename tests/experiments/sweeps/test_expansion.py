"""From a set-up to combinations."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.sweep_spec import value_text
from nnstudio.errors import SpecError
from nnstudio.experiments.sweeps.expansion import (
    axes_of,
    combination_text,
    drawn,
    grid,
    short_names,
    trial_count,
)
from nnstudio.experiments.sweeps.tpe import STARTUP, suggested
from tests.experiments.sweeps.sample_sweeps import project

LR, BATCH = "train.learning_rate", "train.batch_size"


def test_a_grid_is_every_combination_the_last_setting_fastest():
    axes = axes_of(project({"lr": "0.1,0.2", "optimizer": "SGD,Adam"}))
    assert [tuple(combination.values()) for combination in grid(axes)] == [
        (0.1, "SGD"),
        (0.1, "Adam"),
        (0.2, "SGD"),
        (0.2, "Adam"),
    ]


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        (LR, "1e-4..1:log", (1e-4, 1e-3, 1e-2, 1e-1, 1.0)),
        (LR, "1e-3..1e-1:log", (1e-3, 3.162e-3, 1e-2, 3.162e-2, 1e-1)),
        (LR, "0.1..0.5", (0.1, 0.2, 0.3, 0.4, 0.5)),
        (LR, "0.1..0.25:0.05", (0.1, 0.15, 0.2, 0.25)),
        (BATCH, "16..64", (16, 28, 40, 52, 64)),
        (BATCH, "1..3", (1, 2, 3)),
        (BATCH, "16..256:log", (16, 32, 64, 128, 256)),
    ],
)
def test_a_grid_takes_evenly_spaced_values_of_a_range(path: str, text: str, values: tuple[float, ...]):
    (axis,) = axes_of(project({path: text}))
    assert axis.grid() == pytest.approx(values)
    assert all(isinstance(value, int) for value in axis.grid()) == (path == BATCH)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.integers(0, 2**31 - 1),
    st.integers(0, 500),
    st.sampled_from(["1e-4..1e-1:log", "0.1..0.5", "0.1..0.5:0.1"]),
    st.sampled_from(["16..256:log", "3..900", "16,32"]),
)
def test_what_is_drawn_lies_inside_and_depends_on_seed_and_number_alone(
    seed: int, number: int, rate: str, batch: str
):
    axes = axes_of(project({LR: rate, BATCH: batch}))
    combination = drawn(axes, seed, number)
    assert combination == drawn(axes, seed, number)
    for axis, value in zip(axes, combination.values(), strict=True):
        assert isinstance(value, int if axis.whole else float)
        low, high = axis.vary.low or 16, axis.vary.high or 32
        assert low <= value <= high
        assert float(value_text(value)) == value  # the run's name tells it exactly


def test_a_logarithmic_range_gives_every_power_of_ten_its_share():
    axes = axes_of(project({LR: "1e-4..1:log"}))
    powers = [math.floor(math.log10(drawn(axes, 1, number)[LR])) for number in range(2000)]  # type: ignore[arg-type]
    for power in (-4, -3, -2, -1):
        assert 400 < powers.count(power) < 600


@pytest.mark.parametrize("strategy", ["random", "tpe"])
def test_no_two_trials_share_one_of_finitely_many_combinations(strategy: str):
    wanted = project(
        {LR: "0.1,0.2,0.3", BATCH: "8..11", "optimizer": "SGD,Adam"}, strategy=strategy, trials=50
    )
    axes = axes_of(wanted)
    assert trial_count(wanted.sweep, axes) == 24
    known: list = []
    for number in range(24):
        if strategy == "random":
            found = drawn(axes, 5, number)
        else:
            found = suggested(wanted.sweep, axes, number, known, [])
        assert found not in [combination for combination, _ in known]
        known.append((found, float(number % 7)))


def test_tpe_draws_where_earlier_trials_did_well():
    wanted = project({LR: "1e-5..1:log"}, strategy="tpe", trials=99)
    axes = axes_of(wanted)
    known: list = []
    for number in range(60):
        found = suggested(wanted.sweep, axes, number, known, [])
        known.append((found, -abs(math.log10(found[LR]) + 2.5)))  # type: ignore[arg-type]
    late = [merit for _, merit in known[STARTUP:]]
    assert sum(late) / len(late) > -0.8  # drawn evenly they would be -1.25 on average
    again = suggested(wanted.sweep, axes, 60, known, [])
    assert again == suggested(wanted.sweep, axes, 60, known, [])
    assert again != suggested(wanted.sweep, axes, 60, known, [again])  # it is being tried


def test_trials_bound_a_search_and_a_grid_that_is_too_large_is_refused():
    wanted = project({LR: "1e-5..1:log"}, strategy="random", trials=7)
    assert trial_count(wanted.sweep, axes_of(wanted)) == 7
    vast = project({LR: "1e-3..1:0.001", BATCH: "1..100:1"})
    with pytest.raises(SpecError, match=r"too many combinations.*10,000.*received: 100,000"):
        trial_count(vast.sweep, axes_of(vast))


def test_the_varied_values_name_a_trial_in_the_fewest_words():
    paths = [LR, "network.layers.dense.units", "network.layers.dense_1.units"]
    assert list(short_names(paths).values()) == ["learning_rate", "dense.units", "dense_1.units"]
    assert combination_text({LR: 1e-5, "train.clip_norm": None}) == "learning_rate=1e-5, clip_norm=off"
