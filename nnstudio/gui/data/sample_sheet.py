"""One sample of the Data page opened large, with its numbers; its class can be corrected here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.engine.drawing import is_drawable
from nnstudio.gui.data.samples import Shown
from nnstudio.gui.data.summary import TITLES
from nnstudio.gui.data.value_table import ValueTable, value_texts
from nnstudio.gui.theme import theme
from nnstudio.gui.views.pixels import ink_words, sample_image
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.combo import Combo
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.segmented import SegmentedControl

WIDTH = 264
_LEAST = 84


class Picture(QWidget):
    """The sample in whole multiples of its pixels where they fit; the pixel under the mouse is told.

    Signals:
        pointed(int, int): Row and column under the mouse, or -1, -1.
    """

    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setMinimumHeight(theme().px(_LEAST))
        self._sample: Shown | None = None
        self._image = QImage()
        theme().changed.connect(self._draw)

    def show_sample(self, sample: Shown) -> None:
        """Shows a sample ``(H, W, C)``."""
        self._sample = sample
        self._draw()

    def target(self) -> QRect:
        """Where the picture is painted."""
        size, room = self._image.size(), self.size()
        if size.isEmpty():
            return QRect()
        times = min(room.width() // size.width(), room.height() // size.height())
        fitted = size * times if times else size.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        area = QRect(QPoint(0, 0), fitted)
        area.moveCenter(self.rect().center())
        area.moveTop(0)
        return area

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the pixel under the mouse."""
        area, at = self.target(), event.position().toPoint()
        if not area.contains(at):
            self.pointed.emit(-1, -1)
            return
        row = (at.y() - area.top()) * self._image.height() // area.height()
        self.pointed.emit(row, (at.x() - area.left()) * self._image.width() // area.width())

    def leaveEvent(self, event: QEvent) -> None:
        """There is no pixel under the mouse."""
        super().leaveEvent(event)
        self.pointed.emit(-1, -1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the sample."""
        painter, area = QPainter(self), self.target()
        smooth = area.width() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(area, self._image)

    def _draw(self) -> None:
        if self._sample is not None:
            self._image = sample_image(self._sample.values)
            grey = self._image.format() == QImage.Format.Format_Grayscale8
            self.setToolTip(ink_words() if grey else "")
        self.update()


class SampleSheet(QFrame):
    """The sample.

    Signals:
        label_chosen(int): It belongs to another class.
        left_out(bool): It is to be left out, or no longer.
        restored(): It is to be as its source says.
        closed(): The close button was pressed.
    """

    label_chosen = Signal(int)
    left_out = Signal(bool)
    restored = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Chosen sample")
        self.sample: Shown | None = None
        self._classes: tuple[str, ...] = ()
        self.name = ElidedLabel("", "section")
        self.close_button = IconButton("close", "Close the sample")
        self.close_button.clicked.connect(self.closed)
        self.view = SegmentedControl((("image", "Image"), ("numbers", "Numbers")), "Show as")
        self.view.changed.connect(self._switch)
        self.picture = Picture()
        self.picture.pointed.connect(self._point)
        self.table = ValueTable()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.picture)
        self._stack.addWidget(self.table)
        self.facts = self._words("caption")
        self.label = Combo("Class of the sample")
        self.label.activated.connect(self.label_chosen)
        self.left_out_box = QCheckBox("Leave out of every run")
        self.left_out_box.setToolTip("Kept in the project's recipe. The source file isn't changed.")
        self.left_out_box.clicked.connect(self.left_out)
        self.note = self._words("secondary")
        self.restore = Button("As in the source", small=True)
        self.restore.setToolTip("Forget the correction of this sample.")
        self.restore.clicked.connect(self.restored)
        self._arrange()

    def show_sample(self, sample: Shown, classes: tuple[str, ...], features: tuple[str, ...]) -> None:
        """Shows a sample."""
        if classes != self._classes:
            self._classes = classes
            self.label.clear()
            self.label.addItems(classes)
        self.sample = sample
        drawable = is_drawable(sample.values.shape)
        self.name.setText(sample.name)
        self.view.setVisible(drawable)
        if drawable:
            self.picture.show_sample(sample)
            self.picture.setAccessibleName(sample.name)
        self.table.show_values(sample.values, features)
        self._switch()
        self._point(-1, -1)
        self.label.setCurrentIndex(sample.label)
        self.label.setEnabled(not sample.left_out)
        self.left_out_box.setChecked(sample.left_out)
        self._say(sample)

    def _say(self, sample: Shown) -> None:
        words = []
        if sample.relabelled:
            words.append(f"The source says {self._classes[sample.source_label]}.")
        if sample.left_out:
            words.append("No run sees this sample.")
        if sample.equals:
            words.append(f"Equal to {sample.equals}.")
        self.note.setText(" ".join(words))
        self.note.setVisible(bool(words))
        self.restore.setVisible(sample.relabelled or sample.left_out)

    def _switch(self, *_key: str) -> None:
        sample = self.sample
        flat = sample is None or not is_drawable(sample.values.shape)
        self._stack.setCurrentWidget(self.table if flat or self.view.value == "numbers" else self.picture)

    def _point(self, row: int, column: int) -> None:
        sample = self.sample
        if sample is None:
            return
        if row >= 0:
            shown = ", ".join(value_texts(sample.values[row, column]))
            self.facts.setText(f"Row {row}, column {column}: {shown}")
            return
        part = TITLES.get(sample.which, sample.which).capitalize()
        low, high = float(sample.values.min()), float(sample.values.max())
        span = f"{numbers.number(low)} to {numbers.number(high)}"
        shape = sample.values.shape
        size = numbers.shape(shape) if len(shape) > 1 else f"{shape[0]:,} features"
        self.facts.setText(f"{part}, {size}, values {span}")

    def _words(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    def _arrange(self) -> None:
        px = theme().px
        self.setFixedWidth(px(WIDTH))
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.close_button)
        choice = QHBoxLayout()
        caption = QLabel("Class")
        caption.setProperty("role", "label")
        caption.setBuddy(self.label)
        choice.addWidget(caption)
        choice.addWidget(self.label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(12), 0, 0, 0)
        column.setSpacing(px(6))
        column.addLayout(head)
        column.addWidget(self.view)
        column.addWidget(self._stack, 1)
        column.addWidget(self.facts)
        column.addLayout(choice)
        column.addWidget(self.left_out_box)
        column.addWidget(self.note)
        column.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)
