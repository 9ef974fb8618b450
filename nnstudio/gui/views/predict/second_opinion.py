"""Choosing a kept run to ask the same of, and what it says."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.run.kept_runs import KeptRunLoader, RunMenu
from nnstudio.gui.shell.choosers import Chooser
from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.predictor import Prediction
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.elided_label import ElidedLabel

_WIDTH = 150
_NOTHING = "no run"


class SecondOpinion(QWidget):
    """The chooser, and the other network's answer in words.

    Signals:
        changed: Another run, or none, is to be asked.
        said(str): Why a run can't be asked.
    """

    changed = Signal()
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept: KeptModel | None = None
        caption = QLabel("Compare with")
        caption.setProperty("role", "label")
        self.chooser = Chooser("compare", "Compare with", _WIDTH)
        self.menu, self.loader = RunMenu(self), KeptRunLoader(self)
        self.menu.offer_none("Compare with no run", lambda: self.ask(None))
        self.menu.chosen.connect(self.loader.load)
        self.loader.loaded.connect(self.ask)
        for source in (self.menu, self.loader):
            source.failed.connect(self.said)
        self.chooser.clicked.connect(
            lambda: self.menu.popup(self.chooser.mapToGlobal(QPoint(0, self.chooser.height() + 2)))
        )
        self.answer = ElidedLabel("", "secondary")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme().px(4))
        grid.addWidget(caption, 0, 0)
        grid.addWidget(self.chooser, 0, 1)
        grid.addWidget(self.answer, 1, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        self.ask(None)

    @property
    def kept(self) -> KeptModel | None:
        """The run that is asked."""
        return self._kept

    def ask(self, kept: KeptModel | None) -> None:
        """Asks another run from now on, or none."""
        self._kept = kept
        title = kept.point.title if kept else ""
        self.chooser.show_choice(title or _NOTHING, hint=title or "Choose a run that says what it sees, too.")
        self.answer.setText("")
        self.answer.setVisible(kept is not None)
        self.changed.emit()

    def show_prediction(self, prediction: Prediction) -> None:
        """Says what the other network answers."""
        if self._kept is None:
            self.answer.setText("")
        elif prediction.other is None:
            self.answer.setText("It knows other classes or pictures.")
        else:
            number = int(prediction.other.argmax())
            sure = numbers.percent(float(prediction.other[number]))
            verb = "agrees" if number == prediction.order[0] else "says"
            self.answer.setText(f"It {verb}: {prediction.classes[number]}, {sure} (thin bars)")
