"""Opening, saving and exporting: what may be lost is asked first, what fails is told in place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.model import Model
from nnstudio.errors import NNStudioError
from nnstudio.gui.background import run_in_background
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.project import opening
from nnstudio.gui.project.claim import BEAT_SECONDS
from nnstudio.gui.project.guard import Guard
from nnstudio.gui.project.opening import PROJECT_ENDING, Opened
from nnstudio.gui.project.recovery_files import Sitting
from nnstudio.gui.shell import dialogs
from nnstudio.gui.shell.messages import MessageArea
from nnstudio.gui.shell.settings import Settings

OPEN_FILTER = f"Projects, models and runs (*{PROJECT_ENDING} *.json *.h5 *.hdf5);;All files (*)"
PROJECT_FILTER = f"NNStudio project (*{PROJECT_ENDING})"
MODEL_FILTER = "Keras model (*.h5)"
DATA_FILTER = (
    "Data (*.csv *.tsv *.txt *.h5 *.hdf5 *.zip *.npz *.gz *-ubyte *.idx);;Tables (*.csv *.tsv *.txt)"
    ";;HDF5 (*.h5 *.hdf5);;Archives of images (*.zip);;Arrays (*.npz);;IDX (*.gz *-ubyte *.idx)"
    ";;All files (*)"
)
NO_STATE = "Evaluate and Predict use it. The file holds no state to train on from, so Train begins afresh."
STOP_SECONDS = 10.0


class ProjectFiles(QObject):
    """The File menu.

    Args:
        document: The project.
        live: Its run; replacing the project needs it to end.
        settings: Remembers recent files and the last folder.
        messages: Where errors and good news are shown.
        window: Parent of dialogs.

    Signals:
        opened(): Another project is in the document, ready to be trained.
        emptied(): A new, empty project is in the document.
        recent_changed(): The list of recent files changed.
        said(str): A short confirmation for the status bar.
    """

    opened = Signal()
    emptied = Signal()
    recent_changed = Signal()
    said = Signal(str)

    def __init__(
        self, document: Document, live: Live, settings: Settings, messages: MessageArea, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document = document
        self._live = live
        self._settings = settings
        self._messages = messages
        self._window = window
        self._exported: Callable[[], Model | None] = lambda: live.model
        self.saved_at: datetime | None = None
        self.guard = Guard()
        self._beats = QTimer(self, interval=round(1000 * BEAT_SECONDS))
        self._beats.timeout.connect(self.show_alive)
        self._beats.start()
        self._reached: float | None = None  # by the project's runs in this sitting
        live.run_ended.connect(self._note_accuracy)
        document.reset.connect(self._forget_accuracy)

    def show_alive(self) -> None:
        """Tells other machines that the project is open here; away from the window, as drives may hang."""
        run_in_background(self.guard.beat, self._beaten, lambda _error: None, self)

    def _beaten(self, lost: bool) -> None:
        if lost:
            self._tell_read_only(())
            self._document.saved.emit()

    def set_exported(self, model: Callable[[], Model | None]) -> None:
        """Says which model Export saves; the newest one by default."""
        self._exported = model

    def new(self) -> None:
        """Starts an empty project, after asking what may be lost."""
        from nnstudio.gui.views.start import empty_project

        if self.may_replace("start a new project"):
            self._replace(empty_project(), None)
            self.emptied.emit()

    def open_preset(self, name: str) -> bool:
        """Opens a copy of a preset (or the empty model), ready to train; False if it didn't."""
        from nnstudio.experiments.presets import load_preset
        from nnstudio.gui.views.start import EMPTY, empty_project

        if not self.may_replace("open a preset"):
            return False
        try:
            project = empty_project() if name == EMPTY else load_preset(name)
        except (NNStudioError, OSError) as error:
            self._messages.show_error(error)
            return False
        self._replace(project, None)
        self.opened.emit()
        return True

    def use_preset(self, name: str) -> None:
        """Puts a preset into the project, as one step that can be undone.

        While a run goes on only the network is taken: the run keeps its data and its recipe.
        """
        from nnstudio.experiments.presets import list_presets, load_preset

        title = next((preset.title for preset in list_presets() if preset.name == name), name)
        preset, project = load_preset(name), self._document.project
        changed = project.replace(network=preset.network)
        if not self._live.running:
            changed = changed.replace(data=preset.data, train=preset.train)
        self._document.seal()
        self._document.apply(f"Use preset {title}", changed)

    def open(self) -> None:
        """Asks for a file and opens it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", self._folder(), OPEN_FILTER)
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Opens a project, a model or a run's folder; reading happens in the background."""
        if not self.may_replace("open another project"):
            return
        run_in_background(
            lambda: opening.read(path),
            lambda found: self._show(path, found),
            lambda error: self._not_opened(path, error),
            self,
        )

    def ask_data_file(self) -> Path | None:
        """Asks for a file with data."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Data from a file", self._folder(), DATA_FILTER)
        return Path(path) if path else None

    def save(self) -> bool:
        """Saves to the project's file, or asks for another that may be written; True if it is saved."""
        path = self._document.path
        return self.save_as() if path is None or self.guard.reason else self._write(path)

    def save_as(self) -> bool:
        """Asks for a file and saves there; True if it is saved."""
        name = self._document.project.name or "untitled"
        suggested = str(Path(self._folder()) / f"{name}{PROJECT_ENDING}")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save project", suggested, PROJECT_FILTER)
        if not chosen:
            return False
        path = Path(chosen)
        if not path.suffix:
            path = path.with_suffix(PROJECT_ENDING)
        if path.stem != name:
            self._document.apply("Rename project", self._document.project.replace(name=path.stem[:120]))
        return self._write(path)

    def export(self) -> None:
        """Asks for a file and saves network and weights there in the background."""
        model = self._exported()
        if model is None:
            self._messages.say(
                "info", "There is no trained model to export yet.", "Train the network first, then export."
            )
            return
        name = f"{self._document.project.name or 'model'}.h5"
        suggested = str(Path(self._folder()) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Export model", suggested, MODEL_FILTER)
        if chosen:
            path = Path(chosen)
            self.export_to(path if path.suffix else path.with_suffix(".h5"), model)

    def export_to(self, path: Path, model: Model) -> None:
        """Saves a model as HDF5 in the background and says where it is."""
        session = self._live.session
        project = session.project if session is not None else self._document.project

        def work() -> None:
            from nnstudio.formats.keras_h5 import export_keras

            export_keras(path, model, project)

        def done(_result: object) -> None:
            self._settings.set("files/folder", str(path.parent))
            self._messages.say("good", f"The model is saved as {path.name}.", f"{path}. Keras opens it too.")
            self.said.emit(f"Exported {path}")

        retry = ("Try again", lambda: self.export_to(path, model))
        run_in_background(work, done, lambda error: self._messages.show_error(error, retry), self)
        self.said.emit(f"Exporting to {path.name}…")

    def may_replace(self, purpose: str) -> bool:
        """Asks about a run under way and changes that aren't saved; True if the project may go.

        Args:
            purpose: What needs it, as in "open another project".
        """
        if self._live.running:
            if not dialogs.ask_stop_training(self._window, purpose):
                return False
            self._live.stop()
        if not self._document.dirty:
            return True
        answer = dialogs.ask_unsaved(self._window, self._document.project.name)
        return self.save() if answer == "save" else answer == "discard"

    def shut_down(self) -> bool:
        """Ends the run, which is kept, and lets the file go; True once the run's thread has ended."""
        self._beats.stop()
        self.guard.leave()
        return self._live.shutdown(STOP_SECONDS)

    def recover(self, sitting: Sitting) -> None:
        """Opens the work of a window that crashed, with its undo history."""
        self._messages.clear()
        self.saved_at = None
        self.guard.enter(sitting.path)
        self._document.recover(sitting.steps, sitting.position, sitting.path, sitting.saved)
        self.opened.emit()

    def _replace(self, project: ProjectSpec, path: Path | None, newer: bool = False) -> None:
        self._messages.clear()
        self.saved_at = None
        self.guard.enter(path, newer)
        self._document.open(project, path)
        layers = project.network.layers
        self._document.select(layers[1].name if len(layers) > 1 else "")

    def _show(self, path: Path, found: Opened) -> None:
        self._replace(found.project, found.file, found.left_out is not None)
        self._remember(path)
        self.opened.emit()
        if self.guard.reason:
            self._tell_read_only(found.left_out or ())
        if found.checkpoint is not None:
            self._adopt(path, found)
        elif found.folder is not None:
            self._messages.say(
                "info", f"The run {path.name} ended before its weights were saved.", "Its recipe is open."
            )

    def _adopt(self, path: Path, found: Opened) -> None:
        assert found.checkpoint is not None
        self._live.adopt(found.checkpoint, found.folder)
        epochs = found.checkpoint.state.epoch if found.checkpoint.state else 0
        what = f"It has trained for {epochs} epochs. Train goes on from there." if epochs else NO_STATE
        self._messages.say("good", f"The model of {path.name} is open.", what)

    def _tell_read_only(self, left_out: tuple[str, ...]) -> None:
        """Says why the project's file is only read, and what that means."""
        missing = f" This one leaves out {_listed(left_out)}." if left_out else ""
        text = f"It is read-only here: Save asks for another name.{missing}"
        self._messages.say("caution", self.guard.reason, text, ("Save as…", self.save_as))

    def _not_opened(self, path: Path, error: Exception) -> None:
        self._messages.show_error(error, ("Choose another file", self.open))
        self.said.emit(f"{path.name} could not be opened. The project is unchanged.")

    def _write(self, path: Path) -> bool:
        from nnstudio.experiments.runs import write_text_atomically

        try:
            self.guard.check(path)
            write_text_atomically(path, self._document.project.dumps())
        except NNStudioError as error:
            self._messages.show_error(error, ("Save as…", self.save_as))
            return False
        self.saved_at = datetime.now()
        self._document.mark_saved(path)
        self._remember(path)
        self.said.emit(f"Saved {path}")
        return True

    def _remember(self, path: Path) -> None:
        self._settings.set("files/folder", str(path.parent))
        self._settings.recent.add(path, self._document.project.name, self._reached)
        self.recent_changed.emit()

    def _note_accuracy(self, *_ended: object) -> None:
        """The list of recent projects shows the best test accuracy that a run has reached."""
        from nnstudio.experiments.listing import look_at_run

        folder = self._live.run_folder
        run = look_at_run(folder) if folder is not None else None
        if run is None or run.accuracy is None:
            return
        self._reached = max(run.accuracy, self._reached or 0.0)
        if self._document.path is not None:
            self._remember(self._document.path)

    def _forget_accuracy(self) -> None:
        self._reached = None

    def _folder(self) -> str:
        chosen = Path(self._settings.text("files/folder", str(Path.home())))
        return str(chosen if chosen.is_dir() else Path.home())


def _listed(names: tuple[str, ...], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
