"""Runs on disk: one folder per run, written while it trains.

``project.json`` the full recipe · ``metrics.csv`` a line per epoch, appended as it happens ·
``batches.csv`` a line per step · ``last.h5`` to resume from · ``best.h5`` the best epoch ·
``checkpoints`` those kept for looking back · ``result.json`` figures at the end.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
import re
import time
from collections.abc import Iterator
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.atomic import replace_atomically
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.model import Evaluation, Model
from nnstudio.engine.state import Block, EpochRecord, Event, TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from nnstudio.experiments.kept import drop_later, is_due, keep, kept_checkpoints, kept_text
from nnstudio.formats.keras_h5 import save_model
from nnstudio.paths import data_dir

SAVE_SECONDS = 5.0
"""Least time between two saves of ``last.h5`` at the end of an epoch."""
LONG_EPOCH_SECONDS = 30.0
"""Time after which ``last.h5`` is saved within an epoch."""

_METRICS = [field.name for field in dataclasses.fields(EpochRecord)]
_BATCHES = ["step", "epoch", "loss", "accuracy"]


def runs_dir() -> Path:
    """Folder that keeps the runs of the application."""
    return data_dir() / "runs"


def new_run_folder(name: str, base: Path | None = None) -> Path:
    """A new, empty folder for a run: ``<date>-<time>-<name>``, numbered if it is taken.

    Raises:
        FormatError: It can't be made.
    """
    base = base or runs_dir()
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        folder = base / (f"{stamp}-{stem}" if number == 1 else f"{stamp}-{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise FormatError(
                f"the run's folder {folder} can't be made",
                received=error.strerror or str(error),
                fix="choose a folder you may write to, with --out",
            ) from error
        return folder
    raise FormatError(f"{base} holds too many runs of this second", fix="try again")


class RunRecorder:
    """Writes a run into its folder; used by the application, the command line and sweeps.

    Every method raises FormatError where the system refuses to write; what was written before is
    unharmed.

    Args:
        folder: The run's folder; it is made if it doesn't exist.

    Attributes:
        result: The figures of the run, once it has ended.
        problem: What could not be written last, for the caller's use.
        kept: The kept checkpoints in words, for a status line.
        keep_next: Keep a checkpoint at the end of the epoch under way, whatever the recipe says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.result: dict[str, Any] | None = None
        self.problem = ""
        self.kept = ""
        self.keep_next = False
        self._metrics: TextIOWrapper | None = None
        self._batches: TextIOWrapper | None = None
        self._saved_at = 0.0
        self._best_saved = 0

    def begin(self, trainer: Trainer) -> None:
        """Writes the recipe and opens the tables; a resumed run keeps its rows up to its state."""
        state = trainer.state
        with refusals(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for leftover in self.folder.glob(".*.tmp"):  # of a process that was killed while it saved
                leftover.unlink(missing_ok=True)
            write_text_atomically(self.folder / "project.json", trainer.project.dumps())
            kept = [list(dataclasses.asdict(record).values()) for record in state.history]
            self._metrics = _table(self.folder / "metrics.csv", _METRICS, kept)
            steps = [row for row in _rows(self.folder / "batches.csv") if int(row[0]) <= state.step]
            self._batches = _table(self.folder / "batches.csv", _BATCHES, steps)
            drop_later(self.folder, state.epoch)
            self.kept = kept_text(kept_checkpoints(self.folder))
        self._saved_at = time.monotonic()
        self._best_saved = 0

    def event(self, event: Event, trainer: Trainer) -> None:
        """Appends to the tables; saves the state every few seconds, mostly at the end of an epoch."""
        with refusals(self.folder):
            if isinstance(event, Block):
                self._file(self._batches).writelines(_lines(event))
            else:
                csv.writer(self._file(self._metrics)).writerow(dataclasses.asdict(event).values())
                self._file(self._metrics).flush()
                self._keep(event, trainer)
            due = LONG_EPOCH_SECONDS if isinstance(event, Block) else SAVE_SECONDS
            if time.monotonic() - self._saved_at >= due:
                self._file(self._batches).flush()
                self._save(trainer)

    def end(self, trainer: Trainer) -> None:
        """Saves the last state and the figures of the run."""
        self.result = {**result_of(trainer, str(self.folder)), "checkpoints": self.kept}
        try:
            with refusals(self.folder):
                self._save(trainer)
                text = json.dumps(self.result, indent=2, allow_nan=False) + "\n"
                write_text_atomically(self.folder / "result.json", text)
        finally:
            self.close()

    def close(self) -> None:
        """Closes the tables; the state stays as it was saved last."""
        with refusals(self.folder), contextlib.ExitStack() as files:  # closes both, whatever happens
            for file in (self._metrics, self._batches):
                if file is not None:
                    files.callback(file.close)

    def _keep(self, record: EpochRecord, trainer: Trainer) -> None:
        wanted = self.keep_next or is_due(trainer.spec, record.epoch)
        self.keep_next = False
        if wanted and _is_sound(trainer.state):
            project = trainer.project.replace(train=trainer.spec)
            keep(self.folder, trainer.model, project, trainer.state)
            self.kept = kept_text(kept_checkpoints(self.folder))

    def _save(self, trainer: Trainer) -> None:
        self._saved_at = time.monotonic()  # also if it fails, or a full disk would be tried at every block
        trainer.settle()
        if not _is_sound(trainer.state):  # about to diverge; the file keeps the last good state
            return
        project = trainer.project.replace(train=trainer.spec)
        save_model(self.folder / "last.h5", trainer.model, project, trainer.state)
        if trainer.state.best_epoch != self._best_saved:
            save_model(self.folder / "best.h5", trainer.best_model, project)
            self._best_saved = trainer.state.best_epoch

    @staticmethod
    def _file(file: TextIOWrapper | None) -> TextIOWrapper:
        assert file is not None, "begin() comes first"
        return file


def holds_run(folder: Path) -> bool:
    """Whether a run was written into the folder."""
    return any((folder / name).exists() for name in ("project.json", "last.h5", "best.h5"))


def load_run(folder: Path) -> tuple[ProjectSpec, TrainerState | None]:
    """The recipe and the state of a run, to resume it.

    Returns:
        The recipe, and the state; None for a run that was cut off before its state was saved first,
        which goes on from the start.

    Raises:
        FormatError: It is no run's folder, or its state is damaged.
        SpecError: Its recipe is damaged.
    """
    path, recipe = folder / "last.h5", folder / "project.json"
    if path.is_file():
        checkpoint = load_checkpoint(path)
        if checkpoint.state is None:
            raise FormatError(f"{path} holds a model but no training state", fix="train from the start")
        return checkpoint.project, checkpoint.state
    if not recipe.is_file():
        raise FormatError(
            f"{folder} is not a run that can be resumed",
            allowed="a run's folder with last.h5 or project.json in it",
            received="neither" if folder.is_dir() else "no such folder",
            fix="give the folder that 'nnstudio train' printed as its run",
        )
    with refusals(recipe, "read"):
        return ProjectSpec.loads(recipe.read_text(encoding="utf-8", errors="replace")), None


def result_of(trainer: Trainer, run: str) -> dict[str, Any]:
    """The figures of a run, as ``result.json`` holds them; ``reason`` says why it ended."""
    state, model, data = trainer.state, trainer.model, trainer.data
    last = _shown_epoch(trainer)
    test = evaluate_part(model, data, "test")
    validation = None
    if last is not None and last.val_loss is not None:
        validation = {"loss": _known(last.val_loss), "accuracy": last.val_accuracy}
    rate = trainer.samples / state.seconds if state.seconds else 0.0
    return {
        "run": run,
        "preset": trainer.project.name,
        "device": "gpu" if state.path == "gpu" else "cpu",
        "path": trainer.path,
        "parameters": trainer.network.report.parameters,
        "epochs": state.epoch,
        "best_epoch": state.best_epoch,
        "reason": trainer.reason,
        "parent": dataclasses.asdict(state.parent) if state.parent else None,
        "train": {"loss": _known(last.train_loss), "accuracy": last.train_accuracy} if last else None,
        "validation": validation,
        "test": {"loss": _known(test.loss), "accuracy": test.accuracy} if test else None,
        "seconds": round(state.seconds, 3),
        "samples_per_second": round(rate),
    }


def _shown_epoch(trainer: Trainer) -> EpochRecord | None:
    """The epoch whose weights the run ended with: the best where they were restored."""
    state, rule = trainer.state, trainer.spec.early_stopping
    if not state.history:
        return None
    restored = rule is not None and rule.restore_best and trainer.reason in ("finished", "early stopping")
    return state.history[(state.best_epoch if restored and state.best_epoch else state.epoch) - 1]


def _known(loss: float) -> float | None:
    """A loss for JSON, which has no infinity: null for one that overflowed."""
    return loss if math.isfinite(loss) else None


def _is_sound(state: TrainerState) -> bool:
    """Whether a reader would take the state: no NaN and no infinity in it."""
    return all(bool(np.isfinite(vector).all()) for vector in (state.weights, *state.slots.values()))


def evaluate_part(model: Model, data: Prepared, split: str) -> Evaluation | None:
    """A model's figures on one part of the data, or None if there is no such part."""
    part = getattr(data, split)
    if part is None or len(part) == 0:
        return None
    return model.evaluate(part.samples(slice(None)), part.labels)


def write_text_atomically(path: Path, text: str) -> None:
    """Replaces a text file so that it is at any moment the old one or the new one.

    Raises:
        FormatError: It can't be written; what was there before is unharmed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with refusals(path):
        try:
            temporary.write_text(text, encoding="utf-8", newline="")
            replace_atomically(temporary, path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def refusals(path: Path, action: str = "written") -> Iterator[None]:
    """Turns the system's refusal to write or read into an error for the user."""
    try:
        yield
    except OSError as error:
        raise FormatError(
            f"{path} can't be {action}",
            received=error.strerror or str(error),
            fix="choose a folder you may write to with enough free space; what was there is unharmed",
        ) from error


def _lines(block: Block) -> Iterator[str]:
    """A line of ``batches.csv`` per step."""
    pairs = zip(block.losses, block.accuracies, strict=True)
    for step, (loss, accuracy) in enumerate(pairs, block.step):
        yield f"{step},{block.epoch},{loss:.6g},{accuracy:.6g}\n"


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [row for row in rows if len(row) == len(_BATCHES) and row[0].isdigit()]  # a cut last line


def _table(path: Path, header: list[str], rows: list[Any]) -> TextIOWrapper:
    """A table with its first rows, open for more; until they are all written the old file stays."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    write_text_atomically(path, text.getvalue())
    return path.open("a", newline="", encoding="utf-8")
