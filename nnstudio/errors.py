"""Errors that tell the user what happened, what was allowed, what was received and how to fix it.

Every error that NNStudio raises on purpose derives from :class:`NNStudioError`. The command line
prints it as one ``error:`` line and exits with 2; the application shows it in place.
"""

from __future__ import annotations

from typing import Any


class NNStudioError(Exception):
    """Base of all errors with a message made for the user.

    Args:
        what: What happened, as a sentence without the final stop.
        allowed: What would have been accepted.
        received: What was found instead.
        fix: What to do about it.
    """

    def __init__(self, what: str, *, allowed: str = "", received: str = "", fix: str = "") -> None:
        self.what = what
        self.allowed = allowed
        self.received = received
        self.fix = fix
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = [self.what.rstrip(".")]
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.received:
            parts.append(f"received: {self.received}")
        if self.fix:
            parts.append(f"fix: {self.fix.rstrip('.')}")
        return "; ".join(parts)


class SpecError(NNStudioError):
    """A specification (network, training, data or project) holds a value that is not allowed."""


class ShapeError(NNStudioError):
    """A layer can't take the shape it is given, or a network doesn't fit its data.

    Args:
        what: What happened.
        expected: What the layer takes, as the card shows it ("a flat vector (N)").
        got: What it was given ("14×14×16").
        fix: What to do, in words.
        fixes: Edits that would mend it, best first (see ``nnstudio.core.fixes``).
        assumed_output: Output shape that later layers may reckon with all the same.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str = "",
        got: str = "",
        fix: str = "",
        fixes: tuple[Any, ...] = (),
        assumed_output: tuple[int, ...] | None = None,
    ) -> None:
        self.expected = expected
        self.got = got
        self.fixes = fixes
        self.assumed_output = assumed_output
        super().__init__(what, allowed=expected, received=got, fix=fix)


class DataError(NNStudioError):
    """A data set is missing, damaged or not what it claims to be."""


class FormatError(NNStudioError):
    """A model, run or project file can't be read or written safely."""


class TrainingError(NNStudioError):
    """Training can't start or can't go on."""


class Cancelled(NNStudioError):
    """The user asked to stop something that was under way; nothing is broken."""
