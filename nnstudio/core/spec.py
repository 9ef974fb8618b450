"""The specs a project is made of: network, data recipe, training recipe. Frozen and validated.

Invalid *networks* (shapes that don't fit) are allowed here and reported by ``core.shapes``; invalid
*values* (a negative batch size) are refused at once.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, model_validator

from nnstudio.core.data_spec import DataSpec
from nnstudio.core.fields import field
from nnstudio.core.generator import MlpSpec
from nnstudio.core.layer import json_depth
from nnstudio.core.network_spec import MAX_LAYERS, NetworkSpec
from nnstudio.core.spec_base import Spec
from nnstudio.core.sweep_spec import SweepSpec
from nnstudio.core.train_spec import (
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    EarlyStopping,
    LossSpec,
    OptimizerSpec,
    ScheduleSpec,
    TrainSpec,
)
from nnstudio.errors import SpecError

PROJECT_VERSION = 1
MAX_JSON_DEPTH = 60

__all__ = [
    "LOSSES",
    "MAX_LAYERS",
    "OPTIMIZERS",
    "SCHEDULES",
    "DataSpec",
    "EarlyStopping",
    "LossSpec",
    "MlpSpec",
    "NetworkSpec",
    "OptimizerSpec",
    "ProjectSpec",
    "ScheduleSpec",
    "Spec",
    "SweepSpec",
    "TrainSpec",
    "parse_json",
]


class ProjectSpec(Spec):
    """Everything that makes a run repeatable."""

    name: str = field("untitled", help="Name of the project.", max_length=120)
    generator: MlpSpec | None = field(
        None, help="What the network is made from; none for one that was put together by hand."
    )
    network: NetworkSpec = field(NetworkSpec(), help="The network.")
    data: DataSpec = field(DataSpec(), help="The data recipe.")
    # made when asked for: its defaults need the optimizer registry, which imports this module
    train: TrainSpec = Field(default_factory=lambda: TrainSpec(), description="The training recipe.")
    sweep: SweepSpec = field(SweepSpec(), help="What a sweep varies; a single run takes no notice of it.")

    @model_validator(mode="before")
    @classmethod
    def _generate(cls, fields: Any) -> Any:
        """A generator without a network makes it; one that made another network is no longer true."""
        if not isinstance(fields, dict) or fields.get("generator") is None:
            return fields
        generator = MlpSpec.build(fields["generator"])
        made = generator.network()
        given = fields.get("network")
        if given is None:
            return {**fields, "generator": generator, "network": made}
        kept = generator if NetworkSpec.build(given) == made else None
        return {**fields, "generator": kept}

    def generated(self, generator: MlpSpec) -> ProjectSpec:
        """The project with the network that a generator makes."""
        return self.replace(generator=generator, network=generator.network())

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data with the format's name and version."""
        generator = {"generator": self.generator.model_dump(mode="json")} if self.generator else {}
        sweep = {} if self.sweep == SweepSpec() else {"sweep": self.sweep.model_dump(mode="json")}
        return {
            "format": "nnstudio-project",
            "version": PROJECT_VERSION,
            "name": self.name,
            **generator,
            "network": self.network.to_json(),
            "data": self.data.model_dump(mode="json"),
            "train": self.train.model_dump(mode="json"),
            **sweep,
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
