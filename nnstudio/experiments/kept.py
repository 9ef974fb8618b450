"""The checkpoints of a run that stay on disk, for looking back and for forks, within a bounded room."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nnstudio.core.spec import ProjectSpec, TrainSpec
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint
from nnstudio.engine.model import Model
from nnstudio.engine.state import Parent, TrainerState
from nnstudio.errors import FormatError
from nnstudio.formats.keras_h5 import save_model

FOLDER = "checkpoints"
_NAME = re.compile(r"epoch-(\d{1,9})\.h5")


@dataclass(frozen=True)
class Kept:
    """One checkpoint that stayed.

    Attributes:
        epoch: Epochs completed when it was written.
        path: Its file.
        size: Its bytes.
    """

    epoch: int
    path: Path
    size: int


def kept_checkpoints(run: Path) -> tuple[Kept, ...]:
    """The kept checkpoints of a run's folder, oldest first."""
    folder = run / FOLDER
    if not folder.is_dir():
        return ()
    named = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    found = (Kept(int(name[1]), path, path.stat().st_size) for name, path in named if name)
    return tuple(sorted(found, key=lambda kept: kept.epoch))


def load_kept(run: Path, epoch: int, load: Callable[[Path], Checkpoint] = load_checkpoint) -> Checkpoint:
    """The checkpoint of a run after some epoch.

    Args:
        run: The run's folder.
        epoch: The epoch's number.
        load: What reads the file.

    Raises:
        FormatError: It wasn't kept, or is damaged.
    """
    kept = kept_checkpoints(run)
    for checkpoint in kept:
        if checkpoint.epoch == epoch:
            return load(checkpoint.path)
    epochs = ", ".join(str(checkpoint.epoch) for checkpoint in kept)
    raise FormatError(
        f"{run} has no checkpoint of epoch {epoch}",
        allowed=f"epoch {epochs}" if kept else "none; the run kept no checkpoints",
        fix="choose one of these epochs" if kept else "train with --set train.keep_every=1",
    )


@dataclass(frozen=True)
class ForkPoint:
    """Where a fork begins.

    Attributes:
        project: The recipe of the parent.
        state: Its state.
        parent: What to record.
    """

    project: ProjectSpec
    state: TrainerState
    parent: Parent


def fork_point(run: Path, epoch: int | None) -> ForkPoint:
    """A moment of a run that another run can begin at.

    Args:
        run: The parent's folder.
        epoch: Epoch of a kept checkpoint; None for the run's last state.

    Raises:
        FormatError: There is no such run or checkpoint, or it is damaged.
    """
    path = run / "last.h5"
    checkpoint = load_checkpoint(path) if epoch is None else load_kept(run, epoch)
    if checkpoint.state is None:
        raise FormatError(f"{path} holds a model but no training state", fix="choose the folder of a run")
    return ForkPoint(checkpoint.project, checkpoint.state, Parent(run.name, checkpoint.state.epoch))


def keep(run: Path, model: Model, project: ProjectSpec, state: TrainerState) -> None:
    """Writes a checkpoint and makes room for it.

    Args:
        run: The run's folder.
        model: The model with the present weights.
        project: The recipe, whose ``keep_megabytes`` bounds the room.
        state: The state between two epochs.

    Raises:
        FormatError: It can't be written; those written before are unharmed.
    """
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    save_model(folder / f"epoch-{state.epoch:05d}.h5", model, project, state)
    for superfluous in thin_out(kept_checkpoints(run), project.train.keep_megabytes * 1_000_000):
        superfluous.path.unlink(missing_ok=True)


def drop_later(run: Path, epoch: int) -> None:
    """Removes the checkpoints of epochs that a resumed run will train again."""
    for checkpoint in kept_checkpoints(run):
        if checkpoint.epoch > epoch:
            checkpoint.path.unlink(missing_ok=True)


def thin_out(kept: tuple[Kept, ...], room: int) -> list[Kept]:
    """Those to remove so that the rest fits and is spread evenly over the epochs.

    The one that leaves the smallest gap goes first; the oldest and the newest stay as long as two fit.

    Args:
        kept: What there is, oldest first.
        room: Bytes that may be used.
    """
    left, removed = list(kept), []
    while len(left) > 1 and sum(checkpoint.size for checkpoint in left) > room:
        gaps = [left[i + 1].epoch - left[i - 1].epoch for i in range(1, len(left) - 1)]
        removed.append(left.pop(gaps.index(min(gaps)) + 1 if gaps else 0))
    return removed


def is_due(recipe: TrainSpec, epoch: int) -> bool:
    """Whether the recipe keeps a checkpoint after that epoch."""
    return recipe.keep_every is not None and (epoch % recipe.keep_every == 0 or epoch == recipe.epochs)


def kept_text(kept: tuple[Kept, ...]) -> str:
    """How many and how much, for a status line; "" for none."""
    if not kept:
        return ""
    noun = "checkpoint" if len(kept) == 1 else "checkpoints"
    return f"{len(kept)} {noun} kept, {sum(checkpoint.size for checkpoint in kept) / 1e6:,.1f} MB"
