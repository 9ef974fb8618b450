"""Small real runs for the tests of everything that watches one."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.engine.session import Snapshot
from nnstudio.engine.state import Block, EpochRecord, Event
from nnstudio.engine.trainer import Trainer
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.run.notices import Notice
from nnstudio.layers import Dense, Input


def small_project(
    epochs: int = 3,
    validation: float = 0.25,
    learning_rate: float = 0.01,
    source: str = "moons",
    batch_size: int = 32,
) -> ProjectSpec:
    """Two dense layers for 2-D points: an epoch takes a few milliseconds."""
    layers = (Input(shape=(2,)), Dense(units=8, activation="relu"), Dense(units=2, activation="softmax"))
    return ProjectSpec(
        name="small",
        network=NetworkSpec(layers=layers),
        data=DataSpec(source=source, validation=validation),
        train=TrainSpec(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size),
    )


ENDLESS = 1_000_000
"""Epochs of a run that a test ends by itself."""


class Watched:
    """A live link and all that it told."""

    def __init__(self, qtbot: QtBot, document: Document, recorder: Any) -> None:
        self.qtbot, self.document = qtbot, document
        self.live = Live(document, recorder=recorder)
        self.events: list[Event] = []
        self.snapshots: list[Snapshot] = []
        self.states: list[str] = []
        self.ended: list[Snapshot] = []
        self.notices: list[Notice | None] = []
        self.live.points.connect(self.events.extend)
        self.live.snapshot_changed.connect(self.snapshots.append)
        self.live.state_changed.connect(self.states.append)
        self.live.run_ended.connect(self.ended.append)
        self.live.notice.connect(self.notices.append)

    def to_end(self) -> Snapshot:
        """Waits until the end of the run is announced."""
        before = len(self.ended)
        self.qtbot.waitUntil(lambda: len(self.ended) > before, timeout=20_000)
        return self.ended[-1]

    def until(self, state: str) -> None:
        """Waits for a state."""
        self.qtbot.waitUntil(lambda: self.live.state == state, timeout=20_000)

    @property
    def trainer(self) -> Trainer:
        """The trainer of the run."""
        session = self.live.session
        assert session is not None
        assert session.trainer is not None
        return session.trainer

    @property
    def step(self) -> int:
        """Steps done, as far as is known."""
        return self.live.snapshot.step if self.live.snapshot else 0

    def set_train(self, **changes: Any) -> None:
        """Edits the training recipe."""
        project = self.document.project
        self.document.apply("Change", project.replace(train=project.train.replace(**changes)))


def epochs_of(events: list[Event]) -> list[int]:
    return [event.epoch for event in events if isinstance(event, EpochRecord)]


def losses_of(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, Block) for loss in event.losses]
