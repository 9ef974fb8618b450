"""Design tokens: every colour and size of the interface as plain data, free of Qt.

Colours are ``#RRGGBB`` strings, so that style sheets, SVGs and pens can all use them. Contrast follows the
definition of WCAG 2.2 (relative luminance, success criteria 1.4.3 and 1.4.11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

SPACING = (2, 4, 8, 12, 16, 24, 32)
CATEGORIES = (
    "input",
    "dense",
    "convolution",
    "blocks",
    "activation",
    "pooling",
    "normalisation",
    "regularisation",
    "shape",
)


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme."""

    name: str
    dark: bool
    # surfaces
    window: str
    panel: str
    sunken: str
    hover: str
    border: str
    strong: str
    # text
    text: str
    text2: str
    muted: str
    disabled: str
    # meanings; a tint is the ground on which the colour of the same name stands
    accent: str
    accent_tint: str
    on_accent: str
    good: str
    good_tint: str
    caution: str
    caution_line: str
    caution_tint: str
    error: str
    error_tint: str
    # plots
    plot: str
    grid: str
    lines: tuple[str, ...]
    earlier: str
    diverging: tuple[str, str, str]
    sequential: tuple[str, str]
    # layer categories, by the names in CATEGORIES
    categories: Mapping[str, str]

    def colour(self, role: str) -> str:
        """Colour of a role: a field's name, a category's name, or a ``#RRGGBB`` passed through.

        Raises:
            KeyError: The role names neither a colour nor a category.
        """
        if role.startswith("#"):
            return role
        value = getattr(self, role, None) or self.categories.get(role)
        if not isinstance(value, str) or not value.startswith("#"):
            raise KeyError(f"{role!r} is no colour of the {self.name} theme")
        return value

    def line(self, index: int) -> str:
        """Colour of the plot series ``index``; from the sixth on the colours repeat (use a dash pattern)."""
        return self.lines[index % len(self.lines)]


@dataclass(frozen=True)
class Metrics:
    """Sizes in pixels at 100% zoom."""

    menu_bar: int = 28
    tool_bar: int = 44
    tab_row: int = 36
    status_bar: int = 24
    button: int = 28
    button_small: int = 24
    button_toolbar: int = 30
    field: int = 26
    form_row: int = 30
    form: int = 268
    form_label: int = 104
    card: int = 44
    block_row: int = 25
    outline_row: int = 28
    banner: int = 54
    icon: int = 16
    gap: int = 8
    padding: int = 12
    radius_tag: int = 3
    radius: int = 4
    radius_card: int = 6


METRICS = Metrics()

LIGHT = Tokens(
    name="light",
    dark=False,
    window="#F2F4F7",
    panel="#FFFFFF",
    sunken="#F7F8FA",
    hover="#E9EDF2",
    border="#DADFE6",
    strong="#848D9C",
    text="#171B24",
    text2="#475063",
    muted="#5D6678",
    disabled="#98A1B0",
    accent="#2456CC",
    accent_tint="#E3EBFD",
    on_accent="#FFFFFF",
    good="#0B7A50",
    good_tint="#E2F4EB",
    caution="#8F5A00",
    caution_line="#B87400",
    caution_tint="#FFF3D6",
    error="#B3261E",
    error_tint="#FDECEA",
    plot="#FFFFFF",
    grid="#E8EBF0",
    lines=("#0A4EA4", "#E2510B", "#2A955E", "#8C0055", "#5F4010"),
    earlier="#747E8E",
    diverging=("#0A4EA4", "#FFFFFF", "#D2490A"),
    sequential=("#FFFFFF", "#0A3F86"),
    categories=MappingProxyType(
        {
            "input": "#4A596A",
            "dense": "#2958B8",
            "convolution": "#2C7B6B",
            "blocks": "#2A8BC0",
            "activation": "#BB571E",
            "pooling": "#8468E8",
            "normalisation": "#748A3C",
            "regularisation": "#9A0B50",
            "shape": "#7B5634",
        }
    ),
)

DARK = Tokens(
    name="dark",
    dark=True,
    window="#14171C",
    panel="#1C2027",
    sunken="#171A20",
    hover="#272D36",
    border="#303742",
    strong="#758092",
    text="#E8EBF1",
    text2="#B3BBC8",
    muted="#97A0AF",
    disabled="#626B79",
    accent="#8AB0FF",
    accent_tint="#22345C",
    on_accent="#0E1420",
    good="#55CB95",
    good_tint="#16322A",
    caution="#F0BC55",
    caution_line="#D9A23A",
    caution_tint="#382C14",
    error="#FF8F85",
    error_tint="#3C1F1E",
    plot="#171A20",
    grid="#272D36",
    lines=("#3A9BF7", "#F2701F", "#67F1C3", "#DE72B6", "#F1D47A"),
    earlier="#8791A1",
    diverging=("#3A9BF7", "#20262E", "#F2701F"),
    sequential=("#171A20", "#D7ECFF"),
    categories=MappingProxyType(
        {
            "input": "#9EA6B0",
            "dense": "#7F8CFA",
            "convolution": "#7FDAD8",
            "blocks": "#12A5CC",
            "activation": "#FE9E34",
            "pooling": "#DF9AF0",
            "normalisation": "#AEDC7B",
            "regularisation": "#F75F93",
            "shape": "#F0C8AB",
        }
    ),
)


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a ``#RRGGBB`` string."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), of a ``#RRGGBB`` string."""
    linear = [_linear(value / 255) for value in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    bright, dim = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def text_on(ground: str) -> str:
    """Black or white, whichever is easier to read on a coloured cell (at least 4.58 to 1)."""
    return max("#000000", "#FFFFFF", key=lambda colour: contrast(colour, ground))


def high_contrast(window: str, panel: str, text: str, disabled: str, accent: str, on_accent: str) -> Tokens:
    """Tokens for a system's high-contrast palette: its own few colours in every role.

    Meanings keep their icon and words, and lose their hue only where it would be illegible on ``panel``.
    """
    base = DARK if luminance(panel) < 0.18 else LIGHT

    def legible(colour: str) -> str:
        return colour if contrast(colour, panel) >= 7.0 else text

    changes: dict[str, Any] = {"name": "high contrast", "accent": accent, "on_accent": on_accent}
    changes |= {"window": window, "sunken": window, "hover": window, "accent_tint": window}
    changes |= dict.fromkeys(("panel", "plot", "good_tint", "caution_tint", "error_tint"), panel)
    changes |= dict.fromkeys(("text", "text2", "muted", "border", "strong"), text)
    changes |= dict.fromkeys(("disabled", "grid"), disabled)
    changes |= {role: legible(base.colour(role)) for role in ("good", "caution", "caution_line", "error")}
    return replace(base, **changes)
