"""Where a sweep trains: on this machine, or on a Dask cluster by its address. Remembered for the machine."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QRadioButton, QWidget

from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.shell.settings import Settings
from nnstudio.gui.theme import theme

ADDRESS, WANTED = "sweep/cluster", "sweep/on_cluster"


class RunOn(QWidget):
    """Two choices, and the cluster's address.

    Args:
        settings: Remembers the choice and the address.
        parent: Qt parent.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        title = QLabel("Run on")
        title.setProperty("role", "section")
        self.here, self.there = QRadioButton("This machine"), QRadioButton("Dask cluster")
        self.address = QLineEdit(settings.text(ADDRESS))
        self.address.setPlaceholderText("tls://host:8786")
        self.address.setAccessibleName("Address of the cluster")
        self.address.setToolTip(
            "The scheduler's address. All machines need the same folders at the same place."
        )
        self.note = QLabel("Checked before anything starts.")
        self.note.setProperty("role", "caption")
        self.there.setChecked(settings.flag(WANTED, False))
        self.here.setChecked(not self.there.isChecked())
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addWidget(title, 0, 0, 1, 2)
        self._grid.addWidget(self.here, 1, 0)
        self._grid.addWidget(self.there, 2, 0)
        self._grid.addWidget(self.address, 2, 1)
        self._grid.addWidget(self.note, 3, 1)
        self._grid.setColumnStretch(1, 1)
        self.there.toggled.connect(self._choose)
        self.address.editingFinished.connect(self._keep)
        theme().changed.connect(self._space)
        self._space()
        self._show()

    @property
    def cluster(self) -> str:
        """The cluster's address, "" for this machine."""
        return self.address.text().strip() if self.there.isChecked() else ""

    @property
    def problem(self) -> str:
        """Why nothing can start there, "" if it can."""
        return "Give the address of the cluster." if self.there.isChecked() and not self.cluster else ""

    def _choose(self, on_cluster: bool) -> None:
        self._settings.set(WANTED, on_cluster)
        self._show()

    def _keep(self) -> None:
        self._settings.set(ADDRESS, self.address.text().strip())

    def _show(self) -> None:
        self.address.setEnabled(self.there.isChecked())
        self.note.setVisible(self.there.isChecked())

    def _space(self) -> None:
        self._grid.setHorizontalSpacing(theme().px(METRICS.gap))
        self._grid.setVerticalSpacing(theme().px(4))
