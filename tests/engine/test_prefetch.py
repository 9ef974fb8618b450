"""Batches fetched ahead: the very ones a gather gives, each fetched once, and left alone while it is used."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from nnstudio.data.batches import Gather, Scaling
from nnstudio.data.dataset import IntArray, Part
from nnstudio.engine.crew import Crew
from nnstudio.engine.prefetch import LEAST_BYTES, Prefetch

FEATURES = 500


@pytest.fixture
def part() -> Part:
    random = np.random.default_rng(0)
    return Part(random.integers(0, 256, (900, FEATURES), dtype=np.uint8), random.integers(0, 3, 900))


@pytest.fixture
def crew() -> Iterator[Crew]:
    """With a helper that is there."""
    with Crew(2) as crew:
        crew.run([lambda: None] * 2)
        yield crew


def prefetch(part: Part, crew: Crew) -> Prefetch:
    return Prefetch(lambda: gather(part), 4 * FEATURES, crew)


def gather(part: Part) -> Gather:
    return Gather(part, Scaling(scale=1 / 255), 300)


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first row of every piece that is fetched from now on."""
    fetched: list[int] = []
    load = Gather._load

    def record(self: Gather, rows: IntArray, samples: slice, epoch: int) -> None:
        fetched.append(int(rows[0]))
        load(self, rows, samples, epoch)

    monkeypatch.setattr(Gather, "_load", record)
    return fetched


@pytest.mark.parametrize("n", [20, 300])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_batch_is_what_a_gather_gives_while_the_next_one_is_fetched(
    part: Part, n: int, threads: int
) -> None:
    assert 20 * FEATURES * 4 < LEAST_BYTES < 300 * FEATURES * 4
    rows = [np.arange(n)[::-1] + 300 * k for k in range(3)] + [np.arange(0)]
    with Crew(threads) as crew:
        batches = prefetch(part, crew)
        crew.run([lambda: None] * 4)
        for present, following in pairwise(rows):
            x, labels = batches.batch(present, following, 1)
            crew.run([lambda: None] * 4)  # some threads have time for the next batch now
            np.testing.assert_array_equal(x, gather(part).x(present))
            np.testing.assert_array_equal(labels, part.labels[present])


def test_a_large_batch_on_its_way_is_fetched_once(
    part: Part, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = recorded(monkeypatch)
    batches, first, second = (
        prefetch(part, crew),
        np.arange(300),
        np.arange(300) + 300,
    )
    batches.batch(first, second, 1)
    crew.run([lambda: None] * 4)
    batches.batch(second.copy(), np.arange(0), 1)
    assert fetched == [0, 300]


def test_one_thread_fetches_a_batch_when_it_is_needed(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = recorded(monkeypatch)
    prefetch(part, Crew(2)).batch(np.arange(300), np.arange(300) + 300, 1)
    assert fetched == [0]


@pytest.mark.parametrize(("start", "epoch"), [(600, 1), (300, 2)])
def test_another_batch_than_the_one_on_its_way_is_fetched_anew(
    part: Part, crew: Crew, start: int, epoch: int
) -> None:
    batches, rows = prefetch(part, crew), np.arange(300)
    batches.batch(rows, rows + 300, 1)
    x, labels = batches.batch(rows + start, rows, epoch)
    np.testing.assert_array_equal(x, gather(part).x(rows + start))
    np.testing.assert_array_equal(labels, part.labels[rows + start])
