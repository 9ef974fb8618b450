"""Something wrong with a layer, in words, with the edits that mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnstudio.core.fixes import Fix


@dataclass(frozen=True)
class Problem:
    """Something wrong with one layer.

    Attributes:
        layer: Name of the layer ("" for the network as a whole).
        message: What is wrong, as a sentence.
        expected: What the layer takes.
        got: What it is given.
        fixes: Edits that mend it, best first, two at most.
        severity: Errors block training; warnings don't.
    """

    layer: str
    message: str
    expected: str = ""
    got: str = ""
    fixes: tuple[Fix, ...] = ()
    severity: Literal["error", "warning"] = "error"

    def sentence(self) -> str:
        """The problem in one line, for lists, the command line and screen readers."""
        where = f"{self.layer}: " if self.layer else ""
        detail = f" (expected {self.expected}, got {self.got})" if self.expected else ""
        fix = f"; fix: {' or '.join(fix.label for fix in self.fixes)}" if self.fixes else ""
        return f"{where}{self.message}{detail}{fix}"
