"""The inspector: the selected layer's settings above, the training and the data recipe below."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from nnstudio.core.receptive import receptive_field
from nnstudio.core.spec import DataSpec, TrainSpec
from nnstudio.errors import SpecError
from nnstudio.gui.document import Document
from nnstudio.gui.form.data_section import DataSection
from nnstudio.gui.form.frame import Notice, SectionScroll
from nnstudio.gui.form.layer_section import LayerHeader, LayerSection
from nnstudio.gui.form.pending import LOCKED, Pending
from nnstudio.gui.form.training_section import STOP_FIRST, TrainingSection
from nnstudio.gui.form.words import error_sentence
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.playground.look import is_plane
from nnstudio.gui.playground.points_section import PointsSection
from nnstudio.gui.theme import theme
from nnstudio.gui.tour.offer import TourOffer
from nnstudio.gui.widgets.properties import set_shown

LOW_WINDOW = 800
"""Below this height of the window the computed rows are hidden."""
TYPING_MS = 600
"""A run is told of a changed recipe once nobody has changed it for so long, so that it never sees
the 4 of a 40 that is being typed."""


class InspectorPanel(QFrame):
    """Everything that can be set about the selected layer and the next run.

    Signals:
        recipe_changed_while_running(TrainSpec): The draft recipe changed during a run; the run takes
            the spec over at its next epoch. Its locked fields are those of the run.
        points_edited(object, str): Another 2-D set was chosen (its name), or the recipe of its points was
            changed (a PointsSpec, and the setting's name).
        left(): Escape was pressed: the focus may go back to the stack.
    """

    recipe_changed_while_running = Signal(object)
    points_edited = Signal(object, str)
    left = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAccessibleName("Inspector")
        self._document = document
        self._pending: Pending | None = None
        self._running: tuple[int | None, TrainSpec | None] = (None, None)
        self.header = LayerHeader()
        self.layer = LayerSection()
        self.training = TrainingSection()
        self.data = DataSection()
        self.points = PointsSection()
        self.offer = TourOffer()
        self.notice = Notice()
        self._settled = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._settled.timeout.connect(self._tell_run)
        self._build()
        self._connect()
        self._refresh()

    def set_running(self, epoch: int | None, recipe: TrainSpec | None = None) -> None:
        """Says which epoch the run is in; some settings are locked or wait while there is one.

        Args:
            epoch: Epoch under way (also while paused), or None without a run.
            recipe: The recipe the run trains with, where it is known. Without it the draft at the
                start counts, and what was announced during an epoch counts from the next one on.
        """
        if (epoch, recipe) == self._running:
            return  # told again with every frame
        self._running = (epoch, recipe)
        if epoch is None:
            self._settled.stop()
            self._pending = None
        elif self._pending is None:
            self._pending = Pending(recipe or self._document.project.train, epoch)
        else:
            self._pending.advance(epoch, recipe)
        self._refresh_recipes()

    def focus_first(self) -> None:
        """Puts the focus on the layer's first setting, or the recipe's.

        The name comes last: it is changed rarely (F2), and the number that is typed next means a setting.
        """
        form = self.layer.form or self.training.form
        fields = [widget for widget in form.focus_chain() if widget.isVisible()]
        if self.layer.form is not None:
            fields.sort(key=lambda widget: widget is form.editor("name"))
        if fields:
            fields[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, where no field needs it, leads back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the computed rows in a low window."""
        super().resizeEvent(event)
        self.layer.show_facts(self.window().height() >= LOW_WINDOW)

    def _build(self) -> None:
        self._content = QWidget()
        self._content.setProperty("role", "form")
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme().px(METRICS.gap))
        insets: list[QHBoxLayout] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._points_line = _divider()
        outer.addWidget(self.points)
        outer.addWidget(self._points_line)
        outer.addWidget(self.header)
        self._scroll = SectionScroll(self._content, insets)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self.offer)
        outer.addWidget(self.notice)
        for position, section in enumerate((self.layer, self.training, self.data)):
            if position:
                self._column.addWidget(_divider())
            inset = QHBoxLayout()
            inset.addWidget(section)
            self._column.addLayout(inset)
            insets.append(inset)
        self._column.addStretch(1)

    def _connect(self) -> None:
        document = self._document
        document.changed.connect(self._on_changed)
        document.reset.connect(self._on_reset)
        document.selection_changed.connect(self._on_selected)
        self.layer.edited.connect(self._set_layer_field)
        self.training.edited.connect(self._set_training_field)
        self.training.reset_requested.connect(self._reset_recipe)
        self.data.edited.connect(self._set_data_field)
        self.data.laid_out.connect(self._order_tabs)
        self.notice.undo.connect(self._take_back)
        self.points.set_chosen.connect(lambda name: self.points_edited.emit(name, ""))
        self.points.edited.connect(self.points_edited)
        for section in (self.layer, self.training, self.data, self.points):
            section.left.connect(self._on_left)
            section.typing.connect(document.typing)

    def _on_reset(self) -> None:
        self._refresh()
        self._scroll.settle()

    def _on_selected(self) -> None:
        self._refresh_layer()
        self._scroll.settle()

    def _on_changed(self) -> None:
        self._on_reset()
        if self._pending is not None:
            self._settled.start()

    def _refresh(self) -> None:
        self._refresh_layer()
        self._refresh_recipes()

    def _refresh_layer(self) -> None:
        layer, together = self._document.selected_layer, self._together()
        several = len(self._document.selected)
        if several > 1 and not together:
            layer = None
        row = self._document.report.row(layer.name) if layer is not None else None
        self.header.show_layer(layer, len(together), row)
        sees = receptive_field(self._document.network, layer.name) if layer is not None else None
        before = self.layer.form
        self.layer.show_layer(layer, row, self._document.project.train.l2, sees)
        if self.layer.form is not before:
            self._scroll.verticalScrollBar().setValue(0)  # other settings are read from the top
        if self.layer.form is not None:
            self.layer.form.set_check(self._check_layer)
            self.layer.show_together([self._document.network.layer(name) for name in together])
        elif several > 1:
            self.layer.show_mixture(several)
        self._order_tabs()

    def _together(self) -> tuple[str, ...]:
        """Names of the selected layers if they are several of one kind."""
        names, network = self._document.selected, self._document.network
        kinds = {type(network.layer(name)) for name in names}
        return names if len(names) > 1 and len(kinds) == 1 else ()

    def _refresh_recipes(self) -> None:
        project = self._document.project
        self.training.show_recipe(project.train, self._pending)
        locked = STOP_FIRST if self._pending else ""
        self.data.show_recipe(project.data, locked)
        self.points.show_recipe(project.data, locked)
        set_shown(self._points_line, is_plane(project.data))
        pending = self._pending
        self.notice.say(*(pending.notice(project.train), pending.brief()) if pending else ("",))

    def _check_layer(self, name: str, value: Any) -> str:
        """What speaks against a value of the selected layer, beyond its own bounds."""
        if name != "name":
            return ""
        if not value.strip():
            return "Use at least one letter."
        others = {layer.name for layer in self._document.network.walk()} - {self._document.selection}
        return f"Another layer is called {value}." if value in others else ""

    def _set_layer_field(self, name: str, value: object) -> None:
        document, together = self._document, self._together()
        if together:
            self._try(self.layer.form, name, lambda: document.set_field_of_all(together, name, value))
        else:
            selected = document.selection
            self._try(self.layer.form, name, lambda: document.set_layer_field(selected, name, value))

    def _set_training_field(self, name: str, value: object) -> None:
        self._try(self.training.form, name, lambda: self._set("train", name, value))

    def _set_data_field(self, name: str, value: object) -> None:
        self._try(self.data.form, name, lambda: self._set("data", name, value))

    def _set(self, part: str, name: str, value: object) -> None:
        project = self._document.project
        spec: TrainSpec | DataSpec = getattr(project, part)
        changed = project.replace(**{part: spec.replace(**{name: value})})
        inner = _changed_inside(getattr(spec, name), value)
        self._document.apply(f"Set {name.replace('_', ' ')}", changed, merge=(part, name, *inner))

    def _try(self, form: SpecForm | None, name: str, edit: Callable[[], None]) -> None:
        try:
            edit()
        except SpecError as error:
            if form is not None:
                form.set_state(name, "invalid", error_sentence(error))

    def _reset_recipe(self) -> None:
        project, fresh = self._document.project, TrainSpec()
        if self._pending is not None:
            fresh = fresh.replace(**{name: getattr(project.train, name) for name in LOCKED})
        self._document.apply("Reset training recipe", project.replace(train=fresh))

    def _take_back(self) -> None:
        if self._pending is not None:
            project = self._document.project
            train = self._pending.taken_back(project.train)
            self._document.apply("Take back the change", project.replace(train=train))
            self._tell_run()

    def _on_left(self) -> None:
        self._document.seal()
        if self._settled.isActive():
            self._tell_run()

    def _tell_run(self) -> None:
        self._settled.stop()
        recipe = self._pending.announce(self._document.project.train) if self._pending else None
        if recipe is not None:
            self.recipe_changed_while_running.emit(recipe)

    def _order_tabs(self) -> None:
        """Tab walks from top to bottom, although forms are made when they are first needed."""
        chain: list[QWidget] = [*self.points.focus_chain(), self.header.help_button]
        chain += self.layer.form.focus_chain() if self.layer.form else []
        chain.append(self.layer.more_button.button)
        chain += [
            self.training.bookmark,
            self.training.menu_button,
            *self.training.form.focus_chain(),
            self.training.more_button.button,
        ]
        chain += [*self.data.focus_chain(), self.offer.button, self.notice.button]
        for first, second in itertools.pairwise(chain):
            QWidget.setTabOrder(first, second)


def _changed_inside(old: object, new: object) -> tuple[str, ...]:
    """Which settings of a nested spec differ: typing in one of them is one step, two of them are two."""
    if not isinstance(old, BaseModel) or type(old) is not type(new):
        return ()
    return tuple(name for name in type(old).model_fields if getattr(old, name) != getattr(new, name))


def _divider() -> QFrame:
    line = QFrame()
    line.setProperty("role", "divider")
    return line
