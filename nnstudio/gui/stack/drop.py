"""Where a dragged layer would land, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.core.layer import LayerSpec
from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.stack import edits
from nnstudio.gui.stack.mime import Carried


@dataclass(frozen=True)
class Drop:
    """A drop that would happen now.

    Attributes:
        carried: The layer.
        position: The layer would stand in front of this position.
        copies: It stays where it is and a copy is dropped.
    """

    carried: Carried
    position: int
    copies: bool

    @property
    def moves(self) -> bool:
        """A layer of this stack goes elsewhere."""
        return bool(self.carried.moving) and not self.copies

    def stays(self, network: NetworkSpec) -> bool:
        """Nothing would change."""
        return self.moves and edits.moved(network, self.carried.moving, self.position) == network

    def hint(self, network: NetworkSpec) -> str:
        """What the drop will do, for the status bar."""
        title = self._called(self.carried.layer, network)
        if self.stays(network):
            return f"Drop to leave {title} where it is. Esc cancels."
        verb = "move" if self.moves else "copy" if self.carried.moving else "insert"
        before = [layer for layer in network.layers[: self.position] if layer.name != self._leaving()]
        where = f"after {self._called(before[-1], network)}" if before else "as the first layer"
        return f"Drop to {verb} {title} {where}. Esc cancels."

    def _called(self, layer: LayerSpec, network: NetworkSpec) -> str:
        """The layer's title, or its name where other layers of the stack have the same title."""
        alike = [other for other in network.layers if other.title == layer.title]
        known = any(other.name == layer.name for other in alike)
        return layer.name if known and len(alike) > 1 else layer.title

    def _leaving(self) -> str:
        return self.carried.moving if self.moves else ""


def position_at(y: float, centres: list[float]) -> int:
    """The position in front of the first card whose centre lies below ``y``."""
    return next((at for at, centre in enumerate(centres) if y < centre), len(centres))
