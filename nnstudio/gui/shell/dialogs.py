"""The few questions that stop everything else; whatever can be shown in place is no dialog.

Cancel has the focus in each, and Esc means Cancel.
"""

from __future__ import annotations

from html import escape
from typing import Literal

from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget

Answer = Literal["save", "discard", "cancel"]


def ask_unsaved(parent: QWidget, name: str) -> Answer:
    """Asks what to do with changes that aren't saved."""
    box = _box(parent, f"Save the changes to “{name}”?", "They are lost if you don't save them.")
    save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    discard = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
    clicked = _ask(box)
    if clicked is save:
        return "save"
    return "discard" if clicked is discard else "cancel"


def ask_stop_training(parent: QWidget, purpose: str) -> bool:
    """Asks whether the run under way may be stopped.

    Args:
        parent: Window to ask in.
        purpose: What needs it, as the button says it: "quit", "open another project".
    """
    box = _box(parent, "A run is still training", f"To {purpose}, it has to stop. The run so far is kept.")
    stop = box.addButton(f"Stop and {purpose}", QMessageBox.ButtonRole.AcceptRole)
    return _ask(box) is stop


def _box(parent: QWidget, title: str, text: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setWindowTitle("NNStudio")
    box.setIcon(QMessageBox.Icon.NoIcon)
    box.setText(f"<b>{escape(title)}</b>")
    box.setInformativeText(text)
    return box


def _ask(box: QMessageBox) -> QPushButton | None:
    cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    cancel.setFocus()
    box.exec()
    clicked = box.clickedButton()
    box.deleteLater()
    return clicked if isinstance(clicked, QPushButton) else None
