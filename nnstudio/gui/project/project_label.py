"""The project's name and whether it is saved, at the right end of the menu bar."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow

_WIDTH = 420


class ProjectLabel(QWidget):
    """Name and state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Project")
        self._name = ElidedLabel("", "secondary")
        self._state = QLabel()
        self._state.setProperty("role", "caption")
        self._row = QHBoxLayout(self)
        self._row.addStretch(1)
        self._row.addWidget(self._name, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self._state, 0, Qt.AlignmentFlag.AlignVCenter)
        self._space()
        theme().changed.connect(self._space)

    @property
    def state(self) -> str:
        """What is said about saving."""
        return self._state.text()

    def show_project(self, name: str, state: str, tooltip: str) -> None:
        """Shows the name, the state and, as tooltip, the file."""
        self._name.setText(name)
        self._state.setText(state)
        self.setToolTip(tooltip)
        self.setAccessibleDescription(f"{name}, {state}")

    def sizeHint(self) -> QSize:
        """A fixed width: the menu bar doesn't follow a corner that grows."""
        return QSize(theme().px(_WIDTH), theme().px(28))

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(0, 0, px(12), 0)
        self._row.setSpacing(px(8))
        self.setFixedSize(self.sizeHint())


def show_state(window: MainWindow) -> None:
    """Names the project in the window's title and label, and the steps that Undo and Redo would take."""
    document, files, actions = window.document, window.files, window.actions_
    times = files.saved_at, window.recovery.saved_at
    state = saved_state(document.path is not None, document.dirty, *times, bool(files.guard.reason))
    window.project_label.show_project(document.project.name, state, str(document.path or ""))
    window.setWindowTitle(f"{document.project.name}{' *' if document.dirty else ''} – NNStudio")
    for name, label in (("undo", document.undo_label), ("redo", document.redo_label)):
        action, word = actions[name], name.capitalize()
        action.setEnabled(label is not None)
        action.setText(f"{word} “{label}”" if label else word)
    actions["history"].setEnabled(len(document.steps) > 1)


def saved_state(
    has_file: bool,
    dirty: bool,
    saved_at: datetime | None,
    kept_at: datetime | None = None,
    read_only: bool = False,
) -> str:
    """``Not saved``, ``Changed``, ``Saved 10:42``, ``Autosaved 10:42`` or ``Read-only``.

    Args:
        has_file: The project has a file.
        dirty: The file doesn't hold its present state.
        saved_at: When it was saved, if that was in this sitting.
        kept_at: When its state was kept for the case of a crash.
        read_only: Its file may not be written.
    """
    if read_only:
        return "Read-only, changed" if dirty else "Read-only"
    if has_file and not dirty:
        return "Saved" if saved_at is None else f"Saved {saved_at:%H:%M}"
    if dirty and kept_at is not None:
        return f"Autosaved {kept_at:%H:%M}"
    if not has_file:
        return "Not saved"
    return "Changed since saved" if saved_at is None else f"Changed since {saved_at:%H:%M}"
