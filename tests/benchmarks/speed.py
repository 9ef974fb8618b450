"""How fast the standard networks train and are evaluated, beside PyTorch by turns: the table of record.

Run by hand, on an otherwise idle machine, for five to six minutes:
``python -m tests.benchmarks.speed [NAME ...] [--task T] [--vs jax] [--seconds S] [--rounds N] [--table]``.
Every finished row replaces its predecessor in ``speed.json``; ratios that fell by more than
:data:`FALL` are named at the end, and the program then exits with 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnstudio.cli.output import progress, say
from nnstudio.experiments.bench import Case, case_of, machine, measure, standard_cases
from nnstudio.experiments.bench.measure import Task
from nnstudio.experiments.presets import load_preset

RECORD = Path(__file__).with_name("speed.json")
PATHS = ("numpy", "jit")
TASKS: tuple[Task, ...] = ("train", "evaluate")
ROUNDS: dict[Task, int] = {"train": 7, "evaluate": 5}
"""Turns that each contestant gets; an evaluation of 10,000 images may take seconds."""
EVALUATED = ("s5-cnn2",)
"""Presets that are only evaluated."""
FALL = 0.15
"""Share of its recorded value by which a ratio must fall to be called slower; less is noise."""

TARGETS = {
    ("train", "M1"): (3, 4.5),
    ("train", "M2"): (2.3, 3.5),
    ("train", "M3"): (3, 4.5),
    ("train", "M3-1024"): (2.3, 3.5),
    ("train", "M4"): (2.3, 3.5),
    ("train", "M5"): (6, 10),
    ("train", "M6"): (2.3, 3.5),
    ("train", "C1"): (2.2, 3.5),
    ("train", "C2"): (1.3, 1.8),
    ("train", "C3"): (2.2, 3.5),
}
"""What the compiled path must reach and should, as multiples of PyTorch's speed; see :func:`target`."""


def cases_of(task: Task) -> list[Case]:
    """The networks that a task is measured on."""
    presets = EVALUATED if task == "evaluate" else ()
    return [*standard_cases(), *(case_of(name, load_preset(name)) for name in presets)]


def target(task: str, name: str, path: str) -> tuple[float, float]:
    """The least ratio to PyTorch and the one to aim at; zeros where nothing is asked."""
    if path == "numpy":
        return (1, 1.7) if task == "train" and name.startswith("M") else (0, 0)
    return (1, 2) if task == "evaluate" else TARGETS[task, name]


def run(case: Case, task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measures one network and returns its rows by what they are called in the record."""
    with progress() as shown:
        rows = measure(
            case,
            PATHS,
            task=task,
            peer=arguments.vs,
            seconds=arguments.seconds,
            rounds=arguments.rounds or ROUNDS[task],
            progress=shown.update,
        )
    where = {"machine": machine()}
    return {
        key(task, case.name, path, arguments.vs): asdict(row) | where
        for path, row in zip(PATHS, rows, strict=True)
    }


def key(task: str, name: str, path: str, peer: str) -> str:
    """What a row is called in the record."""
    return f"{task} {name} {path} {peer}"


def fallen(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The new rows whose ratio is well below the recorded one."""
    return [
        f"{name}: {row['ratio']:.2f} times {row['peer']}, {before[name]['ratio']:.2f} on record"
        for name, row in after.items()
        if name in before and row["ratio"] < (1 - FALL) * before[name]["ratio"]
    ]


def table(record: dict[str, Any], task: Task, peer: str) -> str:
    """The record of a task in Markdown."""
    lines = [
        f"| {task} | {peer}, samples/s | NumPy | ratio | compiled | ratio | of the limit | must | aim |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for case in cases_of(task):
        rows = [record.get(key(task, case.name, path, peer)) for path in PATHS]
        if None in rows:
            lines.append(f"| {case.name} | not run | | | | | | | |")
            continue
        numpy, jit = (row for row in rows if row is not None)
        must, aim = target(task, case.name, "jit")
        mark = " **below**" if jit["ratio"] < must else ""
        lines.append(
            f"| {case.name} | {jit['peer_samples_per_second']:,.0f} "
            f"| {numpy['samples_per_second']:,.0f} | {numpy['ratio']:.2f} "
            f"| {jit['samples_per_second']:,.0f} | {jit['ratio']:.2f}{mark} | {jit['of_limit']:.0%} "
            f"| {must:g} | {aim:g} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures what was asked for, keeps it, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--vs", default="torch", choices=["torch", "jax"])
    parser.add_argument("--task", choices=TASKS)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--table", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    before = dict(record)
    tasks = (arguments.task,) if arguments.task else TASKS
    for task in tasks:
        cases = [case for case in cases_of(task) if not arguments.names or case.name in arguments.names]
        for case in () if arguments.table else cases:
            found = run(case, task, arguments)
            record |= found
            RECORD.write_text(json.dumps(record, indent=1) + "\n")
            for name, row in found.items():
                say(f"{name}: {row['samples_per_second']:,.0f} samples/s, {row['ratio']:.2f}; {row['path']}")
        print(table(record, task, arguments.vs) + "\n")
    slower = fallen(before, record)
    for line in slower:
        say(f"slower: {line}")
    sys.exit(bool(slower))


if __name__ == "__main__":
    main()
