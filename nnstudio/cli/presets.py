"""``nnstudio presets``: what can be trained by name."""

from __future__ import annotations

import argparse

from nnstudio.cli.output import print_json
from nnstudio.experiments.presets import list_presets


def run(arguments: argparse.Namespace) -> None:
    """Prints names and one line each."""
    presets = list_presets()
    if arguments.json:
        print_json([{"name": preset.name, "summary": preset.summary} for preset in presets])
        return
    width = max(len(preset.name) for preset in presets)
    for preset in presets:
        print(f"{preset.name:<{width}}  {preset.summary}")
