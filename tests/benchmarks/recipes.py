"""The presets' own recipes on the real data: published against reached.

Run by hand: ``python -m tests.benchmarks.recipes [PRESET ...]``. MNIST's test images judge
``digits-mlp``, which never sees an MNIST image while it trains.
"""

from __future__ import annotations

import sys

from nnstudio.data.prepare import prepare
from nnstudio.engine.trainer import Trainer
from nnstudio.experiments.presets import load_preset
from nnstudio.experiments.runs import evaluate_part

# test accuracy in per cent: what is published of the system, and the least we accept
GOALS = {
    "digits-mlp": ("-", 90.0, "mnist"),
    "s1-a8": ("about 85", 85.0, ""),
    "s2-tanh": ("84.31", 84.0, ""),
    "s2-sigmoid": ("-", 84.0, ""),
    "s4-linear": ("92.0", 91.5, ""),
    "s5-baseline": ("79.2", 79.0, ""),
}


def main(names: list[str]) -> None:
    """Trains each preset and prints a row."""
    print(f"{'preset':<14}{'published':>10}{'at least':>10}{'reached':>10}{'epochs':>8}{'seconds':>9}")
    for name in names or list(GOALS):
        published, least, judge = GOALS[name]
        project = load_preset(name)
        trainer = Trainer(project, prepare(project.data))
        for _ in trainer.run():
            pass
        data = prepare(project.data.replace(source=judge)) if judge else trainer.data
        reached = evaluate_part(trainer.model, data, "test").accuracy * 100
        mark = "" if reached >= least else "  below!"
        seconds = trainer.state.seconds
        print(
            f"{name:<14}{published:>10}{least:>10}{reached:>10.2f}{trainer.state.epoch:>8}{seconds:>9.1f}{mark}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
