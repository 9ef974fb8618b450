"""What the user can do to the stack: each command is one undo step and leaves a sensible selection."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from nnstudio.core.fixes import Fix
from nnstudio.core.layer import LayerSpec
from nnstudio.core.shapes import Problem
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError
from nnstudio.gui.document import Document
from nnstudio.gui.stack import edits, mime


def insert(document: Document, layer: LayerSpec, position: int | None = None, verb: str = "Insert") -> None:
    """Inserts a layer, behind the selection unless a position is given, and selects it.

    A stack without an Input gets one in the same step.
    """
    network = document.network
    at = edits.place_behind(network, document.selection) if position is None else position
    complete = edits.with_input(network, document.expected[0])
    at = edits.place(complete, at + len(complete.layers) - len(network.layers))
    _apply(document, f"{verb} {layer.title}", complete.insert(at, layer))
    document.select(document.network.layers[at].name)


def add_first_dense(document: Document) -> None:
    """Fills an empty stack with the least that can be trained, and selects the output layer."""
    _apply(document, "Insert Dense", edits.with_first_dense(document.network, *document.expected))
    document.select(document.network.layers[-1].name)


def remove(document: Document, name: str) -> bool:
    """Deletes a layer and selects its neighbour; the Input stays (False)."""
    layer = _editable(document, name)
    if layer is None:
        return False
    document.select(edits.neighbour(document.network, name))
    _apply(document, f"Delete {layer.title}", document.network.remove(name))
    return True


def duplicate(document: Document, name: str) -> bool:
    """Inserts a copy behind a layer and selects it; the Input has no copy (False)."""
    layer = _editable(document, name)
    if layer is not None:
        insert(document, layer, edits.place_behind(document.network, name), "Duplicate")
    return layer is not None


def move(document: Document, name: str, position: int) -> bool:
    """Moves a layer in front of ``position`` and selects it; False if it stays where it is."""
    layer = _editable(document, name)
    if layer is None:
        return False
    after = edits.moved(document.network, name, position)
    changed = after != document.network
    _apply(document, f"Move {layer.title}", after)
    document.select(name)
    return changed


def move_by(document: Document, name: str, places: int) -> bool:
    """Moves a layer up (-1) or down (1)."""
    if _editable(document, name) is None:
        return False
    position = document.network.index(name)
    return move(document, name, position + places + (1 if places > 0 else 0))


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
    if any(layer.name == wanted for layer in document.network.layers):
        raise SpecError(f"another layer is called {wanted!r} already", fix="choose a name of its own")
    document.seal()
    document.set_layer_field(name, "name", wanted)
    document.seal()


def apply_fix(document: Document, fix: Fix, layer: str) -> None:
    """Applies a fix and keeps the layer that had the problem selected, if it is still there."""
    document.seal()
    document.apply_fix(fix, layer)
    if any(item.name == layer for item in document.network.layers):
        document.select(layer)


def copy(document: Document, name: str) -> bool:
    """Puts a layer on the clipboard as JSON text."""
    layer = next((item for item in document.network.layers if item.name == name), None)
    if layer is None:
        return False
    QGuiApplication.clipboard().setMimeData(mime.pack(layer))
    return True


def paste(document: Document) -> None:
    """Inserts the layer on the clipboard behind the selection.

    Raises:
        SpecError: The clipboard holds no layer, or an Input.
    """
    layer = mime.layer_from_text(QGuiApplication.clipboard().text())
    if edits.is_input(layer):
        raise SpecError("a stack has one Input only", fix="copy another layer")
    insert(document, layer, verb="Paste")


def can_edit(document: Document, name: str) -> bool:
    """The layer exists and may be moved, deleted and duplicated."""
    return _editable(document, name) is not None


def next_problem(document: Document, step: int = 1) -> Problem | None:
    """Selects the next (or with -1 the previous) layer with a problem, round the end."""
    names = [row.layer.name for row in document.report.layers]
    bad = [place for place, row in enumerate(document.report.layers) if row.problems]
    if not bad:
        return None
    here = (
        names.index(document.selection) if document.selection in names else (-1 if step > 0 else len(names))
    )
    ahead = [place for place in bad if (place > here if step > 0 else place < here)]
    order = ahead or bad
    chosen = document.report.layers[order[0] if step > 0 else order[-1]]
    document.select(chosen.layer.name)
    return chosen.problems[0]


def first_fix(document: Document) -> bool:
    """Applies the best fix of the selected layer's problem, or else of the first one that has a fix."""
    rows = sorted(document.report.layers, key=lambda row: row.layer.name != document.selection)
    for row in rows:
        for problem in row.problems:
            if problem.fixes:
                apply_fix(document, problem.fixes[0], row.layer.name)
                return True
    return False


def _editable(document: Document, name: str) -> LayerSpec | None:
    found = next((layer for layer in document.network.layers if layer.name == name), None)
    return None if found is None or edits.is_input(found) else found


def _apply(document: Document, label: str, network: NetworkSpec) -> None:
    document.seal()
    document.apply_network(label, network)
