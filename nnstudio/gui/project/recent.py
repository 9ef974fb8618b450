"""Projects opened or saved lately, remembered between starts."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

KEY = "recent/projects"
MOST = 10


@dataclass(frozen=True)
class RecentProject:
    """One entry of the list.

    Attributes:
        path: The project's file.
        name: Name of the project.
        when: When it was last opened or saved, in local time.
        accuracy: Best measured accuracy, 0 to 1, if one is known.
    """

    path: Path
    name: str
    when: datetime
    accuracy: float | None = None

    @classmethod
    def of(cls, path: Path) -> RecentProject:
        """What the file alone tells: its name and when it was written.

        Raises:
            OSError: The file can't be looked at.
        """
        return cls(path, path.stem, datetime.fromtimestamp(path.stat().st_mtime))


class RecentProjects:
    """The list, newest first, at most ten, without files that are gone.

    Args:
        store: Where it is kept.
    """

    def __init__(self, store: QSettings) -> None:
        self._store = store

    def projects(self) -> list[RecentProject]:
        """The projects whose files still exist; a damaged entry is left out."""
        found = (_read(entry) for entry in self._entries())
        return [project for project in found if project is not None and project.path.exists()]

    def add(self, path: Path, name: str, accuracy: float | None = None, when: datetime | None = None) -> None:
        """Puts a project at the top of the list.

        Args:
            path: Its file.
            name: Its name.
            accuracy: Measured accuracy, or None; the best one known stays.
            when: Local time; now by default.
        """
        full = path.resolve()
        before = self.projects()
        known = next((project.accuracy for project in before if project.path == full), None)
        newest = RecentProject(full, name, when or datetime.now(), _best(known, accuracy))
        self._write([newest, *(project for project in before if project.path != full)])

    def remove(self, path: Path) -> None:
        """Takes a project off the list."""
        full = path.resolve()
        self._write([project for project in self.projects() if project.path != full])

    def _entries(self) -> list[Any]:
        try:
            entries = json.loads(str(self._store.value(KEY, "[]")))
        except ValueError:
            return []
        return entries if isinstance(entries, list) else []

    def _write(self, projects: list[RecentProject]) -> None:
        entries = [
            {
                "path": str(project.path),
                "name": project.name,
                "when": project.when.isoformat(timespec="seconds"),
                "accuracy": project.accuracy,
            }
            for project in projects[:MOST]
        ]
        self._store.setValue(KEY, json.dumps(entries))


def _best(*accuracies: float | None) -> float | None:
    return max((accuracy for accuracy in accuracies if accuracy is not None), default=None)


def when_text(when: datetime, now: datetime) -> str:
    """``Today 10:42``, ``Yesterday``, ``Monday`` within a week, else ``3 Nov 2026``."""
    days = (now.date() - when.date()).days
    if days == 0:
        return f"Today {when:%H:%M}"
    if days == 1:
        return "Yesterday"
    return f"{when:%A}" if 1 < days < 7 else f"{when.day} {when:%b %Y}"


def _read(entry: Any) -> RecentProject | None:
    try:
        accuracy = entry["accuracy"]
        known = isinstance(accuracy, int | float) and math.isfinite(accuracy)
        return RecentProject(
            Path(entry["path"]),
            str(entry["name"]),
            datetime.fromisoformat(entry["when"]),
            float(accuracy) if known else None,
        )
    except (KeyError, TypeError, ValueError):
        return None
