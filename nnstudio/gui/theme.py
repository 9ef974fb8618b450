"""The application's look: light or dark, zoom, fonts and the style sheet, for one ``QApplication``."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from nnstudio.gui.look.stylesheet import PICTURES, stylesheet
from nnstudio.gui.look.tokens import DARK, LIGHT, Tokens, high_contrast
from nnstudio.paths import cache_dir, resource

Mode = Literal["light", "dark", "system"]
MODES: tuple[Mode, ...] = ("light", "dark", "system")
ZOOMS = (1.0, 1.25, 1.5)


class Theme(QObject):
    """Colours, fonts and sizes in force; ``changed`` is emitted after every change of mode or zoom.

    Widgets that paint with their own pens read ``tokens`` while painting, or rebuild on ``changed``.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode: Mode = "system"
        self._zoom = 1.0
        self._tokens = LIGHT
        self._app: QApplication | None = None

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def mode(self) -> Mode:
        """What was chosen: ``light``, ``dark``, or ``system``, which follows the desktop."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        if mode not in MODES:
            raise ValueError(f"the theme is one of {', '.join(MODES)}; got {mode!r}")
        self._mode = mode
        if self._app is not None:
            _colour_window_frames(mode)
        self._refresh()

    @property
    def zoom(self) -> float:
        """Factor for type, spacing and icons, one of ``ZOOMS``."""
        return self._zoom

    @zoom.setter
    def zoom(self, zoom: float) -> None:
        if zoom not in ZOOMS:
            raise ValueError(f"the zoom is one of {', '.join(map(str, ZOOMS))}; got {zoom!r}")
        self._zoom = zoom
        self._refresh()

    def px(self, length: float) -> int:
        """``length`` in pixels at the present zoom, at least 1 for a positive length."""
        return max(1, round(length * self._zoom)) if length > 0 else 0

    def apply(self, app: QApplication) -> None:
        """Dress ``app``: Fusion, palette, font and style sheet; follow the system from now on."""
        first = self._app is not app
        self._app = app
        if first:
            app.setStyle("Fusion")
            _colour_window_frames(self._mode)
            app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._refresh()

    def colour(self, role: str) -> QColor:
        """A token as ``QColor``: ``theme().colour("accent")``."""
        return QColor(self._tokens.colour(role))

    def _system_changed(self) -> None:
        if self._mode == "system" or _wants_high_contrast():
            self._refresh()

    def _refresh(self) -> None:
        self._tokens = _tokens_for(self._mode)
        if self._app is not None:
            self._app.setPalette(_palette(self._tokens))
            self._app.setFont(font())
            self._app.setStyleSheet(stylesheet(self._tokens, _pictures(self._tokens), self._zoom))
        self.changed.emit()


@cache
def theme() -> Theme:
    """The application-wide theme."""
    return Theme()


def font(size: int = 13, weight: int = 400) -> QFont:
    """The interface font at ``size`` pixels (zoomed) and a CSS-style weight, with tabular figures."""
    return QFont(_font(_family(), theme().px(size), weight))


@cache
def _font(family: str, pixels: int, weight: int) -> QFont:
    made = QFont(family) if family else QFont()
    made.setPixelSize(pixels)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if hasattr(QFont, "setFeature"):  # Qt 6.7 and later
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


@cache
def _family() -> str:
    chosen = os.environ.get("NNSTUDIO_FONT", "")  # lets every view be checked with another system's font
    for family in (chosen, "Inter", "Inter Variable"):
        if family and QFontDatabase.hasFamily(family):
            return family
    return ""


def _tokens_for(mode: Mode) -> Tokens:
    if _wants_high_contrast():
        return _system_tokens()
    if mode == "system":
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return DARK if dark else LIGHT
    return DARK if mode == "dark" else LIGHT


def _colour_window_frames(mode: Mode) -> None:
    """Ask the desktop for matching title bars and file dialogs (Qt 6.8 and later)."""
    scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark, "system": Qt.ColorScheme.Unknown}
    hints = QGuiApplication.styleHints()
    if hasattr(hints, "setColorScheme"):
        hints.setColorScheme(scheme[mode])


def _wants_high_contrast() -> bool:
    """Whether the desktop asks for high contrast (known from Qt 6.10 on)."""
    hints = QGuiApplication.styleHints()
    accessibility = getattr(hints, "accessibility", None)
    if accessibility is None:
        return False
    preference = accessibility().contrastPreference()
    return preference == cast(object, Qt.ContrastPreference.HighContrast)


def _system_tokens() -> Tokens:
    app = QGuiApplication.instance()
    if isinstance(app, QApplication):
        app.setPalette(QPalette())  # show the desktop's own palette again before reading it
    group, role = QPalette.ColorGroup, QPalette.ColorRole
    system = QGuiApplication.palette()

    def name(which: QPalette.ColorRole, state: QPalette.ColorGroup = group.Active) -> str:
        return system.color(state, which).name().upper()

    return high_contrast(
        window=name(role.Window),
        panel=name(role.Base),
        text=name(role.Text),
        disabled=name(role.Text, group.Disabled),
        accent=name(role.Highlight),
        on_accent=name(role.HighlightedText),
    )


_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "panel",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "panel",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "error",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "panel",
    QPalette.ColorRole.ToolTipText: "text2",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Mid: "border",
    QPalette.ColorRole.Dark: "strong",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Light: "panel",
    QPalette.ColorRole.Shadow: "strong",
}


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    for role, token in _ROLES.items():
        palette.setColor(role, QColor(tokens.colour(token)))
    disabled = QPalette.ColorGroup.Disabled
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(disabled, role, QColor(tokens.disabled))
    if hasattr(QPalette.ColorRole, "Accent"):
        palette.setColor(QPalette.ColorRole.Accent, QColor(tokens.accent))
    return palette


def _pictures(tokens: Tokens) -> dict[str, str]:
    """Files with the style sheet's small pictures in the theme's colours, written once per colour."""
    folder = _picture_folder()
    made: dict[str, str] = {}
    for variable, (drawing, role) in PICTURES.items():
        source = resource("icons", *f"{drawing}.svg".split("/")).read_text(encoding="utf-8")
        tinted = source.replace("currentColor", tokens.colour(role)).encode()
        # The content names the file: a changed drawing is never taken from an older version's cache.
        path = folder / f"{Path(drawing).name}-{hashlib.sha256(tinted).hexdigest()[:12]}.svg"
        if not path.exists():
            partial = path.with_suffix(f".{os.getpid()}")
            partial.write_bytes(tinted)
            partial.replace(path)
        made[variable] = path.as_posix()
    return made


@cache
def _picture_folder() -> Path:
    folder = cache_dir() / "theme"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="nnstudio-theme-"))  # a read-only home still gets its arrows
