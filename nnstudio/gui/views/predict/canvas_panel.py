"""The canvas with its tools."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import font, theme
from nnstudio.gui.views.predict.canvas import PEN, PENS, Canvas, Tool
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.properties import set_property
from nnstudio.gui.widgets.segmented import SegmentedControl

_TOOLS = (("brush", "Brush", "brush"), ("eraser", "Eraser", "eraser"))


class CanvasPanel(QFrame):
    """Tools above, the canvas, what is done with the drawing, and other ways to get one.

    Signals:
        open_clicked: "Open image…".
        paste_clicked: "Paste".
    """

    open_clicked = Signal()
    paste_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName("Drawing")
        self.canvas = Canvas()
        self.tool = SegmentedControl(_TOOLS, "Tool")
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*PENS)
        self.size_slider.setValue(PEN)
        self.size_slider.setAccessibleName("Pen size")
        self._size_text = QLabel(f"{PEN} px")
        self.undo = IconButton("undo", "Undo (Ctrl+Z in the canvas)")
        self.redo = IconButton("redo", "Redo (Ctrl+Shift+Z in the canvas)")
        self.clear = Button("Clear", small=True)
        self.centre = QCheckBox("Centre and scale like MNIST")
        self.centre.setChecked(True)
        self.centre.setToolTip(
            "Crops to the ink, scales it to a box of 20×20 and puts its centre of mass in the middle,\n"
            "as was done with the digits the network learned from. Other sizes in proportion."
        )
        self.grid = QCheckBox("Pixel grid")
        self.grid.setChecked(True)
        self.open = Button("Open image…", icon_name="image")
        self.paste = Button("Paste", icon_name="paste")
        self.webcam = Button("Webcam off", icon_name="camera-off")
        self.webcam.setCheckable(True)
        self.offer_webcam(False)
        self.invert = Button("Invert", tooltip="Turns ink to paper and paper to ink.")
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.hide()
        self._lay_out()
        self._connect()
        self._steps_changed()

    def say(self, text: str, role: str = "caption") -> None:
        """Shows a sentence below the buttons, or none; ``role`` is "caption" or "error"."""
        set_property(self.message, role=role)
        self.message.setText(text)
        self.message.setAccessibleName(text)
        self.message.setVisible(bool(text))

    def offer_webcam(self, there: bool) -> None:
        """Shows the webcam's button, or hides it where there is no camera."""
        self.webcam.setVisible(there)
        self.open.setText("Open…" if there else "Open image…")

    def show_webcam(self, on: bool) -> None:
        """Says on the webcam's button whether it is on."""
        self.webcam.setChecked(on)
        self.webcam.setText("Webcam on" if on else "Webcam off")
        self.webcam.set_icon("camera" if on else "camera-off")

    def _lay_out(self) -> None:
        self._tools = QHBoxLayout()
        label = QLabel("Size")
        label.setProperty("role", "caption")
        for widget in (self.tool, label, self.size_slider, self._size_text):
            self._tools.addWidget(widget)
        self._tools.addStretch(1)
        for button in (self.undo, self.redo, self.clear):
            self._tools.addWidget(button)
        checks, buttons = QHBoxLayout(), QHBoxLayout()
        checks.addWidget(self.centre)
        checks.addStretch(1)
        checks.addWidget(self.grid)
        buttons.addWidget(self.open)
        buttons.addWidget(self.paste)
        buttons.addWidget(self.webcam)
        buttons.addWidget(self.invert)
        buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addLayout(self._tools)
        self._column.addWidget(self.canvas, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(checks)
        self._column.addLayout(buttons)
        self._column.addWidget(self.message)
        self._column.addStretch(1)
        self._buttons = buttons
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        px = theme().px
        padding = px(METRICS.padding) - 1
        self._column.setContentsMargins(padding, px(5), padding, px(8))
        self._column.setSpacing(px(5))
        self._tools.setSpacing(px(6))
        self._buttons.setSpacing(px(METRICS.gap))
        self.size_slider.setFixedWidth(px(76))
        self._size_text.setFixedWidth(QFontMetrics(font(13)).horizontalAdvance("00 px") + px(4))

    def _connect(self) -> None:
        self.tool.changed.connect(lambda tool: self.canvas.set_tool(cast(Tool, tool)))
        self.size_slider.valueChanged.connect(self._set_pen)
        self.undo.clicked.connect(self.canvas.undo)
        self.redo.clicked.connect(self.canvas.redo)
        self.clear.clicked.connect(self.canvas.clear)
        self.invert.clicked.connect(self.canvas.invert)
        self.grid.toggled.connect(self.canvas.set_grid)
        self.open.clicked.connect(self.open_clicked)
        self.paste.clicked.connect(self.paste_clicked)
        self.canvas.steps_changed.connect(self._steps_changed)

    def _set_pen(self, width: int) -> None:
        self.canvas.set_pen(width)
        self._size_text.setText(f"{width} px")

    def _steps_changed(self) -> None:
        self.undo.setEnabled(self.canvas.sheet.can_undo)
        self.redo.setEnabled(self.canvas.sheet.can_redo)
        self.clear.setEnabled(not self.canvas.sheet.blank)
