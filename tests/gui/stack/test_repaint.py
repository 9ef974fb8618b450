"""An edit paints what it changed, once, and leaves on the screen what painting everything would show."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication

from nnstudio.core.spec import DataSpec
from nnstudio.gui.stack.delegate import CardDelegate
from tests.gui.stack.conftest import block_layers, document_of, layer

IMAGES = (layer("Input"), layer("Flatten"))
POINTS = (layer("Input", shape=(2,)),)
HIDDEN = tuple(layer("Dense", units=8, activation="relu") for _ in range(9))
OUTPUT = layer("Dense", units=10, activation="softmax")
SKIPPED = layer("Residual", layers=(layer("Dense", units=8), layer("Dense", units=8)))


class Paints(QObject):
    """Notes how often a stack paints, and which cards."""

    def __init__(self, view, monkeypatch):
        super().__init__(view)
        self.times, self.cards = 0, []
        paint = CardDelegate.paint

        def noted(delegate, painter, option, index):
            self.cards.append(index.data(Qt.ItemDataRole.EditRole))
            paint(delegate, painter, option, index)

        monkeypatch.setattr(CardDelegate, "paint", noted)
        monkeypatch.setattr(view, "underMouse", lambda: False)  # wherever the test before left the pointer
        view.viewport().installEventFilter(self)

    def eventFilter(self, _watched, event):
        self.times += event.type() == QEvent.Type.Paint
        return False


def settle():
    for _ in range(5):
        QApplication.processEvents()


def on_screen(view):
    """The stack as the window has it on the screen."""
    window = view.window()
    shot = window.screen().grabWindow(window.winId()).toImage()
    corner = view.viewport().mapTo(window, view.viewport().rect().topLeft())
    return shot.copy(view.viewport().rect().translated(corner))


def set_field(name, field, value):
    return lambda document: document.set_layer_field(name, field, value)


def set_source(source):
    def edit(document):
        project = document.project
        document.apply("Set source", project.replace(data=DataSpec(source=source)))

    return edit


def test_a_number_paints_the_card_and_the_one_behind_it_once(show, monkeypatch):
    document = document_of(*IMAGES, *HIDDEN, OUTPUT)
    view = show(document).view
    document.select("dense_4")
    settle()
    paints = Paints(view, monkeypatch)
    document.set_layer_field("dense_4", "units", 9)
    settle()
    assert paints.times == 1
    assert paints.cards == ["dense_4", "dense_5"], "the next layer has another input shape"


def test_a_new_layer_paints_the_stack_once(show, monkeypatch):
    document = document_of(*IMAGES, *HIDDEN, OUTPUT)
    view = show(document).view
    document.select("dense_4")
    settle()
    paints = Paints(view, monkeypatch)
    document.insert_layer(layer("Dropout"), 5)
    settle()
    assert paints.times == 1
    assert "dropout" in paints.cards


def test_an_edit_that_leaves_the_stack_alone_paints_nothing_of_it(show, monkeypatch):
    document = document_of(*IMAGES, *HIDDEN, OUTPUT)
    view = show(document).view
    document.select("dense_4")
    settle()
    paints = Paints(view, monkeypatch)
    document.apply("Rename", document.project.replace(name="other"))
    settle()
    assert paints.times == 0


@pytest.mark.parametrize(
    ("layers", "edit"),
    [
        pytest.param((*IMAGES, *HIDDEN, OUTPUT), set_field("dense_4", "units", 9), id="a number"),
        pytest.param((*IMAGES, *HIDDEN, OUTPUT), set_field("dense_4", "name", "mine"), id="a name"),
        pytest.param((*IMAGES, *HIDDEN, OUTPUT), set_source("fashion-mnist"), id="another data set"),
        pytest.param((*IMAGES, *HIDDEN[:2], OUTPUT), set_field("dense_2", "units", 9), id="an error comes"),
        pytest.param((IMAGES[0], *HIDDEN[:2], OUTPUT), set_field("input", "shape", (4,)), id="an error goes"),
        pytest.param((*POINTS, *HIDDEN[:2], OUTPUT), set_source("spiral"), id="tiles come"),
        pytest.param(block_layers(), set_field("residual", "frozen", True), id="a frozen block"),
        pytest.param(block_layers(), set_field("residual", "disabled", True), id="a skipped block"),
        pytest.param(block_layers(), set_field("residual", "activation", "tanh"), id="the end of a block"),
        pytest.param(block_layers(), set_field("conv2d_1", "filters", 6), id="the skip path of a block"),
        pytest.param(block_layers(), set_field("relu", "function", "tanh"), id="a row of a block"),
        pytest.param(block_layers(), set_field("residual", "name", "mine"), id="the name of a block"),
        pytest.param((*IMAGES, SKIPPED, OUTPUT), set_field("dense", "units", 9), id="an error in a block"),
    ],
)
def test_the_screen_shows_what_painting_everything_would(show, layers, edit):
    document = document_of(*layers)
    view = show(document).view
    document.select(document.network.layers[-2].name)
    settle()
    before = on_screen(view)
    edit(document)
    settle()
    after = on_screen(view)
    view.scheduleDelayedItemsLayout()
    view.viewport().update()
    settle()
    assert after == on_screen(view)
    assert after != before
