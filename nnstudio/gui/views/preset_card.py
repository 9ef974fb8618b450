"""The card of a preset: a small drawing of its stack, what it is, and what is known about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.tile import Tile

_HEIGHT = 160
_MARGIN = 14
_DRAWING = (64, 105)
_PITCH = 12
_BAR = 9
_EDGE = 4
_NARROWEST = 0.3
_EXACT = 30_000  # parameters up to here are written out


@dataclass(frozen=True)
class Measured:
    """What a training of the preset has shown on this computer.

    Attributes:
        seconds: How long it takes, or None while that isn't known.
        accuracy: Best share of hits on the test samples, 0 to 1, or None before the first run.
    """

    seconds: float | None = None
    accuracy: float | None = None


class StackDrawing(QWidget):
    """One bar per layer: its category's colour, and a width that grows with the output's size."""

    def __init__(self, network: NetworkSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = bars(network)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Room for nine bars."""
        return QSize(*(theme().px(length) for length in _DRAWING))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as many bars as there is room for; a line of dots stands for the others."""
        painter = QPainter(self)
        px = theme().px
        room = self.height() // px(_PITCH)
        shown = self.bars if len(self.bars) <= room else self.bars[: room - 1]
        for position, (category, share) in enumerate(shown):
            top = position * px(_PITCH)
            width = round(self.width() * share)
            painter.setPen(QPen(theme().colour("border"), 1))
            painter.setBrush(theme().colour("sunken"))
            painter.drawRect(QRectF(0.5, top + 0.5, width - 1, px(_BAR) - 1))
            painter.fillRect(0, top, px(_EDGE), px(_BAR), theme().colour(category))
        if len(shown) < len(self.bars):
            painter.setPen(theme().colour("muted"))
            painter.drawText(QRectF(0, len(shown) * px(_PITCH), self.width(), px(_BAR)), "…")


class PresetCard(Tile):
    """A preset, opened by one click or by Return, and trained at once by its button.

    Signals:
        train_requested(): Its Train button was pressed.
    """

    train_requested = Signal()

    def __init__(
        self, name: str, title: str, summary: str, project: ProjectSpec, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self.name = name
        self._project = project
        self._facts = _label("caption")
        self._title = _label("section", title)
        self._summary = _label("secondary", summary)
        self._words = QVBoxLayout()
        self._words.addWidget(self._title)
        self._words.addWidget(self._summary)
        self._words.addStretch(1)
        self._words.addWidget(self._facts)
        self._row = QHBoxLayout(self)
        self._left = QVBoxLayout()
        self._left.addWidget(StackDrawing(project.network))
        self._left.addStretch(1)
        self._add_train_button(title)
        if len(project.network.layers) < 2:
            self.train.hide()
        self._row.addLayout(self._left)
        self._row.addLayout(self._words, 1)
        self.setAccessibleName(title)
        self.show_measured(None)
        self._space()
        theme().changed.connect(self._space)

    def show_measured(self, measured: Measured | None) -> None:
        """Show a measured time and accuracy beside what is computed."""
        self._facts.setText(facts(self._project, measured))
        self.setAccessibleDescription(f"{self._summary.text()} {self._facts.text()}".replace("\n", ". "))

    def facts_text(self) -> str:
        """What the card says below."""
        return self._facts.text()

    def _add_train_button(self, title: str) -> None:
        self.train = Button(
            "Train", "tint", "play", small=True, tooltip="Open this preset and train it at once."
        )
        self.train.setAccessibleName(f"Train {title}")
        self.train.clicked.connect(self.train_requested)
        policy = self.train.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the words of all cards begin at one edge
        self.train.setSizePolicy(policy)
        self._left.addWidget(self.train)

    def _space(self) -> None:
        px = theme().px
        self._left.setSpacing(0)
        self.setMinimumHeight(px(_HEIGHT))
        self._row.setContentsMargins(px(_MARGIN), px(_MARGIN) + px(2), px(_MARGIN), px(_MARGIN))
        self._row.setSpacing(px(_MARGIN))
        self._words.setSpacing(px(4))


def facts(project: ProjectSpec, measured: Measured | None) -> str:
    """Two lines: parameters and time; the data set and the optimizer, or the best accuracy so far."""
    report = infer_shapes(project.network)
    if not report.parameters:
        return "For your own ideas"
    measured, train = measured or Measured(), project.train
    epochs = "1 epoch" if train.epochs == 1 else f"{numbers.count(train.epochs)} epochs"
    time = epochs if measured.seconds is None else f"trains in {numbers.duration(max(1.0, measured.seconds))}"
    first = f"{_parameters(report.parameters)}, {time}"
    if measured.accuracy is not None:
        return f"{first}\n{numbers.percent(measured.accuracy)} on test data here"
    return f"{first}\n{dataset_title(project.data.source)}, {train.optimizer.type_name()}"


def dataset_title(source: str) -> str:
    """The name of a data set as people write it."""
    from nnstudio.data.catalog import list_datasets

    titles = {info.name: info.title for info in list_datasets()}
    return titles.get(source, Path(source).name)


def bars(network: NetworkSpec) -> list[tuple[str, float]]:
    """Category and relative width, 0.3 to 1, of each layer's bar: the logarithm of its output's size."""
    report = infer_shapes(network)
    sizes = [math.log2(1 + math.prod(row.output_shape)) if row.output_shape else 0.0 for row in report.layers]
    widest = max(sizes, default=0.0) or 1.0
    return [
        (row.layer.category, max(_NARROWEST, size / widest))
        for row, size in zip(report.layers, sizes, strict=True)
    ]


def _parameters(number: int) -> str:
    return f"{numbers.count(number) if number < _EXACT else numbers.compact(number)} params"


def _label(role: str, text: str = "") -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
