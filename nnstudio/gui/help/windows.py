"""Help: the focused item, all shortcuts, and what this program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio import __version__
from nnstudio.gui.help.popover import HelpPopover, show_topic
from nnstudio.gui.help.topics import topic_of
from nnstudio.gui.shell.actions import commands
from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

_MORE_KEYS = (
    ("Space", "Train, pause, go on"),
    ("Right", "Step one batch"),
    ("R", "Reset"),
    ("Up, Down", "Select a layer"),
    ("Enter, Esc", "To the inspector, back to the stack"),
    ("Esc", "In a wrong number: take it back"),
)
_WIDTH = 320


def show_help(window: MainWindow) -> HelpPopover:
    """Explains the item that has the focus; where none has it, the selected layer."""
    item = QApplication.focusWidget() or window
    if item in (window, window.centre) and window.document.selection:
        item = window.stack.view
    return show_topic(topic_of(item), item)


def show_tour(window: MainWindow) -> None:
    """Shows a newcomer around."""
    from nnstudio.gui.tour.offer import start_tour

    start_tour(window)


def show_keys(parent: QWidget) -> QDialog:
    """Shows the list of shortcuts; it blocks nothing."""
    dialog = _dialog(parent, "Keyboard shortcuts")
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme().px(16))
    rows = [(command.keys[0], command.text.rstrip("…")) for command in commands() if command.keys]
    rows += _MORE_KEYS
    half = (len(rows) + 1) // 2
    for number, (keys, text) in enumerate(rows):
        column, row = divmod(number, half)
        grid.addWidget(_label(keys, "key", wrap=False), row, 2 * column, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(_label(text, "secondary", wrap=False), row, 2 * column + 1)
    return _finish(dialog, grid)


def show_about(parent: QWidget) -> QDialog:
    """Says what this program is."""
    dialog = _dialog(parent, f"NNStudio {__version__}")
    grid = QGridLayout()
    text = (
        "Build, train and understand neural networks.\n\n"
        "The engine is written in NumPy and made to be read. Projects are JSON, models are HDF5 files "
        "that Keras opens.\n\nMIT licence."
    )
    label = _label(text, "secondary")
    label.setMinimumWidth(theme().px(_WIDTH))
    grid.addWidget(label, 0, 0)
    return _finish(dialog, grid)


def _dialog(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    column = QVBoxLayout(dialog)
    column.setSpacing(theme().px(12))
    column.setContentsMargins(*[theme().px(16)] * 4)
    column.addWidget(_label(title, "title"))
    return dialog


def _finish(dialog: QDialog, content: QGridLayout) -> QDialog:
    column = dialog.layout()
    assert isinstance(column, QVBoxLayout)
    column.addLayout(content)
    close = QPushButton("Close")
    close.clicked.connect(dialog.close)
    column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
    dialog.show()
    return dialog


def _label(text: str, role: str, wrap: bool = True) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    return label
