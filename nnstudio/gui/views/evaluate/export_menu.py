"""The Export menu of the Evaluate page: each picture and table copied or saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from nnstudio.gui.views.evaluate.evaluation import Evaluated
from nnstudio.gui.views.evaluate.evaluation_text import as_csv, as_text
from nnstudio.gui.views.evaluate.exhibits import Exhibit

KINDS = {"png": "PNG picture", "svg": "SVG drawing", "csv": "CSV table", "tex": "LaTeX table"}
_SCALE = 2  # pixels of a PNG per unit of its drawing, for print
_MOST_PIXELS = 8000  # of a side


@dataclass(frozen=True, eq=False)
class Taken:
    """What leaves the application.

    Attributes:
        result: The evaluation.
        title: What was evaluated.
        stem: Beginning of suggested file names.
        things: Its pictures and tables.
    """

    result: Evaluated
    title: str
    stem: str
    things: tuple[Exhibit, ...]


class ExportMenu(QMenu):
    """One submenu for each thing, made when the menu opens.

    Args:
        taken: Gives what there is to export; None while there is nothing.
        parent: Qt parent.

    Signals:
        said(str): What was done.
    """

    said = Signal(str)

    def __init__(self, taken: Callable[[], Taken | None], parent: QWidget) -> None:
        super().__init__(parent)
        self._taken = taken
        self.aboutToShow.connect(self.fill)

    @property
    def things(self) -> tuple[Exhibit, ...]:
        """What there is to copy or save now."""
        taken = self._taken()
        return taken.things if taken is not None else ()

    def fill(self) -> None:
        """Lists what there is now."""
        self.clear()
        self.addAction("Copy all figures").triggered.connect(lambda: self.copy_all())
        self.addAction("Save all figures as CSV…").triggered.connect(lambda: self.save_all())
        self.addSeparator()
        for exhibit in self.things:
            self._add(exhibit)

    def copy_all(self) -> None:
        """Puts the figures and both tables on the clipboard."""
        taken = self._taken()
        if taken is not None:
            text = as_text(taken.result.analysis, taken.result.classes, taken.title)
            QGuiApplication.clipboard().setText(text)
            self.said.emit("Copied the evaluation as text")

    def save_all(self, path: str = "") -> None:
        """Saves the same as CSV, to a file that is asked for unless given."""
        taken = self._taken()
        path = path or self._ask("csv", "")
        if path and taken is not None:
            text = as_csv(taken.result.analysis, taken.result.classes, taken.title)
            self._write(path, lambda: Path(path).write_text(text, encoding="utf-8", newline=""))

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
        path = path or self._ask(kind, f"-{exhibit.file_name}")
        if path:
            self._write(path, lambda: write(exhibit, kind, Path(path)))

    def _ask(self, kind: str, ending: str) -> str:
        taken = self._taken()
        suggested = f"{taken.stem if taken else 'evaluation'}{ending}.{kind}"
        pattern = f"{KINDS[kind]} (*.{kind})"
        path, _ = QFileDialog.getSaveFileName(self.parentWidget(), "Save", suggested, pattern)
        return path

    def _write(self, path: str, action: Callable[[], object]) -> None:
        try:
            action()
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
