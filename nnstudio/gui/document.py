"""The open project: a QObject over the history of immutable specs.

Every view reads ``project`` and ``report`` and edits through :meth:`Document.apply`; one signal says
what changed. No view keeps a copy of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from nnstudio.core.fixes import Fix
from nnstudio.core.history import Change, History, Step
from nnstudio.core.layer import LayerSpec, Shape
from nnstudio.core.shapes import ShapeReport, infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec


class Document(QObject):
    """The project being edited.

    Signals:
        changed(Change): The project changed, by an edit, an undo or a redo.
        reset(): Another project was opened.
        selection_changed(str): Name of the current layer, "" for none; also when others are selected with it.
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
        self._selected: tuple[str, ...] = ()
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
        """Name of the current layer, or "" for none."""
        return self._selection

    @property
    def selected(self) -> tuple[str, ...]:
        """Names of all selected layers, the current one among them, first to last."""
        return self._selected

    @property
    def selected_layer(self) -> LayerSpec | None:
        """The current layer, or None."""
        return self.network.find(self._selection) if self._selection else None

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
    def steps(self) -> tuple[Step, ...]:
        """The states that undo and redo walk through, oldest first."""
        return self._history.steps

    @property
    def position(self) -> int:
        """Which of the steps is the current one."""
        return self._history.position

    @property
    def saved_project(self) -> ProjectSpec:
        """The state that counts as saved."""
        return self._saved_project

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
        network = self.network.replace_layer(layer, changed)
        self._follow_name(layer, changed.name)
        try:
            self.apply_network(label, network, (layer, name))
        except Exception:
            self._follow_name(changed.name, layer)
            raise
        if changed.name != layer and changed.name in self._selected:
            self.selection_changed.emit(self._selection)

    def set_field_of_all(self, layers: Collection[str], name: str, value: object) -> None:
        """Sets one field of several layers, as one step; typing merges as for one layer.

        Raises:
            SpecError: The value is not allowed for one of them; then none is changed.
        """
        network = self.network
        for layer in layers:
            network = network.replace_layer(layer, network.layer(layer).replace(**{name: value}))
        self.apply_network(f"Set {name.replace('_', ' ')}", network, (tuple(layers), name))

    def apply_fix(self, fix: Fix, layer: str) -> None:
        """Applies a problem's fix as one step."""
        self.apply_network(fix.label, fix.apply(self.network, layer))

    def insert_layer(self, layer: LayerSpec, position: int | None = None) -> None:
        """Inserts a layer into the outer stack (at its end by default) and selects it."""
        place = len(self.network.layers) if position is None else position
        network = self.network.insert(place, layer)
        self.apply_network(f"Insert {layer.title}", network)
        self.select(network.layers[place].name)

    def select(self, name: str) -> None:
        """Selects one layer by name; "" for none."""
        self.select_many((name,) if name else (), name)

    def select_many(self, names: Collection[str], current: str) -> None:
        """Selects layers by name; ``current`` is the one among them that the inspector shows."""
        selected = self._ordered(names)
        if current not in selected:
            current = selected[0] if selected else ""
        if (selected, current) != (self._selected, self._selection):
            self._history.seal()
            self._selected, self._selection = selected, current
            self.selection_changed.emit(current)

    def seal(self) -> None:
        """Ends the merging of edits (a field lost the focus, a slider was let go)."""
        self._history.seal()

    def typing(self, begun: bool) -> None:
        """Somebody begins to type into a field, or takes the typing back: then its edits were never made."""
        if begun:
            self._history.seal()
        else:
            self._announce(self._history.withdraw())

    def undo(self) -> None:
        """Takes the last step back."""
        self._announce(self._history.undo())

    def redo(self) -> None:
        """Makes the step again."""
        self._announce(self._history.redo())

    def go(self, position: int) -> None:
        """Goes to any of the steps, as so many undos or redos would."""
        self._announce(self._history.go(position))

    def recover(self, steps: Sequence[Step], position: int, path: Path | None, saved: ProjectSpec) -> None:
        """Replaces everything by a project with its history, as another sitting left it.

        Args:
            steps: Its states, oldest first.
            position: The current one of them.
            path: Its file, or None.
            saved: What the file holds.

        Raises:
            IndexError: There is no such step.
        """
        history = History.restored(steps, position)
        self._open(saved, path)
        self._history = history
        self._infer()
        self.reset.emit()

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
        self._selection, self._selected = "", ()
        self._infer()

    def _announce(self, change: Change | None) -> None:
        if change is None:
            return
        self._infer()
        kept = self._ordered(self._selected)
        if kept != self._selected:
            self._selection = self._selection if self._selection in kept else (kept[0] if kept else "")
            self._selected = kept
            self.selection_changed.emit(self._selection)
        self.changed.emit(change)

    def _ordered(self, names: Collection[str]) -> tuple[str, ...]:
        """Those of the names that the network has, first to last."""
        if not names:
            return ()
        return tuple(layer.name for layer in self.network.walk() if layer.name in names)

    def _follow_name(self, old: str, new: str) -> None:
        """Keeps a layer selected that is getting another name."""
        self._selected = tuple(new if name == old else name for name in self._selected)
        self._selection = new if self._selection == old else self._selection

    def _infer(self) -> None:
        shape, classes = self._expected
        self._report = infer_shapes(
            self.network, classes=classes, input_shape=shape, loss=self.project.train.loss
        )
