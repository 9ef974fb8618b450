"""The training recipe."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import field_validator

from nnstudio.core.activations import ActivationName
from nnstudio.core.fields import OneOf, field
from nnstudio.core.registry import Registered, Registry
from nnstudio.core.spec_base import Spec


class OptimizerSpec(Registered):
    """How gradients become weight changes."""


class LossSpec(Registered):
    """What training makes small.

    Attributes:
        link: Activation that turns what the network gives (logits) into probabilities.
    """

    link: ClassVar[ActivationName]


class ScheduleSpec(Registered):
    """How the learning rate changes over a run."""


OPTIMIZERS: Registry[OptimizerSpec] = Registry("optimizer", "nnstudio.optim")
LOSSES: Registry[LossSpec] = Registry("loss", "nnstudio.optim")
SCHEDULES: Registry[ScheduleSpec] = Registry("schedule", "nnstudio.optim")

Monitor = Literal["val_loss", "val_accuracy", "train_loss", "train_accuracy"]
"""A figure of an epoch that can be followed."""

MAX_CLASS_WEIGHT = 1e6


class EarlyStopping(Spec):
    """Stops a run that no longer improves."""

    monitor: Monitor = field(
        "val_loss", help="What has to improve. Without validation data the training figure is used."
    )
    patience: int = field(5, help="Epochs without improvement before training stops.", ge=1, le=10_000)
    min_delta: float = field(
        0.0, label="Least gain", help="Smaller changes don't count as improvement.", ge=0
    )
    restore_best: bool = field(True, help="Go back to the weights of the best epoch at the end.")


class TrainSpec(Spec):
    """The training recipe."""

    locked_while_training: ClassVar[frozenset[str]] = frozenset(
        {"optimizer", "batch_size", "seed", "gradient", "loss"}
    )
    """What a run can't change; everything else applies from its next epoch on."""

    optimizer: Annotated[OptimizerSpec, OneOf(OPTIMIZERS)] = field(
        "Adam", help="How gradients become weight changes."
    )
    learning_rate: float = field(0.001, help="Size of a step.", gt=0, le=1e6, log=True)
    schedule: Annotated[ScheduleSpec, OneOf(SCHEDULES)] = field(
        "Constant", help="How the learning rate changes over the run."
    )
    warmup: float = field(
        0.0,
        label="Warm-up",
        help="Epochs in which the learning rate rises in a straight line from 1 % of what the schedule says.",
        ge=0,
        le=1_000_000,
        unit="epochs",
        step=0.5,
        rare=True,
    )
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
    l1: float = field(
        0.0,
        label="L1 penalty",
        help="λ of the penalty λ·Σ|w| on every kernel: adds λ·sign(w) to the gradient, which drives "
        "small weights to 0. A layer may have its own.",
        ge=0,
        le=100,
        log=True,
        rare=True,
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
    clip_value: float | None = field(
        None,
        label="Clip each value",
        help="Cut every single gradient at ± this value, before the norm is looked at.",
        gt=0,
        le=1e9,
        log=True,
        rare=True,
    )
    label_smoothing: float = field(
        0.0,
        help="Share of a label that is spread evenly over all classes, so that the network grows less "
        "sure of itself. The losses shown stay the plain ones.",
        ge=0,
        lt=1,
        step=0.05,
    )
    class_weights: tuple[float, ...] | Literal["balanced"] | None = field(
        None,
        help="How much a sample of each class counts in the gradient: one number per class, or balanced, "
        "which gives every class the same total. The losses shown stay the plain ones.",
        rare=True,
    )
    early_stopping: EarlyStopping | None = field(None, help="Stop when a figure no longer improves.")
    validate_every: int = field(
        1,
        help="Epochs between two looks at the validation samples. The last epoch always has one.",
        ge=1,
        le=1_000_000,
        unit="epochs",
        rare=True,
    )
    exact_train: bool = field(
        False,
        label="Measure training exactly",
        help="Together with the validation samples also measure all training samples with the epoch's "
        "final weights, without dropout and augmentation. The running figures mix the epoch's weights.",
        rare=True,
    )
    keep_every: int | None = field(
        None,
        label="Keep every",
        help="Epochs between two checkpoints that stay on disk, for looking back and for forks.",
        ge=1,
        le=1_000_000,
        unit="epochs",
        rare=True,
    )
    keep_megabytes: int = field(
        500,
        label="Keep at most",
        help="Most disk space that the kept checkpoints of one run may take.",
        ge=1,
        le=1_000_000,
        unit="MB",
        step=100,
        rare=True,
    )
    gradient: Literal["mean", "sum"] = field(
        "mean", label="Batch gradient", help="Average the gradient over the batch, or sum it.", rare=True
    )
    loss: Annotated[LossSpec, OneOf(LOSSES)] = field(
        "CategoricalCrossentropy", help="What training makes small.", rare=True
    )

    @field_validator("class_weights", mode="before")
    @classmethod
    def _read_class_weights(cls, value: Any) -> Any:
        if value is None or value == "balanced":
            return value
        numbers = value if isinstance(value, list | tuple) else ()
        right = all(
            isinstance(x, int | float) and not isinstance(x, bool) and 0 <= x <= MAX_CLASS_WEIGHT
            for x in numbers
        )
        if len(numbers) < 2 or not right or not any(numbers):
            raise ValueError(
                "class weights are off, balanced, or one number per class from 0 to 1,000,000, not all 0"
            )
        return tuple(float(x) for x in numbers)
