"""Cards and footer where there is little room: numbers stay whole, and the work stays as long as it can."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from nnstudio.core.shapes import LayerReport, infer_shapes
from nnstudio.experiments.presets import load_preset
from nnstudio.gui.stack.card_paint import second_row
from nnstudio.gui.stack.card_text import width
from nnstudio.gui.stack.draw import draw_title
from nnstudio.gui.stack.footer import StackFooter
from nnstudio.layers import Dense, Input
from tests.gui.screenshots import dressed
from tests.gui.stack.conftest import document_of

NARROW = 300 - 2 * 8 - 53 - 9 - 8
"""Room in a card of the narrowest stack, between where shapes begin and the numbers end."""


@pytest.fixture(autouse=True)
def wide_letters(qapp: object) -> Iterator[None]:
    with dressed("light", "DejaVu Sans"):
        yield


def rows(preset: str) -> tuple[LayerReport, ...]:
    return infer_shapes(load_preset(preset).network, classes=10).layers


@pytest.mark.parametrize("preset", ["resnet18", "vgg-small", "lenet5", "s1-a8"])
@pytest.mark.parametrize("opened", [False, True])
def test_the_work_is_on_every_card_of_the_narrowest_stack(preset: str, opened: bool) -> None:
    for row in rows(preset)[1:]:
        into, rest, size, work = second_row(row, opened, NARROW)
        assert work.endswith(" MAC"), f"{row.layer.name}: {into}{rest}"
        assert width(into, size) + width(rest, size) + width(work, 11) <= NARROW
        assert "…" not in into + rest + work


def test_the_shape_that_comes_in_gives_way_before_the_work() -> None:
    blocks = [row for row in rows("resnet18") if row.layer.children]
    block = next(row for row in blocks if row.input_shape != row.output_shape)
    texts = second_row(block, False, 10_000)
    assert texts[1].count("×") == 4
    assert second_row(block, False, 210)[1].count("×") == 2
    assert second_row(block, False, 20)[3] == ""


def test_a_wrong_shape_never_gives_way() -> None:
    row = document_of(Input(shape=(28, 28, 1)), Dense(units=64)).report.layers[1]
    assert second_row(row, False, 60)[0] == "28×28×1"


@pytest.mark.parametrize("detail", ["7", "32 · relu"])
def test_a_setting_is_written_however_short_it_is(detail: str) -> None:
    def drawn(text: str, room: float) -> QImage:
        image = QImage(200, 30, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        draw_title(painter, ("Dense", text), 4, room, 15, (13, 600), False)
        painter.end()
        return image

    assert drawn(detail, 190) != drawn("", 190)
    assert drawn(detail, 50) == drawn("", 50), "an ellipsis alone tells nothing"


def test_the_verdict_keeps_its_words_in_a_narrow_footer(qtbot: object) -> None:
    document = document_of(Input(shape=(28, 28, 1)), Dense(units=64), Dense(units=10, activation="softmax"))
    footer = StackFooter()
    footer.show_report(document.report)
    footer.resize(220, 33)
    footer.show()
    assert not footer._verdict.is_elided()
    footer.resize(600, 33)
    assert "before it" in footer.text()[1]
    footer.show_report(document_of(Input(shape=(2,)), Dense(units=2, activation="softmax")).report)
    assert footer.text()[1] == "6 params, 4 MAC", "not only once it is laid out again"
    footer.close()
