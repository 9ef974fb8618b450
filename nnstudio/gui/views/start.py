"""The start page: presets to begin with, and the projects of last time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.experiments import presets
from nnstudio.gui.project.recent import RecentProject, when_text
from nnstudio.gui.theme import theme
from nnstudio.gui.views.preset_card import Measured, PresetCard
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.icon_label import IconLabel
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.tile import Tile

EMPTY = "empty"
"""What ``preset_chosen`` carries for the empty model, which is no preset."""

COLUMNS = 2
ASK_MS = 1500
_MARGIN = 20
_GAP = 12
_WIDEST = 1000
_ROW = 36


class StartPage(QScrollArea):
    """Presets as cards, then recent projects.

    Signals:
        preset_chosen(str): Name of a preset, or ``EMPTY``.
        training_chosen(str): Name of a preset that is to be trained at once.
        presets_shown(list[str]): These presets are on show, and nobody has left the page since.
        turned_to(bool): The page came to the front, or left it.
        open_requested(): The user wants to choose a file.
        recent_chosen(str): Path of a recent project.
    """

    preset_chosen = Signal(str)
    training_chosen = Signal(str)
    presets_shown = Signal(list)
    turned_to = Signal(bool)
    open_requested = Signal()
    recent_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Start")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._cards: dict[str, PresetCard] = {}
        self._shown: list[PresetCard] = []
        self._recent: list[RecentRow] = []
        self._measured: dict[str, Measured] = {}
        self._ask = QTimer(self, singleShot=True, interval=ASK_MS)
        self._ask.timeout.connect(self._tell_shown)
        self._all = Button("", "text", small=True)
        self._all.setCheckable(True)
        self._all.toggled.connect(self._show_cards)
        self._grid = QGridLayout()
        self._panel = Panel("Recent projects")
        self._open = Button(
            "Open...", icon_name="open", small=True, tooltip="Open a project, a run or a model."
        )
        self._open.clicked.connect(self.open_requested)
        self._panel.add_control(self._open)
        self._build()
        self._show_cards()
        self.set_recent([])
        self._space()
        theme().changed.connect(self._space)

    def cards(self) -> list[PresetCard]:
        """The cards that are shown, in reading order."""
        return list(self._shown)

    def recent_rows(self) -> list[RecentRow]:
        """The rows of the recent projects."""
        return list(self._recent)

    def set_recent(self, projects: Iterable[RecentProject | Path]) -> None:
        """Show the recent projects, newest first; a bare path is shown by its name and date."""
        for row in self._recent:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        known = [one if isinstance(one, RecentProject) else RecentProject.of(one) for one in projects]
        now = datetime.now()
        self._recent = [RecentRow(project, now) for project in known]
        for position, row in enumerate(self._recent):
            row.clicked.connect(lambda _=False, path=row.path: self.recent_chosen.emit(str(path)))
            row.walked.connect(lambda down, _right, row=row: self._walk_rows(row, down))
            self._list.insertWidget(position, row)
            row.show()
        self._nothing.setVisible(not self._recent)

    def set_measured(self, name: str, seconds: float | None = None, accuracy: float | None = None) -> None:
        """Show what is known of a preset on this computer; None keeps what was shown.

        Args:
            name: The preset.
            seconds: How long a training takes.
            accuracy: Best share of hits on the test samples, 0 to 1.
        """
        before = self._measured.get(name, Measured())
        known = Measured(
            before.seconds if seconds is None else seconds,
            before.accuracy if accuracy is None else accuracy,
        )
        self._measured[name] = known
        if name in self._cards:
            self._cards[name].show_measured(known)

    def showEvent(self, event: QShowEvent) -> None:
        """Asks for the times of the presets that are shown, once the window stands."""
        super().showEvent(event)
        self._ask.start()
        self.turned_to.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody wants to know any more."""
        super().hideEvent(event)
        self._ask.stop()
        self.turned_to.emit(False)

    def focus_first(self) -> None:
        """Puts the focus on the first card, with the heading in sight."""
        self._go(self._shown[0])
        self.verticalScrollBar().setValue(0)

    def _build(self) -> None:
        title, subtitle = QLabel("Start with a preset"), ElidedLabel("", "label")
        title.setProperty("role", "page")
        subtitle.setText("Each one opens ready to train. Change anything afterwards.")
        under = QHBoxLayout()
        under.addWidget(subtitle, 1)
        under.addWidget(self._all)
        self._nothing = QLabel("Projects that you save appear here.")
        self._nothing.setProperty("role", "caption")
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list.addWidget(self._nothing)
        self._panel.body.addLayout(self._list)
        self._content = QWidget()
        self._content.setProperty("role", "form")
        self._column = QVBoxLayout(self._content)
        head = QVBoxLayout()
        head.setSpacing(0)
        head.addWidget(title)
        head.addLayout(under)
        self._column.addLayout(head)
        self._column.addLayout(self._grid)
        self._column.addWidget(self._panel)
        self._column.addStretch(1)
        self.setWidget(self._content)

    def _show_cards(self, all_of_them: bool = False) -> None:
        """Lay out the featured presets, or all, and the empty model last."""
        known = presets.list_presets()
        chosen = [info for info in known if all_of_them or info.featured]
        for card in self._shown:
            self._grid.removeWidget(card)
            card.hide()
        self._shown = [self._card(info.name, info.title, info.summary) for info in chosen]
        self._shown.append(self._card(EMPTY, "Empty model", "Only an input. Build everything yourself."))
        for position, card in enumerate(self._shown):
            self._grid.addWidget(card, position // COLUMNS, position % COLUMNS)
            card.show()
        for first, second in zip(self._shown, [*self._shown[1:], self._open], strict=True):
            QWidget.setTabOrder(first, second)
        self._all.setText("Show fewer" if all_of_them else f"All {len(known)} presets")
        self._all.setVisible(any(not info.featured for info in known))
        if self.isVisible():
            self._ask.start()

    def _tell_shown(self) -> None:
        self.presets_shown.emit([card.name for card in self._shown if card.name != EMPTY])

    def _card(self, name: str, title: str, summary: str) -> PresetCard:
        if name not in self._cards:
            project = empty_project() if name == EMPTY else presets.load_preset(name)
            card = self._cards[name] = PresetCard(name, title, summary, project)
            if name in self._measured:
                card.show_measured(self._measured[name])
            card.clicked.connect(lambda: self.preset_chosen.emit(name))
            card.train_requested.connect(lambda: self.training_chosen.emit(name))
            card.walked.connect(lambda down, right: self._walk(card, down, right))
        return self._cards[name]

    def _walk(self, card: PresetCard, down: int, right: int) -> None:
        """Go to the card beside, above or below; below the last one are the recent projects."""
        place = self._shown.index(card) + down * COLUMNS + right
        if right and not 0 <= self._shown.index(card) % COLUMNS + right < COLUMNS:
            return
        if 0 <= place < len(self._shown):
            self._go(self._shown[place])
        elif down > 0:
            self._go(self._recent[0] if self._recent else self._open)

    def _walk_rows(self, row: RecentRow, down: int) -> None:
        place = self._recent.index(row) + down
        if place < 0:
            self._go(self._shown[-1])
        elif down and place < len(self._recent):
            self._go(self._recent[place])

    def _go(self, widget: QWidget) -> None:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        self.ensureWidgetVisible(widget, 0, theme().px(_MARGIN))

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(_MARGIN), px(24), px(_MARGIN), px(_MARGIN))
        self._column.setSpacing(px(_GAP))
        self._grid.setSpacing(px(_GAP))
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._content.setMaximumWidth(px(_WIDEST))
        self._panel.body.setContentsMargins(0, 0, 0, px(4))
        self._nothing.setContentsMargins(px(_GAP), 0, 0, px(8))


class RecentRow(Tile):
    """One recent project: its name, when it was used, and its best accuracy."""

    def __init__(self, project: RecentProject, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(framed=False, parent=parent)
        self.path = project.path
        accuracy = "" if project.accuracy is None else numbers.percent(project.accuracy)
        when = when_text(project.when, now)
        self._name = ElidedLabel(project.name)
        self._when = QLabel(when)
        self._accuracy = QLabel(accuracy)
        for label in (self._when, self._accuracy):
            label.setProperty("role", "secondary")
        self._row = QHBoxLayout(self)
        self._row.addWidget(IconLabel("file", "text2"))
        self._row.addWidget(self._name, 2)
        self._row.addWidget(self._when, 3)
        self._row.addWidget(self._accuracy)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setToolTip(str(project.path))
        self.setAccessibleName(project.name)
        best = f", best accuracy {accuracy}" if accuracy else ""
        self.setAccessibleDescription(f"{when}{best}, {project.path}")
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        px = theme().px
        self.setFixedHeight(px(_ROW))
        self._row.setContentsMargins(px(_GAP), 0, px(_GAP), 0)
        self._row.setSpacing(px(10))


def empty_project() -> ProjectSpec:
    """The built-in digits and nothing but an input."""
    from nnstudio.layers import Input

    return ProjectSpec(network=NetworkSpec(layers=(Input(),)))
