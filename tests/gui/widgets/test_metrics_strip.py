from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontDatabase, QFontMetrics

from nnstudio.gui import theme as theming
from nnstudio.gui.look.tokens import LIGHT
from nnstudio.gui.theme import font, theme
from nnstudio.gui.widgets.metrics_strip import _PADDING, _TIGHT, Metric, MetricsStrip

CELLS = ("Epoch", "Train loss", "Val loss", "Val accuracy", "Learning rate", "Samples/s", "Time left")
# Values of a long run on a fast machine, wider than those in the design's pictures.
WIDE = (
    ("123", "/ 400", "batch 134 / 850"),
    ("0.0171", "", "raw 0.0166"),
    ("0.0334", "", "best 0.0281 at 117"),
    ("100.0%", "", "best 100.0% at 117"),
    ("4.13e-4", "", "cosine"),
    ("128,500", "", "CPU, 16 threads"),
    ("1:02:07", "", "1:25:33 so far"),
)
SMALLEST = 640  # pixels that the strip gets in a window of 1280


def strip(qtbot, width: int = SMALLEST, **options: bool) -> MetricsStrip:
    made = MetricsStrip([Metric(name, name, f"About {name}.") for name in CELLS], **options)
    for name, (value, suffix, note) in zip(CELLS, WIDE, strict=True):
        made.set_value(name, value, suffix, note)
    qtbot.addWidget(made)
    made.resize(width, made.sizeHint().height())
    made.show()
    return made


@pytest.fixture(params=["", "DejaVu Sans"])
def family(request, monkeypatch) -> str:
    if request.param and not QFontDatabase.hasFamily(request.param):
        pytest.skip(f"{request.param} is not installed")
    monkeypatch.setattr(theming, "_family", lambda: request.param)
    return request.param


def test_numbers_are_never_cut_in_the_smallest_window(qtbot, family: str) -> None:
    made = strip(qtbot)
    cells = made.cells()
    assert cells[0].left() == 0
    assert cells[-1].right() == SMALLEST - 1
    for cell, (value, suffix, _) in zip(cells, WIDE, strict=True):
        needed = QFontMetrics(font(17, 600)).horizontalAdvance(value)
        needed += QFontMetrics(font(13)).horizontalAdvance(suffix)
        assert cell.width() >= needed
    assert made.minimumSizeHint().width() <= SMALLEST


def test_where_all_fits_no_letter_of_a_caption_is_left_out(qtbot, family: str) -> None:
    made = strip(qtbot)
    for name in CELLS:
        made.set_value(name, "0")
    made.reset_widths()
    made.resize(made.sizeHint().width(), made.height())
    metrics, elide = QFontMetrics(font(12)), Qt.TextElideMode.ElideRight
    widths = [cell.width() - sum(_PADDING) for cell in made.cells()]
    assert [metrics.elidedText(name, elide, width) for name, width in zip(CELLS, widths, strict=True)] == [
        *CELLS
    ]


def test_captions_stay_whole_longer_than_notes_and_give_way_together(qtbot, family: str) -> None:
    made = strip(qtbot)
    for name in CELLS:
        made.set_value(name, "0", note="a note that is longer than its caption")
    made.reset_widths()
    metrics, elide = QFontMetrics(font(12)), Qt.TextElideMode.ElideRight
    needed = sum(metrics.horizontalAdvance(name) + 1 + sum(_TIGHT) for name in CELLS)

    def captions() -> list[str]:
        widths = [cell.width() - sum(_TIGHT) for cell in made.cells()]
        return [metrics.elidedText(name, elide, width) for name, width in zip(CELLS, widths, strict=True)]

    made.resize(needed, made.height())
    assert captions() == [*CELLS]
    made.resize(round(0.8 * needed), made.height())
    assert all(len(shown) > len(name) / 2 for shown, name in zip(captions(), CELLS, strict=True))


def test_cells_lie_side_by_side(qtbot) -> None:
    for width in (540, 640, 900, 1400):
        cells = strip(qtbot, width).cells()
        assert all(a.right() + 1 == b.left() for a, b in itertools.pairwise(cells))
        assert cells[-1].right() == width - 1


def test_a_note_that_does_not_fit_is_left_out_and_found_in_the_tooltip(qtbot) -> None:
    made = strip(qtbot, 480)
    middle = made.cells()[2].center()
    assert made.tooltip_at(middle) == "About Val loss.\nVal loss: 0.0334\nbest 0.0281 at 117"
    assert made.tooltip_at(QPoint(-5, -5)) == ""


def test_the_row_does_not_jump_while_values_change(qtbot) -> None:
    made = strip(qtbot, 900)
    before = made.cells()
    made.set_value("Val loss", "0.03", note="best")
    assert made.cells() == before
    made.reset_widths()
    assert made.cells() != before


def test_stretch_gives_spare_width_to_the_cells_that_want_it(qtbot) -> None:
    made = MetricsStrip([Metric("a", "A", stretch=0), Metric("b", "B", stretch=1)])
    qtbot.addWidget(made)
    made.resize(500, 64)
    narrow, wide = made.cells()
    assert narrow.width() < 60
    assert wide.width() == 500 - narrow.width()


def test_progress_fills_the_line_from_the_left(qtbot) -> None:
    made = strip(qtbot)
    made.set_progress(0.5)
    bottom = made.height() - 2
    image = made.grab().toImage()
    assert image.pixelColor(SMALLEST // 2 - 4, bottom).name().upper() == LIGHT.accent
    assert image.pixelColor(SMALLEST // 2 + 4, bottom).name().upper() == LIGHT.border
    made.set_progress(7)
    assert made.progress == 1.0


def test_values_can_be_read_by_assistive_technology(qtbot) -> None:
    made = strip(qtbot)
    assert made.accessibleDescription().startswith("Epoch 123 / 400, Train loss 0.0171,")
    assert made.value("Samples/s") == "128,500"


def test_clearing_shows_dashes(qtbot) -> None:
    made = strip(qtbot)
    made.set_progress(1)
    made.clear()
    assert (made.value("Epoch"), made.progress) == ("–", 0.0)


def test_a_suffix_can_carry_a_judgement(qtbot) -> None:
    made = MetricsStrip([Metric("a", "Test accuracy")], progress=False, framed=False)
    qtbot.addWidget(made)
    made.set_value("a", "88.3%", "▲ 2.4 pts", suffix_role="good")
    made.resize(200, 60)
    made.show()
    image = made.grab().toImage()
    seen = {image.pixelColor(x, y).name().upper() for x in range(200) for y in range(60)}
    assert LIGHT.good in seen


def test_an_unknown_cell_is_an_error(qtbot) -> None:
    with pytest.raises(KeyError):
        strip(qtbot).set_value("Loss", "1")


def test_it_grows_with_the_zoom(qtbot) -> None:
    made = strip(qtbot)
    assert made.sizeHint().height() == 64
    theme().zoom = 1.5
    assert made.sizeHint().height() == 96
