from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.gui.stack import texts, tips
from nnstudio.gui.stack.card_layout import lay_out
from nnstudio.gui.stack.model import StackModel
from tests.gui.stack.conftest import broken_layers, document_of, layer, valid_layers

SPOKEN = Qt.ItemDataRole.AccessibleTextRole


def report_of(*layers):
    return infer_shapes(NetworkSpec(layers=layers), classes=10)


@pytest.fixture
def model(qapp):
    made = StackModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.show_report(report_of(*valid_layers()))
    yield made
    del tester


def test_cards_say_what_they_are_for_screen_readers(model):
    said = [model.index(row, 0).data(SPOKEN) for row in (0, 2)]
    assert said == [
        "Input input, layer 1 of 5, 28x28x1, 0 parameters, no error",
        "Dense dense, layer 3 of 5, 784 to 64, 50,240 parameters, no error",
    ]


def test_a_card_with_an_error_says_it(model):
    model.show_report(report_of(*broken_layers()))
    assert model.index(1, 0).data(SPOKEN) == (
        "Dense dense, layer 2 of 4, 28x28x1 to 64, unknown parameters, "
        "error: Expected a flat vector (N), got 28×28×1"
    )


@pytest.mark.parametrize(
    ("edit", "inserted", "removed"),
    [
        (lambda net: net.insert(2, layer("Dropout")), [(2, 2)], []),
        (lambda net: net.remove("dropout"), [], [(3, 3)]),
        (lambda net: net.move("dense_1", 2), [(2, 4)], [(2, 4)]),
        (lambda net: net.replace_layer("dense", net.layer("dense").replace(units=7)), [], []),
        (lambda net: NetworkSpec(layers=(layer("Input"),)), [], [(1, 4)]),
    ],
)
def test_only_the_rows_that_differ_are_exchanged(model, edit, inserted, removed):
    seen = {"in": [], "out": []}
    model.rowsInserted.connect(lambda _parent, first, last: seen["in"].append((first, last)))
    model.rowsRemoved.connect(lambda _parent, first, last: seen["out"].append((first, last)))
    network = edit(NetworkSpec(layers=valid_layers()))
    model.show_report(infer_shapes(network, classes=10))
    assert [model.report(model.index(at, 0)).layer for at in range(model.rowCount())] == list(network.layers)
    assert seen == {"in": inserted, "out": removed}


def test_a_changed_layer_repaints_itself_and_what_follows_from_it(model):
    changed = []
    model.dataChanged.connect(lambda first, *_: changed.append(first.row()))
    network = NetworkSpec(layers=valid_layers())
    network = network.replace_layer("dense", network.layer("dense").replace(units=7))
    model.show_report(infer_shapes(network, classes=10))
    assert changed == [2, 3, 4]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "? params"),
        (0, "0 params"),
        (1, "1 param"),
        (50240, "50,240 params"),
        (1606144, "1.61 M params"),
    ],
)
def test_parameter_counts(count, text):
    assert texts.parameters_text(count) == text


def test_unknown_work_and_shapes_are_question_marks():
    rows = report_of(layer("Dropout"), layer("Dense")).layers
    assert texts.multiply_adds_text(rows[1].multiply_adds) == "? MAC"
    assert texts.shapes_of(rows[1]) == ("", "?")
    assert texts.parameters_text(rows[1].parameters) == "? params"


def test_a_layer_that_keeps_the_shape_shows_it_once():
    rows = report_of(*valid_layers()).layers
    assert texts.shapes_of(rows[3]) == ("", "64")
    assert texts.shapes_of(rows[1]) == ("28×28×1", "784")


@pytest.mark.parametrize(
    ("name", "text"),
    [("", "64 · relu"), ("dense_12", "64 · relu"), ("hidden", "64 · relu · hidden")],
)
def test_a_name_of_the_users_own_is_on_the_card(name, text):
    assert texts.detail_text(layer("Dense", name=name, units=64, activation="relu")) == text


def test_tooltips_give_the_formula():
    row = report_of(*valid_layers()).layers[2]
    assert tips.parameters_tip(row).endswith("kernel 784×64 + bias 64 = 50,240")
    assert "50,176" in tips.multiply_adds_tip(row)
    assert tips.card_tip(row).startswith("Dense “dense”, 64 · relu\n")


@pytest.mark.parametrize("width", [140.0, 200.0, 284.0, 300.0, 420.0])
def test_text_and_buttons_of_a_problem_stay_inside_the_card(qapp, width):
    document = document_of(layer("Input", shape=(784,)), layer("Dense", units=7, activation="softmax"))
    document.expect((784,), 10)
    layout = lay_out(document.report.layers[1], width)
    assert len(layout.box.buttons) == 2
    lines = 1 + max(run.line for run in layout.box.runs)
    for button in layout.box.buttons:
        assert layout.box.rect.contains(button.rect)
        assert button.rect.top() >= layout.box.text_top + 18 * lines
    first, second = (button.rect for button in layout.box.buttons)
    assert not first.intersects(second)
    assert (
        "".join(run.text for run in layout.box.runs).replace(" ", "")
        == "Expected10outputs,got\N{NO-BREAK SPACE}7"
    )


def test_a_card_without_problem_is_44_high(qapp):
    assert lay_out(report_of(*valid_layers()).layers[2], 300.0).height == 44
