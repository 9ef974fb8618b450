"""How the cost of training grows with width, depth, batch, image size and classes: one picture.

Run by hand: ``python -m tests.benchmarks.growth [NAME ...] [--vs torch] [--seconds S] [--draw]``; the figures
go to ``growth.json`` and the picture to ``growth.png`` beside this file. ``--draw`` only draws what is there.
It needs matplotlib (the ``bench`` extra).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnstudio.cli.output import progress, say
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.experiments.bench import Case, measure
from nnstudio.layers import Conv2D, Dense, GlobalAvgPool, Input, MaxPool
from nnstudio.layers.base import Layer

RECORD = Path(__file__).with_name("growth.json")
PICTURE = Path(__file__).with_name("growth.png")
PATHS = ("numpy", "jit")
WORDS = {"numpy": "NumPy", "jit": "compiled", "torch": "PyTorch", "jax": "JAX"}


@dataclass(frozen=True)
class Series:
    """One quantity that grows.

    Attributes:
        name: What it is called on the command line.
        axis: Label of the axis, with what stays the same.
        values: From smallest to largest.
        layers: The network for a value.
        batch: Samples per step for a value.
    """

    name: str
    axis: str
    values: tuple[int, ...]
    layers: Callable[[int], list[Layer]]
    batch: Callable[[int], int] = lambda _: 128

    def case(self, value: int) -> Case:
        """What is trained for a value."""
        recipe = {"optimizer": "SGD", "batch_size": self.batch(value), "learning_rate": 1e-4, "epochs": 10**6}
        project = ProjectSpec(
            name=f"{self.name} {value}",
            network=NetworkSpec(layers=tuple(self.layers(value))),
            data=DataSpec(source="bench", validation=0.0),
            train=TrainSpec.build(recipe),
        )
        return Case(project.name, project)


def _dense(widths: list[int], classes: int = 10) -> list[Layer]:
    hidden = [Dense(units=width, activation="relu") for width in widths]
    return [Input(shape=(784,)), *hidden, Dense(units=classes, activation="softmax")]


def _images(size: int) -> list[Layer]:
    return [
        Input(shape=(size, size, 3)),
        Conv2D(filters=32, kernel_size=(3, 3), padding="same", activation="relu"),
        MaxPool(),
        Conv2D(filters=32, kernel_size=(3, 3), padding="same", activation="relu"),
        GlobalAvgPool(),
        Dense(units=10, activation="softmax"),
    ]


SERIES = (
    Series(
        "width",
        "units of two hidden layers (batch 128)",
        tuple(2**k for k in range(4, 13)),
        lambda width: _dense([width, width]),
    ),
    Series(
        "depth",
        "hidden layers of 64 units (batch 128)",
        tuple(2**k for k in range(7)),
        lambda depth: _dense([64] * depth),
    ),
    Series(
        "batch",
        "samples per step (784-256-10)",
        tuple(2**k for k in range(13)),
        lambda _: _dense([256]),
        lambda batch: batch,
    ),
    Series(
        "image",
        "height and width, three channels (two convolutions, batch 16)",
        (28, 32, 48, 64, 96, 128, 160, 192, 224),
        _images,
        lambda _: 16,
    ),
    Series(
        "classes",
        "classes (784-128-classes, batch 128)",
        (2, 5, 10, 20, 50, 100, 200, 500, 1000),
        lambda classes: _dense([128], classes),
    ),
)
"""From a network that fits the first cache to one that fits none."""


def run(series: Series, arguments: argparse.Namespace) -> dict[str, Any]:
    """Samples per second by path and value."""
    found: dict[str, Any] = {name: {} for name in (*PATHS, arguments.vs)}
    with progress() as shown:
        for value in series.values:
            rows = measure(
                series.case(value),
                PATHS,
                peer=arguments.vs,
                seconds=arguments.seconds,
                rounds=arguments.rounds,
                progress=shown.update,
            )
            for path, row in zip(PATHS, rows, strict=True):
                found[path][str(value)] = row.samples_per_second
                shown.line(
                    f"{series.name} {value}: {row.path} {row.samples_per_second:,.0f}, {row.ratio:.2f}"
                )
            found[arguments.vs][str(value)] = rows[0].peer_samples_per_second
    return found


def draw(record: dict[str, Any]) -> None:
    """One panel for each quantity, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 3, figsize=(15, 8.5), layout="constrained")
    for series, panel in zip(SERIES, panels.flat, strict=False):
        for name, points in record.get(series.name, {}).items():
            panel.plot([int(x) for x in points], list(points.values()), marker="o", ms=3, label=WORDS[name])
        panel.set(xscale="log", yscale="log", title=series.name, xlabel=series.axis, ylabel="samples/s")
        panel.grid(visible=True, which="both", alpha=0.2)
        panel.legend()
    for panel in panels.flat[len(SERIES) :]:
        panel.axis("off")
    figure.savefig(PICTURE, dpi=80)


def main() -> None:
    """Measures what was asked for, keeps it, and draws everything there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--vs", default="torch", choices=["torch", "jax"])
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for series in () if arguments.draw else SERIES:
        if not arguments.names or series.name in arguments.names:
            record[series.name] = run(series, arguments)
            RECORD.write_text(json.dumps(record, indent=1) + "\n")
    draw(record)
    say(f"Drawn: {PICTURE.name}")


if __name__ == "__main__":
    main()
