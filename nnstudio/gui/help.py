"""Help: what the focused item is for, all shortcuts, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nnstudio import __version__
from nnstudio.gui.actions import commands
from nnstudio.gui.theme import theme

_MORE_KEYS = (
    ("Space", "Train, pause, go on"),
    ("Right", "Step one batch"),
    ("R", "Reset"),
    ("Up, Down", "Select a layer"),
    ("Enter, Esc", "To the inspector, back to the stack"),
)
_WIDTH = 320


class HelpPopover(QFrame):
    """A small window beside an item; any click or key closes it."""

    def __init__(self, item: QWidget) -> None:
        super().__init__(item.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        title, text = help_text(item)
        column = QVBoxLayout(self)
        column.addWidget(_label(title, "section"))
        column.addWidget(_label(text, "secondary"))
        self.setFixedWidth(theme().px(_WIDTH))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.adjustSize()
        self._place(item)

    def _place(self, item: QWidget) -> None:
        corner = item.mapToGlobal(QPoint(0, item.height() + theme().px(4)))
        room = item.screen().availableGeometry()
        x = max(room.left(), min(corner.x(), room.right() - self.width()))
        above = item.mapToGlobal(QPoint(0, 0)).y() - self.height() - theme().px(4)
        y = corner.y() if corner.y() + self.height() <= room.bottom() else max(room.top(), above)
        self.move(x, y)

    def keyPressEvent(self, _event: object) -> None:
        """Any key closes it."""
        self.close()


def help_text(item: QWidget) -> tuple[str, str]:
    """Name and explanation of an item, from the nearest widget around it that has them."""
    title, text = "", ""
    widget: QWidget | None = item
    while widget is not None and not (title and text):
        title = title or widget.accessibleName() or widget.windowTitle()
        text = text or widget.whatsThis() or widget.toolTip() or widget.accessibleDescription()
        widget = widget.parentWidget() if not widget.isWindow() else None
    return title or "NNStudio", text or "F6 goes to the next part of the window, Tab to the next item."


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
