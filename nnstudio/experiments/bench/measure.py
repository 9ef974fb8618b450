"""Measures how many samples a second a network trains or evaluates, by turns with what it is compared to."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnstudio.data.dataset import Progress
from nnstudio.engine.threads import most_threads
from nnstudio.experiments.bench.cases import Case
from nnstudio.experiments.bench.machine import gpu_multiply_adds_per_second, multiply_adds_per_second
from nnstudio.experiments.bench.ours import Ours
from nnstudio.experiments.bench.peers import Contestant, peer_named

ROUNDS = 5
"""Turns that each contestant gets."""
SETTLE = 0.1
"""Seconds before each turn. Threads of BLAS and OpenMP look for more work for up to 0.03 s behind their last,
and would keep a core busy that the next one counts on."""
EVALUATED = 10_000
"""Samples that an evaluation goes over: as many as MNIST's test images."""

Task = Literal["train", "evaluate"]


@dataclass(frozen=True)
class Row:
    """One network's figures.

    Attributes:
        name: The network's name.
        task: What was measured: training, or loss and accuracy on 10,000 samples.
        path: What computed it, in words.
        threads: Threads it had at most.
        samples_per_second: Median of the rounds.
        spread: Distance of the quartiles, as a share of the median.
        of_limit: Share of what matrix products alone would allow.
        peer: What it is compared to, or "".
        peer_samples_per_second: The peer's median.
        ratio: Median of the rounds' ratios.
    """

    name: str
    task: Task
    path: str
    threads: int
    samples_per_second: float
    spread: float
    of_limit: float
    peer: str = ""
    peer_samples_per_second: float = 0.0
    ratio: float = 0.0


def measure(
    case: Case,
    paths: tuple[str, ...],
    *,
    task: Task = "train",
    peer: str = "",
    seconds: float = 0.5,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
) -> list[Row]:
    """Trains a network, or evaluates it, by turns on each path and in the peer.

    Every contestant trains for ``seconds`` per round, after one round that doesn't count. The whole way
    through the training loop is measured, with order, gathering, losses and hits; validation is left out.
    An evaluation goes once over :data:`EVALUATED` samples per round, however long it takes.

    Args:
        case: What to train.
        paths: Compute paths of the processor (see ``engine.fast_path``), or "gpu" alone: the peer then
            trains there, too.
        task: What to measure.
        peer: One of ``PEERS``, or "" for none.
        seconds: Length of a turn.
        rounds: How many turns each gets.
        progress: Told what is going on; may raise ``Cancelled``.

    Raises:
        TrainingError: There is no GPU.
        DataError: The peer is not installed, can't be told this network, or has other gradients.
    """
    data, threads, gpu = case.data(), most_threads(), paths == ("gpu",)
    trainers = {path: Ours(case, data, path) for path in paths}
    contestants: dict[str, Contestant] = dict(trainers)
    if peer:
        contestants[peer] = peer_named(peer, case, data, threads, gpu=gpu)
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    limits = []
    for turn in range(rounds + 1):
        if progress:
            progress(f"{case.name}: round {turn} of {rounds}", turn / (rounds + 1))
        limit = gpu_multiply_adds_per_second() if gpu else multiply_adds_per_second(threads)
        for name, contestant in contestants.items():
            gc.collect()
            time.sleep(SETTLE)
            speed = _turn(contestant, task, seconds, len(data.train))
            if turn:
                speeds[name].append(speed)
        if turn:
            limits.append(limit / case.multiply_adds_of(task))
    for ours in trainers.values():
        ours.close()
    return [_row(case, task, trainers[path].words, threads, speeds, path, limits, peer) for path in paths]


def _turn(contestant: Contestant, task: Task, seconds: float, samples: int) -> float:
    """Samples per second of one turn."""
    if task == "train":
        return contestant.train(seconds)
    contestant.evaluate(min(EVALUATED // 10, samples))  # the cores are awake, as at an epoch's end
    return contestant.evaluate(min(EVALUATED, samples))


def _row(
    case: Case,
    task: Task,
    words: str,
    threads: int,
    speeds: dict[str, list[float]],
    path: str,
    limits: list[float],
    peer: str,
) -> Row:
    ours = speeds[path]
    median = statistics.median(ours)
    low, high = np.percentile(ours, [25, 75])
    ratio = statistics.median(a / b for a, b in zip(ours, speeds[peer], strict=True)) if peer else 0.0
    return Row(
        case.name,
        task,
        words,
        threads,
        median,
        float(high - low) / median,
        median / statistics.median(limits),
        peer,
        statistics.median(speeds[peer]) if peer else 0.0,
        ratio,
    )
