"""The prediction in words and bars: class, probability, close call, the most probable classes."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from nnstudio.gui.theme import theme
from nnstudio.gui.views.predict.big_class import BigClass
from nnstudio.gui.views.predict.own_tests_bar import OwnTestsBar
from nnstudio.gui.views.predict.predictor import Prediction
from nnstudio.gui.views.predict.probability_bars import Bar, ProbabilityBars
from nnstudio.gui.views.predict.search_bar import SearchBar
from nnstudio.gui.views.predict.second_opinion import SecondOpinion
from nnstudio.gui.views.predict.similar import SimilarImages
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.empty_state import EmptyState
from nnstudio.gui.widgets.panel import Panel

_TOPS = (3, 5, 10)
_TIMES = 15  # the median of so many is shown, so that the figure can be read while drawing


class PredictionPanel(Panel):
    """Shows a prediction, or why there is none.

    Signals:
        train_requested: The button of the empty state.
    """

    train_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Prediction", parent=parent)
        self.prediction: Prediction | None = None
        self._times: deque[float] = deque(maxlen=_TIMES)
        self.big = BigClass()
        self.probability = QLabel()
        self.probability.setProperty("role", "page")
        self.verdict, self.margin = QLabel(), QLabel()
        for label, role in ((self.verdict, "secondary"), (self.margin, "caption")):
            label.setProperty("role", role)
            label.setWordWrap(True)  # numbers never elide
        self.top = QComboBox()
        self.top.setAccessibleName("Number of classes shown")
        for number in _TOPS:
            self.top.addItem(f"Top {number}", number)
        self.top.setCurrentIndex(1)
        self.top.currentIndexChanged.connect(lambda _: self._show_bars())
        self.bars = ProbabilityBars()
        self.similar = SimilarImages()
        self.second = SecondOpinion()
        self.own_tests = OwnTestsBar()
        self.search = SearchBar()
        self.no_model = EmptyState(
            "No trained network yet",
            "Train once. Then its prediction appears here while you draw.",
            "Train",
            "play",
        )
        self.no_model.clicked.connect(self.train_requested)
        self.no_ink = EmptyState(
            "Nothing drawn yet", "Draw on the canvas, or open an image, and the prediction appears here."
        )
        self._stack = QStackedWidget()
        for widget in (self.no_model, self.no_ink, self._content()):
            self._stack.addWidget(widget)
        self.body.addWidget(self._stack)

    @property
    def state(self) -> str:
        """What is shown: "no model", "no ink" or "prediction"."""
        return ("no model", "no ink", "prediction")[self._stack.currentIndex()]

    def set_pictures(self, pictures: bool) -> None:
        """Similar training images are shown where the samples are pictures."""
        for widget in (self.search, self.similar):
            widget.setVisible(pictures)
        self.no_ink.say(
            "Nothing drawn yet" if pictures else "Nothing entered yet",
            "Draw on the canvas, or open an image, and the prediction appears here."
            if pictures
            else "Enter numbers, and the prediction appears here.",
        )

    def show_no_model(self) -> None:
        """There is no network to ask."""
        self._empty(0)

    def show_no_ink(self) -> None:
        """There is nothing to predict."""
        self._empty(1)

    def show_prediction(self, prediction: Prediction) -> None:
        """Shows a prediction."""
        self.prediction = prediction
        classes, order, values = prediction.classes, prediction.order, prediction.probabilities
        first = float(values[order[0]])
        self.big.show_name(classes[order[0]])
        self.probability.setText(numbers.percent(first))
        if prediction.close:
            second = numbers.percent(float(values[order[1]]))
            self.verdict.setText(f"Close call: {classes[order[1]]} is {second}.")
        else:
            self.verdict.setText("Clear lead.")
        bits = numbers.fixed(entropy_bits(values), 2)
        points = f"{100 * prediction.lead:.0f}"
        unit = "point" if points == "1" else "points"
        self.margin.setText(f"Margin {points} {unit}, entropy {bits} bits")
        self._times.append(prediction.seconds)
        self.set_subtitle(f"{numbers.elapsed(median(self._times))}, updates while you draw")
        self._show_bars()
        self.second.show_prediction(prediction)
        self.own_tests.show_sample(prediction.raw, classes, order[0])
        self._stack.setCurrentIndex(2)

    def _empty(self, index: int) -> None:
        self.prediction = None
        self.set_subtitle("")
        self._stack.setCurrentIndex(index)

    def _show_bars(self) -> None:
        if self.prediction is None:
            return
        other = self.prediction.other
        shown = self.prediction.order[: int(self.top.currentData())]
        colours = (theme().tokens.line(0), *["earlier"] * len(shown))
        self.bars.show_bars(
            [
                Bar(
                    self.prediction.classes[number],
                    float(self.prediction.probabilities[number]),
                    colour,
                    None if other is None else float(other[number]),
                )
                for number, colour in zip(shown, colours, strict=False)
            ]
        )

    def _content(self) -> QWidget:
        words = QVBoxLayout()
        words.setSpacing(theme().px(4))
        words.addStretch(1)
        for label in (self.probability, self.verdict, self.margin):
            words.addWidget(label)
        words.addStretch(1)
        self.margin.setToolTip(
            "Margin: lead of the first class over the second.\n"
            "Entropy: how undecided the network is, 0 bits when it is sure. −Σ p·log₂ p"
        )
        verdict = QHBoxLayout()
        verdict.setSpacing(theme().px(16))
        verdict.addWidget(self.big)
        verdict.addLayout(words, 1)
        heading = QLabel("Class probabilities")
        heading.setProperty("role", "section")
        caption = QLabel("Show")
        caption.setProperty("role", "caption")
        row = QHBoxLayout()
        row.addWidget(heading, 1)
        row.addWidget(caption)
        row.addWidget(self.top)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme().px(8))
        column.addLayout(verdict)
        column.addSpacing(theme().px(8))
        column.addLayout(row)
        column.addWidget(self.bars)
        column.addWidget(self.search)
        column.addWidget(self.similar)
        column.addStretch(1)
        column.addWidget(self.own_tests)
        column.addWidget(self.second)
        theme().changed.connect(self._show_bars)
        return content


def entropy_bits(probabilities: NDArray[np.float32]) -> float:
    """Shannon entropy ``−Σ p·log₂ p`` in bits."""
    known = probabilities[probabilities > 0].astype(np.float64)
    return abs(math.fsum(-known * np.log2(known)))
