"""Which machine the kernels are made for, and whether there are any for it."""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from functools import cache

from nnstudio.errors import NNStudioError

AVX512, AVX2 = "AVX-512", "AVX2"


class NoFastPath(NNStudioError):
    """The compiled kernels can't be used here; the message says why."""


@dataclass(frozen=True)
class Target:
    """What kernels are compiled for.

    Attributes:
        instructions: "AVX-512" or "AVX2".
        cpu: LLVM's name of the processor.
        features: LLVM's feature string.
    """

    instructions: str
    cpu: str
    features: str

    @property
    def lanes(self) -> int:
        """Floats of a vector register."""
        return 16 if self.instructions == AVX512 else 8

    @property
    def blocks(self) -> dict[int, int]:
        """Most rows of a register block, by its registers per row.

        32 registers of AVX-512 or 16 of AVX2 hold the block, one row of B and one value of A. A loop
        over k needs about 10 independent multiply-adds to hide their latency.
        """
        return {1: 16, 2: 14, 3: 8, 4: 6} if self.instructions == AVX512 else {1: 12, 2: 6}


def require_target(instructions: str | None = None) -> Target:
    """The target on this machine.

    Args:
        instructions: "AVX-512" or "AVX2" to force the one or the other (to test it); None for the best.

    Raises:
        NoFastPath: There are no kernels for this machine, or Numba is not installed.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        raise NoFastPath(f"there are no compiled kernels for {platform.machine() or 'this processor'}")
    if any(importlib.util.find_spec(name) is None for name in ("numba", "llvmlite")):
        raise NoFastPath("Numba is not installed")
    cpu, features = _host()
    has = {AVX512: features.get("avx512f", False), AVX2: features.get("avx2", False)}
    fused = features.get("fma", False)
    wanted = instructions or next((name for name in (AVX512, AVX2) if has[name]), AVX2)
    if not (fused and has[wanted]):
        raise NoFastPath(f"the processor has no {wanted} instructions")
    chosen = {name: on and not (wanted == AVX2 and "avx512" in name) for name, on in features.items()}
    text = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(chosen.items()))
    return Target(wanted, cpu, text)


@cache
def _host() -> tuple[str, dict[str, bool]]:
    from llvmlite import binding

    return binding.get_host_cpu_name(), dict(binding.get_host_cpu_features())
