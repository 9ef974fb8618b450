"""The upper part of the inspector: the selected layer's header, form and computed facts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.core.layer import LayerSpec
from nnstudio.core.shapes import LayerReport
from nnstudio.core.window import Size
from nnstudio.gui.form.facts import facts, work
from nnstudio.gui.form.more import MoreButton
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.help.popover import show_topic
from nnstudio.gui.help.topics import layer_topic
from nnstudio.gui.look.icons import layer_glyph
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.stack.edits import has_weights
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.properties import set_shown
from nnstudio.gui.widgets.wrapped_label import WrappedLabel

HEADER = 38
_NOTHING = "Select a layer to see and change its settings."


class LayerHeader(QFrame):
    """Glyph, type and name of the selected layer, and help on its type."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self._layer: LayerSpec | None = None
        self._report: LayerReport | None = None
        self._glyph = IconLabel()
        self._type = QLabel()
        self._type.setProperty("role", "section")
        self._name = ElidedLabel("", "caption")
        self.help_button = IconButton("help", "Help on this layer")
        self.help_button.clicked.connect(self.show_help)
        self._row = QHBoxLayout(self)
        for widget in (self._glyph, self._type):
            self._row.addWidget(widget)
        self._row.addWidget(self._name, 1)
        self._row.addWidget(self.help_button)
        self._space()
        theme().changed.connect(self._space)
        self.show_layer(None)

    def show_layer(self, layer: LayerSpec | None, together: int = 1, row: LayerReport | None = None) -> None:
        """Name a layer, or no layer, or how many of its kind are edited together.

        Args:
            layer: The layer.
            together: How many are edited together.
            row: What is known of it in its place, for its help.
        """
        self._layer, self._report = layer, row
        for widget in (self._glyph, self._name, self.help_button):
            set_shown(widget, layer is not None)
        self._type.setText(layer.title if layer else "Settings")
        name = "" if layer is None else layer.name if together < 2 else f"{together} layers"
        self._name.setText(name)
        if layer is not None:
            self._glyph.show_glyph(layer_glyph(layer.category, glyph_of(layer)))
        self.setAccessibleName(f"{layer.title} {name}" if layer else "Settings")

    def show_help(self) -> None:
        """Explain the layer's type beside the button."""
        if self._layer is not None:
            show_topic(layer_topic(self._layer, self._report), self.help_button)

    def _space(self) -> None:
        px = theme().px
        self.setFixedHeight(px(HEADER))
        self._row.setContentsMargins(px(METRICS.padding), 0, px(METRICS.gap), 0)
        self._row.setSpacing(px(METRICS.gap))


class LayerSection(QWidget):
    """The form of the selected layer, or what to do to see one.

    Signals:
        edited(str, object): The user gave a field of the layer a valid value.
        left(): The focus left a field.
        typing(bool): The user begins to type, or takes it all back.
    """

    edited = Signal(str, object)
    left = Signal()
    typing = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._forms: dict[type[LayerSpec], SpecForm] = {}
        self._shows_rare = False
        self._form: SpecForm | None = None
        self._empty = EmptyState("", _NOTHING, icon_name="sliders")
        self._page = QWidget()
        self._facts = WrappedLabel("secondary", METRICS.form)
        self.more_button = MoreButton()
        self.more_button.toggled_more.connect(self._show_rare)
        self._column = QVBoxLayout(self._page)
        self._column.addWidget(self.more_button)
        self._column.addWidget(self._facts)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._empty)
        outer.addWidget(self._page)
        self.show_layer(None, None, 0.0)
        theme().changed.connect(self._space)
        self._space()

    @property
    def form(self) -> SpecForm | None:
        """The form that is shown."""
        return self._form

    def show_layer(
        self, layer: LayerSpec | None, row: LayerReport | None, l2: float, sees: Size | None = None
    ) -> None:
        """Show a layer's settings, or the empty state.

        Args:
            layer: The selected layer.
            row: What is known about it in its place.
            l2: The network's L2 penalty, which the layer inherits unless it has its own.
            sees: Its receptive field, if it has one.
        """
        before = self._form
        self._form = None if layer is None else self._form_for(type(layer))
        if before is not None and before is not self._form:
            before.hide()
        if layer is not None and self._form is not None:
            self._form.set_spec(layer)
            if "l2" in type(layer).model_fields:
                self._form.set_placeholder("l2", f"inherit {numbers.field_text(l2)}")
            self._form.show_rare(self._shows_rare)
            self._form.show()
            self.more_button.setVisible(self._form.has_rare())
        self._empty.say("", _NOTHING)
        set_shown(self._empty, self._form is None)
        set_shown(self._page, self._form is not None)
        self._facts.setText("" if row is None else facts(row, sees))
        self._facts.setToolTip("" if row is None else work(row))

    def show_together(self, layers: Sequence[LayerSpec]) -> None:
        """Edit more layers of the kind that is shown: the fields give the first one's values.

        Args:
            layers: All of them, or fewer than two for one layer alone.
        """
        if self._form is None:
            return
        many = len(layers) > 1
        fields = type(self._form.spec).model_fields
        differing = [
            name for name in fields if many and len({repr(getattr(one, name)) for one in layers}) > 1
        ]
        self._form.set_hidden(("name",) if many else ())
        self._form.show_differing(differing)
        if many:
            self._facts.setText(f"A change applies to all {len(layers)} layers.")
            self._facts.setToolTip("")

    def show_mixture(self, amount: int) -> None:
        """Say why there are no settings: layers of several kinds are selected."""
        self._empty.say(
            "", f"{amount} layers of several kinds are selected. Those of one kind can be set together."
        )

    def show_facts(self, wanted: bool) -> None:
        """Whether the computed rows are shown (there is no room for them in a low window)."""
        set_shown(self._facts, wanted)

    def _show_rare(self, shown: bool) -> None:
        self._shows_rare = shown
        if self._form is not None:
            self._form.show_rare(shown)

    def _form_for(self, cls: type[LayerSpec]) -> SpecForm:
        if cls not in self._forms:
            also = ("frozen",) if has_weights(cls) else ()
            form = self._forms[cls] = SpecForm(cls, self._page, also=also)
            form.edited.connect(self.edited)
            form.left.connect(self.left)
            form.typing.connect(self.typing)
            self._column.insertWidget(self._column.indexOf(self.more_button), form)
        return self._forms[cls]

    def _space(self) -> None:
        self._column.setSpacing(theme().px(METRICS.gap))
        self._column.setContentsMargins(0, 0, 0, theme().px(4))
