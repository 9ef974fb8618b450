"""The inspector's part for 2-D data: which set, how noisy, how many points, and what the network is told."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnstudio.core.points_spec import PLANE_INPUTS, PlaneInput, PointsSpec
from nnstudio.core.spec import DataSpec
from nnstudio.data.plane_inputs import FUNCTIONS
from nnstudio.data.points2d import SETS, draw_points
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.playground.look import is_plane
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.properties import set_shown

_TITLES = {"spiral": "Spiral", "moons": "Moons", "circles": "Rings", "xor": "XOR", "blobs": "Blobs"}
_SAMPLE = 70
_PICTURE, _TEXT = 46, 16
_NOISE_STEPS = 50
_NOISE_STEP = 0.01


class PointsSection(QWidget):
    """Everything that can be set about a 2-D set; hidden for other data.

    Signals:
        set_chosen(str): Name of another set.
        edited(PointsSpec, str): The user changed the recipe; the second names the setting.
        left(): The focus left a field, or a slider was let go.
        typing(bool): The user begins to type, or takes it all back.
    """

    set_chosen = Signal(str)
    edited = Signal(object, str)
    left = Signal()
    typing = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self._data = DataSpec()
        title = QLabel("2-D data")
        title.setProperty("role", "section")
        self.sets = {name: SetButton(name, text) for name, text in _TITLES.items()}
        self.noise = QSlider(Qt.Orientation.Horizontal)
        self.noise.setRange(0, _NOISE_STEPS)
        self._noise_text = QLabel()
        self.form = SpecForm(PointsSpec, self, only=("points", "test_share"), percent=("test_share",))
        self.inputs = {name: QCheckBox(FUNCTIONS[name][0]) for name in PLANE_INPUTS}
        self._column = QVBoxLayout(self)
        self._column.addWidget(title)
        self._column.addLayout(self._set_row())
        self._column.addLayout(self._noise_row())
        self._column.addWidget(self.form)
        self._column.addWidget(self._caption("Inputs"))
        self._column.addLayout(self._input_boxes())
        self._name()
        self._connect()
        self._space()
        theme().changed.connect(self._space)

    def show_recipe(self, data: DataSpec, locked: str) -> None:
        """Shows the data recipe; ``locked`` says why it can't be changed, or nothing."""
        self._data = data
        set_shown(self, is_plane(data))
        if not is_plane(data):
            return
        points = data.points or PointsSpec()
        for name, button in self.sets.items():
            button.setChecked(name == data.source)
        self._show_noise(SETS[data.source].noise if points.noise is None else points.noise)
        self.form.set_spec(points)
        self.form.set_all_states("locked" if locked else "normal", locked)
        for name, box in self.inputs.items():
            box.setChecked(name in points.inputs)
        for widget in (*self.sets.values(), self.noise, *self.inputs.values()):
            widget.setEnabled(not locked)
            widget.setStatusTip(locked)

    def focus_chain(self) -> list[QWidget]:
        """Every widget that takes the focus, from top to bottom."""
        return [*self.sets.values(), self.noise, *self.form.focus_chain(), *self.inputs.values()]

    def _show_noise(self, noise: float) -> None:
        self.noise.blockSignals(True)
        self.noise.setValue(round(noise / _NOISE_STEP))
        self.noise.blockSignals(False)
        text = numbers.fixed(noise, 2)
        self._noise_text.setText(text)
        self.noise.setAccessibleDescription(text)

    def _set_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme().px(4))
        self._group = QButtonGroup(self)
        for button in self.sets.values():
            self._group.addButton(button)
            row.addWidget(button)
        return row

    def _noise_row(self) -> QHBoxLayout:
        row = self._noise = QHBoxLayout()
        self._noise_label = self._caption("Noise")
        for widget in (self._noise_label, self.noise, self._noise_text):
            row.addWidget(widget, 1 if widget is self.noise else 0)
        return row

    def _input_boxes(self) -> QGridLayout:
        grid = self._boxes = QGridLayout()
        places = [(0, column) for column in range(5)] + [(1, 0), (1, 2)]
        for (row, column), (name, box) in zip(places, self.inputs.items(), strict=True):
            grid.addWidget(box, row, column, 1, 2 if name.startswith("sin") else 1)
        return grid

    def _caption(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", "label")
        return label

    def _name(self) -> None:
        self.noise.setAccessibleName("Noise")
        self.noise.setToolTip(str(PointsSpec.model_fields["noise"].description))
        for name, box in self.inputs.items():
            box.setAccessibleName(f"Input {FUNCTIONS[name][0]}")
            box.setToolTip(f"Tell the network {FUNCTIONS[name][0]} of each point")

    def _connect(self) -> None:
        for name, button in self.sets.items():
            button.clicked.connect(lambda _on=False, name=name: self._choose(name))
        self.noise.valueChanged.connect(lambda value: self._edit("noise", round(value * _NOISE_STEP, 2)))
        self.noise.sliderReleased.connect(self.left)
        self.form.edited.connect(lambda name, value: self._edit(name, value))
        self.form.left.connect(self.left)
        self.form.typing.connect(self.typing)
        for name, box in self.inputs.items():
            box.clicked.connect(lambda on, name=name: self._take(name, on))

    def _choose(self, name: str) -> None:
        if name != self._data.source:
            self.set_chosen.emit(name)

    def _edit(self, field: str, value: object) -> None:
        self.edited.emit((self._data.points or PointsSpec()).replace(**{field: value}), field)

    def _take(self, name: PlaneInput, on: bool) -> None:
        points = self._data.points or PointsSpec()
        inputs = [one for one in points.inputs if one != name] + ([name] if on else [])
        if inputs:
            self._edit("inputs", tuple(inputs))
            self.left.emit()
        else:
            self.inputs[name].setChecked(True)  # the network has to be told something

    def _space(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(METRICS.padding), px(10), px(METRICS.padding), px(8))
        self._column.setSpacing(px(6))
        self._noise.setSpacing(px(METRICS.gap))
        self._noise_label.setFixedWidth(px(METRICS.form_label))
        self._boxes.setSpacing(px(4))
        self._noise_text.setMinimumWidth(px(36))
        self._noise_text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class SetButton(QToolButton):
    """A small picture of a set and its name."""

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._text = name, text
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(SETS[name].title)
        self.setToolTip(SETS[name].summary)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """A square with a name below."""
        px = theme().px
        return QSize(px(_PICTURE + 2), px(_PICTURE + 2 + _TEXT))

    def minimumSizeHint(self) -> QSize:
        """All of it."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws some real points of the set."""
        painter, px = QPainter(self), theme().px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width() - 2, px(_PICTURE))
        box = QRectF((self.width() - side) / 2, 1, side, side)
        chosen = self.isChecked()
        painter.setPen(QPen(theme().colour("accent" if chosen else "border"), 2 if chosen else 1))
        hot = self.underMouse() and self.isEnabled()
        painter.setBrush(theme().colour("accent_tint" if chosen else "hover" if hot else "panel"))
        painter.drawRoundedRect(box, px(METRICS.radius), px(METRICS.radius))
        painter.setPen(Qt.PenStyle.NoPen)
        reach, middle = side * 0.41, box.center()
        for x, y, label in _sample(self._name):
            painter.setBrush(theme().colour(theme().tokens.line(label)))
            painter.drawEllipse(
                middle + QPointF(x * reach, -y * reach), 1.6 * theme().zoom, 1.6 * theme().zoom
            )
        painter.setPen(theme().colour("accent" if chosen else "text2"))
        painter.setFont(font(11, 600 if chosen else 400))
        below = QRectF(0, box.bottom() + 1, self.width(), px(_TEXT))
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._text)


@cache
def _sample(name: str) -> tuple[tuple[float, float, int], ...]:
    points, labels = draw_points(name, _SAMPLE, 0)
    return tuple((x, y, label) for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True))
