"""A sheet of SVG to draw on: rectangles, lines and text, and nothing that a reader could run. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

INK, MUTED, GRID = "#171B24", "#5D6678", "#DADFE6"
_FONT = "Inter, Helvetica, Arial, sans-serif"


class Svg:
    """A drawing on white.

    Args:
        width: Its width in pixels.
        height: Its height.
        title: What it shows, for screen readers.
    """

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height = width, height
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" font-family={quoteattr(_FONT)}>',
            f"<title>{escape(title)}</title>",
        ]
        self.rect(0, 0, width, height, "#FFFFFF")

    def rect(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        size = f'width="{max(0, width):g}" height="{max(0, height):g}"'
        self._parts.append(f'<rect x="{x:g}" y="{y:g}" {size} fill="{colour}"/>')

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, width: float = 1, dash: str = ""
    ) -> None:
        """A line through points."""
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}/>'
        )

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        colour: str = INK,
        size: float = 12,
        anchor: str = "start",
        bold: bool = False,
        angle: float = 0,
    ) -> None:
        """A line of text; ``y`` is its base line, ``angle`` turns it about its anchor."""
        turned = f' transform="rotate({angle:g} {x:g} {y:g})"' if angle else ""
        weight = ' font-weight="600"' if bold else ""
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"'
            f"{weight}{turned}>{escape(words)}</text>"
        )

    def written(self) -> str:
        """The file's content."""
        return "\n".join([*self._parts, "</svg>"]) + "\n"


def text_width(words: str, size: float = 12) -> float:
    """About how wide a text is: exact enough to leave room for it."""
    return size * 0.6 * len(words)
