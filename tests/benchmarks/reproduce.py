"""Trains the published systems with their own recipes on the real data: published against reached.

Run by hand: ``python -m tests.benchmarks.reproduce [NAME ...] [--results FILE] [--table]``, where NAME is a
preset with the settings of its row, if any, or the beginning of a heading ("S2"). Every finished training
is added to the results file, so the whole can be run in parts; ``--table`` only prints what the file
holds. ResNet-18's long training belongs on a GPU: here it is checked and takes a few steps.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import numpy as np

from nnstudio.cli.output import Progress, progress, say
from nnstudio.cli.specs import find_project
from nnstudio.data.prepare import prepare
from nnstudio.engine.gradcheck import check_gradients
from nnstudio.engine.network import Network
from nnstudio.engine.state import EpochRecord
from nnstudio.engine.trainer import Trainer
from nnstudio.experiments.runs import evaluate_part
from nnstudio.optim import Loss
from tests.benchmarks.systems import CASES, Case

RESULTS = Path(__file__).with_name("reproduce.json")
STEPS = 3


def train(case: Case, display: Progress) -> dict[str, Any]:
    """Trains one case and measures it on test images that nothing was chosen by."""
    project = find_project(case.preset, list(case.settings))
    trainer = Trainer(project, prepare(project.data, display.update))
    display.count(trainer.spec.epochs * trainer.batches, 0)
    cpu = time.process_time()
    with closing(trainer.run()) as events:
        for event in events:
            if isinstance(event, EpochRecord):
                display.line(
                    f"{case.name}: epoch {event.epoch}/{trainer.spec.epochs}  loss {event.train_loss:.4f}  "
                    f"accuracy {event.train_accuracy:.2%}  val {event.val_accuracy or 0:.2%}"
                )
            elif display.live:
                display.step(trainer.state.step, case.name, f"loss {event.losses[-1]:.4f}")
    cpu = time.process_time() - cpu
    # the best epoch by the validation samples, as a user would choose it
    kept = trainer.best_model if trainer.data.validation is not None else trainer.model
    data = prepare(project.data.replace(source=case.judge)) if case.judge else trainer.data
    last = evaluate_part(trainer.model, data, "test")
    best = evaluate_part(kept, data, "test")
    assert last is not None
    assert best is not None
    return {
        "reached": round(last.accuracy * 100, 2),
        "best": round(best.accuracy * 100, 2),
        "epochs": trainer.state.epoch,
        "best_epoch": trainer.state.best_epoch,
        "train": round(trainer.state.history[-1].train_accuracy * 100, 2),
        "parameters": trainer.network.report.parameters,
        "cpu_seconds": round(cpu, 1),
    }


def key(case: Case) -> str:
    """What a case is called in the results file."""
    return " ".join((case.preset, *case.settings))


def chosen(names: list[str]) -> list[Case]:
    """The cases that somebody asked for, or all."""
    if not names:
        return list(CASES)
    return [
        case for case in CASES if any(key(case) == name or case.system.startswith(name) for name in names)
    ]


def table(results: dict[str, Any]) -> str:
    """Published against reached, in Markdown."""
    lines = []
    for system in dict.fromkeys(case.system for case in CASES):
        lines += [f"\n### {system}\n"]
        lines += ["| | published | at least | test | best epoch's | train | epochs | CPU s | |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
        lines += [row(case, results.get(key(case))) for case in CASES if case.system == system]
    return "\n".join(lines)


def row(case: Case, result: dict[str, Any] | None) -> str:
    """One line of the table."""
    least = f"{case.least:g}" if case.least else ""
    if result is None:
        return f"| {case.name} | {case.published} | {least} | not run | | | | | {case.note} |"
    missed = case.least and max(result["reached"], result["best"]) < case.least
    mark = " **below**" if missed else ""
    return (
        f"| {case.name} | {case.published} | {least} | {result['reached']:.2f}{mark} | {result['best']:.2f} "
        f"| {result['train']:.2f} | {result['epochs']} | {result['cpu_seconds']:.0f} | {case.note} |"
    )


def gradient_table() -> str:
    """S2's gradient check: numeric against analytic, per kind of weight."""
    project = find_project("s2-tanh")
    network = Network(project.network, cast(Loss, project.train.loss))
    data = prepare(project.data)
    rows = np.arange(16)
    x = data.scaling.apply(data.train.samples(rows))
    checked = check_gradients(network, network.initial_weights(42), x, data.train.labels[rows])
    lines = [
        "\n### S2 gradient check on 16 images, float64\n",
        "| weight | analytic | numeric | relative error |",
    ]
    lines += ["| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {r.layer} {r.weight} | {r.analytic:.10g} | {r.numeric:.10g} | {r.relative_error:.1e} |"
        for r in checked
    ]
    return "\n".join(lines)


def resnet_line() -> str:
    """ResNet-18: it builds, its gradients agree, and it takes steps on the real images."""
    project = find_project("resnet18")
    trainer = Trainer(project, prepare(project.data.replace(fraction=0.01)))
    trainer.block_steps = 1
    losses: list[float] = []
    with closing(trainer.run()) as events:
        for event in events:
            losses += getattr(event, "losses", ())
            if len(losses) >= STEPS:
                break
    shown = ", ".join(f"{loss:.3f}" for loss in losses)
    parameters = trainer.network.report.parameters
    return f"\nResNet-18: {parameters:,} parameters; loss of its first {STEPS} steps {shown}."


def main(arguments: list[str]) -> int:
    """Trains what was asked for and prints the table; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="train nothing")
    options = parser.parse_args(arguments)
    wanted = [] if options.table else chosen(options.names)
    for case in wanted:
        with progress() as display:
            result = train(case, display)
        results = _read(options.results)  # anew: another part may be running
        results[key(case)] = result
        options.results.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        say(row(case, result))
    results = _read(options.results)
    print(table(results))
    if not options.names:
        print(gradient_table())
        print(resnet_line())
    goals = [case for case in CASES if case.least and key(case) in results]
    missed = [c for c in goals if max(results[key(c)]["reached"], results[key(c)]["best"]) < c.least]
    return 1 if missed else 0


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
