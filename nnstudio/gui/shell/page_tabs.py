"""The row of page tabs, with what the pages show and the side panels' switches at its right."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTabBar,
    QToolBar,
    QWidget,
)

from nnstudio.engine.session import Snapshot
from nnstudio.gui.shell.toolbar import no_margins
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.divider import Divider
from nnstudio.gui.widgets.dot import dot_icon

PAGES = (
    ("train", "Train"),
    ("evaluate", "Evaluate"),
    ("predict", "Predict"),
    ("data", "Data"),
    ("experiments", "Experiments"),
)
_SHOWING = 188
ANOTHER = "Another run or epoch…"


@dataclass(frozen=True)
class Showing:
    """One entry of the Showing list.

    Attributes:
        key: "latest", "best", "kept" for a kept run, or "" without a run.
        text: What the list says.
    """

    key: str
    text: str


def showing_choices(
    number: int, snapshot: Snapshot | None, has_best: bool, has_model: bool
) -> tuple[Showing, ...]:
    """What Evaluate and Predict can show of a run.

    Args:
        number: The run's number; 0 before the first one.
        snapshot: Its newest state, or None without a run.
        has_best: Weights of a best epoch are kept.
        has_model: There is a model, perhaps from a file that tells nothing of a run.
    """
    if snapshot is None and has_model:
        return (Showing("latest", "Model from a file"),)
    if snapshot is None or (snapshot.ended and not has_model):
        return (Showing("", "No run" if number else "No runs yet"),)
    word = {"running": "live", "preparing": "live", "paused": "paused"}.get(snapshot.state, "latest")
    latest = Showing("latest", f"Run {number} · {word}")
    if not has_best or snapshot.best is None:
        return (latest,)
    return latest, Showing("best", f"Run {number} · best, epoch {numbers.count(snapshot.best.epoch)}")


class PageTabs(QToolBar):
    """Second toolbar of the window: tabs, Showing, panel switches.

    Signals:
        page_chosen(str): Key of a page of ``PAGES``.
        showing_chosen(str): "latest", "best", or "kept" for the kept run that was chosen before.
        another_wanted(): A kept run is to be chosen.
    """

    page_chosen = Signal(str)
    showing_chosen = Signal(str)
    another_wanted = Signal()

    def __init__(self, left: QAction, right: QAction, parent: QWidget | None = None) -> None:
        super().__init__("Pages", parent)
        self.setObjectName("pages")
        self.setProperty("role", "tabs")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setWhatsThis("Train builds and trains, Evaluate measures, Predict tries the network out.")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setProperty("focusRing", "inside")
        for _, title in PAGES:
            self.tabs.addTab(title)
        self.tabs.currentChanged.connect(lambda index: self.page_chosen.emit(PAGES[index][0]))
        self._showing = QComboBox()
        self._showing.setAccessibleName("Showing")
        self._showing.setToolTip("Which weights Evaluate and Predict use.")
        self._showing.activated.connect(self._activated)
        self._choices: tuple[Showing, ...] = ()
        self.show_choices((Showing("", "No runs yet"),), "")
        self._arrange(left, right)
        theme().changed.connect(self._space)
        self._space()

    @property
    def page(self) -> str:
        """Key of the page in front."""
        return PAGES[self.tabs.currentIndex()][0]

    def set_page(self, key: str) -> None:
        """Brings a page to the front."""
        self.tabs.setCurrentIndex([name for name, _ in PAGES].index(key))

    @property
    def showing(self) -> tuple[str, ...]:
        """Texts of the Showing list."""
        return tuple(choice.text for choice in self._choices)

    def show_choices(self, choices: tuple[Showing, ...], current: str) -> None:
        """Lists what can be shown, with ``current`` (a key) chosen."""
        keys = [choice.key for choice in choices]
        at = keys.index(current) if current in keys else 0
        if choices != self._choices:
            self._choices = choices
            self._showing.clear()
            for choice in choices:
                self._showing.addItem(dot_icon("accent" if choice.key else "border"), choice.text)
            self._showing.insertSeparator(len(choices))
            self._showing.addItem(ANOTHER)
        self._at = at
        self._showing.setCurrentIndex(at)

    def menu_corner(self) -> QPoint:
        """Where a menu of the Showing list opens, on the screen."""
        return self._showing.mapToGlobal(QPoint(0, self._showing.height() + 2))

    def _activated(self, index: int) -> None:
        if index < len(self._choices):
            self._at = index
            self.showing_chosen.emit(self._choices[index].key)
        else:
            self._showing.setCurrentIndex(self._at)
            self.another_wanted.emit()

    def _arrange(self, left: QAction, right: QAction) -> None:
        row = self._line = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        label = QLabel("Showing")
        label.setProperty("role", "secondary")
        divider = Divider(20)
        layout.addWidget(self.tabs)
        layout.addStretch(1)
        for widget in (label, self._showing, divider, PanelSwitch(left), PanelSwitch(right)):
            layout.addWidget(widget)
        row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._layout = layout
        self.addWidget(row)
        no_margins(self)

    def _space(self) -> None:
        self._line.setFixedHeight(theme().px(36))
        self._layout.setSpacing(theme().px(8))
        self._layout.setContentsMargins(0, 0, theme().px(12), 0)
        for row, choice in enumerate(self._choices):
            self._showing.setItemIcon(row, dot_icon("accent" if choice.key else "border"))
        self._showing.setFixedWidth(theme().px(_SHOWING))
        self._showing.setIconSize(QSize(theme().px(8), theme().px(8)))


class PanelSwitch(IconButton):
    """Shows whether a side panel is open, and opens or closes it.

    Args:
        action: The command; its icon, words and state are shown.
        parent: Qt parent.
    """

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        icon_name = "panel-left" if action.objectName() == "left_dock" else "panel-right"
        super().__init__(icon_name, action.text(), checkable=True, parent=parent)
        self._action = action
        self.setToolTip(action.toolTip())
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())
