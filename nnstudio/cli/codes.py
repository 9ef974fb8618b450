"""How a command ends: its exit code, and the error for work that failed on good input."""

from __future__ import annotations

from nnstudio.errors import NNStudioError

DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

LAST = -1
"""What ``--fork`` without an epoch means: the run's last state."""


class WorkFailed(NNStudioError):
    """The input was right and the work failed all the same (exit code 1, where others give 2)."""
