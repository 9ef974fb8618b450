"""The open project: a QObject over the history of immutable specs.

Every view reads ``project`` and ``report`` and edits through :meth:`Document.apply`; one signal says
what changed. No view keeps a copy of its own.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.core.fixes import Fix
from nnstudio.core.history import Change, History
from nnstudio.core.layer import LayerSpec, Shape
from nnstudio.core.shapes import ShapeReport, infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec


class Document(QObject):
    """The project being edited.

    Signals:
        changed(Change): The project changed, by an edit, an undo or a redo.
        reset(): Another project was opened.
        selection_changed(str): Name of the selected layer, "" for none.
        saved(): ``path`` or ``dirty`` changed.
    """

    changed = Signal(object)
    reset = Signal()
    selection_changed = Signal(str)
    saved = Signal()

    def __init__(self, project: ProjectSpec | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._expected: tuple[Shape | None, int | None] = (None, None)
        self._selection = ""
        self._path: Path | None = None
        self._open(project or ProjectSpec(), None)

    @property
    def project(self) -> ProjectSpec:
        """The project as it is now."""
        return self._history.project

    @property
    def network(self) -> NetworkSpec:
        """Its network."""
        return self.project.network

    @property
    def report(self) -> ShapeReport:
        """Shapes and problems of the network, against the chosen data set."""
        return self._report

    @property
    def selection(self) -> str:
        """Name of the selected layer, or "" for none."""
        return self._selection

    @property
    def selected_layer(self) -> LayerSpec | None:
        """The selected layer, or None."""
        return next((layer for layer in self.network.layers if layer.name == self._selection), None)

    @property
    def path(self) -> Path | None:
        """File the project was opened from or saved to."""
        return self._path

    @property
    def dirty(self) -> bool:
        """There are changes that aren't saved."""
        return self.project != self._saved_project

    @property
    def undo_label(self) -> str | None:
        """Name of the step that can be undone."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str | None:
        """Name of the step that can be redone."""
        return self._history.redo_label

    @property
    def expected(self) -> tuple[Shape | None, int | None]:
        """Sample shape and number of classes of the chosen data set, as far as they are known."""
        return self._expected

    def expect(self, input_shape: Shape | None, classes: int | None) -> None:
        """Tells what the chosen data set looks like, so that the report can check against it."""
        if (input_shape, classes) != self._expected:
            self._expected = (input_shape, classes)
            self._infer()
            self.changed.emit(Change("Check against the data", self.project, self.project))

    def apply(self, label: str, project: ProjectSpec, merge: Hashable | None = None) -> None:
        """Makes an edited project the current one, as one undo step.

        Args:
            label: Name of the step ("Set units").
            project: The edited project.
            merge: Successive edits with an equal key become one step.
        """
        self._announce(self._history.apply(label, project, merge))

    def apply_network(self, label: str, network: NetworkSpec, merge: Hashable | None = None) -> None:
        """The same for the network alone."""
        self.apply(label, self.project.replace(network=network), merge)

    def set_layer_field(self, layer: str, name: str, value: object) -> None:
        """Sets one field of a layer; typing in one field merges into one step.

        Raises:
            SpecError: The value is not allowed.
        """
        changed = self.network.layer(layer).replace(**{name: value})
        label = f"Set {name.replace('_', ' ')}"
        selected = self._selection == layer
        if name == "name" and selected:
            self._selection = changed.name
        try:
            self.apply_network(label, self.network.replace_layer(layer, changed), (layer, name))
        except Exception:
            self._selection = layer if selected else self._selection
            raise
        if name == "name" and selected:
            self.selection_changed.emit(self._selection)

    def apply_fix(self, fix: Fix, layer: str) -> None:
        """Applies a problem's fix as one step."""
        self.apply_network(fix.label, fix.apply(self.network, layer))

    def insert_layer(self, layer: LayerSpec, position: int | None = None) -> None:
        """Inserts a layer (behind the selection by default) and selects it."""
        if position is None:
            names = [item.name for item in self.network.layers]
            behind = names.index(self._selection) + 1 if self._selection in names else len(names)
            position = behind
        network = self.network.insert(position, layer)
        self.apply_network(f"Insert {layer.title}", network)
        self.select(network.layers[position].name)

    def select(self, name: str) -> None:
        """Selects a layer by name; "" for none."""
        if name != self._selection:
            self._history.seal()
            self._selection = name
            self.selection_changed.emit(name)

    def seal(self) -> None:
        """Ends the merging of edits (a field lost the focus, a slider was let go)."""
        self._history.seal()

    def undo(self) -> None:
        """Takes the last step back."""
        self._announce(self._history.undo())

    def redo(self) -> None:
        """Makes the step again."""
        self._announce(self._history.redo())

    def open(self, project: ProjectSpec, path: Path | None) -> None:
        """Replaces everything by another project."""
        self._open(project, path)
        self.reset.emit()

    def mark_saved(self, path: Path) -> None:
        """The present state is what the file holds."""
        self._path, self._saved_project = path, self.project
        self.saved.emit()

    def _open(self, project: ProjectSpec, path: Path | None) -> None:
        self._history = History(project)
        self._saved_project = project
        self._path = path
        self._selection = ""
        self._infer()

    def _announce(self, change: Change | None) -> None:
        if change is None:
            return
        self._infer()
        if self._selection and self.selected_layer is None:
            self._selection = ""
            self.selection_changed.emit("")
        self.changed.emit(change)

    def _infer(self) -> None:
        shape, classes = self._expected
        self._report = infer_shapes(self.network, classes=classes, input_shape=shape)
