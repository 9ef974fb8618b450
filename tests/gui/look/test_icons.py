from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QToolButton

from nnstudio.gui.look import icons
from nnstudio.gui.look.tokens import CATEGORIES, DARK, LIGHT
from nnstudio.gui.theme import theme

RATIOS = (1.0, 1.25, 1.5, 2.0)
NEEDED = tuple(
    """
    new open save undo redo database dataset chip device play pause step stop reset search plus
    duplicate group trash more bookmark lock chevron-down chevron-right chevron-up close check
    check-circle error-circle warning-triangle info clock stethoscope branch fullscreen panel-left
    panel-right brush eraser image paste export file help sliders shuffle grip sun moon keyboard
    """.split()  # noqa: SIM905  # easier to read than a list
)
GLYPHS = tuple(
    """
    input dense conv2d depthwise zeropadding residual relu leaky_relu elu gelu silu selu sigmoid tanh
    softmax softplus linear maxpool avgpool globalavgpool batchnorm layernorm dropout gaussiannoise
    flatten reshape
    """.split()  # noqa: SIM905  # easier to read than a list
)


def inked(pixmap: QPixmap) -> list[QColor]:
    """Colours of the fully opaque pixels (or the most opaque ones of a thin drawing)."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    most = max(pixel.alpha() for pixel in pixels)
    return [pixel for pixel in pixels if most > 60 and pixel.alpha() == most]


def near(colour: QColor, wanted: str) -> bool:
    goal = QColor(wanted)
    parts = ((colour.red(), goal.red()), (colour.green(), goal.green()), (colour.blue(), goal.blue()))
    return all(abs(a - b) <= 6 for a, b in parts)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", sorted({*NEEDED, *icons.names()}))
def test_every_icon_is_drawn_in_the_themes_colour(name: str, mode: str) -> None:
    theme().mode = mode  # type: ignore[assignment]
    drawn = icons.icon(name, "text2").pixmap(QSize(16, 16))
    assert drawn.deviceIndependentSize().toSize() == QSize(16, 16)
    ink = inked(drawn)
    assert ink
    assert all(near(colour, theme().tokens.text2) for colour in ink)


@pytest.mark.parametrize("name", sorted({*GLYPHS, *icons.glyph_names()}))
def test_every_layer_glyph_exists_and_has_its_categorys_colour(name: str) -> None:
    assert name in icons.glyph_names()
    for category in ("dense", "shape"):
        ink = inked(icons.layer_glyph(category, name).pixmap(QSize(16, 16)))
        assert ink
        assert all(near(colour, LIGHT.categories[category]) for colour in ink)


def test_layer_glyphs_differ_from_each_other_at_16_pixels() -> None:
    images = {name: icons.glyph_pixmap("dense", name, 16, 1.0).toImage() for name in icons.glyph_names()}
    names = sorted(images)
    same = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if images[a] == images[b]]
    assert same == []


@pytest.mark.parametrize("ratio", RATIOS)
def test_icons_are_drawn_at_the_screens_own_resolution(ratio: float) -> None:
    drawn = icons.icon("save").pixmap(QSize(16, 16), ratio)
    assert drawn.size() == QSize(round(16 * ratio), round(16 * ratio))
    assert drawn.devicePixelRatio() == ratio
    direct = icons.pixmap("save", "text", 16, ratio)
    assert drawn.toImage() == direct.toImage()  # drawn for this resolution, not scaled to it


def test_an_icon_made_before_a_theme_change_follows_it() -> None:
    kept = icons.icon("save")
    assert all(near(colour, LIGHT.text) for colour in inked(kept.pixmap(32, 32)))
    theme().mode = "dark"
    assert all(near(colour, DARK.text) for colour in inked(kept.pixmap(32, 32)))


def test_a_copy_that_is_added_to_stays_usable() -> None:
    copy = QIcon(icons.icon("save"))
    copy.addPixmap(QPixmap(4, 4))  # makes Qt clone the engine
    gc.collect()
    assert inked(copy.pixmap(QSize(16, 16)))
    del copy
    gc.collect()
    assert inked(icons.icon("save").pixmap(QSize(16, 16)))


def test_disabled_and_checked_icons_have_colours_of_their_own() -> None:
    drawn = icons.icon("brush", "text2", "accent")
    off = drawn.pixmap(QSize(32, 32), QIcon.Mode.Disabled, QIcon.State.Off)
    on = drawn.pixmap(QSize(32, 32), QIcon.Mode.Normal, QIcon.State.On)
    assert all(near(colour, LIGHT.disabled) for colour in inked(off))
    assert all(near(colour, LIGHT.accent) for colour in inked(on))


def test_a_button_paints_its_icon_in_the_middle(qtbot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icons.icon("stop", "accent"))
    button.setIconSize(QSize(16, 16))
    button.resize(40, 40)
    button.show()
    image = button.grab().toImage()
    marked = [(x, y) for x in range(40) for y in range(40) if near(image.pixelColor(x, y), LIGHT.accent)]
    assert marked
    middle = [sum(values) / len(marked) for values in zip(*marked, strict=True)]
    assert middle == pytest.approx([19.5, 19.5], abs=1.0)


def test_painting_into_a_wide_place_centres_the_icon() -> None:
    canvas = QImage(64, 16, QImage.Format.Format_ARGB32)
    canvas.fill(0)
    painter = QPainter(canvas)
    icons.icon("stop").paint(painter, canvas.rect())
    painter.end()
    columns = [x for x in range(64) if any(canvas.pixelColor(x, y).alpha() for y in range(16))]
    assert columns[0] + columns[-1] == pytest.approx(63, abs=1)


def test_an_unknown_icon_is_an_error_and_an_unknown_glyph_a_plain_card() -> None:
    with pytest.raises(KeyError, match="no icon"):
        icons.icon("no such thing")
    plain = icons.glyph_pixmap("dense", "layer", 16, 1.0).toImage()
    assert icons.glyph_pixmap("dense", "from_a_newer_version", 16, 1.0).toImage() == plain


def test_rendered_icons_are_kept_until_the_theme_changes() -> None:
    first = icons.pixmap("save", "text", 16, 1.0)
    assert icons.pixmap("save", "text", 16, 1.0).cacheKey() == first.cacheKey()
    theme().mode = "dark"
    assert icons._pixmaps == {}


def test_every_category_has_a_colour() -> None:
    for category in CATEGORIES:
        assert not icons.layer_glyph(category, "dense").isNull()


def test_the_application_icon_has_a_picture_at_every_size() -> None:
    for side in (16, 32, 256):
        drawn = icons.application_icon().pixmap(QSize(side, side))
        assert inked(drawn)
