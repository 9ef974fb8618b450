"""The machine that measures: its name, its cores, and how fast it multiplies matrices."""

from __future__ import annotations

import platform
import time

import numpy as np

SIZE = 1024
"""Rows and columns of the matrices whose product is the limit."""


def machine() -> str:
    """The machine in words."""
    import psutil

    cores = psutil.cpu_count(logical=False) or 1
    return f"{_processor()}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def multiply_adds_per_second(threads: int) -> float:
    """What NumPy's matrix product reaches on large float32 matrices."""
    from threadpoolctl import threadpool_limits

    random = np.random.default_rng(0)
    a = random.random((SIZE, SIZE), dtype=np.float32)
    out = np.empty_like(a)
    best = float("inf")
    with threadpool_limits(limits=threads, user_api="blas"):
        for _ in range(3):
            started = time.perf_counter()
            np.matmul(a, a, out=out)
            best = min(best, time.perf_counter() - started)
    return float(SIZE**3 / best)


def gpu_multiply_adds_per_second() -> float:
    """What the GPU's matrix product reaches on large float32 matrices.

    Raises:
        TrainingError: There is no GPU.
    """
    from nnstudio.engine.ops.gpu.detect import require_gpu

    require_gpu()
    from nnstudio.engine.ops.gpu.cuda import cuda_device

    device, size, products = cuda_device(), 4 * SIZE, 10
    random, last = np.random.default_rng(0), np.empty((1, 1), np.float32)
    a = device.upload(random.random((size, size), dtype=np.float32))
    out, best = device.upload(np.empty((size, size), np.float32)), float("inf")
    for _ in range(3):
        device.download(out[:1, :1], last)  # waits for what was queued before
        started = time.perf_counter()
        for _ in range(products):
            device.matmul(a, a, out)
        device.download(out[:1, :1], last)
        best = min(best, time.perf_counter() - started)
    return products * size**3 / best


def _processor() -> str:
    """The processor's name as the system knows it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.processor() or platform.machine()
