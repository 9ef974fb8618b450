"""A run on its own thread: commands, snapshots, errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, ProjectSpec
from nnstudio.engine.session import Session, Snapshot
from nnstudio.engine.state import Block, EpochRecord
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import Cancelled, FormatError, TrainingError
from tests.helpers import small_data, small_network, small_project

PATIENCE = 20.0  # seconds a busy machine may take; nothing waits that long when it works


@pytest.fixture
def sessions() -> Iterator[Callable[..., Session]]:
    made: list[Session] = []

    def make(project: ProjectSpec | None = None, **kwargs) -> Session:
        project = project or small_project(epochs=100_000)
        kwargs.setdefault("prepared", small_data(project))
        made.append(Session(project, **kwargs))
        return made[-1]

    yield make
    for session in made:
        session.stop()
        assert session.join(PATIENCE), "a training thread didn't end"


def wait(session: Session, what: Callable[[Snapshot], bool]) -> Snapshot:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if what(session.latest):
            return session.latest
        time.sleep(0.002)
    raise AssertionError(f"it never came: {session.latest}")


def steps(session: Session) -> int:
    return sum(len(event.losses) for event in session.points if isinstance(event, Block))


def test_a_run_trains_to_its_end_like_the_trainer_alone(sessions):
    project = small_project()
    session = sessions(project)
    session.start()
    snapshot = wait(session, lambda s: s.ended)
    alone = Trainer(project, small_data(project))
    for _ in alone.run():
        pass
    assert snapshot.state == "finished"
    assert snapshot.epoch == 3
    np.testing.assert_array_equal(session.model.weights, alone.state.weights)
    assert [e.epoch for e in session.points if isinstance(e, EpochRecord)] == [1, 2, 3]
    assert steps(session) == snapshot.step == alone.state.step


def test_samples_are_counted_as_they_are_and_not_as_whole_batches(sessions):
    session = sessions(small_project(epochs=2, batch_size=100))
    session.start()
    snapshot = wait(session, lambda s: s.ended)
    samples = 2 * len(session.prepared.train)
    assert samples < snapshot.step * 100
    assert snapshot.samples_per_second * snapshot.seconds == pytest.approx(samples)


def test_watching_changes_nothing(sessions):
    project = small_project(epochs=8)
    session = sessions(project)
    session.start()
    while not session.latest.ended:
        session.want_model()
        session.pause()
        session.resume()
    session.join(PATIENCE)
    quiet = Trainer(project, small_data(project))
    for _ in quiet.run():
        pass
    np.testing.assert_array_equal(session.model.weights, quiet.state.weights)


def test_pause_stands_still_and_resume_goes_on(sessions):
    session = sessions()
    session.start()
    wait(session, lambda s: s.epoch > 2)
    session.pause()
    paused = wait(session, lambda s: s.state == "paused")
    before = steps(session)
    time.sleep(0.05)
    assert steps(session) == before == paused.step
    session.resume()
    wait(session, lambda s: s.step > paused.step)


def test_the_model_is_never_old_even_if_nobody_asks(sessions, monkeypatch):
    monkeypatch.setattr("nnstudio.engine.session.UNWATCHED_MODEL_SECONDS", 0.01)
    session = sessions()
    session.start()
    first = wait(session, lambda s: s.epoch > 1) and session.model.weights
    wait(session, lambda s: not np.array_equal(session.model.weights, first))
    assert session.latest.state == "running"


def test_step_batch_makes_one_step_and_step_epoch_ends_an_epoch(sessions):
    session = sessions()
    session.start(until="batch")
    wait(session, lambda s: s.state == "paused")
    assert steps(session) == 1
    session.step_batch()
    wait(session, lambda s: s.state == "paused" and s.step == 2)
    session.step_epoch()
    snapshot = wait(session, lambda s: s.state == "paused" and s.step > 2)
    assert snapshot.record.epoch == 1
    assert snapshot.step == snapshot.batches == snapshot.batch


def test_stop_keeps_the_state(sessions):
    session = sessions()
    session.start()
    wait(session, lambda s: s.epoch > 1)
    session.stop()
    assert session.join(PATIENCE)
    assert session.latest.state == "stopped"
    assert session.trainer.state.step == steps(session)
    np.testing.assert_array_equal(session.model.weights, session.trainer.state.weights)


def test_stop_ends_a_paused_run(sessions):
    session = sessions()
    session.start(until="batch")
    wait(session, lambda s: s.state == "paused")
    session.stop()
    assert session.join(PATIENCE)


def test_a_stopped_run_goes_on_in_another_session(sessions):
    project = small_project(epochs=40)
    first = sessions(project)
    first.start()
    wait(first, lambda s: s.step > 10)
    first.stop()
    first.join(PATIENCE)
    second = sessions(project, state=first.trainer.state.copy())
    second.start()
    wait(second, lambda s: s.ended)
    whole = Trainer(project, small_data(project))
    for _ in whole.run():
        pass
    np.testing.assert_array_equal(second.model.weights, whole.state.weights)


def test_settings_are_applied_at_the_next_epoch(sessions):
    session = sessions()
    session.start()
    wait(session, lambda s: s.epoch > 1)
    session.apply(session.project.train.replace(learning_rate=0.125))
    snapshot = wait(session, lambda s: s.learning_rate == 0.125)
    assert snapshot.state == "running"


def test_a_locked_setting_is_refused_and_the_run_goes_on(sessions):
    session = sessions()
    session.start()
    wait(session, lambda s: s.epoch > 1)
    with pytest.raises(TrainingError, match="batch size can't change"):
        session.apply(session.project.train.replace(batch_size=7))
    epoch = session.latest.epoch
    assert wait(session, lambda s: s.epoch > epoch + 1 or s.ended).state == "running"


def test_a_stopped_run_says_where(sessions):
    session = sessions()
    session.start(until="epoch")
    wait(session, lambda s: s.state == "paused")
    session.stop()
    assert session.join(PATIENCE)
    assert session.latest.message == "Stopped after epoch 1. The run is kept."


class RefusedRecorder:
    """A recorder on a disk that refuses at one point."""

    kept = ""

    def __init__(self, at: str) -> None:
        self.at, self.closed = at, False

    def begin(self, trainer: Trainer) -> None:
        self._refuse("begin")

    def event(self, event: object, trainer: Trainer) -> None:
        self._refuse("event")

    def end(self, trainer: Trainer) -> None:
        self._refuse("end")

    def close(self) -> None:
        self.closed = True

    def _refuse(self, point: str) -> None:
        if point == self.at:
            raise FormatError("the disk is full")


def test_the_last_weights_are_there_even_if_the_end_cant_be_written(sessions):
    session = sessions(small_project(epochs=2), recorder=RefusedRecorder("end"))
    session.start()
    assert wait(session, lambda s: s.ended).message == "the disk is full"
    np.testing.assert_array_equal(session.model.weights, session.trainer.state.weights)


@pytest.mark.parametrize("at", ["begin", "event"])
def test_a_recorder_that_refuses_is_closed(sessions, at: str):
    recorder = RefusedRecorder(at)
    session = sessions(recorder=recorder)
    session.start()
    wait(session, lambda s: s.ended)
    assert (session.latest.state, recorder.closed) == ("failed", True)


def test_divergence_is_said_with_what_to_do(sessions):
    project = small_project(optimizer="Momentum", epochs=50, learning_rate=1e6)
    project = project.replace(network=small_network(activation="linear"))
    session = sessions(project)
    with np.errstate(all="ignore"):
        session.start()
        snapshot = wait(session, lambda s: s.ended)
    assert snapshot.state == "diverged"
    assert "1e+05" in snapshot.message
    assert np.isfinite(session.model.weights).all()


def test_bad_data_fail_in_words(sessions):
    project = small_project().replace(data=DataSpec(source="no-such-data"))
    session = sessions(project, prepared=None)
    session.start()
    snapshot = wait(session, lambda s: s.ended)
    assert snapshot.state == "failed"
    assert "no-such-data" in snapshot.message
    assert snapshot.traceback == ""


class Broken:
    kept = ""

    def begin(self, trainer: Trainer) -> None:
        pass

    def event(self, event: object, trainer: Trainer) -> None:
        raise RuntimeError("the disk is on fire")

    def end(self, trainer: Trainer) -> None:
        raise AssertionError("a broken run must not be saved")

    def close(self) -> None:
        self.closed = True


def test_an_unexpected_error_becomes_a_snapshot_with_its_traceback(sessions):
    recorder = Broken()
    session = sessions(recorder=recorder)
    session.start()
    snapshot = wait(session, lambda s: s.ended)
    assert recorder.closed
    assert snapshot.state == "failed"
    assert "the disk is on fire" in snapshot.message
    assert "RuntimeError" in snapshot.traceback
    assert session.trainer.state.step > 0


def test_preparation_reports_progress_and_can_be_cancelled(sessions, monkeypatch):
    entered, seen = threading.Event(), []

    def slow(spec: DataSpec, progress) -> None:
        entered.set()
        for number in range(100_000):
            seen.append(number)
            progress("Downloading", number / 100_000)
            time.sleep(0.001)

    monkeypatch.setattr("nnstudio.engine.session.prepare", slow)
    session = sessions(prepared=None)
    session.start()
    assert entered.wait(PATIENCE)
    wait(session, lambda s: s.message == "Downloading" and s.progress is not None)
    session.stop()
    assert session.join(PATIENCE)
    assert session.latest.state == "stopped"
    assert len(seen) < 100_000
    assert issubclass(Cancelled, Exception)


def test_the_doctor_has_a_say_after_the_first_epoch_and_at_the_end(sessions):
    project = small_project(epochs=4)
    session = sessions(project)
    session.start(until="epoch")
    wait(session, lambda s: s.state == "paused")
    assert len(session.case.history) == 1
    assert session.case.statistics.epoch == 1
    session.resume()
    wait(session, lambda s: s.ended)
    assert len(session.case.history) == 4
    assert session.findings
    assert session.visit.problem == ""


def test_a_doctor_who_fails_is_not_the_end_of_a_run(sessions, monkeypatch):
    monkeypatch.setattr("nnstudio.engine.checkup.look", lambda trainer: 1 / 0)
    session = sessions(small_project(epochs=2))
    session.start()
    assert wait(session, lambda s: s.ended).state == "finished"
    assert session.visit.problem == "division by zero"
    assert session.findings == ()


def test_a_run_that_diverged_is_explained_by_the_batch_that_broke_it(sessions):
    project = small_project(epochs=50)
    train = project.train.replace(optimizer="SGD", learning_rate=1e6, l2=100.0)
    session = sessions(project.replace(train=train))
    session.start()
    assert wait(session, lambda s: s.ended).state == "diverged"
    assert session.findings[0].kind == "nonfinite"
    assert session.case.diverged
