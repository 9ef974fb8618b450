"""The wide buttons of the toolbar, and the one that says which data set."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from nnstudio.data.catalog import DatasetInfo, list_datasets
from nnstudio.gui.datasets import Datasets
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.numbers import percent
from nnstudio.gui.widgets.properties import set_property

FRACTIONS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.01)


class Chooser(QPushButton):
    """A button that shows a choice like a combo box and opens a menu with the others."""

    def __init__(self, icon_name: str, name: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._width = width
        self._reason = ""
        self._hint = ""
        self.setAutoDefault(False)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._icon = IconLabel(icon_name, "text2")
        self._text = ElidedLabel()
        self._note = QLabel()
        self._note.setProperty("role", "secondary")
        self._end = IconLabel("chevron-down", "text2")
        self._row = QHBoxLayout(self)
        for widget in (self._icon, self._text, self._note, self._end):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._row.addWidget(widget, 1 if widget is self._text else 0)
        self._space()
        theme().changed.connect(self._space)

    def show_choice(self, text: str, note: str = "", hint: str = "") -> None:
        """Shows the present choice, a short note at its right, and a tooltip."""
        self._text.setText(text)
        self._note.setText(note)
        self._hint = hint
        self._describe()

    def set_locked(self, reason: str) -> None:
        """Locks the choice and says why; "" unlocks it."""
        self._reason = reason
        self._end.show_icon("lock" if reason else "chevron-down", "muted" if reason else "text2")
        set_property(self, role="busy" if reason else "")
        set_property(self._text, role="label" if reason else "")
        self._describe()

    @property
    def locked(self) -> bool:
        """The choice can't be changed now."""
        return bool(self._reason)

    @property
    def choice(self) -> str:
        """The choice as it is shown."""
        return f"{self._text.full_text()} {self._note.text()}".strip()

    def sizeHint(self) -> QSize:
        """The designed width, at the present zoom."""
        return QSize(theme().px(self._width), theme().px(30))

    def minimumSizeHint(self) -> QSize:
        """As wide as designed."""
        return self.sizeHint()

    def _describe(self) -> None:
        self.setToolTip(self._reason or self._hint)
        state = f", locked: {self._reason}" if self._reason else ""
        self.setAccessibleDescription(f"{self.choice}{state}")

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(8), 0, px(6), 0)
        self._row.setSpacing(px(6))
        self.updateGeometry()


class DatasetChooser(Chooser):
    """Shows the data set and its fraction; its menu changes both.

    Signals:
        file_wanted(): The user wants to choose a file or folder with data.
    """

    file_wanted = Signal()

    def __init__(self, datasets: Datasets, parent: QWidget | None = None) -> None:
        super().__init__("database", "Data set", 196, parent)
        self._datasets = datasets
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.clicked.connect(self._pop_up)
        datasets.described.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows what the project says now."""
        share = self._datasets.fraction
        self.show_choice(self._datasets.title, percent(share, places=0), self._datasets.summary)

    def menu_actions(self) -> Sequence[QAction]:
        """The menu's entries, made afresh: what is on disk changes."""
        self._menu.clear()
        group = QActionGroup(self._menu)
        for info in list_datasets():
            self._add(info, group)
        if not any(info.name == self._datasets.source for info in list_datasets()):
            self._menu.addAction(self._datasets.title).setEnabled(False)
        self._menu.addAction("Data from a file…").triggered.connect(lambda: self.file_wanted.emit())
        self._add_fractions()
        return self._menu.actions()

    def _add(self, info: DatasetInfo, group: QActionGroup) -> None:
        missing = "" if info.ready else "  (downloads when training starts)"
        action = self._menu.addAction(f"{info.title}{missing}")
        action.setCheckable(True)
        action.setChecked(info.name == self._datasets.source)
        action.setToolTip(f"{info.summary}. {info.origin}")
        action.triggered.connect(lambda: self._datasets.choose(info.name))
        group.addAction(action)

    def _add_fractions(self) -> None:
        self._menu.addSeparator()
        group = QActionGroup(self._menu)
        for share in sorted({*FRACTIONS, self._datasets.fraction}, reverse=True):
            action = self._menu.addAction(f"Use {percent(share, places=0)} of the samples")
            action.setCheckable(True)
            action.setChecked(share == self._datasets.fraction)
            action.triggered.connect(lambda _checked=False, share=share: self._datasets.set_fraction(share))
            group.addAction(action)
        missing = [info for info in list_datasets() if not info.ready]
        if missing:
            self._menu.addSeparator()
        for info in missing:
            action = self._menu.addAction(f"Download {info.title} now")
            action.setToolTip(info.origin)
            action.triggered.connect(lambda _checked=False, name=info.name: self._datasets.download(name))

    def _pop_up(self) -> None:
        if not self.locked:
            self.menu_actions()
            self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))
