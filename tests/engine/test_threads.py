from __future__ import annotations

from contextlib import ExitStack

import numpy  # noqa: F401 - with its BLAS
from threadpoolctl import threadpool_limits

from nnstudio.engine import threads
from nnstudio.engine.threads import one_blas_thread


def blas_threads() -> set[int]:
    """Those of NumPy's BLAS; other libraries may have brought one of their own since."""
    return {pool["num_threads"] for pool in threads._blas().info()}


def test_overlapping_blocks_keep_one_thread_until_the_last_ends():
    with threadpool_limits(limits=2, user_api="blas"):
        before = blas_threads()
        first, second = ExitStack(), ExitStack()
        first.enter_context(one_blas_thread())
        second.enter_context(one_blas_thread())
        first.close()
        assert blas_threads() == {1}
        second.close()
        assert blas_threads() == before
