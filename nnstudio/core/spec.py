"""The specs a project is made of: network, data recipe, training recipe. Frozen and validated.

Invalid *networks* (shapes that don't fit) are allowed here and reported by ``core.shapes``; invalid
*values* (a negative batch size) are refused at once.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from nnstudio.core.fields import OneOf, field
from nnstudio.core.layer import LAYERS, LayerSpec, Shape, json_depth
from nnstudio.core.registry import Registered, Registry, spec_error
from nnstudio.errors import SpecError

PROJECT_VERSION = 1
MAX_LAYERS = 2_000
MAX_JSON_DEPTH = 60
S = TypeVar("S", bound="Spec")


class OptimizerSpec(Registered):
    """How gradients become weight changes."""


class LossSpec(Registered):
    """What training makes small."""


OPTIMIZERS: Registry[OptimizerSpec] = Registry("optimizer", "nnstudio.optim")
LOSSES: Registry[LossSpec] = Registry("loss", "nnstudio.optim")


class Spec(BaseModel):
    """Base of the frozen specs."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)

    def replace(self: S, **changes: Any) -> S:
        """A validated copy with some fields changed.

        Raises:
            SpecError: A value is not allowed; the message names the field and its bounds.
        """
        return self.build({**{k: getattr(self, k) for k in type(self).model_fields}, **changes})

    @classmethod
    def build(cls: type[S], fields: Any) -> S:
        """Builds the spec from fields or JSON data.

        Raises:
            SpecError: A value is not allowed.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise spec_error(cls.__name__, error) from error


class NetworkSpec(Spec):
    """A stack of layers, the first of which is the input.

    Every layer has a unique name; layers that come without one are named after their type, as Keras
    does (``dense``, ``dense_1``).
    """

    layers: tuple[Annotated[LayerSpec, OneOf(LAYERS)], ...] = field(
        (), help="The stack.", max_length=MAX_LAYERS
    )

    @field_validator("layers")
    @classmethod
    def _name(cls, layers: tuple[LayerSpec, ...]) -> tuple[LayerSpec, ...]:
        taken: set[str] = set()
        for layer in layers:
            if layer.name in taken:
                raise ValueError(f"two layers are called {layer.name!r}; rename one of them")
            if layer.name:
                taken.add(layer.name)
        return tuple(layer if layer.name else _named(layer, taken) for layer in layers)

    @property
    def input_shape(self) -> Shape | None:
        """Shape of one input sample, or None while there is no input layer."""
        if self.layers and self.layers[0].category == "input":
            return self.layers[0].output_shape(())
        return None

    def index(self, name: str) -> int:
        """Position of the layer called ``name``.

        Raises:
            SpecError: There is none.
        """
        for position, layer in enumerate(self.layers):
            if layer.name == name:
                return position
        raise SpecError(
            f"the network has no layer called {name!r}",
            allowed=", ".join(layer.name for layer in self.layers),
            received=name,
            fix="use one of the names above",
        )

    def layer(self, name: str) -> LayerSpec:
        """The layer called ``name``."""
        return self.layers[self.index(name)]

    def insert(self, position: int, *layers: LayerSpec) -> NetworkSpec:
        """The network with layers put in front of ``position``; names that are taken change."""
        taken = {layer.name for layer in self.layers}
        fresh = []
        for layer in layers:
            fresh.append(_named(layer, taken) if not layer.name or layer.name in taken else layer)
            taken.add(fresh[-1].name)
        return self.replace(layers=(*self.layers[:position], *fresh, *self.layers[position:]))

    def remove(self, *names: str) -> NetworkSpec:
        """The network without the named layers."""
        return self.replace(layers=tuple(layer for layer in self.layers if layer.name not in names))

    def move(self, name: str, position: int) -> NetworkSpec:
        """The network with one layer moved so that it stands in front of ``position``."""
        old = self.index(name)
        rest = self.layers[:old] + self.layers[old + 1 :]
        target = position - 1 if position > old else position
        return self.replace(layers=(*rest[:target], self.layers[old], *rest[target:]))

    def replace_layer(self, name: str, layer: LayerSpec) -> NetworkSpec:
        """The network with one layer exchanged for another."""
        position = self.index(name)
        return self.replace(layers=(*self.layers[:position], layer, *self.layers[position + 1 :]))

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {"layers": [layer.to_json() for layer in self.layers]}


def _named(layer: LayerSpec, taken: set[str]) -> LayerSpec:
    stem = re.sub(r"_\d+$", "", layer.name) or layer.default_name
    name, number = stem, 0
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return layer.replace(name=name)


class DataSpec(Spec):
    """Which data a run trains on and how they are prepared."""

    source: str = field("digits", help="Name of a data set, or a path.", min_length=1)
    fraction: float = field(
        1.0, label="Use", help="Random share of the training and of the test samples.", gt=0, le=1, step=0.05
    )
    validation: float = field(
        0.1, help="Share of the training samples held back to watch for overfitting.", ge=0, lt=1, step=0.05
    )
    scaling: Literal["unit", "standardise", "none"] = field(
        "unit",
        help="unit: divide bytes by 255. standardise: also subtract the training mean and divide by the "
        "training standard deviation. none: raw values.",
    )
    seed: int = field(42, label="Split seed", help="Seed of the split and of the sample.", ge=0, le=2**31 - 1)


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


class ProjectSpec(Spec):
    """Everything that makes a run repeatable."""

    name: str = field("untitled", help="Name of the project.", max_length=120)
    network: NetworkSpec = field(NetworkSpec(), help="The network.")
    data: DataSpec = field(DataSpec(), help="The data recipe.")
    # made when asked for: its defaults need the optimizer registry, which imports this module
    train: TrainSpec = Field(default_factory=lambda: TrainSpec(), description="The training recipe.")

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data with the format's name and version."""
        return {
            "format": "nnstudio-project",
            "version": PROJECT_VERSION,
            "name": self.name,
            "network": self.network.to_json(),
            "data": self.data.model_dump(mode="json"),
            "train": self.train.model_dump(mode="json"),
        }

    def dumps(self) -> str:
        """The project as JSON text, indented for people who read it."""
        return json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def loads(cls, text: str) -> ProjectSpec:
        """Reads a project from JSON text.

        Raises:
            SpecError: The text is no JSON, no NNStudio project, from a newer version, or holds a
                value that is not allowed.
        """
        return cls.from_json(parse_json(text))

    @classmethod
    def from_json(cls, value: Any) -> ProjectSpec:
        """Reads a project from JSON data; see :meth:`loads`."""
        if not isinstance(value, dict) or value.get("format") != "nnstudio-project":
            raise SpecError(
                "this is not an NNStudio project",
                allowed='a JSON object with "format": "nnstudio-project"',
                received=type(value).__name__ if not isinstance(value, dict) else repr(value.get("format")),
                fix="open a project saved by NNStudio",
            )
        version = value.get("version")
        if not isinstance(version, int) or not 1 <= version <= PROJECT_VERSION:
            raise SpecError(
                "this project has a version that this NNStudio doesn't read",
                allowed=f"version 1 to {PROJECT_VERSION}",
                received=repr(version),
                fix="update NNStudio, or save the project again with the version that made it",
            )
        return cls.build({k: v for k, v in value.items() if k not in ("format", "version")})


def parse_json(text: str) -> Any:
    """Parses JSON that somebody else may have written.

    Raises:
        SpecError: It is no JSON, or nested deeper than any project.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(
            "the file is not valid JSON", received=str(error), fix="open a file saved by NNStudio"
        ) from error
    if json_depth(value) > MAX_JSON_DEPTH:
        raise SpecError("the file is nested too deeply", allowed=f"at most {MAX_JSON_DEPTH} levels")
    return value
