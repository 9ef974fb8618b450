"""Which path trains a run, and what a run on the compiled path keeps to."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from nnstudio.engine import fast_path, room
from nnstudio.engine.ops.jit import build, stepper
from nnstudio.engine.ops.jit.lowering.chain import LOWERINGS
from nnstudio.engine.session import Session
from nnstudio.engine.state import Block, EpochRecord, TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import TrainingError
from nnstudio.layers import Dropout
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.optimizers import SGD, Momentum
from tests.helpers import small_data, small_network, small_project

pytestmark = pytest.mark.timeout(900)  # the kernels may have to be compiled first


@pytest.fixture(autouse=True)
def _jit(kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")


def trained(project, **kwargs) -> Trainer:
    trainer = Trainer(project, small_data(project), **kwargs)
    for _ in trainer.run():
        pass
    return trainer


def same(a: TrainerState, b: TrainerState) -> None:
    np.testing.assert_array_equal(a.weights, b.weights)
    for name, slot in a.slots.items():
        np.testing.assert_array_equal(slot, b.slots[name])
    assert (a.epoch, a.batch, a.step, a.hits, a.loss_sum) == (b.epoch, b.batch, b.step, b.hits, b.loss_sum)
    for left, right in zip(a.history, b.history, strict=True):
        assert (left.train_loss, left.val_loss) == (right.train_loss, right.val_loss)


@pytest.mark.parametrize("optimizer", [SGD(), Momentum(), Adam(amsgrad=True)])
@pytest.mark.parametrize("stop_after", [1, 5, 13])
def test_resuming_at_any_batch_is_bit_identical_for_any_threads(optimizer, stop_after: int, monkeypatch):
    project = small_project(optimizer=optimizer, clip_norm=0.5)
    whole = trained(project).state
    monkeypatch.setenv("NNSTUDIO_THREADS", "1")
    first = Trainer(project, small_data(project))
    first.block_steps = 1
    for _ in itertools.islice(first.run(), stop_after):
        pass
    monkeypatch.setenv("NNSTUDIO_THREADS", "2")
    same(trained(project, state=first.state.copy()).state, whole)


def test_making_room_for_somebody_who_draws_changes_no_bit(monkeypatch):
    project = small_project(optimizer=Momentum(), epochs=3)
    monkeypatch.setenv("NNSTUDIO_THREADS", "2")
    whole = trained(project).state
    monkeypatch.setattr(room, "_until", 0.0)
    trainer = Trainer(project, small_data(project))
    trainer.block_steps = 1
    for number, _ in enumerate(trainer.run()):
        room.make_room(60.0 if number % 3 else 0.0)
    same(trainer.state, whole)


def test_blocks_count_every_batch_once_and_may_be_of_one_step():
    project = small_project(epochs=2)
    trainer = Trainer(project, small_data(project))
    trainer.block_steps = 1
    blocks = [event for event in trainer.run() if isinstance(event, Block)]
    assert [block.step for block in blocks] == list(range(1, 2 * trainer.batches + 1))
    assert "kernels" in trainer.path


def test_a_little_time_that_is_left_is_no_run_of_its_own(kernels, monkeypatch):
    project = small_project()
    trainer = Trainer(project, data := small_data(project))
    parts = (trainer.network, project, data, trainer.state, trainer._update, trainer.batch_size, kernels)
    taker, now, runs = stepper.JitStepper(*parts), [0.0], []

    def run(positions, rates, epoch, first):
        now[0] += 0.009 * len(rates)
        taker._seconds_per_step = 0.009
        runs.append(len(rates))
        return [1.0] * len(rates), [0] * len(rates)

    monkeypatch.setattr(stepper, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(taker, "_run", run)
    taker.steps(np.arange(100), [0.1] * 100, 1, 0.1)
    assert runs == [1, 10]  # 1 ms is left
    del runs[:]
    taker.steps(np.arange(100), [0.1] * 100, 1, 0.1)
    assert runs == [11]


def test_a_diverging_run_goes_back_to_its_last_good_weights():
    project = small_project(optimizer="SGD", learning_rate=1e6, epochs=30)
    trainer = trained(project.replace(network=small_network(activation="linear")))
    assert trainer.reason == "diverged"
    assert np.isfinite(trainer.state.weights).all()


def test_a_changed_recipe_applies_from_the_next_epoch():
    project = small_project(optimizer="SGD", epochs=4, learning_rate=0.05)
    runs = []
    for change in (False, True):
        trainer = Trainer(project, small_data(project))
        run = trainer.run()
        next(event for event in run if isinstance(event, EpochRecord))
        if change:
            trainer.apply_at_next_epoch(project.train.replace(l2=0.5, clip_norm=0.1))
        runs.append([event.train_loss for event in run if isinstance(event, EpochRecord)])
    assert runs[0] != runs[1]


def test_both_paths_lead_to_about_the_same_losses(monkeypatch):
    project = small_project(epochs=5)
    fast = trained(project).state.history
    monkeypatch.setenv("NNSTUDIO_PATH", "numpy")
    for ours, numpys in zip(fast, trained(project).state.history, strict=True):
        assert math.isclose(ours.train_loss, numpys.train_loss, rel_tol=1e-4)
        assert math.isclose(ours.val_loss, numpys.val_loss, rel_tol=1e-4)


def test_a_layer_without_a_kernel_trains_in_numpy_and_says_so(monkeypatch):
    monkeypatch.delitem(LOWERINGS, Dropout)
    trainer = trained(small_project())
    assert trainer.path == "CPU · NumPy: Dropout has no fast kernel yet"
    assert trainer.reason == "finished"


def test_a_session_tells_its_path():
    project = small_project(epochs=1)
    session = Session(project, prepared=small_data(project))
    session.start()
    assert session.join(60)
    assert session.latest.path.startswith("CPU · A")


def test_the_kernels_take_over_where_an_epoch_begins(kernels, monkeypatch):
    """As long as they are being compiled, NumPy trains."""
    monkeypatch.setenv("NNSTUDIO_PATH", "auto")
    ready = []
    monkeypatch.setattr(build, "load", lambda *, wait: kernels if ready else None)
    project = small_project(epochs=3)
    trainer = Trainer(project, small_data(project))
    paths = []
    for event in trainer.run():
        if isinstance(event, Block):
            paths.append(trainer.path)
        elif event.epoch == 1:
            ready.append(True)
    assert paths[0] == "CPU · NumPy: the fast kernels are being compiled"
    assert paths[-1].startswith("CPU · A")


def steps_of(trainer: Trainer, most: int = 10**6) -> None:
    """Trains up to ``most`` steps, one by one."""
    trainer.block_steps = 1
    for event in trainer.run():
        if isinstance(event, Block) and trainer.state.step >= most:
            return


@pytest.mark.parametrize("stop_after", [1, 7, 9, 12, 13, 20])
@pytest.mark.parametrize(("ready_after", "paths"), [(0, ["jit"] * 4), (8, ["numpy", "numpy", "jit", "jit"])])
def test_a_run_that_changed_its_path_resumes_bit_for_bit(
    kernels, monkeypatch, ready_after, paths, stop_after
):
    """Six steps are an epoch: the kernels are there at once, or in the middle of the second."""
    monkeypatch.setenv("NNSTUDIO_PATH", "auto")
    project = small_project(epochs=4, optimizer="Adam")
    trainer = whole = Trainer(project, small_data(project))
    assert whole.batches == 6

    def load(*, wait: bool) -> object:
        return kernels if wait or trainer.state.step >= ready_after else None

    monkeypatch.setattr(build, "load", load)
    steps_of(whole)
    assert [record.path for record in whole.state.history] == paths
    trainer = first = Trainer(project, small_data(project))
    steps_of(first, stop_after)
    trainer = resumed = Trainer(project, small_data(project), first.state.copy())
    steps_of(resumed)
    same(resumed.state, whole.state)
    assert [record.path for record in resumed.state.history] == paths


def test_an_epoch_begun_on_the_kernels_waits_for_them(kernels, monkeypatch):
    project = small_project(epochs=2)
    first = Trainer(project, small_data(project))
    steps_of(first, 3)
    monkeypatch.setenv("NNSTUDIO_PATH", "auto")
    waits = []
    monkeypatch.setattr(build, "load", lambda *, wait: waits.append(wait) or (kernels if wait else None))
    resumed = Trainer(project, small_data(project), first.state.copy())
    next(resumed.run())
    assert waits == [True]
    assert resumed.path.startswith("CPU · A")


def test_an_evaluation_takes_the_kernels_unless_an_epoch_is_under_way(monkeypatch):
    trainer = Trainer(small_project(epochs=2), small_data())
    trainer.evaluate(trainer.data.validation)
    assert trainer.path.startswith("CPU · A")
    monkeypatch.setenv("NNSTUDIO_PATH", "numpy")
    trainer = Trainer(small_project(epochs=2), small_data())
    steps_of(trainer, 3)
    monkeypatch.setenv("NNSTUDIO_PATH", "jit")
    trainer.evaluate(trainer.data.validation)
    assert trainer.path == "CPU · NumPy"


def test_kernels_that_cant_be_compiled_in_the_background_are_given_up(monkeypatch):
    class Failed:
        def poll(self) -> int:
            return 1

    monkeypatch.setenv("NNSTUDIO_PATH", "auto")
    monkeypatch.setattr(build.store, "intact", lambda: False)
    monkeypatch.setattr(build, "compile_in_background", Failed)
    trainer = trained(small_project(epochs=1))
    assert trainer.path == "CPU · NumPy: the kernels can't be compiled here"


def test_a_machine_without_kernels_says_why(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    trainer = trained(small_project(epochs=1))
    assert trainer.path == "CPU · NumPy: there are no compiled kernels for riscv64"


def test_an_unknown_path_is_refused(monkeypatch):
    monkeypatch.setenv("NNSTUDIO_PATH", "abacus")
    with pytest.raises(TrainingError, match="auto, numpy, jit"):
        fast_path.chosen_path()
