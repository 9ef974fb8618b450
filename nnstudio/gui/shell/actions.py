"""Every command of the application in one table: its words, keys and icon, and the menu it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from nnstudio.gui.look.icons import icon


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: What code calls it.
        text: What the menu calls it.
        keys: Shortcuts; the menu shows the first.
        help: What it does, for its tooltip and F1.
        icon: Name of its icon, or "".
        checkable: It can be on or off.
        submenu: Submenu it stands in, or "".
        scoped: Its keys work only where the owner adds the action: a plain key such as Del must not reach
            the stack from another page.
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    help: str = ""
    icon: str = ""
    checkable: bool = False
    submenu: str = ""
    scoped: bool = False


_FILE = (
    Command("new", "New…", ("Ctrl+N",), "Start again from a preset or an empty model.", "new"),
    Command("open", "Open…", ("Ctrl+O",), "Open a project, a run or a model.", "open"),
    Command("recent", "Open recent"),
    Command("recover", "Restore unsaved work", (), "Look for work that a crash left behind."),
    None,
    Command("save", "Save", ("Ctrl+S",), "Save the project.", "save"),
    Command("save_as", "Save as…", ("Ctrl+Shift+S",), "Save the project under another name."),
    None,
    Command(
        "export",
        "Export model as HDF5…",
        ("Ctrl+E",),
        "Save network and weights as an .h5 file that Keras opens.",
        "export",
    ),
    None,
    Command("quit", "Quit", ("Ctrl+Q",), "Close NNStudio."),
)
_EDIT = (
    Command("undo", "Undo", ("Ctrl+Z",), "Take the last edit back.", "undo"),
    Command("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Make the edit again.", "redo"),
    Command("history", "Undo history…", ("Ctrl+Alt+Z",), "List all steps, and go to any of them.", "clock"),
    None,
    Command("cut", "Cut layers", ("Ctrl+X",), "Copy the selected layers and delete them.", scoped=True),
    Command("copy", "Copy layers", ("Ctrl+C",), "Copy the selected layers as text.", scoped=True),
    Command("paste", "Paste layers", ("Ctrl+V",), "Insert the copied layers.", "paste", scoped=True),
)
_VIEW = (
    Command("page_train", "Train", ("Ctrl+1",), "Build the network, train it and watch."),
    Command("page_evaluate", "Evaluate", ("Ctrl+2",), "See which classes are mistaken for which."),
    Command("page_predict", "Predict", ("Ctrl+3",), "Draw or open an image and see it classified."),
    Command("page_data", "Data", ("Ctrl+5",), "See, prepare and correct the data, or import your own."),
    Command("page_experiments", "Experiments", ("Ctrl+6",), "Vary settings, and see what is best."),
    None,
    Command("left_dock", "Left side panel", ("Ctrl+[",), "Show or hide the left side.", "panel-left", True),
    Command(
        "right_dock", "Right side panel", ("Ctrl+]",), "Show or hide the right side.", "panel-right", True
    ),
    None,
    Command("plot_data", "Plot data…", (), "Show the table behind the curves, to copy or save.", "plot"),
    None,
    Command("theme_system", "As the system", submenu="Theme", checkable=True),
    Command("theme_light", "Light", submenu="Theme", checkable=True),
    Command("theme_dark", "Dark", submenu="Theme", checkable=True),
    Command("zoom_100", "100%", submenu="Zoom", checkable=True),
    Command("zoom_125", "125%", submenu="Zoom", checkable=True),
    Command("zoom_150", "150%", submenu="Zoom", checkable=True),
    None,
    Command("next_region", "Next region", ("F6",), "Move the keyboard focus to the next part of the window."),
    Command("previous_region", "Previous region", ("Shift+F6",), "Move it to the previous part."),
    Command(
        "single_keys",
        "Single-key shortcuts",
        help="Space trains and pauses, Right steps, R resets.",
        checkable=True,
    ),
)
_MODEL = (
    Command("find_layer", "Find layer", ("Ctrl+K",), "Search the layer list; Enter inserts.", "search"),
    None,
    Command("rename", "Rename", ("F2",), "Give the selected layer another name.", "edit", scoped=True),
    Command(
        "duplicate",
        "Duplicate",
        ("Ctrl+D",),
        "Insert a copy of the layer.",
        "duplicate",
        scoped=True,
    ),
    Command("delete", "Delete", ("Del",), "Take the selected layer out.", "trash", scoped=True),
    Command("disable", "Disable layer", ("Ctrl+/",), "Skip the layer, or no longer.", "power", scoped=True),
    Command("freeze", "Freeze weights", (), "Keep the layer's weights as they are, or no longer.", "lock"),
    Command(
        "group", "Group into block", ("Ctrl+G",), "Put layers into a residual block.", "group", scoped=True
    ),
    Command(
        "ungroup",
        "Ungroup block",
        ("Ctrl+Shift+G",),
        "Put a block's layers in its place.",
        "ungroup",
        scoped=True,
    ),
    None,
    Command("move_up", "Move up", ("Alt+Up",), "Move the selected layer up.", "arrow-up", scoped=True),
    Command("move_down", "Move down", ("Alt+Down",), "Move it down.", "arrow-down", scoped=True),
    None,
    Command("next_problem", "Next problem", ("F8",), "Select the next layer with a problem."),
    Command("previous_problem", "Previous problem", ("Shift+F8",), "Select the one before."),
    Command("fix", "Apply the first fix", ("Ctrl+.",), "Mend the problem with its first suggestion."),
)
_TRAIN = (
    Command("train", "Train", ("F5",), "Train, pause and go on.", "play"),
    Command("pause", "Pause", (), "Finish the current batch and wait.", "pause"),
    Command("step_batch", "Step one batch", ("F10",), "Train on one batch and wait.", "step"),
    Command("step_epoch", "Step one epoch", ("Ctrl+F10",), "Train to the end of the epoch and wait."),
    Command("stop", "Stop", ("Shift+F5",), "End the run and keep it.", "stop"),
    Command("reset", "Reset", (), "Go back to the initial weights; Train then starts a new run.", "reset"),
    None,
    Command(
        "fork_run",
        "Fork this run…",
        (),
        "Begin a new run with the weights of a checkpoint and changed settings.",
        "fork",
    ),
    Command(
        "find_rate",
        "Find learning rate…",
        (),
        "Try steps of growing size on a copy of the network and see which one learns fastest.",
        "plot",
    ),
)
_HELP = (
    Command("help", "Help for the focused item", ("F1",), "Say what the focused item is for.", "help"),
    Command("tour", "Take the tour", (), "Be shown around the window in five minutes.", "next"),
    Command("keys", "Keyboard shortcuts", (), "List all shortcuts.", "keyboard"),
    Command("about", "About NNStudio"),
)

MENUS: tuple[tuple[str, tuple[Command | None, ...]], ...] = (
    ("&File", _FILE),
    ("&Edit", _EDIT),
    ("&View", _VIEW),
    ("&Model", _MODEL),
    ("&Train", _TRAIN),
    ("&Help", _HELP),
)


def commands() -> Iterator[Command]:
    """All commands, in the order of the menus."""
    for _, row in MENUS:
        yield from (command for command in row if command is not None)


class Actions(QObject):
    """One ``QAction`` per command, and the menus that show them.

    Attributes:
        menus: The menus of the bar by title, once they are built.
        recent_menu: Submenu that the owner fills with recent files when it is about to show.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions = {command.name: self._make(command) for command in commands()}
        self._tips = {name: action.toolTip() for name, action in self._actions.items()}
        self.menus: dict[str, QMenu] = {}
        self.recent_menu = QMenu("Open recent", window)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def names(self) -> set[str]:
        """Names of all commands."""
        return set(self._actions)

    def offer(self, name: str, problem: str = "") -> None:
        """Enables a command, or disables it with the reason in its tooltip."""
        action = self._actions[name]
        action.setEnabled(not problem)
        action.setToolTip(problem or self._tips[name])

    def connect_all(self, slots: dict[str, Callable[[], object]]) -> None:
        """Connects commands to what they do; the slots take no arguments."""
        for name, slot in slots.items():
            self._actions[name].triggered.connect(lambda _checked=False, slot=slot: slot())

    def scope(self, widget: QWidget) -> None:
        """Lets the keys of the scoped commands work while the focus is in ``widget``."""
        widget.addActions([self._actions[command.name] for command in commands() if command.scoped])

    def build(self, bar: QMenuBar) -> None:
        """Fills the menu bar."""
        for title, row in MENUS:
            menu = self.menus[title.replace("&", "")] = bar.addMenu(title)
            menu.setToolTipsVisible(True)
            submenus: dict[str, QMenu] = {}
            for command in row:
                if command is None:
                    menu.addSeparator()
                elif command.name == "recent":
                    menu.addMenu(self.recent_menu)
                elif command.submenu:
                    if command.submenu not in submenus:
                        submenus[command.submenu] = menu.addMenu(command.submenu)
                    submenus[command.submenu].addAction(self._actions[command.name])
                else:
                    menu.addAction(self._actions[command.name])

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self._window)
        action.setObjectName(command.name)
        action.setShortcuts([QKeySequence(keys) for keys in command.keys])
        action.setCheckable(command.checkable)
        keys = f" ({command.keys[0]})" if command.keys else ""
        action.setToolTip(f"{command.text.rstrip('…')}{keys}. {command.help}".rstrip(". ") + ".")
        if command.icon:
            action.setIcon(icon(command.icon))
        if command.scoped:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        else:
            self._window.addAction(action)
        return action
