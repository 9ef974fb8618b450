"""How many threads the matrix products of NumPy's BLAS may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS on the calling thread inside the block.

    A training step is many small matrix products. Spread over two cores they gain little on an idle
    machine, and wait for each other as soon as anything else runs (measured beside one busy
    process: three to four times slower than on one thread). One thread leaves a core to the window,
    and the same seed gives the same bits whatever the number of cores.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
