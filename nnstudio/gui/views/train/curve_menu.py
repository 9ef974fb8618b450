"""The menu of the curves panel: error or accuracy, and the picture and its data to copy or save."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QAction, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QToolTip

from nnstudio.gui.theme import theme

if TYPE_CHECKING:
    from nnstudio.gui.views.train.curves import CurvesPanel

KINDS = {"png": "PNG picture", "svg": "SVG drawing", "csv": "CSV table"}
SCALE = 2
"""Pixels of a picture per pixel of the screen, for print."""


class CurveMenu(QMenu):
    """What can be done with the curves as they are shown.

    Attributes:
        error: Show the share of mistakes in place of the accuracy.

    Args:
        panel: The curves.
        button: Opens the menu.
    """

    def __init__(self, panel: CurvesPanel, button: QToolButton) -> None:
        super().__init__(panel)
        self._panel, self._button = panel, button
        self.error = QAction("Error instead of accuracy", self, checkable=True)
        self.addAction(self.error)
        self.addSeparator()
        self.addAction("Copy picture").triggered.connect(self.copy_picture)
        self.addAction("Copy data").triggered.connect(self.copy_data)
        self.addSeparator()
        for kind, name in KINDS.items():
            action = self.addAction(f"Save as {name}…")
            action.triggered.connect(lambda _=False, kind=kind: self.save(kind))
        button.clicked.connect(self._open)

    def copy_picture(self) -> None:
        """Puts the plots on the clipboard."""
        QGuiApplication.clipboard().setImage(picture(self._panel))

    def copy_data(self) -> None:
        """Puts the epochs on the clipboard, for spreadsheets."""
        QGuiApplication.clipboard().setText(table_text(self._panel, "\t"))

    def save(self, kind: str, path: str = "") -> None:
        """Saves the plots or their data, to a file that is asked for unless given."""
        if not path:
            number = self._panel.run.number if self._panel.run is not None else 0
            pattern = f"{KINDS[kind]} (*.{kind})"
            path, _ = QFileDialog.getSaveFileName(self._panel, "Save", f"run-{number}.{kind}", pattern)
        if not path:
            return
        try:
            write(self._panel, kind, Path(path))
        except OSError as error:
            said = f"{Path(path).name} can't be written: {error.strerror or error}. Choose another folder."
        else:
            said = f"Saved {Path(path).name}"
        QToolTip.showText(self._button.mapToGlobal(QPoint(0, self._button.height())), said, self._button)

    def _open(self) -> None:
        self.popup(self._button.mapToGlobal(QPoint(0, self._button.height())))


def write(panel: CurvesPanel, kind: str, path: Path) -> None:
    """Writes the plots or their data to a file.

    Raises:
        OSError: It can't be written.
    """
    if kind == "csv":
        path.write_text(table_text(panel, ","), encoding="utf-8", newline="")
        return
    with path.open("wb"):
        pass  # which tells why it can't be written, unlike Qt
    if kind == "png":
        writer = QImageWriter(str(path), b"png")
        if not writer.write(picture(panel)):
            raise OSError(writer.errorString())
    else:
        _write_svg(panel, path)


def picture(panel: CurvesPanel) -> QImage:
    """The plots as they are shown, in twice the screen's resolution."""
    size = panel.chart.size()
    image = QImage(size * SCALE, QImage.Format.Format_RGB32)
    image.fill(theme().colour("panel"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    panel.chart.render(painter, QRect(QPoint(0, 0), size * SCALE))
    painter.end()
    return image


def table_text(panel: CurvesPanel, delimiter: str) -> str:
    """The epochs, a line each."""
    return "".join(delimiter.join(row) + "\n" for row in panel.table())


def _write_svg(panel: CurvesPanel, path: Path) -> None:
    size: QSize = panel.chart.size()
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    generator.setTitle("Training curves")
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(0, 0), size), theme().colour("panel"))
    panel.chart.render(painter, QRect(QPoint(0, 0), size))
    painter.end()
