"""The bottom line: what the run is doing and what computes it, a hint, memory, processor, sample counts."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from nnstudio.engine.session import Snapshot
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.dot import Dot
from nnstudio.gui.widgets.elided_label import ElidedLabel

_SECOND = 1000
_HINT_SECONDS = 8


class StatusBar(QStatusBar):
    """Status of the run at the left, of the machine and the data at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        self._dot = Dot()
        self._state = ElidedLabel("Ready")
        self._hint = ElidedLabel()
        self._kept = self._figure(
            "Checkpoints of the run that stay on disk, for looking back. "
            "“Keep every” in the training settings says how often."
        )
        self._kept.hide()
        self._work = self._figure("")
        self._work.hide()
        self._path = self._figure("")
        self._path.hide()
        self._memory = self._figure("Memory that NNStudio uses.")
        self._processor = self._figure("Share of all processor cores that NNStudio keeps busy.")
        self._counts = self._figure("Samples to train on, held back for validation, and for the final test.")
        self._standing = ""
        self._arrange()
        self._keep_still()
        theme().changed.connect(self._keep_still)
        self._usage = _Usage()
        self._timer = QTimer(self)
        self._timer.setInterval(_SECOND)
        self._timer.timeout.connect(self._measure)
        self._hint_timer = QTimer(self)
        self._hint_timer.setSingleShot(True)
        self._hint_timer.timeout.connect(lambda: self._hint.setText(self._standing))

    @property
    def state(self) -> str:
        """What the left text says."""
        return self._state.full_text()

    @property
    def hint(self) -> str:
        """What the hint says."""
        return self._hint.full_text()

    @property
    def kept(self) -> str:
        """The kept checkpoints in words, "" for none."""
        return self._kept.text()

    @property
    def path(self) -> str:
        """What computes the run's steps, "" before one."""
        return self._path.text()

    @property
    def work(self) -> str:
        """What goes on in the background, "" for nothing."""
        return self._work.text()

    @property
    def counts(self) -> str:
        """The sample counts as shown."""
        return self._counts.text()

    def start(self) -> None:
        """Begins to measure memory and processor, once a second."""
        self._measure()
        self._timer.start()

    def show_run(self, number: int, snapshot: Snapshot | None) -> None:
        """Shows the state of the run."""
        colour, text = run_text(number, snapshot)
        self._dot.set_colour(colour)
        self._state.setText(text)
        self._kept.setText(snapshot.kept if snapshot is not None else "")
        self._kept.setVisible(bool(self._kept.text()))
        text, tooltip = path_text(snapshot.path if snapshot is not None else "")
        self._path.setText(text)
        self._path.setToolTip(tooltip)
        self._path.setVisible(bool(text))

    def show_work(self, text: str, tooltip: str) -> None:
        """Shows what goes on in the background; "" for nothing."""
        self._work.setText(text)
        self._work.setToolTip(tooltip)
        self._work.setVisible(bool(text))

    def set_standing_hint(self, text: str) -> None:
        """The hint to show while nothing else is said."""
        if text != self._standing:
            self._standing = text
            if not self._hint_timer.isActive():
                self._hint.setText(text)

    def say(self, text: str, seconds: float = _HINT_SECONDS) -> None:
        """Shows a hint for some seconds; "" goes back to the standing one."""
        self._hint.setText(text or self._standing)
        if text:
            self._hint_timer.start(round(seconds * 1000))
        else:
            self._hint_timer.stop()

    def show_counts(self, counts: tuple[int, int, int] | None) -> None:
        """Shows training, validation and test samples."""
        self._counts.setText(counts_text(counts))

    def _measure(self) -> None:
        memory, processor = self._usage.measure()
        self._memory.setText(f"RAM {numbers.size(memory)}")
        self._processor.setText(f"CPU {numbers.percent(processor, places=0)}")

    def _keep_still(self) -> None:
        """Room for the longest figures, so that what changes every second moves nothing."""
        for label, longest in ((self._memory, "RAM 888 MB"), (self._processor, "CPU 100%")):
            label.ensurePolished()
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(longest) + 1)

    def _figure(self, tooltip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tooltip)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return label

    def _arrange(self) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        px = theme().px
        layout.setContentsMargins(px(12), 0, px(12), 0)
        layout.setSpacing(px(16))
        left = QHBoxLayout()
        left.setSpacing(px(6))
        left.addWidget(self._dot)
        left.addWidget(self._state)
        layout.addLayout(left)
        layout.addWidget(self._hint, 1)
        for label in (self._work, self._kept, self._path, self._memory, self._processor, self._counts):
            layout.addWidget(label)
        self.addWidget(row, 1)


class _Usage:
    """Memory and processor time of this process; psutil is imported at the first measurement."""

    def __init__(self) -> None:
        self._process: object | None = None

    def measure(self) -> tuple[int, float]:
        """Bytes in use, and the share of all cores since the last call."""
        import psutil

        if self._process is None:
            self._process = psutil.Process()
        process = self._process
        assert isinstance(process, psutil.Process)
        busy = process.cpu_percent(None) / 100 / (os.cpu_count() or 1)
        return process.memory_info().rss, min(1.0, busy)


def counts_text(counts: tuple[int, int, int] | None) -> str:
    """``Train 10,800 · Val 6,000 · Test 10,000``."""
    if counts is None:
        return ""
    parts = zip(("Train", "Val", "Test"), counts, strict=True)
    return " · ".join(f"{name} {numbers.count(value)}" for name, value in parts)


def path_text(path: str) -> tuple[str, str]:
    """What computes the steps in a word or two, and why it does, from a trainer's ``path``."""
    if not path:
        return "", ""
    name, _, reason = path.partition(": ")
    where, _, words = name.partition(" · ")
    if where != "CPU":
        return where, f"{name} computes the training steps."
    kind, _, threads = words.partition(", ")
    if kind == "NumPy":
        on, why = f" on {threads}" if threads else "", f": {reason}" if reason else ""
        return kind, f"NumPy computes the training steps{on}{why}."
    return words.partition(" kernels")[0], f"Compiled kernels compute the training steps: {words}."


def run_text(number: int, snapshot: Snapshot | None) -> tuple[str, str]:
    """Colour of the dot and words for the state of a run."""
    if snapshot is None:
        return "muted", "Ready"
    name = f"Run {number}"
    epochs = f"epoch {numbers.count(snapshot.epoch)} of {numbers.count(snapshot.epochs)}"
    if snapshot.state == "preparing":
        share = f", {numbers.percent(snapshot.progress, 0)}" if snapshot.progress is not None else ""
        return "caution_line", f"{snapshot.message or 'Getting ready'}{share}"
    if snapshot.state == "running":
        return "good", f"{name} training, {epochs}"
    if snapshot.state == "paused":
        return "caution_line", f"{name} paused, {epochs}"
    if snapshot.state == "finished":
        done = f"{numbers.count(snapshot.epoch)} epoch{'' if snapshot.epoch == 1 else 's'}"
        return "good", f"{name} finished, {done}, {numbers.elapsed(snapshot.seconds)}"
    if snapshot.state == "stopped":
        return "muted", f"{name} stopped, {epochs}"
    if snapshot.state == "diverged":
        good = snapshot.record.epoch if snapshot.record else 0
        return "error", f"{name} diverged in epoch {numbers.count(good + 1)}"
    return "error", f"{name} failed"
