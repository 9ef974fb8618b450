"""Which path computes a run's steps: NumPy, or compiled kernels where there are any.

``$NNSTUDIO_PATH`` decides. ``numpy``, the default, never looks for kernels, and ``jit`` waits for
them. ``auto`` trains in NumPy until they are there: the first run on a machine has them compiled by a
process of its own, and takes them over where an epoch begins; later ones find them on disk. A network
with a layer that has no kernel is trained in NumPy as a whole. ``Trainer.path`` says what was chosen
and why.

Each path is exact to the last bit with itself: the same seed gives the same run, on any number of
threads, and a resumed run goes on as if it had never stopped. Between the two, sums are rounded in
another order, so that weights differ as those of two processors do: by about 1e-7 of their size after
a step, and more the longer a run is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, cast

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.machine import NoFastPath
from nnstudio.engine.state import TrainerState
from nnstudio.engine.stepper import Stepper
from nnstudio.engine.update import Update
from nnstudio.errors import TrainingError

Choice = Literal["auto", "numpy", "jit"]
CHOICES = ("auto", "numpy", "jit")
DEFAULT: Choice = "numpy"


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
        reason: Why NumPy computes; "" where nothing faster was looked for.
        settled: Nothing better will turn up.
    """

    network: Network
    project: ProjectSpec
    data: Prepared
    state: TrainerState
    update: Update
    batch: int
    reason: str = ""
    settled: bool = False

    def stepper(self) -> Stepper | None:
        """The compiled stepper as soon as there is one; None as long as NumPy is the best."""
        choice = chosen_path()
        if self.settled or choice == "numpy":
            return None
        try:
            made = self._make(wait=choice == "jit")
        except NoFastPath as error:
            self.reason, self.settled = error.what, True
            return None
        self.settled = made is not None
        self.reason = "" if made else "the fast kernels are being compiled"
        return made

    def _make(self, *, wait: bool) -> Stepper | None:
        if self.project.data.augmentation is not None and self.project.data.augmentation.active:
            raise NoFastPath("samples are varied in NumPy")
        from nnstudio.engine.ops.jit import build
        from nnstudio.engine.ops.jit.support import require_support

        require_support(self.network)
        kernels = build.load(wait=wait)
        if kernels is None:
            return None
        from nnstudio.engine.ops.jit.stepper import JitStepper

        part, scaling = self.data.train, self.data.scaling
        return JitStepper(self.network, part, scaling, self.state, self.update, self.batch, kernels)
