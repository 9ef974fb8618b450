"""Undo and redo: a list of immutable projects and a pointer into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from nnstudio.core.spec import ProjectSpec

STEPS = 100
MERGE_SECONDS = 1.0


@dataclass(frozen=True)
class Change:
    """What an edit, an undo or a redo changed.

    Attributes:
        label: Name of the step ("Set units").
        before: Project before it.
        after: Project after it.
    """

    label: str
    before: ProjectSpec
    after: ProjectSpec

    @property
    def network(self) -> bool:
        """The stack changed."""
        return self.before.network != self.after.network

    @property
    def data(self) -> bool:
        """The data recipe changed."""
        return self.before.data != self.after.data

    @property
    def train(self) -> bool:
        """The training recipe changed."""
        return self.before.train != self.after.train

    @property
    def sweep(self) -> bool:
        """The sweep set-up changed."""
        return self.before.sweep != self.after.sweep


@dataclass(frozen=True)
class Step:
    """A state and the edit that led to it.

    Attributes:
        label: Name of the edit.
        project: The project after it.
    """

    label: str
    project: ProjectSpec


@dataclass(frozen=True)
class Drag:
    """A merge key for a slider that is held: its edits become one step, however long the hand rests.

    Args:
        key: What is being moved.
    """

    key: Hashable


class History:
    """The states of a project, oldest first.

    Edits with the same merge key become one step while they follow each other within a second (those of
    a :class:`Drag`, at any distance) and nothing seals the step; that makes a slider drag or the typing of
    a number one undo.

    Args:
        project: The first state.
        clock: Seconds, monotonic; tests pass their own.
    """

    def __init__(self, project: ProjectSpec, clock: Callable[[], float] = time.monotonic) -> None:
        self._steps = [Step("Open", project)]
        self._position = 0
        self._merge: Hashable | None = None
        self._merged_at = 0.0
        self._unmerged = (self._steps, 0)  # the steps and the position before the edits that merge
        self._clock = clock

    @classmethod
    def restored(cls, steps: Sequence[Step], position: int) -> History:
        """A history as it was: all its steps, and which of them is the current one.

        Raises:
            IndexError: There is no such step.
        """
        history = cls(steps[position].project)
        history._steps, history._position = list(steps), position
        return history

    @property
    def steps(self) -> tuple[Step, ...]:
        """All states, oldest first, also those that can be redone."""
        return tuple(self._steps)

    @property
    def position(self) -> int:
        """Which of the steps is the current state."""
        return self._position

    @property
    def project(self) -> ProjectSpec:
        """The current state."""
        return self._steps[self._position].project

    @property
    def undo_label(self) -> str | None:
        """Name of the step that :meth:`undo` takes back, or None."""
        return self._steps[self._position].label if self._position > 0 else None

    @property
    def redo_label(self) -> str | None:
        """Name of the step that :meth:`redo` makes again, or None."""
        ahead = self._position + 1
        return self._steps[ahead].label if ahead < len(self._steps) else None

    def apply(self, label: str, project: ProjectSpec, merge: Hashable | None = None) -> Change | None:
        """Makes ``project`` the current state.

        Args:
            label: Name of the step, as the Edit menu shows it.
            project: The new state.
            merge: Edits with an equal key that follow each other become one step.

        Returns:
            What changed, or None if nothing did.
        """
        before = self.project
        if project == before:
            return None
        now = self._clock()
        follows = merge is not None and merge == self._merge
        merges = follows and (isinstance(merge, Drag) or now - self._merged_at < MERGE_SECONDS)
        if not follows:
            self._unmerged = (list(self._steps), self._position)
        self._merge, self._merged_at = merge, now
        del self._steps[self._position + 1 :]
        if merges:
            self._steps[self._position] = Step(label, project)
        else:
            self._steps.append(Step(label, project))
            self._steps = self._steps[-(STEPS + 1) :]
            self._position = len(self._steps) - 1
        return Change(label, before, project)

    def seal(self) -> None:
        """Ends merging: the next edit is a step of its own."""
        self._merge = None

    def withdraw(self) -> Change | None:
        """Forgets the edits of one merge key that nothing has sealed, however slowly they came.

        The history is then as it was before them, also with what can be redone; None if there are none.
        """
        if self._merge is None:
            return None
        label, before = self._steps[self._position].label, self.project
        self._steps, self._position = self._unmerged
        self.seal()
        return Change(label, before, self.project) if before != self.project else None

    def undo(self) -> Change | None:
        """Goes back one step; None if there is none."""
        return self._go(self._position - 1, self.undo_label)

    def redo(self) -> Change | None:
        """Goes forward one step; None if there is none."""
        return self._go(self._position + 1, self.redo_label)

    def go(self, position: int) -> Change | None:
        """Goes to any of the steps, as so many undos or redos would; None if it is the current one.

        Raises:
            IndexError: There is no such step.
        """
        if not 0 <= position < len(self._steps):
            raise IndexError(f"step {position} of {len(self._steps)}")
        return self._go(position, self._steps[position].label if position != self._position else None)

    def _go(self, position: int, label: str | None) -> Change | None:
        self.seal()
        if label is None:
            return None
        before, self._position = self.project, position
        return Change(label, before, self.project)
