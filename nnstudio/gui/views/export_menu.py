"""The Export menu of the Evaluate page: each picture and table copied or saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from nnstudio.gui.views.exhibits import Exhibit

KINDS = {"png": "PNG picture", "svg": "SVG drawing", "csv": "CSV table", "tex": "LaTeX table"}
_SCALE = 2  # pixels of a PNG per unit of its drawing, for print
_MOST_PIXELS = 8000  # of a side


class ExportMenu(QMenu):
    """One submenu for each thing, made when the menu opens.

    Args:
        contents: Gives what there is to export.
        stem: Gives the beginning of suggested file names.
        parent: Qt parent.

    Signals:
        said(str): What was done.
    """

    said = Signal(str)

    def __init__(
        self, contents: Callable[[], tuple[Exhibit, ...]], stem: Callable[[], str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._contents, self._stem = contents, stem
        self._leading: list[tuple[str, Callable[[], None]]] = []
        self.aboutToShow.connect(self.fill)

    def lead_with(self, text: str, action: Callable[[], None]) -> None:
        """Puts a command before the things."""
        self._leading.append((text, action))

    def fill(self) -> None:
        """Lists what there is now."""
        self.clear()
        for text, action in self._leading:
            self.addAction(text).triggered.connect(lambda _=False, action=action: action())
        self.addSeparator()
        for exhibit in self._contents():
            self._add(exhibit)

    def copy_picture(self, exhibit: Exhibit) -> None:
        """Puts a picture on the clipboard."""
        QGuiApplication.clipboard().setImage(rendered(exhibit.svg()))
        self.said.emit(f"Copied “{exhibit.name}” as a picture")

    def copy_table(self, exhibit: Exhibit) -> None:
        """Puts a table on the clipboard, for spreadsheets."""
        QGuiApplication.clipboard().setText(exhibit.table.text())
        self.said.emit(f"Copied “{exhibit.name}” as a table")

    def save(self, exhibit: Exhibit, kind: str, path: str = "") -> None:
        """Saves a thing, to a file that is asked for unless given."""
        if not path:
            suggested = f"{self._stem()}-{exhibit.file_name}.{kind}"
            pattern = f"{KINDS[kind]} (*.{kind})"
            path, _ = QFileDialog.getSaveFileName(self.parentWidget(), "Save", suggested, pattern)
        if not path:
            return
        try:
            write(exhibit, kind, Path(path))
        except OSError as error:
            self.said.emit(f"The file could not be saved: {error.strerror or error}. Choose another folder.")
        else:
            self.said.emit(f"Saved {Path(path).name}")

    def _add(self, exhibit: Exhibit) -> None:
        menu = self.addMenu(exhibit.name)
        menu.addAction("Copy picture").triggered.connect(lambda: self.copy_picture(exhibit))
        menu.addAction("Copy table").triggered.connect(lambda: self.copy_table(exhibit))
        menu.addSeparator()
        for kind, name in KINDS.items():
            action = menu.addAction(f"Save as {name}…")
            action.triggered.connect(lambda _=False, kind=kind: self.save(exhibit, kind))


def write(exhibit: Exhibit, kind: str, path: Path) -> None:
    """Writes a thing to a file.

    Raises:
        OSError: It can't be written.
    """
    if kind == "png":
        writer = QImageWriter(str(path), b"png")
        if not writer.write(rendered(exhibit.svg())):
            raise OSError(writer.errorString())
        return
    text = {"svg": exhibit.svg, "csv": exhibit.table.csv, "tex": exhibit.table.latex}[kind]()
    path.write_text(text, encoding="utf-8", newline="")


def rendered(svg: str) -> QImage:
    """A drawing as a picture, on white."""
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    size = renderer.defaultSize() * _SCALE
    if max(size.width(), size.height()) > _MOST_PIXELS:
        size.scale(_MOST_PIXELS, _MOST_PIXELS, Qt.AspectRatioMode.KeepAspectRatio)
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    return image
