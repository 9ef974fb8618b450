"""The right side of the Data page: split and sampling, normalisation, augmentation with its preview."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnstudio.core.augmentation_spec import AugmentationSpec
from nnstudio.core.history import Change, Drag
from nnstudio.core.spec import DataSpec
from nnstudio.data.batches import Scaling
from nnstudio.engine.drawing import is_drawable
from nnstudio.errors import SpecError
from nnstudio.gui.data.augmentation_preview import AugmentationPreview, PreviewTiles
from nnstudio.gui.data.augmentation_rows import AugmentationRows, order_words
from nnstudio.gui.data.small_plots import ScalingPlot
from nnstudio.gui.data.source import DataSource
from nnstudio.gui.data.split_section import SplitSection
from nnstudio.gui.data.summary import Summary
from nnstudio.gui.document import Document
from nnstudio.gui.form.frame import SectionScroll
from nnstudio.gui.form.words import error_sentence
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.buttons import IconButton
from nnstudio.gui.widgets.elided_label import ElidedLabel


class PreparationPanel(QFrame):
    """How the samples are split, scaled and varied; every change is an edit of the project.

    Args:
        document: The project.
        source: The summary of its data.
        parent: Qt parent.
    """

    def __init__(self, document: Document, source: DataSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.setAccessibleName("Preparation")
        self._document, self._source = document, source
        self._locked = ""
        self._sample = 0
        self._before = AugmentationSpec()
        self.split = SplitSection()
        self.scaling = SpecForm(DataSpec, self, only=("scaling",))
        self.plot = ScalingPlot()
        self.statistics = self._words("caption")
        self.on = QCheckBox()
        self.on.setAccessibleName("Augmentation")
        self.on.setToolTip("Switch all of it off and on.")
        self.rows = AugmentationRows()
        self.tiles = PreviewTiles()
        self.preview = AugmentationPreview(self.tiles, self)
        self.another = IconButton("refresh", "Another image")
        self.order = self._words("caption")
        self._build()
        self._connect()
        self._show()

    def set_locked(self, reason: str) -> None:
        """Locks everything and says why; "" unlocks it."""
        if reason != self._locked:
            self._locked = reason
            self._show()

    # Layout

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("role", "form")
        self.preview_head = self._head("Live preview", "original first", self.another)
        insets: list[QHBoxLayout] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(SectionScroll(content, insets))
        column = QVBoxLayout(content)
        column.setContentsMargins(0, theme().px(METRICS.gap), 0, theme().px(METRICS.gap))
        column.setSpacing(theme().px(METRICS.gap))
        sections = (
            (self._head("Split and sampling"), self.split),
            (self._head("Normalisation"), self.scaling, self.plot, self.statistics),
            (
                self._head("Augmentation", "training images only", self.on),
                self.rows,
                self.preview_head,
                self.tiles,
                self.order,
            ),
        )
        for number, widgets in enumerate(sections):
            if number:
                line = QFrame()
                line.setProperty("role", "divider")
                column.addWidget(line)
            inset, section = QHBoxLayout(), QVBoxLayout()
            section.setSpacing(theme().px(METRICS.gap))
            for widget in widgets:
                section.addWidget(widget)
            inset.addLayout(section)
            column.addLayout(inset)
            insets.append(inset)
        column.addStretch(1)

    def _head(self, title: str, note: str = "", control: QWidget | None = None) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        label = QLabel(title)
        label.setProperty("role", "section")
        row.addWidget(label)
        row.addWidget(ElidedLabel(note, "caption"), 1)
        if control is not None:
            row.addWidget(control)
        return head

    def _words(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        return label

    # Wiring

    def _connect(self) -> None:
        document, source = self._document, self._source
        document.changed.connect(self._changed)
        document.reset.connect(self._show)
        source.summarised.connect(self._show_summary)
        source.failed.connect(lambda _error: self._show_nothing())
        self.split.edited.connect(self._set_share)
        self.split.left.connect(document.seal)
        self.split.typing.connect(document.typing)
        self.scaling.edited.connect(self._set_scaling)
        self.scaling.left.connect(document.seal)
        self.rows.edited.connect(self._set_operation)
        self.rows.released.connect(document.seal)
        self.on.clicked.connect(self._switch)
        self.another.clicked.connect(self._show_another)
        self.preview.failed.connect(self._tell)

    def _changed(self, change: Change) -> None:
        if change.data or change.train:
            self._show()

    @property
    def _shape(self) -> tuple[int, ...]:
        summary = self._source.summary
        return summary.dataset.shape if summary else self._document.expected[0] or ()

    def _show(self) -> None:
        recipe = self._document.project.data
        self.split.show_recipe(recipe, self._locked)
        self.scaling.set_spec(recipe)
        self.scaling.set_all_states("locked" if self._locked else "normal", self._locked)
        augmentation = recipe.augmentation
        if augmentation.active:
            self._before = augmentation
        self.on.setChecked(bool(augmentation.active))
        self.on.setEnabled(not self._locked)
        self.rows.show_recipe(augmentation, self._shape, self._locked)
        self.order.setText(order_words(augmentation))
        self._show_preview()

    def _show_summary(self) -> None:
        summary = self._source.summary
        if summary is None:
            return
        self.split.show_summary(summary)
        drawable = is_drawable(summary.dataset.shape)
        for widget in (self.preview_head, self.tiles):
            widget.setVisible(drawable)
        self.plot.show_pair(summary.raw, summary.scaled)
        self.statistics.setText(statistics_words(summary))
        self._show()

    def _show_nothing(self) -> None:
        self.split.show_summary(None)
        self.plot.clear()
        self.statistics.setText("")
        self.tiles.clear()

    def _show_preview(self) -> None:
        summary = self._source.summary
        if summary is None:
            return
        project = self._document.project
        self.preview.show_sample(
            summary.prepared.train, self._sample, project.data.augmentation, project.train.seed
        )

    def _show_another(self) -> None:
        self._sample += 1
        self._show_preview()

    def _tell(self, error: Exception) -> None:
        self.tiles.clear()
        self.order.setText(getattr(error, "what", "") or str(error))

    # Edits

    def _set_share(self, name: str, value: object, held: bool) -> None:
        merge = Drag(("data", name)) if held else ("data", name)
        self._edit(f"Set {name.replace('_', ' ')}", name, value, merge, self.split.form)

    def _set_scaling(self, name: str, value: object) -> None:
        self._edit("Set scaling", name, value, ("data", name), self.scaling)

    def _set_operation(self, name: str, value: object) -> None:
        recipe = self._document.project.data.augmentation.replace(**{name: value})
        merge: Hashable = ("data", "augmentation", name)
        merge = Drag(merge) if self.rows.rows[name].slider.isSliderDown() else merge
        self._edit(f"Set {name.replace('_', ' ')}", "augmentation", recipe, merge)

    def _switch(self, on: bool) -> None:
        recipe = self._before if on else AugmentationSpec()
        self._edit("Switch augmentation", "augmentation", recipe, None)
        self._show()

    def _edit(
        self,
        label: str,
        name: str,
        value: object,
        merge: Hashable,
        form: SpecForm | None = None,
    ) -> None:
        project = self._document.project
        try:
            changed = project.replace(data=project.data.replace(**{name: value}))
        except SpecError as error:
            if form is not None:
                form.set_state(name, "invalid", error_sentence(error))
            return
        self._document.apply(label, changed, merge)


def statistics_words(summary: Summary) -> str:
    """What is subtracted and multiplied, in numbers."""
    kind = summary.recipe.scaling
    scaling: Scaling = summary.prepared.scaling
    if kind == "none":
        return "The network gets the raw values."
    if kind == "unit":
        bytes_ = scaling.scale != 1
        return "Bytes are divided by 255." if bytes_ else "Not bytes, so the values stay as they are."
    if not isinstance(scaling.offset, tuple) and not isinstance(scaling.scale, tuple):
        deviation = 1 / scaling.scale
        return (
            f"Minus {numbers.number(scaling.offset, 4)}, divided by {numbers.number(deviation, 4)}: "
            "mean, std of training."
        )
    return _each(scaling.offset, scaling.scale, summary.dataset.features)


def _each(offset: object, scale: object, names: tuple[str, ...]) -> str:
    offsets = offset if isinstance(offset, tuple) else ()
    scales = scale if isinstance(scale, tuple) else (1.0,) * len(offsets)
    lines = []
    for number, (mean, factor) in enumerate(zip(offsets, scales, strict=False)):
        name = names[number] if number < len(names) else f"channel {number + 1}"
        lines.append(f"{name}: mean {numbers.number(mean, 4)}, deviation {numbers.number(1 / factor, 4)}")
    more = f"\n… and {len(lines) - 4:,} more" if len(lines) > 4 else ""
    return "\n".join(lines[:4]) + more + "\nall of the training part"
