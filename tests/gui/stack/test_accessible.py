from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QHeaderView, QLineEdit

from nnstudio.gui.layer_list.panel import LayerList
from nnstudio.gui.layer_list.rail import LayerRail
from nnstudio.gui.stack.outline import ModelOutline


def test_a_screen_reader_hears_the_cards_as_the_model_words_them(document, show):
    view = show(document).view
    found = QAccessible.queryAccessibleInterface(view)
    said = [found.child(at).text(QAccessible.Text.Name) for at in range(found.childCount())]
    assert "Dense dense, layer 3 of 5, 784 to 64, 50,240 parameters, no error" in said


def test_everything_that_takes_the_focus_has_a_name(document, show, qtbot):
    others = [LayerList(document), LayerRail(document), ModelOutline()]
    for widget in others:
        qtbot.addWidget(widget)
    kinds = (QAbstractButton, QAbstractItemView, QLineEdit)
    nameless = [
        child
        for widget in [show(document), *others]
        for kind in kinds
        for child in widget.findChildren(kind)
        if child.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not isinstance(child, QHeaderView)  # hidden
        and not (child.accessibleName() or getattr(child, "text", str)())
    ]
    assert nameless == []
