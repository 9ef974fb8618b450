"""Presets: ready projects shipped as JSON, one file each in ``resources/presets``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from nnstudio.core.registry import did_you_mean
from nnstudio.core.spec import ProjectSpec
from nnstudio.errors import SpecError
from nnstudio.paths import resource


@dataclass(frozen=True)
class PresetInfo:
    """What a list of presets shows.

    Attributes:
        name: Name on the command line ("s1-a8").
        title: Title of its card.
        summary: One or two sentences.
        featured: Shown on the start page.
    """

    name: str
    title: str
    summary: str
    featured: bool = False


@cache
def list_presets() -> tuple[PresetInfo, ...]:
    """All presets, in the order of ``resources/presets/index.json``."""
    index = json.loads(resource("presets", "index.json").read_text(encoding="utf-8"))
    return tuple(PresetInfo(**entry) for entry in index)


def load_preset(name: str) -> ProjectSpec:
    """The project of a preset.

    Raises:
        SpecError: There is no such preset; the message suggests the nearest name.
    """
    known = [preset.name for preset in list_presets()]
    if name not in known:
        raise SpecError(
            f"there is no preset called {name!r}",
            allowed=", ".join(known),
            received=name,
            fix=did_you_mean(name, known) or "use one of the names above",
        )
    return ProjectSpec.loads(resource("presets", f"{name}.json").read_text(encoding="utf-8"))
