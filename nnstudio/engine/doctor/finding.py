"""What the training doctor says: a finding, the figures behind it, and the changes that mend it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from nnstudio.core.fields import describe
from nnstudio.core.fixes import Fix
from nnstudio.core.spec import DataSpec, ProjectSpec, TrainSpec

Kind = Literal[
    "nonfinite",
    "exploding",
    "diverging",
    "dead",
    "vanishing",
    "chance",
    "rate_high",
    "rate_low",
    "overfitting",
    "imbalance",
    "plateau",
    "healthy",
]

Severity = Literal["error", "caution", "good"]
"""``error``: this run comes to nothing as it is. ``caution``: it could do better. ``good``: go on."""


class Figure(NamedTuple):
    """One number of the evidence, as the Why? view lists it."""

    name: str
    value: float | int | str


@dataclass(frozen=True)
class ProjectFix:
    """A change of a project that can be offered as one button.

    Attributes:
        label: Text of the button: the exact change.
        train: New values of training settings, by name.
        data: New values of data settings, by name.
        layers: Edits of the network, each with the name of the layer it is made at.
    """

    label: str
    train: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[tuple[str, Fix], ...] = ()

    def apply(self, project: ProjectSpec) -> ProjectSpec:
        """The project with the change made.

        Raises:
            SpecError: The project no longer has a layer that the change is about.
        """
        network = project.network
        for layer, edit in self.layers:
            network = edit.apply(network, layer)
        return project.replace(
            network=network,
            train=project.train.replace(**self.train),
            data=project.data.replace(**self.data),
        )

    @property
    def needs_new_run(self) -> bool:
        """A run under way can't take the change over; it needs a new one."""
        return bool(self.layers or self.data or TrainSpec.locked_while_training & set(self.train))


@dataclass(frozen=True)
class Finding:
    """One thing that the doctor noticed.

    Attributes:
        kind: What it is.
        severity: How bad it is.
        title: What happened, in a few words ("Overfitting since epoch 17").
        evidence: The numbers that show it, in one or two short sentences.
        meaning: What that means and why the fixes help, for the Why? view.
        figures: The numbers behind it, by name.
        fixes: Changes that mend it, best first.
        layer: Name of the layer it is about, or empty.
    """

    kind: Kind
    severity: Severity
    title: str
    evidence: str
    meaning: str
    figures: tuple[Figure, ...] = ()
    fixes: tuple[ProjectFix, ...] = ()
    layer: str = ""


def set_train(name: str, value: Any) -> ProjectFix:
    """A fix that gives one training setting a value, labelled as its form field ("L2 penalty → 5e-4")."""
    return ProjectFix(f"{_label(TrainSpec, name)} → {_shown(value)}", train={name: value})


def set_data(name: str, value: Any) -> ProjectFix:
    """A fix that gives one data setting a value, labelled as its form field."""
    return ProjectFix(f"{_label(DataSpec, name)} → {_shown(value)}", data={name: value})


def short(value: float) -> str:
    """A number in three significant digits at most, as people write it: ``0.334``, ``5e-4``, ``2,513``."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def loss_text(value: float) -> str:
    """A loss as the curves show it, ``0.334``; large ones shorter."""
    size = abs(value)
    if size >= 100:
        return short(value)
    return f"{value:.{3 if size < 1 else 2 if size < 10 else 1}f}"


def percent(share: float) -> str:
    """A share as the interface writes it: ``3.2%``, ``98%``."""
    return f"{100 * share:.3g}%"


def one_digit(value: float) -> float:
    """A positive number rounded to one significant digit, as settings are usually given."""
    return float(f"{value:.0e}")


def _shown(value: Any) -> str:
    return short(value) if isinstance(value, (int, float)) else str(value)


def _label(spec: type[TrainSpec] | type[DataSpec], name: str) -> str:
    labels = {row.name: row.label for row in describe(spec)}
    return labels.get(name, name.replace("_", " ").capitalize())  # a hidden field has no row in a form
