"""What a GPU is needed for, in one go: the tests marked ``gpu``, and training beside PyTorch by turns.

Run by hand on a machine with an NVIDIA GPU, CuPy and PyTorch: ``python -m tests.benchmarks.gpu [NAME ...]
[--seconds S] [--rounds N] [--no-tests]``. It takes some minutes. Every measured row replaces its predecessor
in ``gpu.json``. Products are in float32 on both sides; with ``CUPY_TF32=1`` and ``--no-tests``, in TF32 on
both, which is kept apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnstudio.cli.specs import find_project
from nnstudio.engine.ops.gpu.detect import require_gpu
from nnstudio.errors import NNStudioError
from nnstudio.experiments.bench import Case, case_of, machine, measure, standard_cases

RECORD = Path(__file__).with_name("gpu.json")
PRESETS = ("resnet18",)
AIMS = {"M": 3.0, "C": 1.5}
"""Multiples of PyTorch's speed to aim at, by the first letter of the name; other networks as C."""


def run_tests() -> dict[str, Any]:
    """The tests marked ``gpu``; the last lines say how many passed and which did not."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests/engine/gpu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()[-30:]
    return {"passed": done.returncode == 0, "seconds": time.perf_counter() - started, "last_lines": lines}


def cases(names: list[str]) -> list[Case]:
    """The networks of these names; all standard ones and ResNet-18 for none."""
    known = {case.name: case for case in standard_cases()}
    return [known.get(name) or case_of(name, find_project(name)) for name in names or [*known, *PRESETS]]


def speed_of(case: Case, seconds: float, rounds: int) -> dict[str, Any]:
    """Training on the GPU beside PyTorch there; what went wrong instead, if something did."""
    try:
        (row,) = measure(case, ("gpu",), peer="torch", seconds=seconds, rounds=rounds)
    except NNStudioError as error:
        return {"name": case.name, "problem": str(error)}
    return {**asdict(row), "aim": AIMS.get(case.name[0], AIMS["C"])}


def keep(rows: dict[str, dict[str, Any]], gpu: str) -> None:
    """Puts measured rows into the record, under the precision of their products."""
    precision = "tf32" if os.environ.get("CUPY_TF32") == "1" else "float32"
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name, row in rows.items():
        record.setdefault(precision, {})[name] = {**row, "gpu": gpu, "machine": machine()}
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def main() -> int:
    """Prints the tests' outcome and a row per network, and keeps the rows; 1 if a test failed."""
    parser = argparse.ArgumentParser(description="tests and speed on the GPU")
    parser.add_argument("names", nargs="*", metavar="NAME", help="M1 ... M6, C1 ... C3, or a preset; all")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of a turn (0.5)")
    parser.add_argument("--rounds", type=int, default=3, help="turns that each gets (3)")
    parser.add_argument("--no-tests", action="store_true", help="only the speed")
    arguments = parser.parse_args()
    gpu = require_gpu()
    tests = {} if arguments.no_tests else run_tests()
    rows = [speed_of(case, arguments.seconds, arguments.rounds) for case in cases(arguments.names)]
    keep({row["name"]: row for row in rows if "problem" not in row}, gpu.name)
    print(json.dumps({"gpu": gpu.name, "tests": tests, "rows": rows}, indent=1))
    return 0 if tests.get("passed", True) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NNStudioError as error:
        sys.exit(f"error: {error}")
