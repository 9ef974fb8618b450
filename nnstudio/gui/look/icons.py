"""Line icons drawn for NNStudio, tinted with the theme's colours when they are painted.

An icon looks its colour up each time it is drawn, so a theme change needs a repaint and no new icons. The
drawings are SVG files in ``resources/icons``; rendered pixmaps are cached until the theme changes.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnstudio.gui.theme import theme
from nnstudio.paths import resource

ALIASES = {
    "dataset": "database",
    "device": "chip",
    "compare": "branch",
    "draft": "branch",
    "error": "error-circle",
    "warning": "warning-triangle",
    "good": "check-circle",
    "theme": "moon",
}

_GRID = 24  # side of the drawings' view box
_STROKE = 1.4  # pixels
_THINNEST = 1.6  # view box units, for large icons

_clones: list[QIconEngine] = []
_pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}


def icon(name: str, colour_role: str = "text", checked_role: str = "") -> QIcon:
    """A themed icon.

    Args:
        name: A file of ``resources/icons/ui`` without its ending, such as ``"save"``, or one of ``ALIASES``.
        colour_role: Name of a colour of ``Tokens`` (or ``#RRGGBB``); disabled buttons use ``disabled``.
        checked_role: Colour while the button is checked, where it differs.

    Raises:
        KeyError: There is no drawing of that name.
    """
    path = _icon_path(name)
    _source(path)
    return _tinted(path, colour_role, checked_role or colour_role)


def layer_glyph(category: str, glyph_name: str) -> QIcon:
    """The glyph of a layer type, in its category's colour.

    Args:
        category: One of ``tokens.CATEGORIES``.
        glyph_name: A file of ``resources/icons/layers``; an unknown one gives the plain ``layer`` glyph, so
            that a layer from a newer version still shows.
    """
    return _tinted(_glyph_path(glyph_name), category, category)


def pixmap(name: str, colour_role: str = "text", size: int = 16, ratio: float | None = None) -> QPixmap:
    """An icon as a pixmap of ``size`` logical pixels (zoomed), for delegates and labels."""
    return _render(_icon_path(name), theme().tokens.colour(colour_role), theme().px(size), ratio)


def glyph_pixmap(
    category: str, glyph_name: str, size: int = 16, ratio: float | None = None, colour_role: str = ""
) -> QPixmap:
    """A layer glyph as a pixmap of ``size`` logical pixels (zoomed); ``colour_role`` replaces the hue."""
    colour = theme().tokens.colour(colour_role or category)
    return _render(_glyph_path(glyph_name), colour, theme().px(size), ratio)


def names() -> tuple[str, ...]:
    """Names that ``icon`` accepts."""
    return tuple(sorted(path.stem for path in resource("icons", "ui").glob("*.svg")))


def glyph_names() -> tuple[str, ...]:
    """Names that ``layer_glyph`` accepts."""
    return tuple(sorted(path.stem for path in resource("icons", "layers").glob("*.svg")))


def application_icon() -> QIcon:
    """The product's own icon, in its own colours."""
    return QIcon(str(resource("icons", "nnstudio.svg")))


def tinted_svg(path: str, colour: str, size: float = 16.0) -> bytes:
    """The SVG drawing at ``path`` (such as ``"ui/check"``) in ``colour``, to be shown at ``size`` pixels.

    Strokes are ``_STROKE`` pixels wide at every size, so that a 12 px icon is not thinner than its text.
    """
    width = max(_THINNEST, _STROKE * _GRID / size)
    tinted = _source(path).replace("currentColor", colour)
    return tinted.replace('stroke-width="2"', f'stroke-width="{width:.2f}"', 1).encode()


def clear_cache() -> None:
    """Forget the rendered pixmaps (the theme calls this when it changes)."""
    _pixmaps.clear()


@cache
def _tinted(path: str, role: str, checked_role: str) -> QIcon:
    """The one icon of its kind.

    Kept for good: PySide frees the engine of an icon twice when the garbage collector meets both in a cycle.
    """
    return QIcon(_TintedEngine(path, role, checked_role))


def _icon_path(name: str) -> str:
    return f"ui/{ALIASES.get(name, name)}"


@cache
def _glyph_path(glyph_name: str) -> str:
    known = resource("icons", "layers", f"{glyph_name}.svg").is_file()
    return f"layers/{glyph_name if known else 'layer'}"


@cache
def _source(path: str) -> str:
    try:
        return resource("icons", *f"{path}.svg".split("/")).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(f"there is no icon {path!r}; see resources/icons") from None


def _render(path: str, colour: str, size: int, ratio: float | None) -> QPixmap:
    """A square pixmap of ``size`` logical pixels at the given (or the largest screen's) pixel ratio."""
    if ratio is None:
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    key = (path, colour, size, ratio)
    if key not in _pixmaps:
        side = max(1, round(size * ratio))
        drawn = QPixmap(side, side)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        QSvgRenderer(QByteArray(tinted_svg(path, colour, size / theme().zoom))).render(
            painter, QRectF(0, 0, side, side)
        )
        painter.end()
        drawn.setDevicePixelRatio(ratio)
        _pixmaps[key] = drawn
    return _pixmaps[key]


class _TintedEngine(QIconEngine):
    """Draws one SVG in the colour that its role has now."""

    def __init__(self, path: str, role: str, checked_role: str) -> None:
        super().__init__()
        self._path = path
        self._role = role
        self._checked_role = checked_role

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode == QIcon.Mode.Disabled:
            return theme().tokens.disabled
        role = self._checked_role if state == QIcon.State.On else self._role
        return theme().tokens.colour(role)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # The size is in logical pixels; ``scale`` is the screen's pixel ratio.
        side = min(size.width(), size.height())
        drawn = _render(self._path, self._colour(mode, state), side, scale)
        if size.width() == size.height():
            return drawn
        padded = QPixmap(size * scale)  # a wider size keeps the icon at the left: room before a button's text
        padded.fill(Qt.GlobalColor.transparent)
        padded.setDevicePixelRatio(scale)
        painter = QPainter(padded)
        painter.drawPixmap(0, (size.height() - side) // 2, drawn)
        painter.end()
        return padded

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        side = min(rect.width(), rect.height())
        drawn = _render(self._path, self._colour(mode, state), side, painter.device().devicePixelRatioF())
        corner = rect.center() - QPoint((side - 1) // 2, (side - 1) // 2)
        painter.drawPixmap(corner, drawn)

    def clone(self) -> QIconEngine:
        made = _TintedEngine(self._path, self._role, self._checked_role)
        _clones.append(made)  # Qt owns it from here on, yet PySide would free it with the last reference
        return made


theme().changed.connect(clear_cache)
