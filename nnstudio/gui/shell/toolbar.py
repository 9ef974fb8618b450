"""The toolbar: files, undo, data set, device, and the five training buttons that never move."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from nnstudio.gui.datasets import Datasets
from nnstudio.gui.run.train_controls import Controls
from nnstudio.gui.shell.actions import Actions
from nnstudio.gui.shell.choosers import DatasetChooser
from nnstudio.gui.shell.device_chooser import DeviceChooser
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.divider import Divider

_WIDTHS = {"train": 112, "pause": 84, "step_batch": 76, "stop": 76, "reset": 82}
_TEXTS = {"train": "Train", "pause": "Pause", "step_batch": "Step", "stop": "Stop", "reset": "Reset"}
_ICONS = {"train": "play", "pause": "pause", "step_batch": "step", "stop": "stop", "reset": "reset"}
_LONGEST = "Train more"
_ARROW = 20
_ICON_WIDTH = 40
_HEIGHT = 44
_LOCKED = "Locked while a run is under way. Stop or finish it to choose another."


class Toolbar(QToolBar):
    """First toolbar of the window."""

    def __init__(self, actions: Actions, datasets: Datasets, parent: QWidget | None = None) -> None:
        super().__init__("Main", parent)
        self.setObjectName("main")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.datasets = DatasetChooser(datasets)
        self.device = DeviceChooser()
        self.training = TrainButtons(actions)
        self.addWidget(self._row(actions))
        no_margins(self)
        theme().changed.connect(self._space)
        self._space()

    def show_controls(self, controls: Controls, running: bool) -> None:
        """Shows what can be done to the run, and locks what a run under way has fixed."""
        self.training.show_controls(controls)
        for chooser in (self.datasets, self.device):
            chooser.set_locked(_LOCKED if running else "")

    def _row(self, actions: Actions) -> QWidget:
        row = self._line = QWidget()
        row.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._layout = QHBoxLayout(row)
        parts: list[QWidget] = [ToolbarButton(actions[name]) for name in ("new", "open", "save")]
        parts.append(Divider())
        self.undo, redo = ToolbarButton(actions["undo"]), ToolbarButton(actions["redo"])
        for button in (self.undo, redo):
            button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            button.customContextMenuRequested.connect(lambda _at: actions["history"].trigger())
        parts += [self.undo, redo]
        self._captions = (_caption("Dataset"), _caption("Device"))
        parts += [self._captions[0], self.datasets, self._captions[1], self.device]
        for part in parts:
            self._layout.addWidget(part)
        self._layout.addStretch(1)
        self._layout.addWidget(self.training)
        return row

    def _space(self) -> None:
        px = theme().px
        self._line.setFixedHeight(px(_HEIGHT))
        self._layout.setContentsMargins(px(14), 0, px(12), 0)
        self._layout.setSpacing(px(8))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves words out where there is no room for them."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Takes the first of these that fits: everything, no captions, no device, icons only."""
        for level in range(4):
            for caption in self._captions:
                caption.setVisible(level < 1)
            self.device.setVisible(level < 2)
            self.training.set_compact(level == 3)
            self._layout.invalidate()
            if self._layout.minimumSize().width() <= self.width():
                return


class TrainButtons(QWidget):
    """Train, Pause, Step, Stop and Reset; only the fill moves between them."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._compact = False
        self._estimate = ""
        self._label = _TEXTS["train"]
        self.buttons = {name: self._button(name) for name in _WIDTHS}
        self._more = self._step_menu()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for name, button in self.buttons.items():
            self._row.addWidget(self._split(button) if name == "step_batch" else button)
        self._space()
        theme().changed.connect(self._space)

    def set_estimate(self, text: str) -> None:
        """What the tooltip of Train says about the time, from the next :meth:`show_controls` on."""
        self._estimate = text

    def show_controls(self, controls: Controls) -> None:
        """Enables what works and fills the next sensible action."""
        enabled = {
            "train": controls.train,
            "pause": controls.pause,
            "step_batch": controls.step,
            "stop": controls.stop,
            "reset": controls.reset,
        }
        focused = next((button for button in self.buttons.values() if button.hasFocus()), None)
        for name in ("train", "step_batch", "step_epoch"):
            self._actions.offer(name, controls.reason)
        for name, on in enabled.items():
            self.buttons[name].setEnabled(on)
            self._actions[name].setEnabled(on)
        self._actions["step_epoch"].setEnabled(controls.step)
        self._actions["train"].setEnabled(controls.train or controls.pause)  # F5 pauses too
        self._actions["train"].setText(controls.label if controls.train else "Train")
        self._more.setEnabled(controls.step)
        train, train_tip = self.buttons["train"], self._actions["train"].toolTip()
        self._label = controls.label
        self._write()
        train.setToolTip("\n".join(filter(None, (train_tip, "" if controls.reason else self._estimate))))
        self.buttons["step_batch"].setToolTip(self._actions["step_batch"].toolTip())
        train.set_role(
            "primary" if controls.primary == "train" else "busy" if controls.label == "Training" else ""
        )
        self.buttons["pause"].set_role("primary" if controls.primary == "pause" else "")
        if focused is not None and not focused.isEnabled() and controls.primary:
            self.buttons[controls.primary].setFocus()  # the keyboard stays with the next sensible action

    def set_compact(self, compact: bool) -> None:
        """Shows icons without words, or both."""
        if compact != self._compact:
            self._compact = compact
            self._write()
            self._space()

    def _write(self) -> None:
        for name, button in self.buttons.items():
            text = self._label if name == "train" else _TEXTS[name]
            button.setAccessibleName(text)
            button.setText("" if self._compact and name != "train" else text)

    def _button(self, name: str) -> Button:
        action = self._actions[name]
        button = Button(_TEXTS[name], icon_name=_ICONS[name], tooltip=action.toolTip())
        button.setAccessibleDescription(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it was
        button.clicked.connect(lambda: self._actions[name].trigger())
        return button

    def _step_menu(self) -> Button:
        more = Button("", icon_name="chevron-down", tooltip="Choose how far to step")
        more.setAccessibleName("Choose how far to step")
        menu = QMenu(more)
        menu.addAction(self._actions["step_batch"])
        menu.addAction(self._actions["step_epoch"])
        more.clicked.connect(lambda: menu.popup(more.mapToGlobal(more.rect().bottomLeft())))
        return more

    def _split(self, button: Button) -> QWidget:
        """Step and its arrow as one button in two parts."""
        button.setStyleSheet("border-top-right-radius: 0; border-bottom-right-radius: 0;")
        self._more.setStyleSheet(
            "border-top-left-radius: 0; border-bottom-left-radius: 0; border-left-width: 0; padding: 0;"
        )
        both = self._step = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(button)
        row.addWidget(self._more)
        return both

    def _space(self) -> None:
        px = theme().px
        self._row.setSpacing(px(6))
        for name, width in _WIDTHS.items():
            button = self.buttons[name]
            if name == "train":
                button.setText(_LONGEST)
            short = self._compact and name != "train"
            role = str(button.property("role") or "")
            button.set_role("primary")  # in which the letters are widest
            button.ensurePolished()
            button.setFixedWidth(max(px(_ICON_WIDTH if short else width), button.sizeHint().width()))
            button.set_role(role)
        self._write()
        self._more.setFixedWidth(px(_ARROW))
        self._more.setIconSize(QSize(px(12), px(12)))
        self._step.updateGeometry()
        self.updateGeometry()


class ToolbarButton(QToolButton):
    """A flat button with the icon of an action."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDefaultAction(action)
        self.setAccessibleName(action.text().rstrip("…"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._resize()
        theme().changed.connect(self._resize)

    def _resize(self) -> None:
        px = theme().px
        self.setFixedSize(px(28), px(28))
        self.setIconSize(QSize(px(18), px(18)))


def no_margins(bar: QToolBar) -> None:
    """Takes the style's own margins from a toolbar: its one row brings the designed ones."""
    layout = bar.layout()
    if layout is not None:
        layout.setContentsMargins(0, 0, 0, 0)


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    label.setIndent(theme().px(6))
    return label
