"""Where dragged layers would land, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from nnstudio.core.layer import LayerSpec
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError
from nnstudio.gui.stack import edits
from nnstudio.gui.stack.commands import called
from nnstudio.gui.stack.edits import Place
from nnstudio.gui.stack.mime import Carried


@dataclass(frozen=True)
class Drop:
    """A drop that would happen now.

    Attributes:
        carried: The layers.
        place: Where they would go.
        copies: They stay where they are and copies are dropped.
    """

    carried: Carried
    place: Place
    copies: bool

    @property
    def moves(self) -> bool:
        """Layers of this stack go elsewhere."""
        return bool(self.carried.moving) and not self.copies

    def possible(self, network: NetworkSpec) -> bool:
        """No block would move into itself."""
        return not self.moves or self._result(network) is not None

    def stays(self, network: NetworkSpec) -> bool:
        """Nothing would change."""
        return self.moves and self._result(network) in (network, None)

    def hint(self, network: NetworkSpec) -> str:
        """What the drop will do, for the status bar."""
        layers = self.carried.layers
        what = self._named(layers[0], network) if len(layers) == 1 else called(layers)
        if not self.possible(network):
            return f"{what} can't go into itself. Esc cancels."
        if self.stays(network):
            return f"Drop to leave {what} where it is. Esc cancels."
        verb = "move" if self.moves else "copy" if self.carried.moving else "insert"
        return f"Drop to {verb} {what} {self._where(network)}. Esc cancels."

    def _where(self, network: NetworkSpec) -> str:
        into = self.place.into
        leaving = self.carried.moving if self.moves else ()
        ahead = network.stack(into)[: self.place.position]
        before = [layer for layer in ahead if layer.name not in leaving]
        inside = f" in {self._named(network.layer(into), network)}" if into else ""
        if not before:
            return f"as the first layer{inside}"
        return f"after {self._named(before[-1], network)}{inside}"

    def _named(self, layer: LayerSpec, network: NetworkSpec) -> str:
        """The layer's title, or its name where other layers of the stack have the same title."""
        alike = [other for other in network.walk() if other.title == layer.title]
        known = any(other.name == layer.name for other in alike)
        return layer.name if known and len(alike) > 1 else layer.title

    def _result(self, network: NetworkSpec) -> NetworkSpec | None:
        try:
            return edits.moved(network, self.carried.moving, self.place)
        except SpecError:
            return None
