"""How many threads a team takes: what pays, soon after it begins or ceases to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnstudio.engine import room
from nnstudio.engine.ops.jit import team as team_module
from nnstudio.engine.ops.jit.team import Team
from nnstudio.engine.threads import LATEST


class Clock:
    """Stands still but for what a run is told to take."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(team_module, "time", clock)
    monkeypatch.setattr(room, "_until", 0.0)
    return clock


def sizes_of_runs(team: Team, clock: Clock, runs: int, seconds: Callable[[int], float]) -> list[int]:
    """The team's size behind each of some runs that take ``seconds(threads)``."""
    sizes = []

    def work(thread: int, threads: int) -> None:
        if thread == 0:
            clock.now += seconds(threads)

    for _ in range(runs):
        team.run(10, work)
        sizes.append(team.size)
    return sizes


def test_two_threads_are_kept_where_they_pay(clock: Clock):
    sizes = sizes_of_runs(Team(2), clock, 500, lambda threads: 1 / threads)
    assert set(sizes) == {2}


def test_one_thread_is_taken_where_two_wait_for_each_other(clock: Clock):
    sizes = sizes_of_runs(Team(2), clock, 10, lambda threads: 1.0 * threads)
    assert sizes[-1] == 1


def test_the_second_thread_is_back_soon_after_a_busy_moment(clock: Clock):
    team = Team(2)
    sizes_of_runs(team, clock, 3 * LATEST, lambda threads: 1 / threads)
    busy = sizes_of_runs(team, clock, 2 * LATEST, lambda threads: 1.0 * threads)
    assert busy[-1] == 1
    calm = sizes_of_runs(team, clock, LATEST + 1, lambda threads: 1 / threads)
    assert calm[-1] == 2


def test_tries_in_vain_grow_rare(clock: Clock):
    tried: list[int] = []

    def seconds(threads: int) -> float:
        tried.append(threads)
        return 1 / threads

    sizes_of_runs(Team(2), clock, 1000, seconds)
    assert tried.count(1) <= 1000 / LATEST + 6


def test_more_threads_are_reached_step_by_step(clock: Clock):
    team = Team(8)
    assert team.sizes == [1, 2, 4, 8]
    sizes_of_runs(team, clock, 40, lambda threads: 1.0 + abs(threads - 2))
    assert team.size == 2


@pytest.mark.parametrize(("most", "fewer"), [(1, 1), (2, 1), (8, 7)])
def test_a_core_is_left_free_while_somebody_waits_and_nothing_is_learnt_of_it(
    clock: Clock, most: int, fewer: int
):
    ran: list[int] = []

    def seconds(threads: int) -> float:
        ran.append(threads)
        return 1 / threads

    team = Team(most)
    sizes_of_runs(team, clock, 50, seconds)
    ran.clear()
    room.make_room(60)
    assert set(sizes_of_runs(team, clock, 50, seconds)) == {most}
    assert set(ran) == {fewer}
    ran.clear()
    room.make_room(0)
    sizes_of_runs(team, clock, 1, seconds)
    assert ran == [most]
