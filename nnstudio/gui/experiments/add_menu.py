"""The menu of everything that can vary: training, the generator, each layer, the data."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.core.settings import Setting, list_settings
from nnstudio.core.spec import ProjectSpec


class AddMenu(QMenu):
    """Filled afresh whenever it opens, from the fields of the project's forms.

    Signals:
        chosen(Setting): A setting is to vary.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)
        self._project = ProjectSpec()
        self._submenus: list[QMenu] = []
        self.aboutToShow.connect(self.fill)

    def set_project(self, project: ProjectSpec) -> None:
        """The project whose settings are listed."""
        self._project = project

    def fill(self) -> None:
        """Lists every setting that doesn't vary yet; the seldom needed ones in a menu of their own."""
        self.clear()
        for menu in self._submenus:  # Qt leaves them to their parent
            menu.deleteLater()
        varied = {vary.path for vary in self._project.sweep.vary}
        menus: dict[tuple[str, ...], QMenu] = {(): self}
        for setting in sorted(list_settings(self._project), key=lambda setting: setting.row.rare):
            if setting.path not in varied and not setting.path.endswith(".seed"):
                self._add(self._menu(menus, _place(setting)), setting)
        self._submenus = [menu for place, menu in menus.items() if place]

    def _menu(self, menus: dict[tuple[str, ...], QMenu], place: tuple[str, ...]) -> QMenu:
        if place not in menus:
            menus[place] = self._menu(menus, place[:-1]).addMenu(place[-1])
            menus[place].setToolTipsVisible(True)
        return menus[place]

    def _add(self, menu: QMenu, setting: Setting) -> None:
        action = menu.addAction(setting.row.label)
        action.setToolTip(setting.row.help)
        action.setObjectName(setting.path)
        action.triggered.connect(lambda: self.chosen.emit(setting))


def _place(setting: Setting) -> tuple[str, ...]:
    """The submenus that a setting stands in."""
    path, group = setting.path, setting.group
    if path.startswith("network."):
        return ("Layers", group, "More") if setting.row.rare else ("Layers", group)
    parts = tuple(part.capitalize() for part in group.split(", "))
    if len(parts) == 1 and path.count(".") > 1:
        owner = path.split(".")[1].replace("_", " ").capitalize()
        return (*parts, f"{owner} settings")
    return (*parts, "More") if setting.row.rare else parts
