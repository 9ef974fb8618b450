from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.experiments.presets import load_preset
from nnstudio.gui.document import Document
from nnstudio.gui.form.facts import facts
from nnstudio.gui.form.frame import SectionScroll
from nnstudio.gui.form.helping import docstring_html
from nnstudio.gui.form.pending import Pending
from nnstudio.gui.form.row import FormRow
from nnstudio.gui.help.popover import HelpPopover
from nnstudio.gui.inspector import InspectorPanel
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.layers import Activation, BatchNorm, Dense, Dropout, Flatten, Input, Residual
from tests.gui.acting import focused, pick, retype, state

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


class Inspected:
    """An inspector in a window of the usual height."""

    def __init__(self, qtbot: QtBot, height: int = 860) -> None:
        layers = (Input(), Flatten(), Dense(units=64), Dropout(), Dense(units=10, activation="softmax"))
        self.document = Document(ProjectSpec(network=NetworkSpec(layers=layers)))
        self.window = QWidget()
        self.panel = InspectorPanel(self.document)
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        self.told: list[TrainSpec] = []
        self.panel.recipe_changed_while_running.connect(self.told.append)
        qtbot.addWidget(self.window)
        self.window.resize(292, height)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    @property
    def train(self) -> TrainSpec:
        return self.document.project.train

    def layer(self, field: str) -> QWidget:
        form = self.panel.layer.form
        assert form is not None
        return form.editor(field)

    def training(self, field: str) -> QWidget:
        return self.panel.training.form.editor(field)

    def shown_text(self) -> str:
        labels = self.panel.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if label.isVisible())


@pytest.fixture
def inspected(qtbot: QtBot) -> Inspected:
    return Inspected(qtbot)


def test_without_a_selection_it_says_what_to_do(inspected: Inspected) -> None:
    assert "Select a layer to see and change its settings." in inspected.shown_text()
    assert not inspected.panel.header.help_button.isVisible()


def test_the_selected_layer_is_named_and_its_settings_shown(inspected: Inspected) -> None:
    inspected.document.select("dense")
    assert inspected.panel.header.accessibleName() == "Dense dense"
    assert inspected.layer("units").text() == "64"
    assert inspected.layer("kernel_initializer").currentText() == "Glorot uniform"
    assert "Out 64\nParams 784 × 64 + 64 = 50,240" in inspected.shown_text()
    inspected.document.select("dropout")
    assert inspected.layer("rate").text() == "0.3"
    assert "Out 64\nNo parameters" in inspected.shown_text()


def test_rare_settings_of_a_layer_wait_behind_a_button_unless_they_were_changed(inspected: Inspected) -> None:
    inspected.document.select("dense")
    assert not inspected.layer("bias_initializer").isVisible()
    QTest.mouseClick(inspected.panel.layer.more_button.button, LEFT)
    assert inspected.layer("bias_initializer").isVisible()
    QTest.mouseClick(inspected.panel.layer.more_button.button, LEFT)
    assert not inspected.layer("bias_initializer").isVisible()
    inspected.document.set_layer_field("dense", "bias_initializer", "Ones")
    assert inspected.layer("bias_initializer").isVisible(), "what isn't usual is always seen"
    inspected.document.select("dropout")
    assert not inspected.panel.layer.more_button.isVisible()


def test_a_layer_with_weights_can_be_frozen(inspected: Inspected) -> None:
    inspected.document.select("dense")
    box = inspected.layer("frozen")
    assert isinstance(box, QCheckBox)
    assert box.text() == "Freeze"
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))
    assert inspected.document.network.layer("dense").frozen
    assert inspected.document.undo_label == "Set frozen"
    inspected.document.select("dropout")
    form = inspected.panel.layer.form
    assert form is not None
    assert not any(widget.accessibleName() == "Freeze" for widget in form.focus_chain())


def test_computed_rows_are_hidden_in_a_low_window(qtbot: QtBot) -> None:
    inspected = Inspected(qtbot, height=719)
    inspected.document.select("dense")
    assert "Params" not in inspected.shown_text()
    inspected.window.resize(292, 800)
    assert "Params 784 × 64 + 64 = 50,240" in inspected.shown_text()


def test_unknown_shapes_are_question_marks(qtbot: QtBot) -> None:
    document = Document(ProjectSpec(network=NetworkSpec(layers=(Input(), Dense(units=3)))))
    row = document.report.layers[1]
    assert facts(row) == "Out 3\nParams ?"


def test_running_statistics_are_no_parameters_and_a_blocks_parameters_are_those_inside() -> None:
    norm, dense = BatchNorm(), Dense(units=3)
    network = NetworkSpec(layers=(Input(shape=(4,)), norm, Residual(layers=(Dense(units=4),)), dense))
    texts = [facts(row) for row in infer_shapes(network).layers[1:]]
    assert texts == ["Out 4\nParams 4 + 4 = 8", "Out 4\nParams 20", "Out 3\nParams 4 × 3 + 3 = 15"]


def test_typing_is_one_undo_step_until_the_focus_leaves(inspected: Inspected) -> None:
    inspected.document.select("dense")
    retype(inspected.layer("units"), "128")
    assert inspected.document.network.layer("dense").units == 128
    assert inspected.document.undo_label == "Set units"
    focused(inspected.layer("name"))
    retype(inspected.layer("units"), "32")
    inspected.document.undo()
    assert inspected.document.network.layer("dense").units == 128
    assert inspected.layer("units").text() == "128"
    inspected.document.undo()
    assert inspected.document.network.layer("dense").units == 64
    assert inspected.document.undo_label is None


def test_arrows_merge_into_one_step_as_well(inspected: Inspected) -> None:
    inspected.document.select("dense")
    widget = focused(inspected.layer("units"))
    for _ in range(4):
        QTest.keyClick(widget, Key.Key_Up)
    assert inspected.document.network.layer("dense").units == 68
    inspected.document.undo()
    assert inspected.document.network.layer("dense").units == 64


def test_an_invalid_entry_changes_nothing(inspected: Inspected) -> None:
    inspected.document.select("dense")
    retype(inspected.layer("units"), "-3", enter=True)
    form = inspected.panel.layer.form
    assert form is not None
    assert form.problem("units") == "Use a whole number from 1 to 65536."
    assert inspected.document.network.layer("dense").units == 64
    assert not inspected.document.dirty


def test_a_layer_can_be_renamed_but_not_like_another_one(inspected: Inspected) -> None:
    inspected.document.select("dense")
    form = inspected.panel.layer.form
    assert form is not None
    for taken, sentence in (
        ("dropout", "Another layer is called dropout."),
        (" ", "Use at least one letter."),
    ):
        retype(inspected.layer("name"), taken, enter=True)
        assert form.problem("name") == sentence
    retype(inspected.layer("name"), "hidden", enter=True)
    assert inspected.document.selection == "hidden"
    assert inspected.panel.header.accessibleName() == "Dense hidden"
    assert form.problem("name") == ""


def test_another_kind_of_layer_is_shown_from_its_first_setting(qtbot: QtBot) -> None:
    inspected = Inspected(qtbot, height=400)
    bar = inspected.panel.findChild(SectionScroll).verticalScrollBar()
    inspected.document.select("dense")
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    inspected.document.select("dense_1")
    assert bar.value() == bar.maximum(), "the same setting of a like layer stays in sight"
    inspected.document.select("dropout")
    assert bar.value() == 0


def test_the_inherited_penalty_is_shown(inspected: Inspected) -> None:
    inspected.document.select("dense")
    retype(inspected.training("l2"), "1e-4", enter=True)
    assert inspected.layer("l2").lineEdit().placeholderText() == "inherit 1e-4"


def test_an_undone_deletion_and_another_project_are_followed(inspected: Inspected) -> None:
    inspected.document.select("dense")
    inspected.document.apply_network("Delete", inspected.document.network.remove("dense"))
    assert inspected.panel.layer.form is None
    fresh = NetworkSpec(layers=(Input(shape=(2,)), Activation(function="elu")))
    inspected.document.open(ProjectSpec(network=fresh, train=TrainSpec(epochs=7)), None)
    assert inspected.training("epochs").text() == "7"
    inspected.document.select("elu")
    assert inspected.layer("alpha").isVisible()


def test_training_settings_are_undoable_edits_of_the_recipe(inspected: Inspected) -> None:
    retype(inspected.training("learning_rate"), "0.02", enter=True)
    assert inspected.train.learning_rate == 0.02
    assert inspected.document.undo_label == "Set learning rate"
    pick(inspected.training("optimizer"), "Momentum")
    nested = inspected.panel.training.form.nested("optimizer")
    assert nested is not None
    retype(nested.editor("momentum"), "0.8", enter=True)
    assert inspected.train.optimizer.to_json() == {"type": "Momentum", "momentum": 0.8, "damped": False}


def test_the_first_view_has_the_settings_that_everybody_needs(inspected: Inspected) -> None:
    shown = [name for name in TrainSpec.model_fields if inspected.training(name).isVisible()]
    expected = "optimizer learning_rate schedule batch_size epochs seed l2 clip_norm label_smoothing"
    assert shown == [*expected.split(), "early_stopping"]


def test_less_common_settings_are_folded_away(inspected: Inspected) -> None:
    assert not inspected.training("loss").isVisible()
    QTest.mouseClick(inspected.panel.training.more_button.button, LEFT)
    assert inspected.training("loss").isVisible()
    assert inspected.training("gradient").isVisible()
    pick(inspected.training("gradient"), "sum")
    assert inspected.train.gradient == "sum"


def test_reset_gives_the_defaults_back_as_one_step(inspected: Inspected) -> None:
    retype(inspected.training("epochs"), "7", enter=True)
    retype(inspected.training("seed"), "1", enter=True)
    actions = {action.text(): action for action in inspected.panel.training.menu_button.menu().actions()}
    actions["Reset to defaults"].trigger()
    assert inspected.train == TrainSpec()
    inspected.document.undo()
    assert (inspected.train.epochs, inspected.train.seed) == (7, 1)


def test_data_settings_are_behind_their_heading(inspected: Inspected) -> None:
    assert "use 100%, 10% for validation" in inspected.shown_text()
    QTest.mouseClick(inspected.panel.data.head.button, LEFT)
    retype(inspected.panel.data.form.editor("fraction"), "50", enter=True)
    assert inspected.document.project.data.fraction == 0.5
    inspected.panel.set_running(1)
    assert state(inspected.panel.data.form.editor("fraction")) == "locked"


def test_what_a_run_depends_on_is_locked_until_it_ends(inspected: Inspected) -> None:
    inspected.panel.set_running(3)
    for name in ("optimizer", "batch_size", "seed", "loss", "gradient"):
        assert state(inspected.training(name)) == "locked", name
        assert "Stop the run" in inspected.training(name).toolTip()
    QTest.keyClick(focused(inspected.training("batch_size")), Key.Key_Up)
    QTest.keyClick(focused(inspected.training("optimizer")), Key.Key_Down)
    assert inspected.train == TrainSpec()
    assert state(inspected.training("learning_rate")) == ""
    inspected.panel.set_running(None)
    assert state(inspected.training("batch_size")) == ""
    QTest.keyClick(focused(inspected.training("batch_size")), Key.Key_Up)
    assert inspected.train.batch_size == 129


def test_a_change_during_a_run_waits_for_the_next_epoch(inspected: Inspected) -> None:
    inspected.panel.set_running(23)
    assert not inspected.panel.notice.isVisible()
    retype(inspected.training("learning_rate"), "0.02")
    assert state(inspected.training("learning_rate")) == "changed"
    assert inspected.panel.notice.text() == "Learning rate applies at epoch 24"
    assert inspected.told == []  # the figure may still be growing
    focused(inspected.training("epochs"))
    assert [recipe.learning_rate for recipe in inspected.told] == [0.02]
    inspected.panel.set_running(24)
    assert not inspected.panel.notice.isVisible()
    assert state(inspected.training("learning_rate")) == ""


def test_the_run_is_told_soon_even_if_the_field_keeps_the_focus(inspected: Inspected, qtbot: QtBot) -> None:
    inspected.panel.set_running(1)
    retype(inspected.training("epochs"), "40")
    qtbot.waitUntil(lambda: len(inspected.told) == 1)
    assert inspected.told[0].epochs == 40


def test_what_waits_takes_one_line_and_is_whole_in_the_tooltip(inspected: Inspected) -> None:
    notice = inspected.panel.notice
    inspected.panel.set_running(23_999)
    inspected.panel.training.edited.emit("label_smoothing", 0.1)
    line = notice.findChild(ElidedLabel)
    assert line is not None
    for width in (400, 292, 280):
        inspected.window.resize(width, 560)
        QApplication.processEvents()
        assert line.height() < 2 * line.fontMetrics().lineSpacing()
        assert not line.is_elided()
        whole = "Label smoothing applies at epoch 24,000"
        assert (line.text(), line.toolTip()) in [(whole, ""), ("Applies at epoch 24,000", whole)]
    assert line.text() == "Applies at epoch 24,000"


def test_no_frame_shows_squeezed_rows(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    squeezed: list[str] = []

    def look(row: FormRow, event: QPaintEvent) -> None:
        drawn.append(row.editor.row.label)
        if row.height() < row.minimumSizeHint().height():
            squeezed.append(row.editor.row.label)
        QWidget.paintEvent(row, event)

    monkeypatch.setattr(FormRow, "paintEvent", look, raising=False)
    inspected = Inspected(qtbot)
    for preset in ("digits-cnn", "spiral-mlp", "resnet18"):
        project = load_preset(preset)
        inspected.document.open(project, None)
        for layer in project.network.layers[:4]:
            inspected.document.select(layer.name)
            qtbot.wait(20)
    assert len(drawn) > 100
    assert squeezed == []


def test_undo_of_the_notice_goes_back_to_what_the_run_trains_with(inspected: Inspected) -> None:
    inspected.panel.set_running(5)
    retype(inspected.training("epochs"), "40")
    retype(inspected.training("clip_norm"), "2")
    focused(inspected.training("l2"))
    assert inspected.panel.notice.text() == "2 settings apply at epoch 6"
    QTest.mouseClick(inspected.panel.notice.button, LEFT)
    assert inspected.train == TrainSpec()
    assert inspected.told[-1] == TrainSpec()
    assert not inspected.panel.notice.isVisible()


def test_the_run_never_hears_of_a_locked_setting(inspected: Inspected) -> None:
    pick(inspected.training("optimizer"), "SGD")
    inspected.document.seal()
    inspected.panel.set_running(1)
    retype(inspected.training("epochs"), "9")
    inspected.document.undo()
    inspected.document.undo()  # the draft is back at Adam, the run is not
    focused(inspected.training("epochs"))
    retype(inspected.training("epochs"), "8")
    focused(inspected.training("l2"))
    assert inspected.train.optimizer.type_name() == "Adam"
    assert inspected.told[-1].optimizer.type_name() == "SGD"
    assert inspected.told[-1].epochs == 8


def test_pending_compares_with_the_recipe_the_run_reports() -> None:
    first, second = TrainSpec(), TrainSpec(epochs=30)
    pending = Pending(first, 4)
    assert pending.waiting(second) == ["epochs"]
    assert pending.announce(second) == second
    assert pending.announce(second) is None
    pending.advance(5, first)  # announced too late for epoch 5
    assert pending.notice(second) == "Epochs apply at epoch 6"
    pending.advance(6, second)
    assert pending.notice(second) == ""


def test_tab_walks_from_top_to_bottom(inspected: Inspected) -> None:
    inspected.document.select("dropout")
    inspected.document.select("dense")
    inspected.layer("name").setFocus()
    rows = []
    for _ in range(12):
        widget = QApplication.focusWidget()
        assert widget is not None
        rows.append(widget.mapTo(inspected.panel, widget.rect().center()).y() // 10)
        QTest.keyClick(widget, Key.Key_Tab)
    assert rows == sorted(rows)
    assert len(set(rows)) > 8


def test_escape_leads_back_to_the_stack(inspected: Inspected, qtbot: QtBot) -> None:
    inspected.document.select("dense")
    inspected.panel.focus_first()
    assert QApplication.focusWidget() is inspected.layer("units"), "the name is no setting"
    inspected.layer("name").setFocus()
    with qtbot.waitSignal(inspected.panel.left):
        QTest.keyClick(inspected.layer("name"), Key.Key_Escape)
    retype(inspected.layer("units"), "-1")
    with qtbot.assertNotEmitted(inspected.panel.left):
        QTest.keyClick(inspected.layer("units"), Key.Key_Escape)  # the first one restores the value
    assert inspected.layer("units").text() == "64"
    retype(inspected.layer("units"), "032")  # right, if oddly written
    with qtbot.waitSignal(inspected.panel.left):
        QTest.keyClick(inspected.layer("units"), Key.Key_Escape)
    assert inspected.document.network.layer("dense").units == 32


def test_help_explains_the_layer(inspected: Inspected) -> None:
    inspected.document.select("dense")
    QTest.mouseClick(inspected.panel.header.help_button, LEFT)
    popover = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpPopover))
    assert popover.isVisible()
    QTest.keyClick(popover, Key.Key_Escape)
    assert not popover.isVisible()
    text = docstring_html(Dense)
    assert "<b>Dense</b>" in text
    assert "<pre>" in text
    assert "``" not in text


def test_zoom_and_theme_keep_the_form_whole(inspected: Inspected) -> None:
    inspected.document.select("dense")
    before = inspected.layer("units").height()
    theme().zoom = 1.5
    theme().mode = "dark"
    QApplication.processEvents()
    assert inspected.layer("units").height() == pytest.approx(1.5 * before, abs=1)
