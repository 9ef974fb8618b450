"""What stands beside the decision surface: the key, what to show, the hits, and the answer at a place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.data.points2d import CLASSES
from nnstudio.gui.playground.colours import LEVELS, SURFACE, colour_table
from nnstudio.gui.playground.look import Look, PointGroup
from nnstudio.gui.playground.surface import Shown, paint_point
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers

WIDTH = 200
_NARROW = 150  # beside another column
_GAP, _SPACING, _TIGHT = 12, 6, 2  # between two columns, between two parts of one, and where room is scarce
_ROW, _BAR, _TEXT_LEFT = 21, 9, 24
_NAMES = {"train": "Train", "validation": "Val", "test": "Test"}


class SidePanel(QWidget):
    """The column at the right of the surface.

    Signals:
        shown_changed(Shown): The user wants to see more or less.
    """

    shown_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = PointKey()
        self.scale = ColourBar()
        self.train = _box("Train points", True)
        self.held = _box("Test points", True)
        self.lines = _box("Hidden-unit lines", False)
        self.lines.setToolTip("Where the units of the first Dense layer change their sign")
        self._hits = _label("secondary")
        self._heading = _label("caption")
        self._heading.setText("Under the cursor")
        self._place = _label("secondary")
        self._answer = _label("strong")
        self._classes = False
        self._beside = False  # the key stands in a column of its own
        self._spacing = _SPACING
        self._row = QHBoxLayout(self)
        self._column, self._second = QVBoxLayout(), QVBoxLayout()
        for column in (self._column, self._second):
            self._row.addLayout(column)
        self._row.addStretch(1)
        for widget in (self.key, self.scale, self.train, self.held, self.lines, self._hits):
            self._column.addWidget(widget)
        self._second.addStretch(1)
        self._column.addStretch(1)
        self._line = QFrame()
        self._line.setProperty("role", "divider")
        self._column.addWidget(self._line)
        for label in (self._heading, self._place, self._answer):
            self._column.addWidget(label)
        for box in (self.train, self.held, self.lines):
            box.toggled.connect(lambda _on: self.shown_changed.emit(self.shown))
        self.show_answer(None, None)
        self._space()
        theme().changed.connect(self._space)

    @property
    def shown(self) -> Shown:
        """What the user wants to see."""
        return Shown(self.train.isChecked(), self.held.isChecked(), self.lines.isChecked(), self._classes)

    def set_classes(self, classes: bool) -> None:
        """Shows the class alone, or how sure the network is, too."""
        self._classes = classes
        self.scale.set_classes(classes)
        self.shown_changed.emit(self.shown)

    def show_look(self, look: Look) -> None:
        """Says how many points are classified correctly."""
        self.key.set_groups(tuple(look.groups))
        held = "Validation and test points" if "validation" in look.groups else "Test points"
        self.held.setText(held)
        lines = [f"{_NAMES[name]} {_hits(group)}" for name, group in look.groups.items()]
        self._hits.setText("\n".join(lines))
        self._hits.setAccessibleName(". ".join(lines))

    def hits_text(self) -> str:
        """What it says about the points."""
        return self._hits.text()

    def show_answer(self, place: tuple[float, float] | None, second: float | None) -> None:
        """Says what the network answers at a place.

        Args:
            place: In the plane, or None.
            second: Probability of the second class, or None.
        """
        if place is None:
            self._place.setText("Point at the surface.")
        else:
            self._place.setText(f"x {numbers.fixed(place[0], 2)}, y {numbers.fixed(place[1], 2)}")
        if place is None or second is None:
            self._answer.setText(" ")
            return
        name, sure = (CLASSES[1], second) if second > 0.5 else (CLASSES[0], 1 - second)
        self._answer.setText(f"Class {name}, {numbers.percent(sure)} sure")

    def answer_text(self) -> str:
        """What it says about the place."""
        return f"{self._place.text()}\n{self._answer.text()}".strip()

    def fit(self, height: int, widest: int) -> int:
        """Moves parts that are too high together, or else puts the key and the scale beside the rest.

        Where there is no room for that either, the scale is left out, then the key, then the hits. It is
        worked out first and then done: each change asks for another layout, which comes here again.

        Args:
            height: Room that there is.
            widest: Width that it may take.

        Returns:
            The width it takes.
        """
        px = theme().px
        words = [self.train, self.held, self.lines, self._hits]
        words += [self._line, self._heading, self._place, self._answer]
        droppable: list[QWidget] = [self.scale, self.key, self._hits]
        wide = _width(words) + px(_GAP) + _width([self.key, self.scale])
        all_ = [*droppable[:2], *words]
        tight = _height(all_, _SPACING) > height >= _height(all_, _TIGHT)
        spacing = _TIGHT if tight else _SPACING
        beside = _height(all_, spacing) > height and wide <= widest
        columns = [words, droppable[:2]] if beside else [all_]
        hidden = [part for column in columns for part in _left_out(column, droppable, height, spacing)]
        self._arrange(beside, spacing)
        for part in droppable:
            if part.isHidden() != (part in hidden):
                part.setVisible(part not in hidden)
        return max(px(WIDTH), wide if beside else 0)

    def _arrange(self, beside: bool, spacing: int) -> None:
        if (beside, spacing) == (self._beside, self._spacing):
            return
        self._beside, self._spacing = beside, spacing
        for at, widget in enumerate((self.key, self.scale)):
            (self._column if beside else self._second).removeWidget(widget)
            (self._second if beside else self._column).insertWidget(at, widget)
        self._space()

    def _space(self) -> None:
        px = theme().px
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(px(_GAP) if self._beside else 0)
        for column in (self._column, self._second):
            column.setSpacing(px(self._spacing))
        self._line.setFixedWidth(px(_NARROW if self._beside else WIDTH))


class PointKey(QWidget):
    """The kinds of points, each with a sample and its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[str, ...] = ("train", "test")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")
        self._describe()

    def set_groups(self, groups: tuple[str, ...]) -> None:
        """Names the parts that there are."""
        if groups != self._groups:
            self._groups = groups
            self._describe()
            self.updateGeometry()
            self.update()

    def entries(self) -> list[tuple[str, int, str]]:
        """Kind of point, its class and its name; the ring's kind is "wrong"."""
        first = [("train", label, f"Class {name}, train") for label, name in enumerate(CLASSES)]
        held = [(name, 0, f"{name.capitalize()} point") for name in self._groups if name != "train"]
        return [*first, *held, ("wrong", 0, "Wrong prediction")]

    def sizeHint(self) -> QSize:
        """A row per entry."""
        metrics = QFontMetrics(font(12))
        widest = max(metrics.horizontalAdvance(text) for _, _, text in self.entries())
        return QSize(theme().px(_TEXT_LEFT) + widest + 1, theme().px(_ROW) * len(self.entries()))

    def minimumSizeHint(self) -> QSize:
        """All rows."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws samples and names."""
        painter, px = QPainter(self), theme().px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(12))
        metrics = QFontMetrics(font(12))
        for row, (kind, label, text) in enumerate(self.entries()):
            middle = px(_ROW) * (row + 0.5)
            at = QPointF(px(8), middle)
            if kind == "wrong":
                painter.setPen(QPen(theme().colour("text"), 1.5 * theme().zoom))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, px(6), px(6))
            else:
                paint_point(painter, at, kind, label)
            painter.setPen(theme().colour("text2"))
            painter.drawText(QPointF(px(_TEXT_LEFT), middle + metrics.ascent() / 2 - 1), text)

    def _describe(self) -> None:
        self.setAccessibleDescription(". ".join(text for _, _, text in self.entries()))


class ColourBar(QWidget):
    """The colours from sure of A over undecided to sure of B."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(
            "Colours: blue for class A, orange for class B, pale where the network is unsure"
        )
        theme().changed.connect(self.updateGeometry)

    def set_classes(self, classes: bool) -> None:
        """Shows two colours, or all between them."""
        self._classes = classes
        self.update()

    def sizeHint(self) -> QSize:
        """The bar and its numbers."""
        return QSize(theme().px(_NARROW), theme().px(_BAR + 20))

    def minimumSizeHint(self) -> QSize:
        """All of it."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the bar and its numbers."""
        painter, px = QPainter(self), theme().px
        table = colour_table(theme().tokens, SURFACE)
        if self._classes:
            table = table.copy()
            table[: LEVELS // 2], table[LEVELS // 2 :] = table[0], table[-1]
        wide = self.width() / LEVELS
        for level, colour in enumerate(table.tolist()):
            painter.fillRect(QRectF(level * wide, px(2), wide + 1, px(_BAR)), colour)
        painter.setFont(font(11))
        painter.setPen(theme().colour("muted"))
        area = QRectF(0, px(_BAR + 3), self.width(), px(16))
        names = CLASSES if self._classes else (f"{CLASSES[0]} 100%", f"{CLASSES[1]} 100%")
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft, names[0])
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, names[1])
        if not self._classes:
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter, "50%")


def _height(parts: Sequence[QWidget], spacing: int) -> int:
    """Height of parts one below the other, with a little room for the stretch among them."""
    return sum(part.sizeHint().height() + theme().px(spacing) for part in parts)


def _width(parts: Sequence[QWidget]) -> int:
    """Width of the widest part; a line takes what it is given."""
    return max(part.sizeHint().width() for part in parts)


def _left_out(
    column: Sequence[QWidget], droppable: Sequence[QWidget], height: int, spacing: int
) -> list[QWidget]:
    """What has to go from a column so that it becomes no higher than ``height``, the first ones first."""
    kept, gone = list(column), []
    for part in droppable:
        if part in kept and _height(kept, spacing) > height:
            kept.remove(part)
            gone.append(part)
    return gone


def _hits(group: PointGroup) -> str:
    total = len(group.labels)
    if group.wrong is None:
        return f"{numbers.count(total)} points"
    return f"{numbers.percent(group.hits / total)}, {numbers.count(group.hits)} of {numbers.count(total)}"


def _box(text: str, on: bool) -> QCheckBox:
    box = QCheckBox(text)
    box.setChecked(on)
    return box


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
