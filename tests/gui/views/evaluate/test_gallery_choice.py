"""A chosen image stays chosen in the next evaluation, or the one that takes its place."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from nnstudio.gui.views.evaluate.page import EvaluateView
from tests.gui.views.evaluate.test_page import click
from tests.gui.views.evaluate.test_page_more import own_data as own_data


@pytest.fixture
def cell(own_data: EvaluateView) -> tuple[int, int]:
    """The most frequent mistake, with its first image chosen."""
    mistake = own_data.result.analysis.mistakes[0]
    own_data.table.select_cell(mistake.actual, mistake.predicted)
    click(own_data.gallery.gallery, own_data.gallery.gallery.samples.index(0))
    return mistake.actual, mistake.predicted


def test_it_stays_chosen_when_the_same_is_evaluated_again(qtbot: QtBot, own_data: EvaluateView, cell):
    gallery = own_data.gallery.gallery
    before = int(gallery.samples.positions[0])
    assert own_data.gallery.detail.isVisible()
    with qtbot.waitSignal(own_data.evaluator.done, timeout=10_000):
        own_data.evaluate_now()
    assert int(gallery.samples.positions[gallery.currentIndex().row()]) == before
    assert own_data.gallery.detail.isVisible()


def test_the_next_one_is_chosen_when_its_label_is_corrected(qtbot: QtBot, own_data: EvaluateView, cell):
    gallery, detail = own_data.gallery.gallery, own_data.gallery.detail
    second = int(gallery.samples.positions[1])
    detail.list_labels()
    with qtbot.waitSignal(own_data.evaluator.done, timeout=10_000):
        detail.labels.actions()[cell[1]].trigger()
    assert (own_data.table.currentIndex().row(), own_data.table.currentIndex().column()) == cell
    assert int(gallery.samples.positions[gallery.currentIndex().row()]) == second
    assert detail.isVisible()
    with qtbot.waitSignal(own_data.evaluator.done, timeout=10_000):
        own_data._document.undo()
    assert gallery.currentIndex().row() == 0
