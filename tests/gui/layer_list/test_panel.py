from __future__ import annotations

from typing import ClassVar

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame

from nnstudio.core.layer import LAYERS
from nnstudio.gui.layer_list.panel import LayerList
from nnstudio.gui.layer_list.rail import LayerRail
from nnstudio.gui.stack.palette import best_match, palette
from nnstudio.gui.stack.palette_view import PaletteView
from nnstudio.layers import Dropout
from tests.gui.acting import double_click
from tests.gui.stack.conftest import check_undo, document_of, names, valid_layers

KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def document(qapp):
    made = document_of(*valid_layers())
    made.select("dense")
    return made


@pytest.fixture
def layers(document, qtbot):
    listed = LayerList(document)
    qtbot.addWidget(listed)
    listed.resize(172, 700)
    listed.show()
    qtbot.waitExposed(listed)
    listed.activateWindow()
    QApplication.processEvents()
    return listed


def shown(view):
    model = view.model()
    tops = [model.index(row, 0) for row in range(model.rowCount())]
    return {top.data(): [model.index(at, 0, top).data() for at in range(model.rowCount(top))] for top in tops}


def spot(view, title):
    return QPoint(60, view.visualRect(view.index_of(title)).center().y())


def test_every_registered_layer_is_listed_in_its_category(layers):
    QTest.mouseClick(layers.view.viewport(), LEFT, pos=spot(layers.view, "5 more"))
    listed = shown(layers.view)
    for kind in LAYERS:
        for layer in kind.palette():
            assert layer.title in listed[layer.category.capitalize()]
    assert "Input" not in listed
    assert listed["Dense"] == ["Dense"]


def test_a_new_layer_needs_no_change_here():
    class Fresh(Dropout):
        category: ClassVar = "pooling"
        synonyms: ClassVar = ("brandnew",)

    groups = palette([Dropout, Fresh])
    assert list(groups) == ["pooling", "regularisation"]
    assert (
        best_match([entry for entries in groups.values() for entry in entries], "brandnew").title == "Fresh"
    )


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("dense", "Dense"),
        ("fc", "Dense"),
        ("fully conn", "Dense"),
        ("MLP", "Dense"),
        ("linear", "Linear"),
        ("relu", "ReLU"),
        ("leaky", "LeakyReLU"),
        ("elu", "ELU"),
        ("soft", "Softmax"),
        ("overfit", "Dropout"),
        ("unroll", "Flatten"),
        ("regularisation", "Dropout"),
        ("  drop  ", "Dropout"),
    ],
)
def test_search_finds_names_synonyms_and_categories(layers, query, title):
    QTest.keyClicks(layers.search, query)
    assert layers.view.current_layer().title == title
    assert any(title in titles for titles in shown(layers.view).values())


def test_a_category_as_search_shows_all_of_it_and_nothing_else(layers):
    QTest.keyClicks(layers.search, "activation")
    assert list(shown(layers.view)) == ["Activation"]
    assert len(shown(layers.view)["Activation"]) == 11


def test_a_search_without_result_says_so_and_enter_does_nothing(layers, document):
    before = document.project
    QTest.keyClicks(layers.search, "xyzzy")
    assert layers.view.isHidden()
    assert "xyzzy" in layers._nothing.text()
    QTest.keyClick(layers.search, KEY.Key_Return)
    assert document.project == before
    QTest.keyClick(layers.search, KEY.Key_Escape)
    assert layers.search.text() == ""
    assert layers.view.isVisible()


def test_enter_in_the_search_inserts_after_the_selection(layers, document):
    before = document.project
    layers.focus_search()
    assert layers.search.hasFocus()
    QTest.keyClicks(layers.search, "fc")
    QTest.keyClick(layers.search, KEY.Key_Return)
    assert names(document) == ["input", "flatten", "dense", "dense_2", "dropout", "dense_1"]
    assert document.selection == "dense_2"
    check_undo(document, before)


def test_enter_in_an_empty_search_inserts_nothing(layers, document):
    before = document.project
    QTest.keyClick(layers.search, KEY.Key_Return)
    assert document.project == before


def test_focus_search_marks_the_old_word_so_that_typing_replaces_it(layers):
    QTest.keyClicks(layers.search, "fc")
    layers.focus_search()
    QTest.keyClicks(layers.search, "tanh")
    assert layers.search.text() == "tanh"


def test_escape_clears_and_then_leaves(layers, qtbot):
    QTest.keyClicks(layers.search, "fc")
    with qtbot.assertNotEmitted(layers.left):
        QTest.keyClick(layers.search, KEY.Key_Escape)
    with qtbot.waitSignal(layers.left):
        QTest.keyClick(layers.search, KEY.Key_Escape)


def test_double_click_inserts(layers, document):
    before = document.project
    double_click(layers.view.viewport(), spot(layers.view, "Dropout"))
    assert names(document)[3] == "dropout_1"
    check_undo(document, before)


def test_the_list_works_from_the_keyboard_alone(layers, document):
    before = document.project
    layers.focus_search()
    QTest.keyClick(layers.search, KEY.Key_Down)
    assert layers.view.hasFocus()
    layers.view.setCurrentIndex(layers.view.index_of("Sigmoid"))
    QTest.keyClick(layers.view, KEY.Key_Down)
    QTest.keyClick(layers.view, KEY.Key_Return)
    assert document.network.layers[3].title == "Tanh"
    check_undo(document, before)


def test_letters_typed_in_the_list_go_into_the_search(layers):
    layers.view.setFocus()
    QTest.keyClick(layers.view, KEY.Key_F)
    assert layers.search.text() == "f"
    assert layers.search.hasFocus()


def test_categories_close_and_open_and_a_search_opens_them_for_its_time(layers):
    view = layers.view
    row = next(
        row for row in range(view.model().rowCount()) if view.model().index(row, 0).data() == "Activation"
    )
    top = view.model().index(row, 0)
    where = QPoint(60, view.visualRect(top).center().y())
    QTest.mouseClick(view.viewport(), LEFT, pos=where)
    assert not view.isExpanded(top)
    QTest.keyClicks(layers.search, "tanh")
    assert view.isExpanded(view.model().index(0, 0))
    layers.search.clear()
    assert not view.isExpanded(view.model().index(row, 0))
    QTest.mouseClick(view.viewport(), LEFT, pos=where)
    assert view.isExpanded(view.model().index(row, 0))


def test_lines_are_named_for_screen_readers(layers):
    index = layers.view.index_of("Tanh")
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Tanh, activation"
    assert index.parent().data(Qt.ItemDataRole.AccessibleTextRole) == "Activation, 11 layers"


def test_a_long_category_begins_with_what_is_used_most_and_unfolds_the_rest(layers):
    listed = shown(layers.view)["Activation"]
    assert listed[:6] == ["ReLU", "LeakyReLU", "GELU", "Sigmoid", "Tanh", "Softmax"]
    assert listed[6:] == [f"{len(palette()['activation']) - 6} more"]
    view = layers.view
    view.setFocus()
    view.setCurrentIndex(view.index_of(listed[6]))
    QTest.keyClick(view, KEY.Key_Return)
    unfolded = shown(view)["Activation"]
    assert len(unfolded) == len(palette()["activation"])
    assert view.currentIndex().data() == unfolded[6], "the first of the others is the current line"


def test_a_search_looks_behind_more_and_into_closed_categories(layers):
    QTest.keyClicks(layers.search, "selu")
    assert layers.view.current_layer().title == "SELU"
    layers.search.clear()
    QTest.keyClicks(layers.search, "batch norm")
    assert layers.view.current_layer().title == "BatchNorm"


def test_presets_stand_last_and_are_chosen_by_enter(layers, qtbot):
    assert list(shown(layers.view))[-1] == "Presets"
    assert not layers.view.isExpanded(layers.view.model().index(layers.view.model().rowCount() - 1, 0))
    QTest.keyClicks(layers.search, "lenet")
    with qtbot.waitSignal(layers.preset_chosen) as chosen:
        QTest.keyClick(layers.search, KEY.Key_Return)
    assert chosen.args == ["lenet5"]


def test_own_groups_can_be_shown(qtbot):
    view = PaletteView(palette([Dropout]))
    qtbot.addWidget(view)
    assert shown(view) == {"Regularisation": ["Dropout"]}


@pytest.fixture
def rail(document, qtbot):
    made = LayerRail(document)
    qtbot.addWidget(made)
    made.resize(44, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_the_rail_has_a_menu_per_category_that_inserts(rail, document):
    assert set(rail.buttons) == {*palette(), "presets"}
    assert list(rail.buttons)[:3] == ["dense", "convolution", "pooling"]
    assert list(rail.buttons)[-2:] == ["blocks", "presets"]
    before = document.project
    menu = rail.buttons["activation"].menu()
    assert [action.text() for action in menu.actions()][:2] == ["ReLU", "LeakyReLU"]
    menu.popup(QPoint(50, 50))
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(menu.actions()[0]).center())
    assert names(document)[3] == "relu"
    check_undo(document, before)


def test_the_rails_search_opens_a_list_that_closes_after_an_insertion(rail, document):
    QTest.mouseClick(rail.search_button, LEFT)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QFrame)
    listed = popup.findChild(LayerList)
    QTest.keyClicks(listed.search, "fc")
    QTest.keyClick(listed.search, KEY.Key_Return)
    assert names(document)[3] == "dense_2"
    assert QApplication.activePopupWidget() is None


def test_the_rails_list_gives_way_to_a_layer_that_is_dragged_out_of_it(rail, qtbot, monkeypatch):
    QTest.mouseClick(rail.search_button, LEFT)
    popup = QApplication.activePopupWidget()
    view = popup.findChild(LayerList).view
    seen = []
    monkeypatch.setattr(QDrag, "exec", lambda _drag, *_actions: seen.append(popup.isVisible()))
    start = spot(view, "Conv2D")
    QTest.mousePress(view.viewport(), LEFT, pos=start)
    with qtbot.waitSignal(popup.destroyed):
        for step in range(1, 8):
            QTest.mouseMove(view.viewport(), start + QPoint(0, 5 * step))
    QTest.mouseRelease(rail, LEFT)
    assert seen == [False]


def test_after_an_insertion_one_escape_leads_back_to_the_stack(layers, qtbot):
    QTest.keyClicks(layers.search, "fc")
    QTest.keyClick(layers.search, KEY.Key_Return)
    with qtbot.waitSignal(layers.left):
        QTest.keyClick(layers.search, KEY.Key_Escape)
    assert layers.search.text() == ""
