"""What the strip above the curves says about a run, as plain functions of its snapshot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.engine.session import Snapshot
from nnstudio.engine.state import EpochRecord
from nnstudio.gui.views.train.curve_data import Best
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.metrics_strip import Metric

_EPOCH = Metric("epoch", "Epoch", "Epoch under way of those planned, and its batch", 2)
_TRAIN = Metric(
    "train_loss",
    "Train loss",
    "Mean loss over the last epoch, each batch measured as it was trained on.\nBelow: the newest batch.",
)
_SPEED = (
    Metric("rate", "Learning rate", "Size of a step along the gradient now; below: how it changes"),
    Metric("speed", "Samples/s", "Training samples per second, so far"),
    Metric("left", "Time left", "Expected time to the last epoch; below: training time so far"),
)
VALIDATED = (
    _EPOCH,
    _TRAIN,
    Metric("val_loss", "Val loss", "Mean loss on the validation samples after the last epoch", 2),
    Metric("val_accuracy", "Val accuracy", "Share of the validation samples classified correctly", 2),
    *_SPEED,
)
UNVALIDATED = (
    _EPOCH,
    _TRAIN,
    Metric("train_accuracy", "Train accuracy", "Share of hits over the last epoch, as it was trained", 2),
    Metric("validation", "Validation", "Hold back a share of the data on the Data page", 2),
    *_SPEED,
)


_SCHEDULES = {"OneCycle": "one cycle", "ReduceOnPlateau": "on plateau"}


@dataclass(frozen=True)
class Cell:
    """Content of one cell of the strip."""

    value: str = "–"
    suffix: str = ""
    note: str = ""


def cells(
    snapshot: Snapshot, records: Sequence[EpochRecord], validated: bool, recipe: TrainSpec
) -> dict[str, Cell]:
    """The strip's cells for a snapshot.

    Args:
        snapshot: The newest one.
        records: Completed epochs.
        validated: The run has validation samples.
        recipe: What the run trains by.
    """
    record = snapshot.record
    loss = record.train_loss if record else snapshot.train_loss
    shown = {
        "epoch": _epoch(snapshot),
        "train_loss": Cell(_loss(loss), note=_noted("batch", _loss(snapshot.batch_loss))),
        "rate": _rate(snapshot, recipe),
        "speed": _speed(snapshot),
        "left": _left(snapshot),
    }
    if not validated:
        accuracy = record.train_accuracy if record else snapshot.train_accuracy
        shown["train_accuracy"] = Cell(_share(accuracy), note=_best_share(records, "train_accuracy"))
        shown["validation"] = Cell("–", note="no validation data")
        return shown
    least = min((r for r in records if _finite(r.val_loss)), key=lambda r: r.val_loss or 0.0, default=None)
    note = f"best {_loss(least.val_loss)} at {least.epoch}" if least else ""
    shown["val_loss"] = Cell(_loss(record.val_loss if record else None), note=note)
    accuracy = record.val_accuracy if record else None
    shown["val_accuracy"] = Cell(_share(accuracy), note=_best_share(records, "val_accuracy"))
    return shown


def progress(snapshot: Snapshot) -> float:
    """Share of the planned steps that are done; of the preparation, while that is known."""
    if snapshot.state == "preparing":
        return snapshot.progress or 0.0
    planned = snapshot.epochs * snapshot.batches
    return snapshot.step / planned if planned else 0.0


def best_of(snapshot: Snapshot, project: ProjectSpec) -> Best | None:
    """The best epoch, by the figure that the run watches."""
    record = snapshot.best
    if record is None:
        return None
    rule = project.train.early_stopping
    figure: str = rule.monitor if rule else "val_loss"
    if getattr(record, figure) is None:
        figure = figure.replace("val_", "train_")
    split, _, metric = figure.partition("_")
    value = getattr(record, figure)
    text = numbers.percent(value) if metric == "accuracy" else numbers.number(value)
    return Best(record.epoch, f"{split} {metric} {text}", split)


def _epoch(snapshot: Snapshot) -> Cell:
    if snapshot.state == "preparing" or not snapshot.epoch:
        return Cell(
            "–", f"/ {numbers.count(snapshot.epochs)}", "preparing" if snapshot.state == "preparing" else ""
        )
    note = f"batch {numbers.count(snapshot.batch)}"
    if snapshot.batches:  # unknown of a run that was read from a file: its data aren't there yet
        note += f" / {numbers.count(snapshot.batches)}"
    return Cell(numbers.count(snapshot.epoch), f"/ {numbers.count(snapshot.epochs)}", note)


def _rate(snapshot: Snapshot, recipe: TrainSpec) -> Cell:
    """The rate of the next step, and the schedule's name; "warm-up" as long as that lasts."""
    rate, schedule = snapshot.learning_rate, recipe.schedule.type_name()
    if not rate:
        return Cell()
    warming = recipe.warmup > 0 and snapshot.step < recipe.warmup * snapshot.batches
    name = "warm-up" if warming else _SCHEDULES.get(schedule, schedule.lower())
    moving = warming or schedule != "Constant"  # then its further digits are noise
    return Cell(numbers.field_text(float(f"{rate:.1e}") if moving else rate), note=name)


def _speed(snapshot: Snapshot) -> Cell:
    speed = snapshot.samples_per_second
    return Cell(numbers.number(speed) if speed else "–", note=_device(snapshot.path))


def _device(path: str) -> str:
    """What computes, from a trainer's ``path``: "GPU", or the processor with the threads that train."""
    if path.startswith("GPU"):
        return "GPU"
    name = path.partition(": ")[0]
    return f"CPU, {name.rpartition(', ')[2] if 'thread' in name else '1 thread'}"


def _left(snapshot: Snapshot) -> Cell:
    if snapshot.ended:
        return Cell("–", note=f"{numbers.elapsed(snapshot.seconds)} in all")
    left, spent = snapshot.seconds_left, numbers.duration(snapshot.seconds)
    return Cell("–" if left is None else numbers.duration(left), note=f"{spent} so far")


def _best_share(records: Sequence[EpochRecord], name: str) -> str:
    known = [record for record in records if _finite(getattr(record, name))]
    if not known:
        return ""
    most = max(known, key=lambda record: getattr(record, name))
    return f"best {_share(getattr(most, name))} at {most.epoch}"


def _loss(value: float | None) -> str:
    return "–" if value is None else numbers.number(value)


def _share(value: float | None) -> str:
    return "–" if value is None else numbers.percent(value)


def _noted(word: str, value: str) -> str:
    return f"{word} {value}" if value != "–" else ""


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
