"""Pieces of work on several threads: all done, errors heard of, threads gone, and the same bits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.crew import Crew
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.products import ALIGNMENT, MOST_PIECES, PIECE_WORK, cuts, pieces_for
from nnstudio.engine.ops.shared import LEAST_WORK
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Activation, BatchNorm, Conv2D, Dense, Dropout, Flatten, Input, MaxPool


def crew_threads() -> int:
    return sum(thread.name == "nnstudio-crew" for thread in threading.enumerate())


def meeting(parties: int) -> list[Callable[[], object]]:
    """Pieces that only end if so many threads work on them at the same time."""
    barrier = threading.Barrier(parties, timeout=30)
    return [barrier.wait] * parties


@pytest.mark.parametrize("pieces", [0, 1, 2, 7])
def test_every_piece_is_done_once(pieces: int):
    done: list[int] = []
    with Crew(3) as crew:
        crew.run([lambda number=number: done.append(number) for number in range(pieces)])
    assert sorted(done) == list(range(pieces))


def test_pieces_are_done_at_the_same_time_and_the_threads_end_with_the_block():
    before = crew_threads()
    with Crew(3) as crew:
        assert crew_threads() == before
        crew.run(meeting(3))
        crew.run(meeting(3))
        assert crew_threads() == before + 2
    assert crew_threads() == before


def test_a_closed_crew_or_one_told_so_works_alone():
    crew, workers = Crew(2), set[int]()
    pieces = [lambda: workers.add(threading.get_ident())] * 20
    crew.run(pieces)
    with crew:
        crew.size = 1
        crew.run(pieces)
        assert crew_threads() == 0
    assert workers == {threading.get_ident()}


def test_an_error_is_raised_when_all_pieces_are_done_and_the_crew_goes_on():
    done: list[int] = []

    def fail() -> None:
        raise ValueError("in a piece")

    with Crew(2) as crew:
        with pytest.raises(ValueError, match="in a piece"):
            crew.run([fail, *[lambda: done.append(1)] * 9])
        assert len(done) == 9
        crew.run(meeting(2))


def test_the_caller_goes_on_while_pieces_are_left_for_later():
    done: list[int] = []
    halfway = threading.Barrier(2, timeout=30)
    with Crew(2) as crew:
        with crew.deferring():
            crew.later([halfway.wait, *[lambda: done.append(1)] * 5])
            halfway.wait()
        assert len(done) == 5
        crew.later([lambda: done.append(2)])
        assert done[-1] == 2  # outside of such a block nobody goes on


def test_one_thread_computes_at_once_what_is_left_for_later():
    done: list[int] = []
    with Crew(1) as crew, crew.deferring():
        crew.later([lambda: done.append(1)] * 3)
        assert done == [1, 1, 1]


def test_an_error_in_what_was_left_for_later_is_raised_when_all_is_done():
    done: list[int] = []

    def fail() -> None:
        raise ValueError("in a piece")

    with Crew(2) as crew:
        block = crew.deferring()
        block.__enter__()
        crew.later([fail, *[lambda: done.append(1)] * 9])
        crew.later([lambda: done.append(1)] * 9)
        with pytest.raises(ValueError, match="in a piece"):
            block.__exit__(None, None, None)
        assert len(done) == 18
        crew.run(meeting(2))


def test_a_helper_without_other_work_computes_what_was_begun():
    begun, done = threading.Event(), list[int]()
    with Crew(2) as crew:
        need = crew.begin([begun.set, *[lambda: done.append(1)] * 5])
        crew.run(meeting(2))  # the helper wakes up for this
        assert begun.wait(timeout=30)
        need()
        assert len(done) == 5


def test_what_was_begun_is_computed_by_who_needs_it_if_nobody_else_has():
    done: list[int] = []
    for crew in (Crew(1), Crew(2)):
        with crew:
            need = crew.begin([lambda: done.append(threading.get_ident())] * 3)
            assert done == []  # nobody was woken
            need()
        assert done == [threading.get_ident()] * 3
        done.clear()


def test_a_thread_that_waits_for_others_computes_what_was_begun():
    done = threading.Event()
    with Crew(2) as crew:
        together = threading.Barrier(2, timeout=30)

        def piece() -> None:
            together.wait()
            if threading.current_thread().name == "nnstudio-crew":
                assert done.wait(timeout=30)  # by the other thread, which has nothing else to do

        need = crew.begin([done.set])
        crew.run([piece, piece])
        need()


def test_what_is_needed_soon_wakes_a_helper_up():
    begun = threading.Event()
    with Crew(2) as crew:
        need = crew.begin([begun.set], soon=True)
        assert begun.wait(timeout=30)
        need()


def test_an_error_in_what_was_begun_is_raised_where_it_is_needed():
    def fail() -> None:
        raise ValueError("in a piece")

    with Crew(2) as crew:
        need = crew.begin([fail])
        crew.run(meeting(2))
        with pytest.raises(ValueError, match="in a piece"):
            need()


def test_small_and_large_work_find_out_by_themselves_how_many_threads_pay(monkeypatch: pytest.MonkeyPatch):
    now = [0.0]
    monkeypatch.setattr("nnstudio.engine.crew.time", SimpleNamespace(perf_counter=lambda: now[0]))
    crew = Crew(2)
    for _ in range(20):
        for work, seconds in ((1, {1: 1.0, 2: 9.0}), (1000, {1: 9.0, 2: 1.0})):
            with crew.as_many_as_pay(work):
                now[0] += seconds[crew.size]
    chosen = {}
    for work in (1, 1000):
        with crew.as_many_as_pay(work):
            chosen[work] = crew.size
    assert chosen == {1: 1, 1000: 2}
    assert crew.size == 2  # as before


def test_a_block_within_a_block_leaves_the_threads_to_the_outer_one():
    with Crew(2) as crew:
        with crew:
            crew.run(meeting(2))
        assert crew.threads == 2
        crew.run(meeting(2))
    assert crew.threads == 1


def test_overflow_warns_on_no_thread():
    big = np.full(1000, 3e38, np.float32)
    with Crew(2) as crew, np.errstate(all="ignore"):
        crew.run([lambda: np.add(big, big)] * 50)


@pytest.mark.parametrize(
    ("work", "pieces"), [(1, 1), (LEAST_WORK - 1, 1), (LEAST_WORK, 2), (2**40, MOST_PIECES)]
)
def test_large_products_are_cut_into_few_and_even_pieces(work: int, pieces: int):
    assert pieces_for(work) == pieces
    assert pieces_for(4 * PIECE_WORK) == 4


@pytest.mark.parametrize(("length", "pieces"), [(569, 2), (1000, 4), (20, 8), (1, 2)])
def test_parts_cover_an_axis_in_whole_registers(length: int, pieces: int):
    parts = list(cuts(length, pieces))
    assert [at for part in parts for at in range(part.start, part.stop)] == list(range(length))
    assert len(parts) <= pieces
    assert all(part.start % ALIGNMENT == 0 for part in parts)


@pytest.mark.parametrize(("rows", "inner", "columns"), [(64, 800, 569), (569, 64, 800), (300, 300, 300)])
def test_a_product_in_pieces_is_the_product(rows: int, inner: int, columns: int):
    random = np.random.default_rng(0)
    a, b = random.random((rows, inner), np.float32), random.random((inner, columns), np.float32)
    bias = random.random(columns, np.float32)
    assert pieces_for(rows * inner * columns) > 1
    found = {threads: np.full((rows, columns), np.nan, np.float32) for threads in (1, 2, 3)}
    for threads, out in found.items():
        with Crew(threads) as crew:
            NumpyOps(crew).product(a, b, out, bias)
    np.testing.assert_allclose(found[1], a.astype(np.float64) @ b + bias, rtol=1e-5)
    for out in found.values():
        np.testing.assert_array_equal(out, found[1])


@pytest.mark.parametrize(
    ("n", "inputs", "units"), [(5, 30, 300), (64, 600, 500), (65, 600, 500), (64, 300, 10)]
)
def test_the_gradient_of_the_input_is_the_product_with_the_kernel_the_other_way(
    n: int, inputs: int, units: int
):
    random = np.random.default_rng(0)
    dz, kernel = random.random((n, units), np.float32), random.random((inputs, units), np.float32)
    found = {threads: np.full((n, inputs), np.nan, np.float32) for threads in (1, 2, 3)}
    for threads, dx in found.items():
        with Crew(threads) as crew:
            NumpyOps(crew).affine_backward(dz, dz, kernel, None, None, dx)
    np.testing.assert_allclose(found[1], dz.astype(np.float64) @ kernel.T, rtol=1e-5)
    for dx in found.values():
        np.testing.assert_array_equal(dx, found[1])


def test_calls_side_by_side_meet_on_threads_that_stay_as_long_as_the_crew_is_open():
    meeting, places = threading.Barrier(3, timeout=20), []

    def call(number: int) -> None:
        places.append((number, threading.get_ident()))
        meeting.wait()

    with Crew(1) as crew:
        for _ in range(3):
            crew.side_by_side(call, 3)
        assert crew_threads() == 2
    assert sorted(number for number, _ in places) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len({thread for _, thread in places}) == 3
    assert {thread for number, thread in places if number == 0} == {threading.get_ident()}
    assert crew_threads() == 0


def test_an_error_of_a_call_beside_comes_out_when_all_have_ended():
    ended = []

    def call(number: int) -> None:
        if number == 1:
            raise ValueError("beside")
        ended.append(number)

    with pytest.raises(ValueError, match="beside"):
        Crew(1).side_by_side(call, 3)
    assert sorted(ended) == [0, 2]
    assert crew_threads() == 0


@pytest.fixture
def wide_project() -> ProjectSpec:
    """A network whose products and update are cut into pieces."""
    layers = (Input(shape=(400,)), Dense(units=1000, activation="relu"), Dropout(rate=0.2), Dense(units=400))
    layers = (*layers, Activation(function="relu"), Dense(units=3), Activation(function="softmax"))
    recipe = {"optimizer": "Adam", "batch_size": 100, "epochs": 2, "clip_norm": 1.0, "l2": 1e-4}
    data = DataSpec(source="random", validation=0.2)
    network = NetworkSpec(layers=layers)
    return ProjectSpec(name="wide", network=network, data=data, train=TrainSpec.build(recipe))


@pytest.fixture
def image_project() -> ProjectSpec:
    """A network whose convolutions, normalisation, pooling and activations are cut into pieces."""
    first = Conv2D(filters=40, kernel_size=(5, 5), activation="tanh")
    second = Conv2D(filters=40, kernel_size=(3, 3), strides=(2, 2), activation="relu")
    layers = (Input(shape=(30, 30, 4)), first, BatchNorm(), MaxPool(), second, Flatten())
    layers = (*layers, Dense(units=3), Activation(function="softmax"))
    recipe = {"optimizer": "Momentum", "batch_size": 30, "epochs": 1}
    data = DataSpec(source="random", validation=0.25)
    network = NetworkSpec(layers=layers)
    return ProjectSpec(name="images", network=network, data=data, train=TrainSpec.build(recipe))


@pytest.mark.parametrize(("kind", "batch_size"), [("wide", 100), ("wide", 60), ("image", 30)])
def test_a_run_gives_the_same_weights_on_any_number_of_threads(
    kind: str, batch_size: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
):
    project: ProjectSpec = request.getfixturevalue(f"{kind}_project")
    project = project.replace(train=project.train.replace(batch_size=batch_size))
    shape = project.network.input_shape
    assert shape is not None
    random = np.random.default_rng(0)
    samples = 4 * batch_size
    part = Part(random.integers(0, 256, (samples, *shape), dtype=np.uint8), random.integers(0, 3, samples))
    data = prepare_dataset(Dataset("random", "Random", part, part, ("a", "b", "c")), project.data)
    runs = {}
    for threads in (1, 2, 3):
        monkeypatch.setenv("NNSTUDIO_THREADS", str(threads))
        trainer, helpers = Trainer(project, data), set[int]()
        for _ in trainer.run():
            helpers.add(crew_threads())
        assert max(helpers) == threads - 1
        assert crew_threads() == 0
        runs[threads] = trainer.state
    for state in runs.values():
        np.testing.assert_array_equal(state.weights, runs[1].weights)
        assert [record.val_loss for record in state.history] == [r.val_loss for r in runs[1].history]
