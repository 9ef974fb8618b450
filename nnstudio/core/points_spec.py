"""What can be set about the 2-D sets of points: how many, how noisy, and what a network is told of them."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import field_validator

from nnstudio.core.fields import field
from nnstudio.core.spec_base import Spec

PlaneInput = Literal["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"]
PLANE_INPUTS: tuple[PlaneInput, ...] = get_args(PlaneInput)
"""Everything a network can be told of a point, in the order of its inputs."""


class PointsSpec(Spec):
    """How the points of a 2-D set are drawn, and which of their features are the network's inputs."""

    noise: float | None = field(
        None,
        help="Standard deviation of the noise; the points span −1 to 1.",
        ge=0,
        le=0.5,
        step=0.01,
        off="the set's own",
    )
    points: int = field(600, help="Points in all, to train on and to test with.", ge=20, le=20_000, step=20)
    test_share: float = field(
        1 / 3, help="Share of the points that the network is only tested with.", ge=0.05, le=0.9, step=0.05
    )
    inputs: tuple[PlaneInput, ...] = field(
        ("x", "y"), help="What the network is told of each point.", min_length=1
    )

    @field_validator("inputs")
    @classmethod
    def _in_order(cls, inputs: tuple[PlaneInput, ...]) -> tuple[PlaneInput, ...]:
        return tuple(name for name in PLANE_INPUTS if name in inputs)

    @property
    def counts(self) -> tuple[int, int]:
        """Points to train on and points to test with."""
        test = round(self.points * self.test_share)
        return self.points - test, test
