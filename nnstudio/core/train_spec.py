"""The training recipe."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nnstudio.core.fields import OneOf, field
from nnstudio.core.registry import Registered, Registry
from nnstudio.core.spec_base import Spec


class OptimizerSpec(Registered):
    """How gradients become weight changes."""


class LossSpec(Registered):
    """What training makes small."""


OPTIMIZERS: Registry[OptimizerSpec] = Registry("optimizer", "nnstudio.optim")
LOSSES: Registry[LossSpec] = Registry("loss", "nnstudio.optim")


class EarlyStopping(Spec):
    """Stops a run that no longer improves."""

    monitor: Literal["val_loss", "val_accuracy", "train_loss", "train_accuracy"] = field(
        "val_loss", help="What has to improve. Without validation data the training figure is used."
    )
    patience: int = field(5, help="Epochs without improvement before training stops.", ge=1, le=10_000)
    min_delta: float = field(
        0.0, label="Least gain", help="Smaller changes don't count as improvement.", ge=0
    )
    restore_best: bool = field(True, help="Go back to the weights of the best epoch at the end.")


class TrainSpec(Spec):
    """The training recipe."""

    locked_while_training: ClassVar[frozenset[str]] = frozenset({"optimizer", "batch_size", "seed", "loss"})

    optimizer: Annotated[OptimizerSpec, OneOf(OPTIMIZERS)] = field(
        "Adam", help="How gradients become weight changes."
    )
    learning_rate: float = field(0.001, help="Size of a step.", gt=0, le=1e6, log=True)
    batch_size: int = field(128, help="Samples per step.", ge=1, le=1_000_000, step=1)
    epochs: int = field(20, help="Passes over the training data.", ge=1, le=1_000_000)
    seed: int = field(
        42, help="Seed of the initial weights, the order of samples and dropout.", ge=0, le=2**31 - 1
    )
    l2: float = field(
        0.0,
        label="L2 penalty",
        help="λ of the penalty λ·Σw² on every kernel, as in Keras: adds 2λw to the gradient. "
        "A layer may have its own.",
        ge=0,
        le=100,
        log=True,
    )
    clip_norm: float | None = field(
        None,
        label="Clip gradients",
        help="Scale all gradients down when their common L2 norm is larger.",
        gt=0,
        le=1e9,
        unit="norm",
        log=True,
    )
    early_stopping: EarlyStopping | None = field(None, help="Stop when validation no longer improves.")
    gradient: Literal["mean", "sum"] = field(
        "mean", label="Batch gradient", help="Average the gradient over the batch, or sum it."
    )
    loss: Annotated[LossSpec, OneOf(LOSSES)] = field(
        "CategoricalCrossentropy", help="What training makes small."
    )
