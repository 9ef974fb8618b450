"""How long a training will take on this machine, from a short measurement of its real steps.

A few steps of the project's own network, batch size, optimizer and augmentation are timed on random
samples of the right shape, so no data have to be there yet. The result is kept for the machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnstudio import __version__
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Part
from nnstudio.data.prepare import Prepared
from nnstudio.engine.atomic import replace_atomically
from nnstudio.engine.fast_path import Device
from nnstudio.engine.state import Block
from nnstudio.engine.trainer import Trainer
from nnstudio.paths import cache_dir

BUDGET = 0.25
"""Seconds that the steps of a measurement may take, beside the first, which prepares them."""
MOST_BYTES = 1 << 24
MOST_STEPS = 64
KEPT = 200
METHOD = "thread time"
"""How is measured: what another method once found is measured again."""


@dataclass(frozen=True)
class Speed:
    """What a measurement has shown.

    Attributes:
        step: Seconds per step.
        lasting: Nothing faster is being made ready, so it may be kept for the next start.
    """

    step: float
    lasting: bool = True


def measure(
    project: ProjectSpec,
    device: Device = "auto",
    tick: Callable[[], object] = lambda: None,
    *,
    budget: float = BUDGET,
) -> Speed:
    """Times the steps of a project; takes about ``budget`` and one step.

    On a processor only the time this thread computes counts: at the start of the program others keep
    the cores busy, and a measurement is kept for long.

    Args:
        project: A recipe whose network has no problems.
        device: Where to compute.
        tick: Called every now and then; may raise ``Cancelled``.
        budget: Seconds.

    Raises:
        NNStudioError: The network can't be trained.
        Cancelled: ``tick`` stopped it.
    """
    trainer = Trainer(project, _random_data(project), device=device)
    trainer.block_seconds = budget / 8
    clock = time.perf_counter if trainer.path.startswith("GPU") else time.thread_time
    times: list[float] = []
    begun, until = clock(), math.inf
    for event in trainer.run():
        took = clock() - begun
        tick()
        if isinstance(event, Block):
            times.append(took / len(event.losses))
        now = time.perf_counter()
        until = min(until, now + budget)  # counted from the first block on, which prepares the others
        if now >= until and len(times) > 1:
            break
        begun = clock()
    return Speed(statistics.median(times[1:] or times), "compiled" not in trainer.path.partition(":")[2])


def training_seconds(project: ProjectSpec, train: int, validation: int, speed: Speed) -> float:
    """Seconds for all planned epochs, with their validations.

    An evaluation is counted as a third of a step: the forward pass without the two that go back.

    Args:
        project: The recipe.
        train: Samples to train on.
        validation: Samples held back.
        speed: What was measured.
    """
    recipe = project.train
    batch = max(1, min(recipe.batch_size, train))
    looks = math.ceil(recipe.epochs / recipe.validate_every)
    evaluated = validation + (train if recipe.exact_train else 0)
    steps = recipe.epochs * math.ceil(train / batch) + looks * evaluated / batch / 3
    return steps * speed.step


class Speeds:
    """Measurements that are made once per machine and kept in the cache folder.

    Args:
        file: Where they are kept; in the cache folder by default.
        measured: Makes a measurement.
    """

    def __init__(
        self,
        file: Path | None = None,
        measured: Callable[[ProjectSpec, Device, Callable[[], object]], Speed] = measure,
    ) -> None:
        self._file = file or cache_dir() / "speeds.json"
        self._measured = measured
        self._known: dict[str, Speed] | None = None

    def known(self, project: ProjectSpec, device: Device = "auto") -> Speed | None:
        """A measurement that was made before, or None."""
        return self._all().get(_key(project, device))

    def speed(
        self, project: ProjectSpec, device: Device = "auto", tick: Callable[[], object] = lambda: None
    ) -> Speed:
        """The measurement of a project, made now if it wasn't; slow: for a background thread.

        Raises:
            NNStudioError: The network can't be trained.
            Cancelled: ``tick``, which is called every now and then, stopped it.
        """
        known = self.known(project, device)
        if known is None:
            known = self._measured(project, device, tick)
            self._all()[_key(project, device)] = known
            self._write()
        return known

    def learn(self, project: ProjectSpec, device: Device, step: float) -> None:
        """Takes what a step of a real run took, which tells more than any measurement."""
        self._all()[_key(project, device)] = Speed(step)
        self._write()

    def _all(self) -> dict[str, Speed]:
        if self._known is None:
            self._known = _read(self._file)
        return self._known

    def _write(self) -> None:
        lasting = {key: speed.step for key, speed in self._all().items() if speed.lasting}
        newest = dict(list(lasting.items())[-KEPT:])
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
            temporary.write_text(json.dumps(newest), encoding="utf-8")
            replace_atomically(temporary, self._file)
        except OSError:
            return  # it is only a cache


def _read(file: Path) -> dict[str, Speed]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): Speed(float(step)) for key, step in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _key(project: ProjectSpec, device: Device) -> str:
    """What a measurement depends on: the steps, this program, this machine."""
    recipe = project.train
    told = (
        __version__,
        METHOD,
        platform.machine(),
        platform.processor(),
        os.cpu_count(),
        os.environ.get("NNSTUDIO_PATH", ""),
        device,
        project.network.model_dump_json(),
        project.data.augmentation.model_dump_json(),
        recipe.optimizer.to_json(),
        recipe.batch_size,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _random_data(project: ProjectSpec) -> Prepared:
    """Random samples of the network's shape; enough for some batches."""
    from nnstudio.core.shapes import infer_shapes

    report = infer_shapes(project.network).require()
    shape = project.network.input_shape or ()
    classes = max(2, math.prod(report.output_shape or (2,)))
    size = max(1, math.prod(shape))
    batch = project.train.batch_size
    samples = max(classes, min(MOST_STEPS * batch, max(2 * batch, MOST_BYTES // size)))
    random = np.random.default_rng(0)
    labels = np.arange(samples, dtype=np.int64) % classes
    if len(shape) == 3:
        part = Part(random.integers(0, 256, (samples, *shape), dtype=np.uint8), labels)
    else:
        part = Part(random.random((samples, *shape), dtype=np.float32), labels)
    names = tuple(str(number) for number in range(classes))
    return Prepared("random", part, None, part.none(), Scaling(0.0, 1 / 255), names)
