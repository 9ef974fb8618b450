"""``nnstudio train``: one run in the terminal."""

from __future__ import annotations

import argparse
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

from nnstudio.cli.advice import advice
from nnstudio.cli.codes import DONE, FAILED, INTERRUPTED, LAST, WorkFailed
from nnstudio.cli.interrupts import interruptible
from nnstudio.cli.output import Progress, complain, print_json, progress, say
from nnstudio.cli.specs import find_project, with_options
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.data.batches import is_large, shuffle_words
from nnstudio.data.prepare import prepare
from nnstudio.engine.fork import fork
from nnstudio.engine.ops.gpu.detect import require_gpu
from nnstudio.engine.state import EpochRecord, Event, TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError, SpecError
from nnstudio.experiments.kept import ForkPoint, fork_point
from nnstudio.experiments.runs import RunRecorder, holds_run, load_run, new_run_folder

FIGURES = (
    "run",
    "preset",
    "device",
    "parameters",
    "epochs",
    "best_epoch",
    "train",
    "validation",
    "test",
    "seconds",
    "samples_per_second",
)
"""What ``--json`` prints of a run's result."""


def run(arguments: argparse.Namespace) -> int:
    """Trains, and prints what came out."""
    _check_options(arguments)
    if arguments.fork is not None:
        origin = fork_point(Path(arguments.spec), None if arguments.fork == LAST else arguments.fork)
        project, state = with_options(origin.project, arguments), None
    else:
        origin = None
        project, state = _resumed(arguments) if arguments.resume else (_fresh(arguments), None)
    infer_shapes(project.network).require()  # before any data are read
    with progress() as display:
        data = prepare(project.data, display.update)
        seen = infer_shapes(project.network, classes=len(data.classes), loss=project.train.loss)
        for problem in seen.warnings:
            say(f"warning: {problem.sentence()}")
        if is_large(data.train):
            say(f"shuffle: {shuffle_words(data.train)}")
        state = _forked(origin, project, len(data.train)) if origin else state
        trainer = Trainer(project, data, state, device=arguments.device)
        recorder = RunRecorder(_folder(arguments, project))  # nothing is written for a run that can't begin
        _train(trainer, recorder, display)
    result = recorder.result or {}
    if arguments.json:
        print_json({name: result[name] for name in FIGURES})
    else:
        print(_report(result, _computed_on(trainer)))
    if trainer.reason != "stopped" and (words := advice(trainer)):
        say(words)
    return _ending(trainer, recorder)


def _ending(trainer: Trainer, recorder: RunRecorder) -> int:
    """The exit code, with a word about runs that ended early."""
    if trainer.reason == "diverged":
        complain(
            "the loss became infinite or NaN; the last good weights are kept; "
            "fix: use a smaller learning rate, or clip the gradients with --set train.clip_norm=1"
        )
        return FAILED
    if trainer.reason == "stopped":
        say(f"interrupted; go on with: nnstudio train {shlex.quote(str(recorder.folder))} --resume")
        return INTERRUPTED
    return DONE


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.device == "gpu":
        require_gpu()
    if arguments.resume and arguments.fork is not None:
        raise SpecError("--resume goes on with a run and --fork begins another", fix="leave one of them out")
    if arguments.resume and arguments.out:
        raise SpecError(
            "--out doesn't go with --resume", received=arguments.out, fix="a run goes on in its own folder"
        )
    if arguments.out and not arguments.resume and holds_run(Path(arguments.out)):
        raise FormatError(
            f"there is a run in {arguments.out} already",
            allowed="a new or an empty folder",
            fix=f"choose another folder, or go on with: nnstudio train {arguments.out} --resume",
        )


def _forked(origin: ForkPoint, project: ProjectSpec, samples: int) -> TrainerState:
    """Where the fork begins, with a word about what begins anew."""
    forked = fork(origin.state, origin.project, project, samples, origin.parent)
    say(f"a new run from epoch {origin.parent.epoch} of {origin.parent.run}")
    if forked.fresh:
        say(f"these layers begin with fresh weights: {', '.join(forked.fresh)}")
    if project.train.epochs <= forked.state.epoch:
        say(f"all {forked.state.epoch} epochs are done; more with --epochs {2 * forked.state.epoch}")
    return forked.state


def _fresh(arguments: argparse.Namespace) -> ProjectSpec:
    return with_options(find_project(arguments.spec), arguments)


def _resumed(arguments: argparse.Namespace) -> tuple[ProjectSpec, TrainerState | None]:
    """The run in the folder SPEC, with the few changes that a run allows.

    Raises:
        SpecError: A change would make it another run.
    """
    before, state = load_run(Path(arguments.spec))
    after = with_options(before, arguments)
    if state is None:
        return after, state
    changed = [f"train.{n}" for n in sorted(TrainSpec.locked_while_training) if _differs(before, after, n)]
    changed += ["network"] if after.network != before.network else []
    changed += ["data"] if after.data.replace(source=before.data.source) != before.data else []
    if changed:
        raise SpecError(
            "a run that goes on can't change " + ", ".join(changed),
            allowed="other settings, such as --epochs and --lr, and another place of the same --data",
            fix="leave the change out, or train a new run without --resume",
        )
    if state.epoch >= after.train.epochs:
        say(f"all {state.epoch} epochs are done; more with --epochs {2 * state.epoch}")
    return after, state


def _differs(before: ProjectSpec, after: ProjectSpec, name: str) -> bool:
    return bool(getattr(before.train, name) != getattr(after.train, name))


def _folder(arguments: argparse.Namespace, project: ProjectSpec) -> Path:
    if arguments.resume:
        return Path(arguments.spec)
    return Path(arguments.out) if arguments.out else new_run_folder(project.name)


def _train(trainer: Trainer, recorder: RunRecorder, display: Progress) -> None:
    recorder.begin(trainer)
    done = False
    try:
        display.count(trainer.spec.epochs * trainer.batches, trainer.state.step)
        with interruptible() as interrupted, closing(trainer.run()) as events:
            for event in events:
                _record(recorder, event, trainer)
                _show(event, trainer, display)
                if interrupted:
                    trainer.reason = "stopped"
                    break
        done = True
    finally:
        if not done:  # cut off within a step: the state may be half old, half new, so it isn't saved
            recorder.close()
    try:
        recorder.end(trainer)
    except FormatError as error:
        raise WorkFailed(f"the end of the run could not be saved: {error}") from error
    finally:
        recorder.close()


def _record(recorder: RunRecorder, event: Event, trainer: Trainer) -> None:
    """Writes an event down; a full disk may have room again later, so training goes on."""
    try:
        recorder.event(event, trainer)
    except FormatError as error:
        if str(error) != recorder.problem:
            recorder.problem = str(error)
            say(f"warning: {error}")


def _show(event: Event, trainer: Trainer, display: Progress) -> None:
    epochs, state = trainer.spec.epochs, trainer.state
    if isinstance(event, EpochRecord):
        display.line(epoch_line(event, epochs))
    elif display.live:
        figures = (
            f"batch {event.batch:>{len(str(event.batches))}}/{event.batches}  "
            f"loss {state.loss_sum / state.seen:.4f}  accuracy {state.hits / state.seen:6.2%}"
        )
        display.step(state.step, _epoch_of(event.epoch, epochs), figures)


def epoch_line(record: EpochRecord, epochs: int) -> str:
    """What is known after an epoch, aligned from epoch to epoch and within 80 columns."""
    text = f"{_epoch_of(record.epoch, epochs)}  loss {record.train_loss:.4f}"
    text += f"  accuracy {record.train_accuracy:6.2%}"
    if record.val_loss is not None and record.val_accuracy is not None:
        text += f"  val {record.val_loss:.4f}  {record.val_accuracy:6.2%}"
    return f"{text}  {record.samples_per_second:,.0f} samples/s"


def _epoch_of(epoch: int, epochs: int) -> str:
    return f"epoch {epoch:>{len(str(epochs))}}/{epochs}"


def _computed_on(trainer: Trainer) -> str:
    """What computed the run, and why no GPU did."""
    return f"{trainer.path} (no GPU: {trainer.no_gpu})" if trainer.no_gpu else trainer.path


def _report(result: dict[str, Any], device: str) -> str:
    lines = [f"run          {result['run']}", f"device       {device}"]
    lines.append(f"parameters   {result['parameters']:,}")
    lines.append(f"epochs       {result['epochs']}, best {result['best_epoch']} ({result['reason']})")
    for split in ("train", "validation", "test"):
        figures = result[split]
        if figures and figures["loss"] is not None:
            lines.append(f"{split:<12} loss {figures['loss']:.4f}, accuracy {figures['accuracy']:.2%}")
    if result["checkpoints"]:
        lines.append(f"kept         {result['checkpoints']}")
    lines.append(f"time         {result['seconds']:.1f} s, {result['samples_per_second']:,} samples/s")
    return "\n".join(lines)
