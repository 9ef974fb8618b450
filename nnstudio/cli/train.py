"""``nnstudio train``: one run in the terminal."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from nnstudio.cli.output import Progress, print_json, progress, say
from nnstudio.cli.specs import find_project, with_settings
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import prepare
from nnstudio.engine.trainer import Block, EpochRecord, Trainer, TrainerState
from nnstudio.errors import TrainingError
from nnstudio.experiments.runs import RunRecorder, load_run, new_run_folder


def run(arguments: argparse.Namespace) -> int:
    """Trains, and prints what came out."""
    from nnstudio.cli.main import DONE, FAILED, INTERRUPTED

    _check_device(arguments.device)
    state: TrainerState | None = None
    if arguments.resume:
        folder = Path(arguments.spec)
        project, state = load_run(folder)
        project = _with_options(project, arguments)
    else:
        project = _with_options(find_project(arguments.spec), arguments)
        folder = Path(arguments.out) if arguments.out else new_run_folder(project.name)
    infer_shapes(project.network).require()  # before any data are read
    with progress() as display:
        trainer = Trainer(project, prepare(project.data, display.update), state)
        recorder = RunRecorder(folder)
        _train(trainer, recorder, display)
    assert recorder.result is not None
    if arguments.json:
        print_json(recorder.result)
    else:
        print(_report(recorder.result))
    if trainer.reason == "diverged":
        say(
            "error: the loss became infinite or NaN; the last good weights are kept; "
            f"fix: use a smaller learning rate, such as --lr {trainer.spec.learning_rate / 10:g}, "
            "or clip the gradients with --set train.clip_norm=1"
        )
        return FAILED
    if trainer.reason == "stopped":
        say(f"interrupted; go on with: nnstudio train {folder} --resume")
        return INTERRUPTED
    return DONE


def _with_options(project: ProjectSpec, arguments: argparse.Namespace) -> ProjectSpec:
    """The project with the options of the command line; ``--set`` comes last."""
    data = {"source": arguments.data, "fraction": arguments.fraction, "validation": arguments.validation}
    train = {
        "epochs": arguments.epochs,
        "batch_size": arguments.batch_size,
        "learning_rate": arguments.lr,
        "optimizer": arguments.optimizer,
        "seed": arguments.seed,
    }
    project = project.replace(
        data=project.data.replace(**{k: v for k, v in data.items() if v is not None}),
        train=project.train.replace(**{k: v for k, v in train.items() if v is not None}),
    )
    return with_settings(project, arguments.set)


def _check_device(device: str) -> None:
    if device == "gpu":
        raise TrainingError(
            "there is no GPU path yet", allowed="--device cpu or auto", fix="leave --device out"
        )


def _train(trainer: Trainer, recorder: RunRecorder, display: Progress) -> None:
    recorder.begin(trainer)
    try:
        with ExitStack() as exits:
            interrupted = exits.enter_context(_interruptible())
            events = exits.enter_context(closing(trainer.run()))
            for event in events:
                recorder.event(event, trainer)
                if isinstance(event, EpochRecord):
                    display.line(_epoch_line(event, trainer.spec.epochs))
                elif display.live:
                    display.update(_epoch_text(event, trainer), event.batch / event.batches)
                if interrupted:
                    trainer.reason = "stopped"
                    break
    finally:
        recorder.end(trainer)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Collects Ctrl+C so that a step is never cut in two; a second one ends at once."""
    received: list[int] = []

    def handle(number: int, _frame: Any) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    try:
        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not on the main thread, so nobody can interrupt
        yield received
        return
    try:
        yield received
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _epoch_text(block: Block, trainer: Trainer) -> str:
    return f"epoch {block.epoch}/{trainer.spec.epochs}  loss {block.losses[-1]:.4f}"


def _epoch_line(record: EpochRecord, epochs: int) -> str:
    text = (
        f"epoch {record.epoch}/{epochs}  loss {record.train_loss:.4f}  accuracy {record.train_accuracy:.2%}"
    )
    if record.val_loss is not None:
        text += f"  val loss {record.val_loss:.4f}  val accuracy {record.val_accuracy:.2%}"
    return f"{text}  {record.samples_per_second:,.0f} samples/s"


def _report(result: dict[str, Any]) -> str:
    lines = [f"run          {result['run']}", f"parameters   {result['parameters']:,}"]
    lines.append(f"epochs       {result['epochs']}, best {result['best_epoch']} ({result['reason']})")
    for split in ("train", "validation", "test"):
        figures = result[split]
        if figures:
            lines.append(f"{split:<12} loss {figures['loss']:.4f}, accuracy {figures['accuracy']:.2%}")
    lines.append(f"time         {result['seconds']:.1f} s, {result['samples_per_second']:,} samples/s")
    return "\n".join(lines)
