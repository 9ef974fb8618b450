"""Menus that insert layers: one for all categories, and one per category for the rail."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.gui.document import Document
from nnstudio.gui.look.icons import layer_glyph
from nnstudio.gui.stack import commands
from nnstudio.gui.stack.glyphs import glyph_of
from nnstudio.gui.stack.palette import Entry, palette, preset_entries
from nnstudio.gui.stack.tips import summary


def category_menu(document: Document, category: str, entries: list[Entry], parent: QWidget) -> QMenu:
    """A menu with the layers of one category."""
    menu = QMenu(category.capitalize(), parent)
    menu.setToolTipsVisible(True)
    for entry in entries:
        action = menu.addAction(layer_glyph(entry.category, glyph_of(entry.layer)), entry.title)
        action.setToolTip(summary(entry.layer))
        action.triggered.connect(lambda *_checked, layer=entry.layer: commands.insert(document, layer))
    return menu


def preset_menu(chosen: Callable[[str], object], parent: QWidget) -> QMenu:
    """A menu with the presets; ``chosen`` is called with the name of one."""
    menu = QMenu("Presets", parent)
    menu.setToolTipsVisible(True)
    for entry in preset_entries():
        action = menu.addAction(entry.title)
        action.setToolTip(entry.preset.summary)
        action.triggered.connect(lambda *_checked, name=entry.preset.name: chosen(name))
    return menu


def insert_menu(document: Document, parent: QWidget) -> QMenu:
    """A menu with a submenu per category; a category with one layer is an entry of its own."""
    menu = QMenu("Insert layer", parent)
    for category, entries in palette().items():
        sub = category_menu(document, category, entries, menu)
        if len(entries) == 1:
            menu.addActions(sub.actions())
        else:
            sub.setIcon(layer_glyph(category, glyph_of(entries[0].layer)))
            menu.addMenu(sub)
    return menu
