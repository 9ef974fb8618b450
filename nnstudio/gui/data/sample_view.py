"""What the grid and the table of samples share: one sample is current, and one that was chosen is told."""

from __future__ import annotations

from typing import Protocol, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView, QWidget

from nnstudio.gui.data.samples import Shown

Index = QModelIndex | QPersistentModelIndex
_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class SampleModel(Protocol):
    """A model whose cells are samples."""

    def sample(self, index: Index) -> Shown | None:
        """The sample of a cell, or None for an empty one."""

    def find(self, place: tuple[str, int]) -> QModelIndex:
        """The cell of a sample, by its part and row in the data set."""


class SampleView(QTableView):
    """A view of samples.

    A sample is chosen by a press or a key. When the focus only arrives, by a key, the first sample becomes
    the current one, so that it is seen where the keys go; it is not chosen.

    Signals:
        sample_chosen(object): The chosen sample, or None.
    """

    sample_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quiet = False
        self._chosen = False
        self.setAccessibleName("Samples")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.pressed.connect(self._choose)

    def let_go(self) -> None:
        """No sample is chosen any more; the current one stays."""
        self._chosen = False

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tells which sample is chosen."""
        super().currentChanged(current, previous)
        self.viewport().update()
        if not self._quiet:
            self._choose(current)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Makes the first sample the current one if a key brings the focus."""
        none_before = not self.currentIndex().isValid()
        self._quiet = True
        super().focusInEvent(event)
        if none_before and event.reason() not in _BY_KEY:
            self.setCurrentIndex(QModelIndex())
        self._quiet = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return chooses the current sample, Escape none."""
        if event.key() == Qt.Key.Key_Escape:
            self._chosen = False
            self.setCurrentIndex(QModelIndex())
            self.sample_chosen.emit(None)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _current(self) -> tuple[str, int] | None:
        """Part and row of the current sample."""
        sample = self._samples.sample(self.currentIndex())
        return None if sample is None else sample.place

    def _take_up(self, before: tuple[str, int] | None) -> None:
        """Makes a sample the current one again after others were shown; a chosen one stays chosen."""
        again = self._samples.find(before) if before else QModelIndex()
        self._quiet = not self._chosen
        if again.isValid():
            self.setCurrentIndex(again)
        elif self._chosen:
            self._chosen = False
            self.sample_chosen.emit(None)
        self._quiet = False

    def _choose(self, index: Index) -> None:
        sample = self._samples.sample(index)
        if sample is not None:
            self._chosen = True
            self.sample_chosen.emit(sample)

    @property
    def _samples(self) -> SampleModel:
        return cast(SampleModel, self.model())
