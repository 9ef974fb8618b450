"""Whether there is a GPU to train on, in plain words. Importing this module imports no CuPy."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nnstudio.errors import TrainingError

if TYPE_CHECKING:
    from nnstudio.engine.ops.gpu.device import Device

INSTALL = 'pip install "nnstudio[cuda12]" (or [cuda13], as your driver needs it)'


@dataclass(frozen=True)
class Gpu:
    """What was found.

    Attributes:
        name: The GPU's name, "" where there is none to train on.
        memory: Its memory in bytes.
        reason: Why there is none, as a sentence without the final stop; "" where there is.
        fix: What to do about it; "" if nothing can be done.
    """

    name: str = ""
    memory: int = 0
    reason: str = ""
    fix: str = ""

    @property
    def found(self) -> bool:
        """There is one that works."""
        return not self.reason

    @property
    def words(self) -> str:
        """What was found, in a sentence or two."""
        if self.found:
            return f"{self.name} with {self.memory / 2**30:.0f} GB can be used"
        return f"{self.reason}. To use one: {self.fix}" if self.fix else self.reason


@cache
def find_gpu() -> Gpu:
    """Looks for a GPU, once per process: imports CuPy, allocates, runs a kernel and a matrix product.

    It takes a second or two where CuPy is installed, so the window asks in the background.
    """
    if sys.platform == "darwin":
        return Gpu(reason="The GPU path needs an NVIDIA GPU, which Macs don't have")
    if importlib.util.find_spec("cupy") is None:
        return Gpu(reason="CuPy, which drives NVIDIA GPUs, is not installed", fix=INSTALL)
    try:
        from nnstudio.engine.ops.gpu import cuda
    except Exception as error:
        return Gpu(reason=f"CuPy is installed but can't be loaded ({_first_line(error)})", fix=INSTALL)
    try:
        if not cuda.available():
            return Gpu(
                reason="CuPy finds no NVIDIA GPU",
                fix="check with nvidia-smi that the GPU's driver is installed and new enough",
            )
        device = cuda.cuda_device()
        _try_out(device)
    except Exception as error:  # CuPy's own errors have no common base
        return Gpu(
            reason=f"The GPU does not work ({_first_line(error)})",
            fix="check with nvidia-smi that its driver fits and that its memory is not full",
        )
    return Gpu(device.name, device.memory)


def known_gpu() -> Gpu | None:
    """What :func:`find_gpu` would say, where that is known at once; None where it would import CuPy."""
    at_once = find_gpu.cache_info().currsize or not importlib.util.find_spec("cupy")
    return find_gpu() if at_once or sys.platform == "darwin" else None


def require_gpu() -> Gpu:
    """The GPU.

    Raises:
        TrainingError: There is none; the message says why and what to do.
    """
    gpu = find_gpu()
    if not gpu.found:
        raise TrainingError(
            f"there is no GPU to train on: {gpu.reason}",
            allowed="cpu, or auto, which takes the GPU where there is one",
            received="gpu",
            fix=gpu.fix or "train on the CPU",
        )
    return gpu


def _try_out(device: Device) -> None:
    """Raises some error if the GPU can't do what every run needs; a library may be missing."""
    import numpy as np

    from nnstudio.engine.ops.gpu.device import Launcher

    a = device.upload(np.array([[1, 2], [3, 4]], np.float32))
    product, total = device.upload(np.zeros((2, 2), np.float32)), device.upload(np.zeros((2, 2), np.float32))
    device.matmul(a, a, product)
    Launcher(device).each("add", 4, a, product, total, 4)
    found = np.empty((2, 2), np.float32)
    device.download(total, found)
    if found.tolist() != [[8, 12], [18, 26]]:
        raise RuntimeError("it computes something else than it should")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]
