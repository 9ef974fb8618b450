"""Memory of training C1 at batch 128, beside PyTorch, each in a process of its own.

Run by hand: ``python -m tests.benchmarks.memory [--paths numpy jit] [--seconds S]``. Resident memory is
read after a quarter of the time and at its end, so that growth shows; imports and the samples count, as they
do for a user.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace

from nnstudio.core.spec import ProjectSpec
from nnstudio.experiments.bench import Case, standard_cases

BATCH = 128


def case() -> Case:
    """C1 with its batch of 128."""
    (found,) = (case for case in standard_cases() if case.name == "C1")
    project: ProjectSpec = found.project
    return replace(found, project=project.replace(train=project.train.replace(batch_size=BATCH)))


def train(who: str, seconds: float) -> None:
    """Trains in this process and prints its resident memory in MB, early and at the end."""
    import psutil

    from nnstudio.engine.threads import most_threads
    from nnstudio.experiments.bench.ours import Ours
    from nnstudio.experiments.bench.peers import PEERS, peer_named

    chosen = case()
    data = chosen.data()
    contestant = peer_named(who, chosen, data, most_threads()) if who in PEERS else Ours(chosen, data, who)
    process = psutil.Process()
    contestant.train(seconds / 4)
    early = process.memory_info().rss / 2**20
    contestant.train(seconds * 3 / 4)
    print(f"{early:.0f} {process.memory_info().rss / 2**20:.0f}")
    if isinstance(contestant, Ours):
        contestant.close()


def main() -> None:
    """Trains each in turn and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--paths", nargs="*", default=["numpy", "jit"])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        train(arguments.inside, arguments.seconds)
        return
    print("| C1, batch 128 | resident early, MB | at the end, MB |\n| --- | ---: | ---: |")
    for who in (*arguments.paths, "torch"):
        command = [sys.executable, "-m", "tests.benchmarks.memory", "--inside", who]
        command += ["--seconds", str(arguments.seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        early, late = done.stdout.split()
        print(f"| {who} | {early} | {late} |", flush=True)


if __name__ == "__main__":
    main()
