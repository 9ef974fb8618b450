from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from nnstudio.gui.look import stylesheet
from nnstudio.gui.look.tokens import (
    CATEGORIES,
    DARK,
    LIGHT,
    Tokens,
    contrast,
    high_contrast,
    luminance,
    text_on,
)
from nnstudio.gui.theme import font, theme

BOTH = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda tokens: tokens.name)

# The design's contrast table: pair -> light, dark. "selection" is the accent's tint.
TABLE = {
    ("text", "panel"): (17.2, 13.7),
    ("text2", "panel"): (8.1, 8.4),
    ("muted", "panel"): (5.8, 6.2),
    ("muted", "window"): (5.2, 6.8),
    ("muted", "hover"): (4.9, 5.3),
    ("muted", "accent_tint"): (4.8, 4.6),
    ("text2", "accent_tint"): (6.8, 6.3),
    ("accent", "window"): (5.8, 8.3),
    ("accent", "panel"): (6.4, 7.6),
    ("accent", "accent_tint"): (5.4, 5.7),
    ("on_accent", "accent"): (6.4, 8.5),
    ("good", "panel"): (5.4, 8.1),
    ("good", "good_tint"): (4.7, 6.8),
    ("caution", "panel"): (5.8, 9.4),
    ("caution", "caution_tint"): (5.2, 7.8),
    ("error", "panel"): (6.5, 7.4),
    ("error", "error_tint"): (5.7, 6.8),
    ("strong", "panel"): (3.3, 4.1),
    ("strong", "window"): (3.0, 4.5),
    ("caution_line", "window"): (3.4, 7.9),
}
GRAPHICS = {"strong", "caution_line"}
LINES = {"light": (8.0, 3.9, 3.8, 9.3, 9.4, 4.1), "dark": (6.0, 5.9, 12.4, 6.0, 12.0, 5.5)}


@pytest.mark.parametrize("pair", TABLE, ids="-on-".join)
@BOTH
def test_contrast_is_what_the_design_states(tokens: Tokens, pair: tuple[str, str]) -> None:
    measured = contrast(tokens.colour(pair[0]), tokens.colour(pair[1]))
    assert measured == pytest.approx(TABLE[pair][tokens.dark], abs=0.06)
    assert measured >= (2.99 if pair[0] in GRAPHICS else 4.5)


@BOTH
def test_plot_lines_stand_out_from_the_plot_ground(tokens: Tokens) -> None:
    measured = [contrast(line, tokens.plot) for line in (*tokens.lines, tokens.earlier)]
    assert measured == pytest.approx(LINES[tokens.name], abs=0.06)
    assert min(measured) >= 3.0


@BOTH
def test_layer_categories_can_be_seen_on_panel_and_window(tokens: Tokens) -> None:
    assert tuple(tokens.categories) == CATEGORIES
    for colour in tokens.categories.values():
        assert contrast(colour, tokens.panel) >= 3.7
        assert contrast(colour, tokens.window) >= 3.4


def test_text_on_any_coloured_cell_is_legible() -> None:
    shades = [
        f"#{r:02X}{g:02X}{b:02X}" for r in range(0, 256, 15) for g in range(0, 256, 15) for b in (0, 90, 255)
    ]
    assert min(contrast(text_on(shade), shade) for shade in shades) >= 4.58


def test_a_seventh_line_repeats_the_second_colour() -> None:
    assert LIGHT.line(6) == LIGHT.lines[1]


def test_an_unknown_colour_role_is_an_error() -> None:
    assert LIGHT.colour("dense") == "#2958B8"
    assert LIGHT.colour("#123456") == "#123456"
    with pytest.raises(KeyError, match="no colour of the light theme"):
        LIGHT.colour("lines")


def test_high_contrast_uses_the_systems_colours_for_everything_read() -> None:
    system = {"window": "#000000", "panel": "#000000", "text": "#FFFFFF", "disabled": "#3FF23F"}
    tokens = high_contrast(**system, accent="#1AEBFF", on_accent="#000000")
    assert tokens.dark
    for role in ("text", "text2", "muted", "strong", "border", "good", "caution", "error"):
        assert contrast(tokens.colour(role), tokens.panel) >= 7.0, role


def test_a_high_contrast_desktop_overrides_the_chosen_mode(qapp: QApplication, monkeypatch) -> None:
    from nnstudio.gui import theme as module

    monkeypatch.setattr(module, "_wants_high_contrast", lambda: True)
    theme().mode = "dark"
    assert theme().tokens.name == "high contrast"
    assert qapp.palette().color(QPalette.ColorRole.WindowText) == QColor(theme().tokens.text)
    monkeypatch.undo()
    theme().mode = "light"
    assert theme().tokens is LIGHT


def test_dark_mode_changes_palette_and_widgets(qapp: QApplication, qtbot) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    seen: list[str] = []
    theme().changed.connect(lambda: seen.append(theme().tokens.name))
    theme().mode = "dark"
    label.ensurePolished()
    assert seen == ["dark"]
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(DARK.text)
    assert qapp.styleHints().colorScheme() in (Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown)
    theme().mode = "light"
    assert seen == ["dark", "light"]
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.window)


def test_system_mode_follows_the_desktop(qapp: QApplication) -> None:
    theme().mode = "system"
    hints = qapp.styleHints()
    try:
        hints.setColorScheme(Qt.ColorScheme.Dark)
        assert theme().tokens.dark == (hints.colorScheme() == Qt.ColorScheme.Dark)
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
        assert theme().tokens.dark == (hints.colorScheme() == Qt.ColorScheme.Dark)
    finally:
        hints.setColorScheme(Qt.ColorScheme.Unknown)


@pytest.mark.parametrize("wrong", ["blue", ""])
def test_an_unknown_mode_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="light, dark, system"):
        theme().mode = wrong  # type: ignore[assignment]


def test_zoom_scales_type_fields_and_buttons(qtbot) -> None:
    button = QPushButton("Export")
    qtbot.addWidget(button)
    button.ensurePolished()
    assert (font().pixelSize(), button.sizeHint().height()) == (13, 28)
    theme().zoom = 1.5
    button.ensurePolished()
    assert (font().pixelSize(), font(20).pixelSize()) == (20, 30)
    assert button.sizeHint().height() == pytest.approx(42, abs=2)
    with pytest.raises(ValueError, match=r"1\.25"):
        theme().zoom = 3.0


def test_interface_font_has_the_size_and_weight_asked_for() -> None:
    info = QFontInfo(font(17, 600))
    assert info.pixelSize() == 17
    assert info.weight() >= 600


def test_digits_are_equally_wide() -> None:
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(font())
    assert len({round(metrics.horizontalAdvance(digit), 3) for digit in "0123456789"}) == 1


@BOTH
def test_the_style_sheet_has_no_gap_and_only_known_colours(tokens: Tokens) -> None:
    sheet = stylesheet.stylesheet(tokens, dict.fromkeys(stylesheet.PICTURES, "/x.svg"))
    assert "$" not in sheet
    assert sheet.count("{") == sheet.count("}")
    derived = set(re.findall(r"#[0-9A-Fa-f]{6}", sheet)) - {
        value for value in vars(tokens).values() if isinstance(value, str)
    }
    assert len(derived) == 3  # hover and pressed accent, scroll bars


def test_scaling_leaves_files_and_names_alone() -> None:
    assert stylesheet.scaled("a { border-radius: 6px; width: 14px; }", 1.25) == (
        "a { border-radius: 7px; width: 18px; }"
    ), "half of the side at most"
    assert stylesheet.scaled('a { width: 10px; margin: -5px; image: url("/12px/a.svg"); }', 1.5) == (
        'a { width: 15px; margin: -8px; image: url("/12px/a.svg"); }'
    )


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert stylesheet.mix("#000000", "#FF8000", 0.0) == "#000000"
    assert stylesheet.mix("#000000", "#FF8000", 0.5) == "#804000"
    assert stylesheet.mix("#000000", "#FF8000", 1.0) == "#FF8000"


def test_luminance_of_black_grey_and_white() -> None:
    assert luminance("#000000") == 0.0
    assert luminance("#FFFFFF") == pytest.approx(1.0)
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)  # the sRGB definition's own value


def test_a_folder_that_cannot_be_written_still_gives_pictures(monkeypatch, tmp_path) -> None:
    from pathlib import Path

    from nnstudio.gui import theme as module

    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("NNSTUDIO_CACHE", str(blocked))
    module._picture_folder.cache_clear()
    try:
        paths = module._pictures(LIGHT)
        assert set(paths) == set(stylesheet.PICTURES)
        assert all(Path(path).read_text(encoding="utf-8").startswith("<svg") for path in paths.values())
    finally:
        module._picture_folder.cache_clear()
