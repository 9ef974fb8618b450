"""Undo and redo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnstudio.core.history import STEPS, Drag, History
from nnstudio.core.spec import ProjectSpec


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def named(name: str) -> ProjectSpec:
    return ProjectSpec(name=name)


def test_undo_and_redo_walk_through_the_states():
    history = History(named("a"))
    history.apply("Rename", named("b"))
    history.apply("Rename again", named("c"))
    assert history.undo_label == "Rename again"
    change = history.undo()
    assert change is not None
    assert (change.before.name, change.after.name) == ("c", "b")
    assert history.redo_label == "Rename again"
    history.redo()
    assert history.project.name == "c"
    assert history.redo() is None


def test_edits_that_are_withdrawn_were_never_made():
    clock = Clock()
    history = History(named("a"), clock)
    history.apply("Rename", named("b"))
    history.apply("Rename again", named("c"))
    history.undo()
    steps = history.steps
    for letter in "xyz":
        history.apply("Type", named(letter), merge="name")
        clock.now += 5  # a step each: slow typing
    assert len(history.steps) == 5
    change = history.withdraw()
    assert change is not None
    assert (change.label, change.before.name, change.after.name) == ("Type", "z", "b")
    assert (history.steps, history.position) == (steps, 1)
    assert history.redo_label == "Rename again", "what had been undone can be redone"
    assert history.withdraw() is None


def test_only_edits_that_nothing_has_sealed_are_withdrawn():
    history = History(named("a"))
    history.apply("Type", named("b"), merge="name")
    history.seal()
    assert history.withdraw() is None
    history.apply("Type", named("c"), merge="name")
    history.apply("Other", named("d"), merge="other")
    history.withdraw()
    assert history.project.name == "c"
    history.apply("At once", named("e"))
    assert history.withdraw() is None
    assert history.project.name == "e"


def test_a_full_history_gets_its_oldest_step_back():
    history = History(named("0"))
    for number in range(STEPS):
        history.apply("Rename", named(str(number + 1)))
    steps = history.steps
    history.apply("Type", named("typed"), merge="name")
    history.withdraw()
    assert history.steps == steps


def test_an_edit_that_changes_nothing_is_no_step():
    history = History(named("a"))
    assert history.apply("Nothing", named("a")) is None
    assert history.undo_label is None


def test_edits_with_one_key_within_a_second_are_one_step():
    clock = Clock()
    history = History(named("a"), clock)
    for letter in "bcd":
        history.apply("Type", named(letter), merge="name")
        clock.now += 0.5
    history.undo()
    assert history.project.name == "a"


def test_a_pause_another_key_or_a_seal_ends_merging():
    clock = Clock()
    history = History(named("a"), clock)
    history.apply("Type", named("b"), merge="name")
    clock.now += 1.5
    history.apply("Type", named("c"), merge="name")
    history.seal()
    history.apply("Type", named("d"), merge="name")
    history.apply("Other", named("e"), merge="other")
    names = []
    while history.undo():
        names.append(history.project.name)
    assert names == ["d", "c", "b", "a"]


def test_a_new_edit_drops_what_was_undone():
    history = History(named("a"))
    history.apply("Rename", named("b"))
    history.undo()
    history.apply("Rename", named("c"))
    assert history.redo_label is None
    history.undo()
    assert history.project.name == "a"


def test_a_hundred_steps_are_kept():
    history = History(named("0"))
    for number in range(1, STEPS + 50):
        history.apply("Count", named(str(number)))
    undone = 0
    while history.undo():
        undone += 1
    assert undone == STEPS


def test_going_to_a_step_is_as_many_undos_or_redos():
    history = History(named("a"))
    for letter in "bcd":
        history.apply(f"Rename {letter}", named(letter))
    change = history.go(1)
    assert change is not None
    assert (change.before.name, change.after.name, history.position) == ("d", "b", 1)
    assert (history.undo_label, history.redo_label) == ("Rename b", "Rename c")
    assert history.go(1) is None
    history.go(3)
    assert history.project.name == "d"
    with pytest.raises(IndexError):
        history.go(4)


def test_a_restored_history_is_the_one_it_was():
    history = History(named("a"))
    for letter in "bc":
        history.apply(f"Rename {letter}", named(letter))
    history.undo()
    again = History.restored(history.steps, history.position)
    assert [step.label for step in again.steps] == ["Open", "Rename b", "Rename c"]
    assert again.project.name == "b"
    assert again.redo_label == "Rename c"
    again.apply("Rename", named("d"))
    assert history.redo_label == "Rename c", "the two share nothing that changes"


def test_the_change_says_which_part_changed():
    project = named("a")
    history = History(project)
    change = history.apply("Epochs", project.replace(train=project.train.replace(epochs=3)))
    assert change is not None
    assert (change.network, change.data, change.train) == (False, False, True)


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=60))
def test_undo_then_redo_is_where_one_was(moves: list[str]):
    history = History(named("start"))
    for number, move in enumerate(moves):
        if move == "edit":
            history.apply("Edit", named(str(number)))
        else:
            getattr(history, move)()
    here = history.project
    if history.undo():
        history.redo()
    assert history.project == here


def test_a_drag_is_one_step_however_long_the_hand_rests():
    clock = Clock()
    history = History(named("a"), clock)
    for letter in "bcd":
        history.apply("Set name", named(letter), merge=Drag("name"))
        clock.now += 60
    history.seal()
    history.apply("Set name", named("e"), merge=Drag("name"))
    history.undo()
    assert history.project.name == "d"
    history.undo()
    assert history.project.name == "a"
