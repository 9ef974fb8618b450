"""The model stack: header, cards and footer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from nnstudio.gui.document import Document
from nnstudio.gui.stack import commands
from nnstudio.gui.stack.empty import EmptyStack
from nnstudio.gui.stack.footer import StackFooter
from nnstudio.gui.stack.header import StackHeader
from nnstudio.gui.stack.menu import card_menu
from nnstudio.gui.stack.overshoot import Overshoot
from nnstudio.gui.stack.palette_menu import insert_menu
from nnstudio.gui.stack.selection import SelectionKeeper
from nnstudio.gui.stack.view import StackView
from nnstudio.gui.theme import theme

WIDTH = 316


class StackPanel(QFrame):
    """The editor of the network.

    Attributes:
        view: The cards.
        header: The title row and the draft notice.
        footer: Verdict and totals.

    Signals:
        status_hint(str): What a drop would do; "" when that is over.
        revert_requested(): The user wants the run's network back.
        inspector_requested(): The user wants to set the selected layer's fields.
        announced(str): New problems, as a screen reader is told them.
    """

    status_hint = Signal(str)
    revert_requested = Signal()
    inspector_requested = Signal()
    announced = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._known: frozenset[str] = frozenset()
        self.setProperty("role", "window")
        self.header = StackHeader()
        self.view = StackView(document)
        self.empty = EmptyStack(self.view)
        self.footer = StackFooter()
        self._keeper = SelectionKeeper(document, self)
        self._overshoot = Overshoot(self.view, self.header, self.footer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.footer)
        self._connect()
        self._on_reset()

    def _connect(self) -> None:
        self.header.add.clicked.connect(self._open_insert_menu)
        self.header.duplicate.clicked.connect(self.duplicate)
        self.header.group.clicked.connect(lambda: self.view.run("group"))
        self.header.delete.clicked.connect(self.delete)
        self.header.more.clicked.connect(self._open_card_menu)
        self.header.revert_requested.connect(self.revert_requested)
        self.view.status_hint.connect(self.status_hint)
        self.view.inspector_requested.connect(self.inspector_requested)
        self._document.changed.connect(self._on_changed)
        self._document.reset.connect(self._on_reset)
        self._document.selection_changed.connect(self._on_selection)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """The width of the design; as high as there is room."""
        return QSize(theme().px(WIDTH), theme().px(400))

    def focus_target(self) -> StackView:
        """The cards, where the keyboard comes to first."""
        return self.view

    def set_draft_notice(self, text: str | None) -> None:
        """Says that a run keeps its own copy of the network, with a Revert button; None takes it away."""
        self.header.set_notice(text)

    def next_problem(self) -> None:
        """Selects the next layer with a problem."""
        self.view.run("next_problem")

    def previous_problem(self) -> None:
        """Selects the layer with a problem before this one."""
        self.view.run("previous_problem")

    def apply_first_fix(self) -> None:
        """Mends the selected (or else the first) problem with its best fix."""
        self.view.run("fix")

    def duplicate(self) -> None:
        """Inserts a copy behind the selected layer."""
        self.view.run("duplicate")

    def delete(self) -> None:
        """Takes the selected layer out."""
        self.view.run("delete")

    def move_up(self) -> None:
        """Moves the selected layer one place up."""
        self.view.run("move_up")

    def move_down(self) -> None:
        """Moves the selected layer one place down."""
        self.view.run("move_down")

    def rename(self) -> None:
        """Opens the field for the selected layer's name."""
        self.view.rename_selected()

    def _open_insert_menu(self) -> None:
        menu = insert_menu(self._document, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button = self.header.add
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _open_card_menu(self) -> None:
        menu = card_menu(self.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button = self.header.more
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _on_reset(self) -> None:
        self._known = frozenset()
        self._on_changed()
        self._on_selection(self._document.selection)

    def _on_changed(self, *_change: object) -> None:
        self.header.set_name(self._document.project.name)
        self.footer.show_report(self._document.report)
        self._announce()

    def _on_selection(self, _name: str) -> None:
        editable = bool(commands.editable(self._document, self._document.selected))
        self.header.duplicate.setEnabled(editable)
        self.header.group.setEnabled(editable)
        self.header.delete.setEnabled(editable)

    def _announce(self) -> None:
        """Tells screen readers of the problems that weren't there before."""
        sentences = [problem.sentence() for problem in self._document.report.problems]
        fresh = [sentence for sentence in sentences if sentence not in self._known]
        self._known = frozenset(sentences)
        if fresh:
            text = ". ".join(fresh)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, text))
            self.announced.emit(text)
