"""Opens a closed block while something is held over it, so that it can be dropped between its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from nnstudio.gui.stack.view import StackView

HOLD_MS = 600


class HoverOpen(QObject):
    """Opens blocks for one drag; those that nothing was dropped into close again behind it.

    Args:
        view: The stack.
        opened: Called once a block is open, since another row is under the pointer then.
    """

    def __init__(self, view: StackView, opened: Callable[[], None]) -> None:
        super().__init__(view)
        self._view = view
        self._opened = opened
        self._block = ""
        self._open: list[str] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOLD_MS)
        self._timer.timeout.connect(self._unfold)

    def follow(self, block: str) -> None:
        """The drag is over a block, or over none ("")."""
        if block == self._block:
            return
        self._block = block
        self._timer.stop()
        if block and not self._view.is_open(block):
            self._timer.start()

    def keep(self, block: str) -> None:
        """Something lands in a block: it stays open, and so do those around it."""
        network = self._view.document.network
        while block:
            if block in self._open:
                self._open.remove(block)
            block = network.parent(block)

    def stop(self) -> None:
        """The drag is over."""
        self._timer.stop()
        self._block = ""
        opened, self._open = self._open, []
        for block in reversed(opened):
            if self._view.document.network.find(block) is not None:
                self._view.set_open(block, False)

    def _unfold(self) -> None:
        self._open.append(self._block)
        self._view.set_open(self._block, True)
        self._view.executeDelayedItemsLayout()
        self._opened()
