from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QKeySequence, QMouseEvent, QPointingDevice, QShortcut, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.canvas import Canvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def draw(canvas: Canvas, *points: tuple[int, int], button=LEFT, modifiers=NONE) -> None:
    """One stroke through points of the sheet, with real mouse events."""
    places = [canvas.to_widget(x, y) for x, y in points]
    QTest.mousePress(canvas, button, modifiers, places[0])
    for before, after in pairwise(places):
        steps = max(1, (after - before).manhattanLength() // 12)
        for step in range(1, steps + 1):
            at = before + (after - before) * step / steps
            move(canvas, at, button, modifiers)
    QTest.mouseRelease(canvas, button, modifiers, places[-1])


def move(canvas: Canvas, at: QPoint, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> None:
    """QTest.mouseMove knows neither buttons nor modifiers."""
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton, button, modifiers
    )
    QCoreApplication.sendEvent(canvas, event)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.show()
    made.setFocus()
    return made


def ink(canvas: Canvas) -> np.ndarray:
    return canvas.sheet.values()


def test_a_stroke_is_as_wide_as_the_pen_and_antialiased(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    column = ink(canvas)[:, 200]
    assert column.sum() == pytest.approx(30, abs=1.5)
    assert column[195] == 1
    draw(canvas, (100, 300), (300, 380))
    edges = ink(canvas)[300:400, 100:300]
    assert ((edges > 0.1) & (edges < 0.9)).sum() > 100


def test_the_canvas_has_28_cells_of_15_pixels(canvas: Canvas):
    assert canvas.sheet.image.size().toTuple() == (420, 420)
    assert canvas.sheet.cell == 15
    assert canvas.size().toTuple() == (422, 422)


def test_the_right_button_erases(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    draw(canvas, (200, 200), button=RIGHT)
    assert ink(canvas)[200, 200] == 0
    assert ink(canvas)[200, 120] == 1


def test_the_eraser_erases_and_the_size_counts(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    canvas.set_tool("eraser")
    canvas.set_pen(60)
    draw(canvas, (200, 200))
    assert not ink(canvas)[175:225, 175:225].any(where=circle(50, 24))
    assert canvas.pen == 60
    canvas.set_pen(1000)
    assert canvas.pen == 60


def circle(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y) < radius


def test_shift_draws_a_straight_line_whatever_the_way(canvas: Canvas):
    draw(canvas, (100, 100), (300, 130), (150, 300), (300, 300), modifiers=SHIFT)
    values = ink(canvas)
    assert values[200, 200] == 1
    assert values[115, 250] == 0
    assert values[250, 180] == 0


def test_undo_and_redo_take_whole_strokes(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    first = ink(canvas)
    draw(canvas, (100, 300), (300, 300))
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert (ink(canvas) == first).all()
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert canvas.sheet.blank
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL | SHIFT)
    assert (ink(canvas) == first).all()
    QTest.keyClick(canvas, Qt.Key.Key_Y, CONTROL)
    assert ink(canvas)[300, 200] == 1


def test_clearing_can_be_undone_and_an_empty_sheet_needs_no_step(canvas: Canvas):
    canvas.clear()
    assert not canvas.sheet.can_undo
    draw(canvas, (100, 200), (300, 200))
    drawn = ink(canvas)
    canvas.clear()
    assert canvas.sheet.blank
    canvas.undo()
    assert (ink(canvas) == drawn).all()


def test_the_windows_undo_does_not_take_the_canvas_keys(qtbot: QtBot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    made, other = Canvas(), QWidget()
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout.addWidget(made)
    layout.addWidget(other)
    asked: list[str] = []
    for keys in (QKeySequence.StandardKey.Undo, QKeySequence("Space"), QKeySequence("Right")):
        QShortcut(QKeySequence(keys), window).activated.connect(lambda: asked.append("window"))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_Space)
    assert not made.sheet.blank
    QTest.keyClick(made, Qt.Key.Key_Z, CONTROL)
    QTest.keyClick(made, Qt.Key.Key_Right)
    assert made.sheet.blank
    assert asked == []
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_Z, CONTROL)
    assert asked == ["window"]


def test_the_keyboard_moves_paints_erases_and_draws_lines(canvas: Canvas):
    assert canvas.cursor_cell == (14, 14)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(canvas, key)
    assert canvas.cursor_cell == (13, 12)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    middle = (int(13.5 * 15), int(12.5 * 15))
    assert ink(canvas)[middle] == 1
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)
    assert canvas.sheet.blank
    for _ in range(4):
        QTest.keyClick(canvas, Qt.Key.Key_Down, SHIFT)
    assert canvas.cursor_cell == (17, 12)
    assert (ink(canvas)[middle[0] : int(17.5 * 15), middle[1]] == 1).all()
    assert "Row 18 of 28, column 13" in canvas.accessibleDescription()


def test_the_cursor_stays_on_the_sheet(canvas: Canvas):
    for _ in range(40):
        QTest.keyClick(canvas, Qt.Key.Key_Left)
        QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.cursor_cell == (27, 0)


def test_another_button_during_a_stroke_takes_it_back(canvas: Canvas):
    QTest.mousePress(canvas, LEFT, NONE, QPoint(100, 100))
    move(canvas, QPoint(200, 100), LEFT, NONE)
    assert not canvas.sheet.blank
    QTest.mousePress(canvas, RIGHT, NONE, QPoint(200, 100))
    assert canvas.sheet.blank
    for button in (LEFT, RIGHT):
        QTest.mouseRelease(canvas, button, NONE, QPoint(200, 100))
    assert canvas.sheet.blank


def test_the_ink_covers_the_grid_in_both_themes(canvas: Canvas):
    for mode, ink_level in (("light", 0), ("dark", 255)):
        theme().mode = mode
        canvas.clear()
        draw(canvas, (100, 210), (300, 210))
        shot = canvas.grab().toImage()
        stroke = {shot.pixelColor(x, 211).lightness() for x in range(120, 280)}
        assert stroke == {ink_level}
        paper = {shot.pixelColor(x, 60).lightness() for x in range(20, 400)}
        assert len(paper) == 2  # paper and grid


def test_another_input_shape_makes_another_sheet(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    canvas.set_shape((28, 28, 1))
    assert not canvas.sheet.blank
    canvas.set_shape((32, 16, 3))
    assert canvas.sheet.image.size().toTuple() == (16 * 13, 32 * 13)
    assert canvas.sheet.values().shape == (32 * 13, 16 * 13, 3)
    assert canvas.sheet.blank
    draw(canvas, (60, 60), (100, 60))
    assert ink(canvas).min() == 0


def test_a_changing_drawing_is_told_while_the_stroke_goes_on(canvas: Canvas, qtbot: QtBot):
    told: list[int] = []
    canvas.changed.connect(lambda: told.append(1))
    QTest.mousePress(canvas, LEFT, NONE, QPoint(100, 100))
    move(canvas, QPoint(150, 100), LEFT, NONE)
    move(canvas, QPoint(200, 100), LEFT, NONE)
    assert len(told) == 3
    QTest.mouseRelease(canvas, LEFT, NONE, QPoint(200, 100))
    assert len(told) == 4


def press_pen(
    canvas: Canvas,
    kind: QEvent.Type,
    at: tuple[int, int],
    pressure: float,
    pointer=QPointingDevice.PointerType.Pen,
) -> None:
    """An event of a tablet's pen, as Qt delivers it."""
    device = QPointingDevice(
        "pen",
        1,
        QInputDevice.DeviceType.Stylus,
        pointer,
        QInputDevice.Capability.Pressure,
        1,
        1,
    )
    place = QPointF(canvas.to_widget(*at))
    event = QTabletEvent(
        kind, device, place, canvas.mapToGlobal(place), pressure, 0, 0, 0, 0, 0, NONE, LEFT, LEFT
    )
    QCoreApplication.sendEvent(canvas, event)
    assert event.isAccepted()


def pen_stroke(canvas: Canvas, pressure: float, y: int, pointer=QPointingDevice.PointerType.Pen) -> None:
    press_pen(canvas, QEvent.Type.TabletPress, (100, y), pressure, pointer)
    for x in range(110, 300, 10):
        press_pen(canvas, QEvent.Type.TabletMove, (x, y), pressure, pointer)
    press_pen(canvas, QEvent.Type.TabletRelease, (300, y), 0.0, pointer)


def test_a_tablets_pen_draws_as_wide_as_it_is_pressed(canvas: Canvas):
    pen_stroke(canvas, 1.0, 100)
    pen_stroke(canvas, 0.5, 200)
    pen_stroke(canvas, 0.0, 300)
    widths = [ink(canvas)[y - 40 : y + 40, 200].sum() for y in (100, 200, 300)]
    assert widths == pytest.approx([30, 30 * 0.675, 30 * 0.35], abs=1.5)
    canvas.undo()
    assert ink(canvas)[300, 200] == 0
    assert ink(canvas)[200, 200] == 1
    draw(canvas, (100, 300), (300, 300))
    assert ink(canvas)[260:340, 200].sum() == pytest.approx(30, abs=1.5), "a mouse presses fully"


def test_the_other_end_of_a_tablets_pen_erases(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    pen_stroke(canvas, 1.0, 200, QPointingDevice.PointerType.Eraser)
    assert not ink(canvas)[190:210, 150:250].any()


def test_inverting_is_one_step(canvas: Canvas):
    draw(canvas, (100, 200), (300, 200))
    before = ink(canvas)
    canvas.invert()
    assert ink(canvas) == pytest.approx(1 - before, abs=1 / 255)
    QTest.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert (ink(canvas) == before).all()
