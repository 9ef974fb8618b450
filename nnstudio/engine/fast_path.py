"""Which path computes a run's steps: NumPy, compiled kernels where there are any, or a GPU.

On the device "auto" a GPU computes where there is one (see ``ops.gpu.detect``), unless ``$NNSTUDIO_PATH``
names a path of the processor, which decides there. ``auto``, the default, trains in NumPy until the
kernels are there: the first run on a machine has them compiled by a process of its own, and takes them
over where an epoch begins; later ones find them on disk. ``numpy`` never looks for kernels, and ``jit``
waits for them. A network with a layer that has no kernel is trained in NumPy as a whole.
``Trainer.path`` says what was chosen and why.

Each path is exact to the last bit with itself: the same seed gives the same run on the same machine, on
any number of threads. Between the two, sums are rounded in another order, so that weights differ as
those of two processors do: by about 1e-7 of their size after a step, and more the longer a run is.

So that a resumed run goes on as if it had never stopped, a run's state says which path it is on:

- An epoch is computed on one path. Resumed in its middle, it goes on on that one, even if that means to
  wait for kernels.
- Once a run is on the kernels it stays there.
- A run on NumPy takes the kernels where the next epoch begins, if they are ready then.
- On the device "auto", a run that began on the processor stays there. One that began on a GPU goes on on
  one where there is one; elsewhere it goes on in other bits.

Only in the last two points does a run depend on anything but its project: on the machine, and on how soon the
kernels were ready, once per machine and version. With ``numpy`` it doesn't. The record of an
epoch says what computed it, and so does the column ``path`` of a run's ``metrics.csv``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.prepare import Prepared
from nnstudio.engine.crew import Crew
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import Stepper
from nnstudio.engine.update import Update
from nnstudio.errors import TrainingError

if TYPE_CHECKING:
    from nnstudio.engine.ops.gpu.evaluator import GpuEvaluator
    from nnstudio.engine.ops.jit.evaluation import JitEvaluator

Device = Literal["auto", "cpu", "gpu"]
"""Where a run computes."""

Choice = Literal["auto", "numpy", "jit"]
CHOICES = ("auto", "numpy", "jit")
DEFAULT: Choice = "auto"

EVALUATION_WORK = 50_000_000
"""Multiply-adds from which loading the kernels pays for an evaluation by itself; a third of a second."""
GPU_WORK = 20_000_000_000
"""Multiply-adds from which bringing weights and samples to the GPU pays for an evaluation."""


def chosen_path() -> Choice:
    """The path that ``$NNSTUDIO_PATH`` asks for.

    Raises:
        TrainingError: There is no such path.
    """
    name = os.environ.get("NNSTUDIO_PATH") or DEFAULT
    if name not in CHOICES:
        raise TrainingError(
            "the environment variable NNSTUDIO_PATH names no compute path",
            allowed=", ".join(CHOICES),
            received=name[:80],
            fix="unset it, or choose one of these",
        )
    return cast(Choice, name)


@dataclass
class FastPath:
    """Looks for a faster path for one run.

    Attributes:
        network: The network.
        project: The recipe.
        data: The prepared data.
        state: What the steps change.
        update: Applies gradients.
        batch: Samples per step.
        crew: The run's threads.
        device: Where to compute.
        reason: Why NumPy computes; "" where nothing faster was looked for.
        no_gpu: Why the GPU doesn't; "" where it does, or was not asked for.
        settled: Nothing better will turn up.
    """

    network: Network
    project: ProjectSpec
    data: Prepared
    state: TrainerState
    update: Update
    batch: int
    crew: Crew
    device: Device = "cpu"
    reason: str = ""
    settled: bool = False
    no_gpu: str = ""

    def stepper(self, path: str = "", *, begun: bool = False) -> Stepper | None:
        """A faster stepper as soon as there is one; None as long as NumPy is the best.

        Args:
            path: The path that the run was on.
            begun: The epoch that comes next has begun on it.

        Raises:
            TrainingError: The run has to be on the GPU, and there is none, or it has too little memory.
        """
        choice = chosen_path()
        if not self.settled and (gpu := self._on_gpu(path)):
            self.settled, self.reason = True, ""
            return gpu
        if self.settled or choice == "numpy":
            return None
        if begun and path == "numpy":
            self.reason = "the next epoch takes the fast kernels"
            return None
        try:
            made = self._make(wait=choice == "jit" or path == "jit")
        except NoFastPath as error:
            self.reason, self.settled = error.what, True
            return None
        self.settled = made is not None
        self.reason = "" if made else "the fast kernels are being compiled"
        return made

    def _on_gpu(self, path: str) -> Stepper | None:
        if self.device == "cpu":
            return None
        if self.device == "auto" and (choice := chosen_path()) != "auto":
            self.no_gpu = f"NNSTUDIO_PATH is {choice}"
            return None
        if self.device == "auto" and path in ("numpy", "jit"):
            self.no_gpu = self.no_gpu or "the run began on the processor"
            return None
        from nnstudio.engine.ops.gpu.detect import find_gpu, require_gpu

        if self.device == "gpu":
            require_gpu()
        elif not find_gpu().found:
            self.no_gpu = find_gpu().reason
            return None
        from nnstudio.engine.ops.gpu.cuda import cuda_device
        from nnstudio.engine.ops.gpu.stepper import GpuStepper

        parts = (self.network, self.project, self.data, self.state, self.update, self.batch)
        try:
            return GpuStepper(*parts, cuda_device())
        except TrainingError as error:
            if self.device == "gpu":
                raise
            self.device, self.no_gpu = "cpu", error.what
            return None

    def _make(self, *, wait: bool) -> Stepper | None:
        from nnstudio.engine.ops.jit import build

        kernels = build.load(wait=wait)
        if kernels is None:
            return None
        from nnstudio.engine.ops.jit.stepper import JitStepper

        parts = (self.network, self.project, self.data, self.state, self.update, self.batch)
        return JitStepper(*parts, kernels, crew=self.crew)


def pays_on_gpu(network: Network, samples: int) -> bool:
    """An evaluation is worth the way to the GPU."""
    return samples * network.report.multiply_adds >= GPU_WORK


def fast_evaluator(
    network: Network, weights: NDArray[np.float32], scaling: Scaling, samples: int, device: Device = "cpu"
) -> JitEvaluator | GpuEvaluator | None:
    """Faster passes of a network, where they pay for so many samples; None where NumPy is the best.

    Args:
        network: The network.
        weights: Its weights.
        scaling: How raw samples become its input.
        samples: How many at a time.
        device: "gpu" for a network that was trained there.
    """
    choice = chosen_path()
    if device == "gpu" and pays_on_gpu(network, samples):
        from nnstudio.engine.ops.gpu.cuda import cuda_device
        from nnstudio.engine.ops.gpu.evaluator import GpuEvaluator

        gpu = cuda_device()
        return GpuEvaluator(network, gpu.upload(weights), scaling, gpu)
    from nnstudio.engine.ops.jit import build

    small = samples * network.report.multiply_adds < EVALUATION_WORK
    if choice == "numpy" or (choice == "auto" and small and not build.loaded()):
        return None
    try:
        kernels = build.load(wait=choice == "jit")
        if kernels is None:
            return None
        from nnstudio.engine.ops.jit.evaluation import JitEvaluator

        return JitEvaluator(network, weights, scaling, kernels)
    except NoFastPath:
        return None
