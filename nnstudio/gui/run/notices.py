"""What a run has to tell the user, in plain words, each with the edit that would help."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from nnstudio.core.fixes import Fix
from nnstudio.core.shapes import ShapeReport
from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.doctor import Finding
from nnstudio.engine.fork import Fork
from nnstudio.engine.session import Snapshot
from nnstudio.gui.widgets import numbers

Edit = Callable[[ProjectSpec], ProjectSpec]


@dataclass(frozen=True)
class Notice:
    """One message for the strip above the curves.

    Attributes:
        kind: Kind of banner.
        title: What happened.
        detail: The evidence, and what to do.
        action: Text of the button that makes ``edit``, or "".
        edit: The helpful change of the project, or None.
        trace: The whole story, to be copied into a report, or "".
    """

    kind: Literal["info", "good", "caution", "error"]
    title: str
    detail: str = ""
    action: str = ""
    edit: Edit | None = None
    trace: str = ""


def refused(report: ShapeReport) -> Notice:
    """Why the network can't be trained yet, with the first fix on offer."""
    problems = report.errors
    first = problems[0]
    more = f" And {len(problems) - 1} more, marked in the stack." if len(problems) > 1 else ""
    sentence = first.sentence()
    detail = sentence.partition("; fix:")[0].rstrip(".") + "." + more
    title = "The network can't be trained yet"
    if not first.fixes:
        return Notice("error", title, detail)
    fix = first.fixes[0]
    return Notice("error", title, detail, fix.label, _fix_edit(fix, first.layer))


def ended(snapshot: Snapshot, findings: Sequence[Finding] = ()) -> Notice | None:
    """What the end of a run has to tell beyond the figures and findings; None for a plain end."""
    if snapshot.state == "diverged":
        explained = any(finding.kind == "nonfinite" for finding in findings)
        return None if explained else _diverged(snapshot)
    if snapshot.state == "failed":
        trace = snapshot.traceback or snapshot.message
        return Notice("error", "Training stopped by an error", snapshot.message, trace=trace)
    if snapshot.early_stopped:
        return Notice("info", "Stopped early", snapshot.message)
    return None


def forked(made: Fork) -> Notice | None:
    """What of the parent a forked run could not take over; None if it took everything."""
    missing = []
    if made.fresh:
        missing.append(f"These layers begin with fresh weights: {', '.join(made.fresh)}.")
    if made.fresh_optimizer:
        missing.append("The optimizer is another one and has seen nothing yet.")
    parent = made.state.parent
    if not missing or parent is None:
        return None
    return Notice("info", f"Forked from epoch {parent.epoch}", " ".join(missing))


def not_kept(problem: str) -> Notice:
    """The run goes on, but can't be written."""
    title = "This run is not being saved"
    return Notice("caution", title, f"Training goes on. {problem}", trace=problem)


def _diverged(snapshot: Snapshot) -> Notice:
    infinite = snapshot.batch_loss is not None and math.isinf(snapshot.batch_loss)
    good = snapshot.epoch if snapshot.record is not None else 0
    title = f"Loss became {'infinite' if infinite else 'NaN'} in epoch {good + 1}"
    restored = f"Restored the weights of epoch {good}." if good else "Restored the initial weights."
    rate = float(f"{snapshot.learning_rate / 10:.3g}")
    return Notice(
        "error",
        title,
        f"{restored} A smaller learning rate usually helps.",
        f"Set learning rate {numbers.field_text(rate)}",
        lambda project: project.replace(train=project.train.replace(learning_rate=rate)),
        snapshot.message,
    )


def _fix_edit(fix: Fix, layer: str) -> Edit:
    return lambda project: project.replace(network=fix.apply(project.network, layer))
