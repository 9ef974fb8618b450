"""How the samples are sampled and split: a bar of the parts, and a slider and a number for each share."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from nnstudio.core.spec import DataSpec
from nnstudio.data.batches import shuffle_words
from nnstudio.data.prepare import TEST_SHARE, nearest_share, part_sizes
from nnstudio.gui.data.small_plots import SplitBar
from nnstudio.gui.data.summary import Summary
from nnstudio.gui.forms import SpecForm
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.slider import QuietSlider

SHARES = {"fraction": "Use", "validation": "Validation", "test": "Test"}
_FIELD = 84


class SplitSection(QWidget):
    """The section. It shows a recipe and says what the user wants changed; it changes nothing itself.

    The sliders walk in whole percents and stop where every class could still have a training sample.

    Attributes:
        bar: The parts as lengths.
        form: The numbers.
        sliders: One for each of ``SHARES``.
        shuffle: How an epoch shuffles the samples, in words.

    Signals:
        edited(str, object, bool): A field, its new value, and whether a slider is being held.
        left(): The focus left a field or a slider was let go: the edit is complete.
        typing(bool): The user begins to type, or takes it all back.
    """

    edited = Signal(str, object, bool)
    left = Signal()
    typing = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe = DataSpec()
        self._summary: Summary | None = None
        self._locked = ""
        self._showing = False
        self.bar = SplitBar()
        self.form = SpecForm(DataSpec, self, only=(*SHARES, "seed"), percent=tuple(SHARES))
        self.form.show_rare(True)
        self.form.edited.connect(lambda name, value: self.edited.emit(name, value, False))
        self.form.left.connect(self.left)
        self.form.typing.connect(self.typing)
        self.sliders = {name: self._slider(name) for name in SHARES}
        self.form.set_placeholder("test", "own")
        self.shuffle = QLabel()
        self.shuffle.setProperty("role", "caption")
        self.shuffle.setTextFormat(Qt.TextFormat.PlainText)
        self.shuffle.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme().px(METRICS.gap))
        for widget in (self.bar, self.form, self.shuffle):
            column.addWidget(widget)

    def show_recipe(self, recipe: DataSpec, locked: str) -> None:
        """Shows a recipe; ``locked`` says why it can't be changed, or nothing."""
        self._recipe, self._locked = recipe, locked
        self.form.set_spec(recipe)
        self.form.set_all_states("locked" if locked else "normal", locked)
        self._showing = True
        for name, slider in self.sliders.items():
            slider.setEnabled(not locked)
            if not slider.isSliderDown():
                slider.setValue(round(100 * self._share(name)))
        self._showing = False
        self._show_counts()

    def show_summary(self, summary: Summary | None) -> None:
        """Shows the parts of a data set, or that there are none."""
        self._summary = summary
        words = f"Stratified; {shuffle_words(summary.prepared.train)}" if summary else ""
        self.shuffle.setText(words)
        self.form.set_placeholder("test", "20%" if summary and not self._has_own_test else "own")
        self.show_recipe(self._recipe, self._locked)

    @property
    def _has_own_test(self) -> bool:
        return self._summary is not None and len(self._summary.dataset.test) > 0

    def _slider(self, name: str) -> QuietSlider:
        slider = QuietSlider(Qt.Orientation.Horizontal)
        slider.setRange(1 if name == "fraction" else 0, 100 if name == "fraction" else 99)
        slider.setAccessibleName(f"{SHARES[name]}, share")
        slider.valueChanged.connect(lambda percent: self._slid(name, percent))
        slider.sliderReleased.connect(self.left)
        self.form.set_slider(name, slider, _FIELD)
        return slider

    def _share(self, name: str) -> float:
        """The share in force, also where the recipe leaves it to the data set."""
        share = getattr(self._recipe, name)
        if share is None:
            return TEST_SHARE if self._summary and not self._has_own_test else 0.0
        return float(share)

    def _slid(self, name: str, percent: int) -> None:
        if self._showing:
            return
        wanted: float | None = percent / 100
        summary, slider = self._summary, self.sliders[name]
        if summary is not None:
            sizes = len(summary.dataset.train), len(summary.dataset.test)
            percent = nearest_share(*sizes, len(summary.dataset.classes), self._recipe, name, percent)
            wanted = percent / 100
            self._showing = True
            slider.setValue(percent)
            self._showing = False
        if name == "test" and not percent and self._has_own_test:
            wanted = None  # nothing is split off where there are test samples already
        if wanted != getattr(self._recipe, name):
            self.edited.emit(name, wanted, slider.isSliderDown())

    def _show_counts(self) -> None:
        """The parts as the recipe will draw them, at once; corrections count once it has."""
        summary = self._summary
        if summary is None:
            self.bar.show_counts(0, 0, 0, 0)
            return
        whole = len(summary.dataset.train), len(summary.dataset.test)
        train, validation, test = summary.prepared.counts.values()
        if any(getattr(summary.recipe, name) != getattr(self._recipe, name) for name in SHARES):
            train, validation, test = part_sizes(*whole, self._recipe)
        used, pool = train + validation + test, train + validation
        self.bar.show_counts(train, validation, test, sum(whole) - used)
        words = {
            "fraction": f"{numbers.count(used)} of {numbers.count(sum(whole))} samples",
            "validation": f"{numbers.count(validation)} of {numbers.count(pool)} samples are held back",
            "test": f"{numbers.count(test)} test samples"
            + (" of the data set's own" if self._recipe.test is None and whole[1] else ""),
        }
        for name, slider in self.sliders.items():
            slider.setAccessibleDescription(f"{slider.value()}%. {words[name]}")
            slider.setToolTip(self._locked or f"{words[name]}.")
