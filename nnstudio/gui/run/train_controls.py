"""What Train, Pause, Step, Stop and Reset offer at each moment of a run. Free of widgets."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.core.shapes import ShapeReport
from nnstudio.engine.session import Snapshot
from nnstudio.gui.stack.edits import lacks_output


@dataclass(frozen=True)
class Controls:
    """Which of the five buttons work, and which one is the next sensible action.

    Attributes:
        label: Text of the first button: Train, Training, Resume or Train more.
        primary: The filled button, "train", "pause" or "" for none.
        train, pause, step, stop, reset: The button can be pressed.
        reason: Why training can't start, for the first button's tooltip.
    """

    label: str
    primary: str
    train: bool = False
    pause: bool = False
    step: bool = False
    stop: bool = False
    reset: bool = False
    reason: str = ""


def controls(snapshot: Snapshot | None, problem: str = "", *, goes_on: bool = True) -> Controls:
    """The buttons for a run in the state of ``snapshot``.

    Args:
        snapshot: The newest one, or None without a run.
        problem: Why a new run can't start ("" if it can).
        goes_on: Train carries the ended run on, instead of starting a new one.
    """
    state = snapshot.state if snapshot is not None else None
    if state in ("preparing", "running"):
        return Controls("Training", "pause", pause=True, stop=True)  # while preparing: before the first step
    if state == "paused":
        return Controls("Resume", "train", train=True, step=True, stop=True, reset=True)
    again = state in ("finished", "stopped") and goes_on
    label = {"finished": "Train more", "stopped": "Resume"}.get(state or "", "Train") if again else "Train"
    if problem and not again:
        return Controls(label, "", reset=state is not None, reason=problem)
    return Controls(label, "train", train=True, step=True, reset=state is not None)


def blocking_problem(report: ShapeReport, classes: int | None) -> str:
    """Why the network can't be trained, in words, or "".

    Args:
        report: What is wrong with it.
        classes: Number of classes of the data, if known.
    """
    if report.ok:
        return ""
    if lacks_output(report):
        return f"Train needs an output layer{f' with {classes} units' if classes else ''}."
    first, *more = report.errors
    what = first.message[:1].upper() + first.message[1:].rstrip(".")
    return f"{what}, and {len(more)} more." if more else f"{what}."
