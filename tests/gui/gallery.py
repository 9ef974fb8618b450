"""Draw the component sheet, to compare the widgets with the design by eye.

Run by hand: ``python -m tests.gui.gallery OUT.png [--dark] [--zoom 1.25]``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QProgressBar,
    QRadioButton,
    QSlider,
    QWidget,
)

from nnstudio.gui.look import icons
from nnstudio.gui.look.tokens import contrast
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.banner import Banner
from nnstudio.gui.widgets.buttons import Button, IconButton
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.field_state import lock, set_changed
from nnstudio.gui.widgets.focus import FocusRing
from nnstudio.gui.widgets.metrics_strip import Metric, MetricsStrip
from nnstudio.gui.widgets.panel import Panel
from nnstudio.gui.widgets.segmented import SegmentedControl
from nnstudio.gui.widgets.spin import IntSpin, OptionalSpinBox, ScientificSpinBox
from nnstudio.gui.widgets.tag import Tag

WIDTH, HEIGHT = 1440, 900
# name, role, role it is read on
COLOURS = (
    ("Text", "text", "panel"),
    ("Secondary", "text2", "panel"),
    ("Muted", "muted", "panel"),
    ("Accent, focus", "accent", "panel"),
    ("Good", "good", "panel"),
    ("Caution", "caution", "panel"),
    ("Error", "error", "panel"),
    ("Control border", "strong", "panel"),
)
PLOT_LINES = ("1 train", "2 validation", "3", "4", "5", "Earlier run")
TYPE = (
    ("Page title", "page", "20 px, 600"),
    ("89.8%", "metric", "17 px, 600"),
    ("Dialog title", "title", "15 px, 600"),
    ("Section, card name", "section", "13 px, 600"),
    ("Body and fields", "", "13 px, 400"),
    ("Secondary, tables", "secondary", "12 px, 400"),
    ("Axis ticks, counts", "note", "11 px, 400"),
)


class Sheet(QWidget):
    """The page on which everything is placed at fixed positions."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        for column in (self.buttons, self.fields, self.choices, self.glyphs, self.feedback, self.colours):
            column()

    def put(self, widget: QWidget, x: int, y: int, width: int = 0, height: int = 0) -> QWidget:
        """Place ``widget`` with its own size, or the given one."""
        widget.setParent(self)
        widget.ensurePolished()
        hint = widget.sizeHint()
        widget.move(theme().px(x), theme().px(y))
        widget.resize(theme().px(width) or hint.width(), theme().px(height) or hint.height())
        return widget

    def say(self, text: str, x: int, middle: int, role: str = "caption", right: int = 0) -> QLabel:
        """Write ``text`` centred on the line ``middle``; up to the edge ``right`` if given."""
        label = QLabel(text)
        label.setProperty("role", role)
        self.put(label, x, middle - 12, height=24)
        if right:
            label.move(theme().px(right) - label.width(), label.y())
        return label

    def heading(self, title: str, note: str, x: int, middle: int) -> None:
        label = self.say(title, x, middle, "section")
        self.say(note, x, middle).move(label.geometry().right() + theme().px(8), label.y())

    def ring(self, widget: QWidget) -> QWidget:
        """Show the focus ring around ``widget``, focused or not."""
        ring = FocusRing(self)
        ring.show_on(widget)
        return widget

    def buttons(self) -> None:
        self.heading("Buttons", "height 28, small 24", 24, 29)
        names = ("Primary", "Default", "Tint", "Text", "Danger", "Disabled", "Icon")
        for name, middle in zip(names, (60, 96, 132, 168, 204, 240, 274), strict=True):
            self.say(name, 24, middle)
        self.put(Button("Train", "primary", "play"), 94, 46)
        self.ring(self.put(Button("Train", "primary", "play"), 180, 46))
        self.put(Button("Export"), 94, 82)
        self.ring(self.put(Button("Export"), 169, 82))
        hover = Button("Hover")
        hover.setCheckable(True)
        hover.setChecked(True)
        self.put(hover, 244, 82)
        self.put(Button("Take the tour", "tint"), 94, 118)
        self.put(Button("Small", "tint", small=True), 211, 120)
        self.put(Button("Revert", "text"), 94, 154)
        self.put(Button("Why?", "quiet"), 157, 154)
        self.put(Button("Delete run", "danger"), 94, 190)
        for x, (text, drawing) in zip((94, 177), (("Step", "step"), ("Reset", "reset")), strict=True):
            off = Button(text, icon_name=drawing)
            off.setEnabled(False)
            self.put(off, x, 226)
        for index, name in enumerate(("plus", "duplicate", "group", "trash")):
            button = IconButton(name, name, checkable=True)
            button.setChecked(name == "duplicate")
            button.setEnabled(name != "trash")
            self.put(button, 94 + 32 * index, 262)
            if name == "group":
                self.ring(button)

    def fields(self) -> None:
        self.heading("Fields", "height 26, label 104", 24, 315)
        invalid = IntSpin(1, 1024, 16)
        changed = ScientificSpinBox(0, 1, 5e-4)
        locked = IntSpin(1, 4096, 128)
        choice = QComboBox()
        choice.addItems(["Cosine", "Constant"])
        placeholder = QLineEdit()
        placeholder.setPlaceholderText("inherit 1e-4")
        normal, focused = IntSpin(1, 1024, 16), IntSpin(1, 1024, 16)
        rows = (normal, focused, changed, locked, choice, placeholder, invalid)
        names = ("Normal", "Focus", "Changed", "Locked", "Choice", "Placeholder", "Invalid")
        for row, (name, field) in enumerate(zip(names, rows, strict=True)):
            self.say(name, 24, 348 + 32 * row, "label")
            self.put(field, 136, 335 + 32 * row, 152, 26)
        self.ring(focused)
        set_changed(changed, True)
        lock(locked, "Stop the run to change it.")
        self.say("pending", 296, 412)
        problem = self.say(invalid.problem_with("-3"), 136, 563, "error")
        invalid.problem_changed.connect(problem.setText)
        self._invalid = invalid

    def type_mistake(self) -> None:
        """Type a wrong number into the last field."""
        self._invalid.lineEdit().setText("-3")

    def choices(self) -> None:
        self.heading("Choices", "", 24, 600)
        for x, (text, checked) in zip((24, 86, 145), (("Raw", 1), ("Log", 0), ("", 1)), strict=True):
            box = QCheckBox(text)
            box.setChecked(bool(checked))
            self.put(box, x, 613, 0 if text else 16)
            if not text:
                box.setFixedSize(theme().px(16), theme().px(16))
                box.move(box.x(), theme().px(617))
                self.ring(box)
        for x, text, checked in ((177, "This machine", True), (297, "Cluster", False)):
            radio = QRadioButton(text)
            radio.setAutoExclusive(False)
            radio.setChecked(checked)
            self.put(radio, x, 613)
        choices = (("counts", "Counts"), ("row", "Row %"), ("column", "Column %"))
        self.put(SegmentedControl(choices, "Scale"), 24, 646)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setValue(60)
        self.put(slider, 228, 646, 110, 24)
        self.heading("Tags and progress", "", 24, 691)
        tags = (("Done", "good", "check"), ("Epoch 21", "accent", "play"), ("Queued", "neutral", "clock"))
        tags += (("Imbalanced", "caution", "warning"), ("Fail", "error", "close"))
        places = ((24, 708), (88, 708), (175, 708), (253, 708), (24, 734))
        for (x, y), (text, kind, drawing) in zip(places, tags, strict=True):
            self.put(Tag(text, kind, drawing), x, y)
        bar = QProgressBar()
        bar.setTextVisible(False)
        bar.setValue(56)
        self.put(bar, 24, 764, 340, 6)

    def glyphs(self) -> None:
        self.heading("Layer glyphs and icons", "24 px and 16 px", 400, 29)
        where = QPoint(400, 50)
        for drawings, size in ((self._layer_glyphs(), 24), (self._layer_glyphs(), 16), (self._icons(), 16)):
            for draw in drawings:
                label = QLabel()
                label.setPixmap(draw(size))
                self.put(label, where.x(), where.y())
                where += QPoint(size + 8, 0)
                if where.x() > 690:
                    where = QPoint(400, where.y() + size + 8)
            where = QPoint(400, where.y() + size + 16)
        panel = Panel("Panel title", "subtitle beside it")
        panel.add_control(SegmentedControl((("a", "Value"), ("b", "Change")), "Shown"))
        field = OptionalSpinBox(0.1, 10)
        panel.body.addWidget(field)
        panel.body.addStretch(1)
        self.put(panel, 400, 420, 300, 110)
        self.put(_strip(), 400, 560, 640, 64)

    def _layer_glyphs(self) -> list[Callable[[int], QPixmap]]:
        where = {
            "dense": "dense",
            "conv2d": "convolution",
            "depthwise": "convolution",
            "zeropadding": "convolution",
            "residual": "blocks",
            "maxpool": "pooling",
            "avgpool": "pooling",
            "globalavgpool": "pooling",
            "batchnorm": "normalisation",
            "layernorm": "normalisation",
            "dropout": "regularisation",
            "gaussiannoise": "regularisation",
            "flatten": "shape",
            "reshape": "shape",
            "input": "input",
            "output": "input",
            "layer": "input",
        }
        return [
            lambda size, n=name: icons.glyph_pixmap(where.get(n, "activation"), n, size)
            for name in icons.glyph_names()
        ]

    def _icons(self) -> list[Callable[[int], QPixmap]]:
        return [lambda size, n=name: icons.pixmap(n, "text2", size) for name in icons.names()]

    def feedback(self) -> None:
        self.heading("Feedback", "", 736, 29)
        said = (
            ("info", "Draft differs from run 14", "Applies to the next run.", "Revert"),
            ("good", "Training looks healthy", "Loss falls, gradients are in range.", ""),
            ("caution", "Learning rate is high", "Loss jumps between batches.", "Set 3e-4"),
            ("error", "Loss became NaN at batch 12", "Restored epoch 3. Nothing is lost.", "Retry, lr 1e-3"),
        )
        for row, (kind, title, detail, action) in enumerate(said):
            banner = Banner(compact=True, closable=False)
            banner.say(kind, title, detail, action)
            self.put(banner, 736, 46 + 54 * row, 350, 46)
        full = Banner()
        full.say(
            "caution", "Overfitting since epoch 17", "Val loss 0.281 → 0.334.", "Weight decay → 5e-4", True
        )
        self.put(full, 400, 650, 640, 54)
        self.heading("Empty state", "", 736, 742)
        frame = QFrame()
        frame.setProperty("role", "panel")
        self.put(frame, 736, 757, 340, 96)
        empty = EmptyState(
            "No runs to compare yet", "Train once and the curves appear here.", "Train", "play"
        )
        self.put(empty, 737, 758, 338, 94)

    def colours(self) -> None:
        tokens = theme().tokens
        self.heading("Text and interface", "contrast on panel", 1122, 29)
        for row, (name, role, ground) in enumerate(COLOURS):
            self._swatch(name, tokens.colour(role), tokens.colour(ground), 56 + 22 * row)
        self.heading("Plot lines", "contrast on plot", 1122, 243)
        for row, (name, colour) in enumerate(zip(PLOT_LINES, (*tokens.lines, tokens.earlier), strict=True)):
            self._swatch(name, colour, tokens.plot, 270 + 22 * row)
        self.heading("Layer categories", "contrast on panel", 1122, 413)
        for row, (name, colour) in enumerate(tokens.categories.items()):
            self._swatch(name.capitalize(), colour, tokens.panel, 440 + 22 * row)
        self.heading("Type", "", 1122, 649)
        for (text, role, size), middle in zip(TYPE, (675, 703, 727, 749, 769, 789, 808), strict=True):
            self.say(text, 1122, middle, role)
            self.say(size, 0, middle, "caption", right=1392)

    def _swatch(self, name: str, colour: str, ground: str, middle: int) -> None:
        patch = QFrame()
        patch.setStyleSheet(f"background: {colour}; border: none")
        self.put(patch, 1122, middle - 6, 28, 13)
        self.say(name, 1158, middle, "secondary").setProperty("strong", True)
        self.say(colour, 1270, middle, "caption")
        self.say(f"{contrast(colour, ground):.1f}:1", 0, middle, "secondary", right=1392)


def _strip() -> MetricsStrip:
    names = ("Epoch", "Train loss", "Val loss", "Val accuracy", "Learning rate", "Samples/s", "Time left")
    strip = MetricsStrip([Metric(name, name) for name in names])
    strip.set_value("Epoch", "23", "/ 40", "batch 34 / 85")
    strip.set_value("Train loss", "0.171", note="raw 0.166")
    strip.set_value("Val loss", "0.334", note="best 0.281 at 17")
    strip.set_value("Val accuracy", "89.8%", note="best 90.2% at 17")
    strip.set_value("Learning rate", "4.1e-4", note="cosine")
    strip.set_value("Samples/s", "2,850", note="CPU, 4 threads")
    strip.set_value("Time left", "1:07", note="1:25 so far")
    strip.set_progress(0.56)
    return strip


def main() -> None:
    """Write the sheet to a file."""
    arguments = argparse.ArgumentParser(description="Draw the component sheet.")
    arguments.add_argument("out")
    arguments.add_argument("--dark", action="store_true")
    arguments.add_argument("--zoom", type=float, default=1.0)
    given = arguments.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    theme().mode = "dark" if given.dark else "light"
    theme().zoom = given.zoom
    theme().apply(app)
    sheet = Sheet()
    sheet.resize(theme().px(WIDTH), theme().px(HEIGHT))
    sheet.show()
    sheet.type_mistake()
    app.processEvents()
    if not sheet.grab().save(given.out):
        raise SystemExit(f"could not write {given.out}")


if __name__ == "__main__":
    main()
