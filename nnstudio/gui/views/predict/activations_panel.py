"""The panel below the drawing: what every layer makes of it, and one map enlarged."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from nnstudio.engine.model import Model
from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.activation_layout import CAPTION, TILES, TITLE
from nnstudio.gui.views.predict.activation_strip import ActivationStrip
from nnstudio.gui.views.predict.layer_maps import LayerMaps, filter_of
from nnstudio.gui.views.predict.map_detail import MapDetail
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl

_SCALES = (("layer", "Per layer"), ("map", "Per map"))
_HINT = "Click a map to enlarge it"
_BAR = 14  # of scrolling


class ActivationsPanel(Panel):
    """Shows the layers of the newest prediction that was looked into."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Activations, layer by layer", _HINT, parent)
        self.scale = SegmentedControl(_SCALES, "Scale of the colours")
        self.scale.setToolTip("Colours by the largest value of the layer, or of each map by itself.")
        self.add_control(self.scale)
        self.strip, self.detail = ActivationStrip(), MapDetail()
        self.empty = EmptyState("", "Draw, and every layer's output appears here.")
        self._layers: tuple[LayerMaps, ...] = ()
        self._model: Model | None = None
        self._chosen: tuple[int, int] | None = None
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self.strip)
        for ground in (self.strip, self._scroll.viewport()):
            ground.setAutoFillBackground(False)  # the panel's own
        self._stack = QStackedWidget()
        for widget in (self.empty, self._scroll, self.detail):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack)
        self.scale.changed.connect(lambda scale: self.strip.set_together(scale == "layer"))
        self.strip.chosen.connect(self._enlarge)
        self.detail.closed.connect(self._close)
        self.detail.walked.connect(self._walk)
        self._fit()
        theme().changed.connect(self._fit)

    @property
    def enlarged(self) -> tuple[int, int] | None:
        """Layer and channel that are enlarged, or None."""
        return self._chosen

    def show_layers(self, model: Model, layers: tuple[LayerMaps, ...]) -> None:
        """Shows other outputs; what is enlarged stays so while the network is the same."""
        if [one.shape for one in layers] != [one.shape for one in self._layers]:
            self._chosen = None
        self._layers, self._model = layers, model
        self.strip.show_layers(layers)
        if self._chosen is not None:
            self._show_detail(*self._chosen)
        else:
            self._stack.setCurrentWidget(self._scroll)

    def clear(self) -> None:
        """There is no drawing."""
        self._layers, self._chosen = (), None
        self.strip.show_layers(())
        self._stack.setCurrentWidget(self.empty)

    def sizeHint(self) -> QSize:
        """Titles, maps, captions and the bar that scrolls them."""
        return QSize(super().sizeHint().width(), super().minimumSizeHint().height())

    def _enlarge(self, layer: int, channel: int) -> None:
        self._show_detail(layer, channel)
        self.detail.setFocus()

    def _show_detail(self, layer: int, channel: int) -> None:
        if self._model is None:
            return
        self._chosen = (layer, channel)
        shown = self._layers[layer]
        kernel = filter_of(self._model.network, self._model.weights, shown.layer.name, channel)
        self.detail.show_map(shown, channel, kernel)
        self._stack.setCurrentWidget(self.detail)

    def _walk(self, step: int) -> None:
        if self._chosen is not None:
            layer, channel = self._chosen
            self._show_detail(layer, (channel + step) % self._layers[layer].count)

    def _close(self) -> None:
        self._chosen = None
        self._stack.setCurrentWidget(self._scroll)
        self.strip.setFocus()

    def _fit(self) -> None:
        self._stack.setFixedHeight(theme().px(TITLE + TILES + CAPTION + _BAR))
