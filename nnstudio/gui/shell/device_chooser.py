"""The button of the toolbar that says where the next run computes, and why there."""

from __future__ import annotations

import platform
from typing import cast, get_args

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from nnstudio.engine.fast_path import Device
from nnstudio.engine.ops.gpu.detect import Gpu, find_gpu, known_gpu
from nnstudio.gui.background import run_in_background
from nnstudio.gui.shell.choosers import Chooser

_LOOKING = Gpu(reason="Looking for a GPU")


class DeviceChooser(Chooser):
    """Shows the device; its menu chooses between the processor, the GPU, and whichever is there.

    Signals:
        chosen(str): The user chose "auto", "cpu" or "gpu".
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("chip", "Device", 156, parent)
        self._device: Device = "auto"
        self._gpu = known_gpu() or _LOOKING
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.clicked.connect(self._pop_up)
        if self._gpu is _LOOKING:
            run_in_background(find_gpu, self._found, parent=self)
        self._show()

    @property
    def device(self) -> Device:
        """What was chosen."""
        return self._device

    def choose(self, device: str) -> None:
        """Chooses a device, which is remembered even where it is not there; anything else is no choice."""
        if device in get_args(Device) and device != self._device:
            self._device = cast(Device, device)
            self._show()
            self.chosen.emit(device)

    def menu_actions(self) -> list[QAction]:
        """The menu's entries, made afresh."""
        self._menu.clear()
        group = QActionGroup(self._menu)
        texts = {
            "auto": "Automatic",
            "cpu": f"CPU ({_processor()})",
            "gpu": f"GPU ({self._gpu.name or 'none'})",
        }
        for device, text in texts.items():
            action = self._menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(device == self._device)
            action.setEnabled(device != "gpu" or self._gpu.found or self._device == "gpu")
            action.setToolTip(self._gpu.words if device != "cpu" else "Trains on the processor.")
            action.triggered.connect(lambda _checked=False, device=device: self.choose(device))
            group.addAction(action)
        return self._menu.actions()

    def _found(self, gpu: Gpu) -> None:
        self._gpu = gpu
        self._show()

    def _show(self) -> None:
        gpu = self._device == "gpu" or (self._device == "auto" and self._gpu.found)
        where = "Runs train on the GPU" if gpu else "Runs train on the processor"
        why = "as you chose" if self._device != "auto" else "chosen automatically"
        reason = "" if self._device == "cpu" else f" {self._gpu.words}."
        self.show_choice(
            "GPU" if gpu else "CPU", "auto" if self._device == "auto" else "", f"{where}, {why}.{reason}"
        )

    def _pop_up(self) -> None:
        if not self.locked:
            self.menu_actions()
            self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


def _processor() -> str:
    return platform.machine() or "this computer's"
