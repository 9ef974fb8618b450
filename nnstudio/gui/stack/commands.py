"""What the user can do to layers: each command is one undo step and leaves a sensible selection."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtGui import QGuiApplication

from nnstudio.core.layer import LayerSpec
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError
from nnstudio.gui.document import Document
from nnstudio.gui.stack import edits, mime
from nnstudio.gui.stack.edits import Place


def insert(document: Document, *layers: LayerSpec, place: Place | None = None, verb: str = "Insert") -> None:
    """Inserts layers, behind the selection unless a place is given, and selects them.

    A stack without an Input gets one in the same step.
    """
    network = document.network
    at = edits.place_behind(network, document.selection) if place is None else place
    complete = edits.with_input(network, document.expected[0])
    if not at.into:
        at = Place(at.position + len(complete.layers) - len(network.layers))
    at = edits.allowed(complete, at)
    _apply(document, f"{verb} {called(layers)}", complete.insert(at.position, *layers, into=at.into))
    stack = document.network.stack(at.into)
    fresh = [layer.name for layer in stack[at.position : at.position + len(layers)]]
    document.select_many(fresh, fresh[0])


def add_first_dense(document: Document) -> None:
    """Fills an empty stack with the least that can be trained, and selects the output layer."""
    _apply(document, "Insert Dense", edits.with_first_dense(document.network, *document.expected))
    document.select(document.network.layers[-1].name)


def remove(document: Document, names: Collection[str]) -> bool:
    """Deletes layers and selects their neighbour; the Input stays (False if nothing else was named)."""
    going = editable(document, names)
    if going:
        document.select(edits.neighbour(document.network, going))
        label = f"Delete {called(_layers(document, going))}"
        _apply(document, label, document.network.remove(*going))
    return bool(going)


def duplicate(document: Document, names: Collection[str]) -> bool:
    """Inserts copies behind the last of some layers and selects them; the Input has no copy (False)."""
    going = editable(document, names)
    if going:
        network, last = document.network, going[-1]
        behind = Place(network.index(last) + 1, network.parent(last))
        insert(document, *_layers(document, going), place=behind, verb="Duplicate")
    return bool(going)


def move(document: Document, names: Collection[str], place: Place) -> bool:
    """Moves layers to a place and selects them; False if they stay where they are.

    Raises:
        SpecError: A block would move into itself.
    """
    going = editable(document, names)
    if not going:
        return False
    current = document.selection if document.selection in going else going[0]
    after = edits.moved(document.network, going, place)
    changed = after != document.network
    _apply(document, f"Move {called(_layers(document, going))}", after)
    document.select_many(going, current)
    return changed


def move_by(
    document: Document, names: Collection[str], step: int, enters: Callable[[str], bool] = lambda _name: False
) -> bool:
    """Moves layers up (-1) or down (1); into a block where ``enters`` says so, and out at its ends."""
    going = editable(document, names)
    if not going:
        return False
    network, edge = document.network, going[0] if step < 0 else going[-1]
    block, position = network.parent(edge), network.index(edge)
    beyond = position + step
    stack = network.stack(block)
    if 0 <= beyond < len(stack):
        passed = stack[beyond]
        if edits.is_block(passed) and enters(passed.name):
            place = Place(0 if step > 0 else len(passed.children), passed.name)
        else:
            place = Place(beyond + (step > 0), block)
    elif block:
        place = Place(network.index(block) + (step > 0), network.parent(block))
    else:
        return False
    return move(document, going, place)


def group(document: Document, names: Collection[str]) -> None:
    """Puts layers into a residual block and selects it.

    Raises:
        SpecError: They don't follow each other, or the Input is among them.
    """
    after, block = edits.grouped(document.network, names)
    _apply(document, f"Group {called(_layers(document, edits.in_order(document.network, names)))}", after)
    document.select(block)


def ungroup(document: Document, name: str) -> None:
    """Puts a block's layers in its place and selects them.

    Raises:
        SpecError: The layer is no block.
    """
    inside = [layer.name for layer in document.network.layer(name).children]
    after = edits.ungrouped(document.network, name)
    beside = edits.neighbour(document.network, [name])
    _apply(document, f"Ungroup {document.network.layer(name).title}", after)
    document.select_many(inside or [beside], inside[0] if inside else beside)


def toggle(document: Document, names: Collection[str], flag: str) -> bool:
    """Sets ``frozen`` or ``disabled`` on layers, or takes it away where all of them have it."""
    going = editable(document, names)
    if flag == "frozen":
        going = tuple(name for name in going if edits.has_weights(type(document.network.layer(name))))
    if not going:
        return False
    layers = _layers(document, going)
    wanted = not all(getattr(layer, flag) for layer in layers)
    verb = {"frozen": ("Unfreeze", "Freeze"), "disabled": ("Enable", "Disable")}[flag][wanted]
    _apply(document, f"{verb} {called(layers)}", edits.flagged(document.network, going, flag, wanted))
    return True


def rename(document: Document, name: str, new: str) -> None:
    """Gives a layer another name.

    Raises:
        SpecError: The name is empty or taken.
    """
    wanted = new.strip()
    if not wanted:
        raise SpecError("a layer needs a name", fix="type a name that no other layer has")
    if wanted == name:
        return
    if document.network.find(wanted) is not None:
        raise SpecError(f"another layer is called {wanted!r} already", fix="choose a name of its own")
    document.seal()
    document.set_layer_field(name, "name", wanted)
    document.seal()


def copy(document: Document, names: Collection[str]) -> bool:
    """Puts layers on the clipboard as JSON text."""
    layers = _layers(document, edits.in_order(document.network, names))
    if layers:
        QGuiApplication.clipboard().setMimeData(mime.pack(layers))
    return bool(layers)


def cut(document: Document, names: Collection[str]) -> bool:
    """Copies layers and deletes them; the Input stays."""
    going = editable(document, names)
    return bool(going) and copy(document, going) and remove(document, going)


def paste(document: Document) -> None:
    """Inserts the layers on the clipboard behind the selection.

    Raises:
        SpecError: The clipboard holds no layer, or an Input alone.
    """
    layers = mime.layers_from_text(QGuiApplication.clipboard().text())
    wanted = [layer for layer in layers if not edits.is_input(layer)]
    if not wanted:
        raise SpecError("a stack has one Input only", fix="copy another layer")
    insert(document, *wanted, verb="Paste")


def editable(document: Document, names: Collection[str]) -> tuple[str, ...]:
    """Those of the named layers, outermost, that may be moved, deleted and duplicated."""
    network = document.network
    return tuple(name for name in edits.in_order(network, names) if not edits.is_input(network.layer(name)))


def called(layers: Collection[LayerSpec]) -> str:
    """What an undo step calls the layers: ``Dense``, or ``3 layers``."""
    return next(iter(layers)).title if len(layers) == 1 else f"{len(layers)} layers"


def _layers(document: Document, names: Collection[str]) -> tuple[LayerSpec, ...]:
    return tuple(document.network.layer(name) for name in names)


def _apply(document: Document, label: str, network: NetworkSpec) -> None:
    document.seal()
    document.apply_network(label, network)
