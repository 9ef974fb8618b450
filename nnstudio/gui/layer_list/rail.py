"""The layer list of narrow windows: one icon per category, each with a menu."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from nnstudio.gui.document import Document
from nnstudio.gui.layer_list.panel import LayerList
from nnstudio.gui.look.icons import icon, layer_glyph
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.palette import PRESETS, palette
from nnstudio.gui.stack.palette_menu import category_menu, preset_menu
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.properties import set_property

WIDTH = 44
_BUTTON = 28
_ICON = 20
_GAP = 8
_POPUP = QSize(190, 420)

_ORDER = (
    "dense",
    "convolution",
    "pooling",
    "activation",
    "normalisation",
    "regularisation",
    "shape",
    "blocks",
)


def _place(category: str) -> int:
    """What is used most comes first; the list has room for the order of the cards' colours."""
    return _ORDER.index(category) if category in _ORDER else len(_ORDER)


class RailButton(QToolButton):
    """An icon with a small triangle at its corner, because it opens something."""

    def __init__(self, drawing: QIcon, label: str, triangle: bool = True) -> None:
        super().__init__()
        self._triangle = triangle
        self.setIcon(drawing)
        self.setToolTip(label)
        self.setAccessibleName(label)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.resize_icon()
        theme().changed.connect(self.resize_icon)

    def resize_icon(self) -> None:
        """Takes the size of the present zoom."""
        side = theme().px(_BUTTON)
        self.setFixedSize(side, side)
        self.setIconSize(QSize(theme().px(_ICON), theme().px(_ICON)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the icon, then the triangle."""
        super().paintEvent(event)
        if not self._triangle:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("text2"))
        side = theme().px(5)
        corner = QRectF(self.width() - side, self.height() - side, side, side)
        painter.drawPolygon(QPolygonF([corner.bottomLeft(), corner.bottomRight(), corner.topRight()]))


class LayerRail(QFrame):
    """The rail.

    Attributes:
        search_button: Opens the layer list with its search.
        buttons: One button per category, and one for the presets.

    Signals:
        preset_chosen(str): A preset was chosen here.
    """

    preset_chosen = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAccessibleName("Layers")
        self._document = document
        self._popup: QFrame | None = None
        self.search_button = RailButton(icon("search", "text2"), "Find layer (Ctrl+K)", triangle=False)
        self.search_button.clicked.connect(self.focus_search)
        self.buttons: dict[str, RailButton] = {}
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.search_button, 0, Qt.AlignmentFlag.AlignHCenter)
        groups = palette()
        for category in sorted(groups, key=_place):
            entries = groups[category]
            button = RailButton(layer_glyph(category, glyph_of(entries[0].layer)), category.capitalize())
            button.setMenu(category_menu(document, category, entries, button))
            self.buttons[category] = button
            self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        presets = RailButton(icon("presets", "input"), "Presets")
        presets.setMenu(preset_menu(self.preset_chosen.emit, presets))
        self.buttons[PRESETS] = presets
        self._layout.addWidget(presets, 0, Qt.AlignmentFlag.AlignHCenter)
        self._layout.addStretch(1)
        self._space()
        theme().changed.connect(self._space)

    def sizeHint(self) -> QSize:
        """The width of the design."""
        return QSize(theme().px(WIDTH), theme().px(400))

    def focus_search(self) -> LayerList:
        """Opens the layer list over the stack, ready to type; it closes after an insertion.

        What is dragged out of it goes to the stack below, so that it gives way at once.
        """
        popup = QFrame(self, Qt.WindowType.Popup)
        set_property(popup, role="panel")
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = LayerList(self._document)
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(content)
        content.left.connect(popup.close)
        content.inserted.connect(popup.close)
        content.preset_chosen.connect(popup.close)
        content.view.lifted.connect(popup.hide)
        content.view.let_go.connect(popup.deleteLater)
        content.preset_chosen.connect(self.preset_chosen)
        popup.resize(theme().px(_POPUP.width()), theme().px(_POPUP.height()))
        popup.move(self.mapToGlobal(QPoint(self.width(), 0)))
        popup.show()
        content.focus_search()
        return content

    def _space(self) -> None:
        px = theme().px
        self._layout.setContentsMargins(0, px(6), 0, px(6))
        self._layout.setSpacing(px(_GAP))
