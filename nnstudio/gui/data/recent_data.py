"""Data of one's own used lately, remembered between starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnstudio.core.import_options import ImportOptions
from nnstudio.errors import SpecError
from nnstudio.gui.shell.settings import Settings

KEY = "recent/data"
MOST = 12


@dataclass(frozen=True)
class OwnData:
    """A file or folder that was imported.

    Args:
        path: Where it is.
        reading: How it is read, or None where there is no choice.
        title: What the user calls it.
        summary: "412 images, 64×64×3".
        classes: Number of classes.
        uneven: Its classes differ much in size.
    """

    path: str
    reading: ImportOptions | None
    title: str
    summary: str
    classes: int
    uneven: bool = False

    @property
    def present(self) -> bool:
        """It is still there."""
        try:
            return Path(self.path).exists()
        except (OSError, ValueError):
            return False


class RecentData:
    """The list, newest first; a damaged entry is left out.

    Args:
        settings: Where it is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def all(self) -> list[OwnData]:
        """Everything remembered, whether it is still there or not."""
        entries = self._settings.data(KEY).get("sets", [])
        found = (_read(entry) for entry in (entries if isinstance(entries, list) else []))
        return [one for one in found if one is not None]

    def add(self, own: OwnData) -> None:
        """Puts data at the top of the list; the same path is listed once."""
        self._write([own, *(one for one in self.all() if one.path != own.path)])

    def remove(self, path: str) -> None:
        """Takes data off the list; the files stay."""
        self._write([one for one in self.all() if one.path != path])

    def _write(self, sets: list[OwnData]) -> None:
        entries = [
            {
                "path": one.path,
                "reading": None if one.reading is None else one.reading.model_dump(mode="json"),
                "title": one.title,
                "summary": one.summary,
                "classes": one.classes,
                "uneven": one.uneven,
            }
            for one in sets[:MOST]
        ]
        self._settings.set(KEY, {"sets": entries})


def _read(entry: Any) -> OwnData | None:
    try:
        reading = entry["reading"]
        return OwnData(
            str(entry["path"]),
            None if reading is None else ImportOptions.build(reading),
            str(entry["title"]),
            str(entry["summary"]),
            int(entry["classes"]),
            bool(entry["uneven"]),
        )
    except (KeyError, TypeError, ValueError, SpecError):
        return None
