"""The device button says where the next run trains, and why; the choice is kept and given to the run."""

from __future__ import annotations

import pytest

from nnstudio.engine.ops.gpu.detect import Gpu
from nnstudio.gui.shell import device_chooser
from nnstudio.gui.shell.device_chooser import DeviceChooser
from tests.gui.windows import shown_window

NONE = Gpu(reason="CuPy finds no NVIDIA GPU", fix="check the driver")
CARD = Gpu("NVIDIA GeForce RTX 4070", 12 << 30)


@pytest.fixture
def chooser_with(qtbot, monkeypatch):
    def make(gpu: Gpu) -> DeviceChooser:
        monkeypatch.setattr(device_chooser, "known_gpu", lambda: gpu)
        chooser = DeviceChooser()
        qtbot.addWidget(chooser)
        return chooser

    return make


def entry(chooser: DeviceChooser, text: str):
    return next(action for action in chooser.menu_actions() if action.text().startswith(text))


def test_without_a_gpu_it_says_why(chooser_with):
    chooser = chooser_with(NONE)
    assert chooser.choice == "CPU auto"
    assert "CuPy finds no NVIDIA GPU. To use one: check the driver." in chooser.toolTip()
    assert not entry(chooser, "GPU").isEnabled()
    assert entry(chooser, "GPU").toolTip() == NONE.words


def test_with_a_gpu_it_is_taken(chooser_with):
    chooser = chooser_with(CARD)
    assert chooser.choice == "GPU auto"
    assert "NVIDIA GeForce RTX 4070 with 12 GB can be used" in chooser.toolTip()


def test_choosing_the_processor(chooser_with, qtbot):
    chooser = chooser_with(CARD)
    with qtbot.waitSignal(chooser.chosen) as told:
        entry(chooser, "CPU").trigger()
    assert told.args == ["cpu"]
    assert chooser.choice == "CPU"
    assert [a.isChecked() for a in chooser.menu_actions()] == [False, True, False]


def test_anything_else_is_no_choice(chooser_with, qtbot):
    chooser = chooser_with(NONE)
    with qtbot.assertNotEmitted(chooser.chosen):
        chooser.choose("abacus")
    assert chooser.device == "auto"


def test_cupy_is_asked_in_the_background(qtbot, monkeypatch):
    monkeypatch.setattr(device_chooser, "known_gpu", lambda: None)
    monkeypatch.setattr(device_chooser, "find_gpu", lambda: CARD)
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    assert "Looking for a GPU" in chooser.toolTip()
    qtbot.waitUntil(lambda: chooser.choice == "GPU auto")


def test_the_window_remembers_it_and_tells_the_runs(tmp_path):
    with shown_window(tmp_path) as window:
        assert window.live.device == "auto"
        entry(window.toolbar.device, "CPU").trigger()
        assert window.live.device == "cpu"
    with shown_window(tmp_path) as again:
        assert (again.live.device, again.toolbar.device.device) == ("cpu", "cpu")
