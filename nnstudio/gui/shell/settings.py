"""What the application remembers between starts, read without trusting the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from nnstudio.gui.project.recent import RecentProjects
from nnstudio.paths import data_dir


class Settings:
    """Typed access to ``settings.ini``; a damaged or foreign value gives the default.

    Attributes:
        recent: Projects opened or saved lately.

    Args:
        file: The file; the user's own by default.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._store = QSettings(str(file or data_dir() / "settings.ini"), QSettings.Format.IniFormat)
        self.recent = RecentProjects(self._store)

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self._store.value(key, default)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        """A yes or no."""
        return {"true": True, "false": False}.get(str(self._store.value(key, default)).lower(), default)

    def number(self, key: str, default: float) -> float:
        """A number."""
        try:
            return float(self.text(key, str(default)))
        except ValueError:
            return default

    def data(self, key: str) -> dict[str, Any]:
        """A mapping that was stored as JSON."""
        try:
            value = json.loads(self.text(key, "{}"))
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def bytes(self, key: str) -> QByteArray:
        """Bytes, such as a window's geometry."""
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set(self, key: str, value: str | bool | float | QByteArray | dict[str, Any]) -> None:
        """Remembers a value."""
        if isinstance(value, dict):
            value = json.dumps(value)
        elif isinstance(value, float):
            value = str(value)
        self._store.setValue(key, value)

    def sync(self) -> None:
        """Writes everything to disk now."""
        self._store.sync()
