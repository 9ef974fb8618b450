"""A file or folder of one's own before it is read: what is in it, what will be done, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.catalog import DatasetInfo
from nnstudio.data.sources.previews import Preview
from nnstudio.data.sources.problems import BadSamples
from nnstudio.errors import NNStudioError
from nnstudio.gui.data.import_job import ImportJob
from nnstudio.gui.data.import_parts import Facts, FirstSamples, ProblemsPanel, Working
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.run.pace import Pace, samples_per_second
from nnstudio.gui.shell.messages import MessageArea
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import Button
from nnstudio.gui.widgets.elided_label import ElidedLabel
from nnstudio.gui.widgets.panel import Panel

_SIDE = 288
_SHORT = 40  # letters of column names on a button


class ImportView(QWidget):
    """The preview, the options and the import.

    Attributes:
        job: What looks and reads.

    Signals:
        closed(): Nothing is imported; the page may show what it showed before.
        imported(str, object, object): Path, options and description of what was read.
        status(str): What was done, for the status bar.
    """

    closed = Signal()
    imported = Signal(str, object, object)
    status = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Import")
        self.job = ImportJob(self)
        self.form: SpecForm | None = None
        self._kind = ""
        self._pace = Pace(0, samples_per_second)
        self.title = ElidedLabel("", "title")
        self.about = ElidedLabel("", "caption")
        self.cancel = Button("Cancel")
        self.go = Button("Import", "primary")
        self.error = MessageArea()
        self.facts = Facts()
        self.how = Panel("How it is read")
        self.steps = QLabel()
        self.steps.setProperty("role", "secondary")
        self.steps.setTextFormat(Qt.TextFormat.PlainText)
        self.steps.setWordWrap(True)
        self.samples = FirstSamples()
        self.problems = ProblemsPanel()
        self.working = Working()
        self._arrange()
        self._connect()
        self._show_idle()

    def open(self, path: Path, options: ImportOptions | None = None) -> None:
        """Looks into a file or folder."""
        path = path.absolute()  # for a project that is opened from another folder
        self.title.setText(f"Import {path.name or path}")
        self.about.setText(str(path))
        self.go.setText("Import")
        self.steps.setText("")
        self._make_form("")
        self.error.clear()
        self.problems.hide()
        self.facts.clear()
        for widget in (self.facts, self.samples, self.how):
            widget.hide()
        self.job.open(path, options)

    def focus_target(self) -> QWidget:
        """The button that goes on, or Cancel while there is none."""
        return self.go if self.go.isEnabled() else self.cancel

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape cancels."""
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    # Layout

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.about)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addWidget(self.cancel)
        head.addWidget(self.go)
        self._options = QVBoxLayout()
        inner = QWidget()
        inner.setProperty("role", "form")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, theme().px(4), 0)
        column.addLayout(self._options)
        column.addWidget(self.steps)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        self.how.body.addWidget(scroll)
        right = QVBoxLayout()
        right.addWidget(self.samples, 3)
        right.addWidget(self.problems, 2)
        below = QHBoxLayout()
        below.addWidget(self.how)
        below.addLayout(right, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(head)
        outer.addWidget(self.error)
        outer.addWidget(self.working)
        outer.addWidget(self.facts)
        outer.addLayout(below, 1)
        outer.addStretch(0)
        gap = theme().px(METRICS.gap)
        for layout in (outer, below, right, column):
            layout.setSpacing(gap)
        head.setContentsMargins(gap // 2, 0, 0, 0)
        self.how.setFixedWidth(theme().px(_SIDE))

    def _connect(self) -> None:
        job = self.job
        job.looking.connect(self._show_looking)
        job.previewed.connect(self._show_preview)
        job.refused.connect(self._show_error)
        job.spoilt.connect(self._show_spoilt)
        job.importing.connect(self._show_importing)
        job.progress.connect(self._show_progress)
        job.imported.connect(self._finish)
        job.cancelled.connect(self._show_cancelled)
        self.go.clicked.connect(lambda: job.run())
        self.cancel.clicked.connect(self._close)
        self.problems.skip_clicked.connect(lambda: job.run(skip_bad=True))
        self.problems.cancel_clicked.connect(self._close)
        self.working.cancel_clicked.connect(job.cancel)
        self.samples.column_chosen.connect(lambda name: self._set("label", name))

    def _make_form(self, kind: str) -> None:
        if self.form is not None and kind == self._kind:
            return
        self._kind = kind
        if self.form is not None:
            self._options.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        names = ImportOptions.uses.get(kind, ())
        if names:
            self.form = SpecForm(ImportOptions, only=names)
            self.form.set_spec(self.job.wish)
            self.form.edited.connect(self._set)
            self._options.addWidget(self.form)

    # Showing

    def _show_idle(self) -> None:
        self.working.hide()
        self.error.clear()

    def _show_looking(self) -> None:
        self.go.setEnabled(False)
        self.working.say(f"Looking into {self.job.path.name or self.job.path}", None, "")
        self.working.cancel.hide()
        self.working.show()
        self.status.emit("")

    def _show_preview(self, preview: Preview) -> None:
        self._show_idle()
        self._make_form(preview.kind)
        if self.form is not None:
            self.form.set_spec(preview.options.replace(skip_bad=self.job.wish.skip_bad))
            self.form.setEnabled(True)
        self.about.setText(f"{preview.title} · looked at {preview.looked_at} · {preview.path}")
        self.facts.show_preview(preview)
        self.samples.show_preview(preview)
        lines = [*preview.steps, *preview.notes]
        self.steps.setText("What will be done:\n" + "\n".join(f"• {_plain(line)}" for line in lines))
        for widget in (self.facts, self.samples, self.how):
            widget.show()
        self._show_problems(preview)
        total = preview.train + preview.test
        self.go.setText(f"Import {'' if preview.exact else 'about '}{numbers.count(total)} samples")

    def _show_problems(self, preview: Preview) -> None:
        """What can't be used of what was looked at, and the buttons that go on in spite of it."""
        found = preview.problems
        whole = preview.looked_at.startswith("all")
        useful = bool(len(preview.x)) or not whole
        self.problems.show_problems(found, len(found), f"among {preview.looked_at}", whole, useful)
        refused = bool(found) and whole and not self.job.wish.skip_bad
        self.go.setEnabled(not refused)
        self.go.setToolTip("Some samples can't be used: skip them, or mend the file." if refused else "")
        self.go.set_role("" if found else "primary")  # one button of a kind at a time
        best = self.go if not found else self.problems.skip if useful else self.problems.cancel
        best.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_error(self, error: Exception) -> None:
        self.working.hide()
        self.go.setEnabled(False)
        self.error.show_error(_worded(error), self._remedy(error))
        if self.form is None:
            self._make_form(_kind_of(self.job.path))
            self.how.setVisible(self.form is not None)
        if self.form is not None:
            self.form.setEnabled(True)
            self.form.set_spec(self.job.wish)
        self.status.emit("Nothing was imported. The source is unchanged.")

    def _show_spoilt(self, error: BadSamples) -> None:
        self.working.hide()
        words = f"beside {error.good:,} that can"
        self.problems.show_problems(error.problems, error.count, words, whole=True)
        self.problems.skip.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.form is not None:
            self.form.setEnabled(True)

    def _show_importing(self) -> None:
        preview = self.job.preview
        self._pace = Pace(preview.train + preview.test if preview else 0, samples_per_second)
        self.go.setEnabled(False)
        self.error.clear()
        self.problems.hide()
        if self.form is not None:
            self.form.setEnabled(False)
        self.working.say("Reading", None, "")
        self.working.cancel.show()
        self.working.show()
        self.working.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_progress(self, text: str, share: float | None) -> None:
        self.working.say(text, share, self._pace.tell(share))

    def _show_cancelled(self) -> None:
        self._show_idle()
        if self.form is not None:
            self.form.setEnabled(True)
        self.go.setEnabled(self.job.preview is not None)
        self.status.emit("The import was cancelled. Nothing of it is kept.")

    # Doing

    def _remedy(self, error: Exception) -> tuple[str, Callable[[], object]]:
        """The setting that an error advises, as a button; else to look again."""
        fix = error.fix if isinstance(error, NNStudioError) else ""
        found = re.search(r"--set data\.reading\.ignore=(.+)\)$", fix)
        if found is None:
            return "Look again", self.job.look_again
        names = found[1]
        short = names if len(names) <= _SHORT else f"{names[:_SHORT]}…"
        before = self.job.wish.ignore
        wanted = f"{before},{names}" if before else names
        return f"Leave out {short.replace(',', ', ')}", lambda: self._set("ignore", wanted)

    def _set(self, name: str, value: object) -> None:
        self.job.set_option(name, value)

    def _close(self) -> None:
        self.job.stop()
        self.closed.emit()

    def _finish(self, info: DatasetInfo) -> None:
        self._show_idle()
        preview = self.job.preview
        left_out = preview.train + preview.test - info.train - info.test if preview and preview.exact else 0
        words = f"; {left_out:,} left out" if left_out > 0 else ""
        self.status.emit(f"{info.title} is imported: {info.summary}{words}.")
        self.imported.emit(str(self.job.path), self.job.options, info)


def _kind_of(path: Path) -> str:
    """The kind of options that a file has, by its content or its name."""
    from nnstudio.data.sources.detect import kind_of

    try:
        kind = kind_of(path) or ""
    except NNStudioError:
        return ""
    return {"folder": "images", "zip": "images"}.get(kind, kind)


def _plain(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}"


def _worded(error: Exception) -> Exception:
    """An error whose remedy speaks of this form, not of the command line."""
    if isinstance(error, NNStudioError):
        fix = re.sub(r"\s*\(--set [^)]*\)", "", error.fix)
        return NNStudioError(error.what, allowed=error.allowed, received=error.received, fix=fix)
    return error
