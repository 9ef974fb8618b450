"""How many threads the matrix products of NumPy's BLAS may use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_holders: list[object] = []
_limits: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS on the calling thread inside the block.

    A training step is many small matrix products. Spread over two cores they gain little on an idle
    machine, and wait for each other as soon as anything else runs (measured beside one busy
    process: three to four times slower than on one thread). One thread leaves a core to the window,
    and the same seed gives the same bits whatever the number of cores.

    The limit is the process's. Of blocks that overlap on several threads the first sets it and the last
    one lifts it, so that none loses it halfway.
    """
    holder = object()
    _enter(holder)
    try:
        yield
    finally:
        _leave(holder)


def _enter(holder: object) -> None:
    global _limits
    with _lock:
        if not _holders:
            from threadpoolctl import threadpool_limits

            _limits = threadpool_limits(limits=1, user_api="blas")
        _holders.append(holder)


def _leave(holder: object) -> None:
    with _lock:
        _holders.remove(holder)
        if not _holders:
            _limits.restore_original_limits()
