from __future__ import annotations

import threading

import pytest

from nnstudio.data.memory import RecentlyUsed


def test_a_value_is_made_once() -> None:
    memory: RecentlyUsed[object] = RecentlyUsed(2)
    first = memory.get("a", object)
    assert memory.get("a", object) is first
    memory.clear()
    assert memory.get("a", object) is not first


def test_the_value_unused_for_longest_is_dropped() -> None:
    memory: RecentlyUsed[object] = RecentlyUsed(2)
    a, b = memory.get("a", object), memory.get("b", object)
    assert memory.get("a", object) is a
    memory.get("c", object)
    assert memory.get("a", object) is a
    assert memory.get("b", object) is not b


def test_an_error_is_passed_on_and_not_kept() -> None:
    memory: RecentlyUsed[int] = RecentlyUsed(1)
    with pytest.raises(ZeroDivisionError):
        memory.get("a", lambda: 1 // 0)
    assert memory.get("a", lambda: 5) == 5


def test_threads_that_want_the_same_value_share_one() -> None:
    memory: RecentlyUsed[object] = RecentlyUsed(2)
    started, made, found = threading.Barrier(4), [], []

    def make() -> object:
        made.append(threading.get_ident())
        return object()

    def ask() -> None:
        started.wait(5)
        found.append(memory.get("a", make))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(made) == 1
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


def test_a_slow_value_does_not_hold_up_another() -> None:
    memory: RecentlyUsed[str] = RecentlyUsed(2)
    slow_began, slow_may_end = threading.Event(), threading.Event()

    def slow() -> str:
        slow_began.set()
        assert slow_may_end.wait(5)
        return "slow"

    thread = threading.Thread(target=memory.get, args=("slow", slow))
    thread.start()
    assert slow_began.wait(5)
    assert memory.get("quick", lambda: "quick") == "quick"
    slow_may_end.set()
    thread.join(5)
    assert memory.get("slow", lambda: "made again") == "slow"
