"""The Predict page: draw, and see at once what the network sees and says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nnstudio.core.layer import Shape, shape_text
from nnstudio.data.dataset import Part
from nnstudio.engine.drawing import is_drawable, network_input
from nnstudio.engine.model import Model
from nnstudio.engine.network import Network
from nnstudio.engine.room import make_room
from nnstudio.engine.threads import one_blas_thread
from nnstudio.experiments.listing import KeptModel
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.views.evaluate.evaluation import Showing
from nnstudio.gui.views.predict.activations_panel import ActivationsPanel
from nnstudio.gui.views.predict.canvas_panel import CanvasPanel
from nnstudio.gui.views.predict.features import MOST_FEATURES
from nnstudio.gui.views.predict.input_panel import InputPanel
from nnstudio.gui.views.predict.insight import Insight, Insights, Wanted
from nnstudio.gui.views.predict.intake import Intake
from nnstudio.gui.views.predict.numbers_feed import NumbersFeed
from nnstudio.gui.views.predict.numbers_panel import NumbersPanel
from nnstudio.gui.views.predict.prediction_panel import PredictionPanel
from nnstudio.gui.views.predict.predictor import Drawing, Prediction, Predictor
from nnstudio.gui.views.predict.results import ResultsPanel
from nnstudio.gui.views.predict.similar_search import same_model
from nnstudio.gui.widgets.empty_state import EmptyState

Reader = Callable[[], NDArray[np.uint8]]

HINT = "Hold Shift for straight strokes. Right button erases."


class PredictView(QWidget):
    """The page.

    Signals:
        status(str): A hint, or what was done, for the status bar.
        train_requested: The button of the empty state.
    """

    status = Signal(str)
    train_requested = Signal()

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._showing: Showing = "best"
        self._adapted_to: Network | None = None
        self.setProperty("role", "page")
        self.setAccessibleName("Predict")
        self.drawing = CanvasPanel()
        self.canvas = self.drawing.canvas
        self.input = InputPanel()
        self.numbers = NumbersPanel()
        self._feed = NumbersFeed(self.numbers, self)
        # set once while the page is seen: to and fro with every stroke makes products on other threads wait
        self._one_thread = ExitStack()
        self.prediction = PredictionPanel()
        self.activations = ActivationsPanel()
        self.results = ResultsPanel()
        self.intake = Intake(self.drawing, self.results, lambda: self.shape, self)
        self.not_drawable = EmptyState("", "", icon_name="image")
        self.predictor = Predictor(self._what_to_predict, self)
        self.insights = Insights(self._training_samples, self)
        self._lay_out()
        self._connect()
        self._want()
        self._adapt()

    @property
    def model(self) -> Model | None:
        """The model that is asked."""
        if isinstance(self._showing, KeptModel):
            return self._showing.model
        best = self._live.best_model if self._showing == "best" else None
        return best or self._live.model

    @property
    def shape(self) -> Shape:
        """Shape of the network's input: the model's, or the edited network's while there is no model."""
        model = self.model
        return model.network.input_shape if model else self._document.network.input_shape or ()

    def set_showing(self, showing: Showing) -> None:
        """Asks the model of the best epoch ("best"), the newest ("latest"), or one of a kept run."""
        self._showing = showing
        self._adapt()

    def focus_target(self) -> QWidget | None:
        """The canvas, or the first number of a sample, where there is one."""
        if is_drawable(self.shape):
            return self.canvas
        return self.numbers.spins[0] if self._takes_numbers and self.numbers.spins else None

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the model."""
        super().showEvent(event)
        self._one_thread.close()
        self._one_thread.enter_context(one_blas_thread())
        self._live.set_model_wanted(True, self)
        self.intake.look_for_webcam()
        if self.model is not None:
            self.predictor.warm_up(self.model)
        self._adapt()
        if is_drawable(self.shape):
            self.status.emit(HINT)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the processor to others."""
        super().hideEvent(event)
        self._live.set_model_wanted(False, self)
        self._one_thread.close()
        self.predictor.stop()
        self.intake.stop()
        self.insights.stop()
        self._feed.stop()

    # Layout

    def _lay_out(self) -> None:
        content = QFrame()
        content.setProperty("role", "window")
        self._rows, self._upper = QVBoxLayout(content), QHBoxLayout()
        panels = ((self.drawing, 0), (self.input, 46), (self.numbers, 100), (self.prediction, 50))
        for panel, stretch in panels:
            self._upper.addWidget(panel, stretch)
        self._rows.addLayout(self._upper)
        self._rows.addWidget(self.activations)
        self._rows.addWidget(self.results, 1)
        self._rows.addStretch()
        self.drawing.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.results.hide()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(content)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self.not_drawable)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._space()
        theme().changed.connect(self._space)

    def _space(self) -> None:
        gap = theme().px(METRICS.gap)
        self._rows.setContentsMargins(gap, gap, gap, gap)
        for layout in (self._rows, self._upper):
            layout.setSpacing(gap)

    # Wiring

    def _connect(self) -> None:
        self.canvas.approached.connect(make_room)
        for by_hand in (self.canvas.changed, self.numbers.changed):
            by_hand.connect(self._drawn)
        self.drawing.centre.toggled.connect(lambda _: self.predictor.request())
        self.predictor.done.connect(self._show)
        self.predictor.failed.connect(lambda text: self.drawing.say(text, "error"))
        self.insights.found.connect(self._show_insight)
        self.insights.failed.connect(self.prediction.similar.say)
        self.insights.search.changed.connect(self._tell_search)
        self.prediction.search.toggled.connect(self.insights.search.toggle)
        self.input.wanted_changed.connect(self._want)
        self.prediction.train_requested.connect(self.train_requested)
        self.prediction.second.changed.connect(self.predictor.request)
        for bar in (self.prediction.second, self.prediction.own_tests):
            bar.said.connect(self.status)
        self.results.status.connect(self.status)
        self.results.listed.connect(self._show_results)
        self._live.model_changed.connect(self._renew)
        self._document.changed.connect(lambda _: self._adapt())
        self._document.reset.connect(self._adapt)

    def _drawn(self) -> None:
        make_room()
        self.drawing.say("")
        self.predictor.request()

    def _renew(self) -> None:
        """Asks the run's newest model, which mostly differs from the last in its weights alone."""
        model = self.model
        if self.isVisible() and model is not None and model.network is self._adapted_to:
            self.results.set_model(model, self._takes_bytes, busy=self._live.running)
            self.predictor.request()
        else:
            self._adapt()

    def _adapt(self) -> None:
        """Takes the shape of the network's input over, and asks the model again."""
        if not self.isVisible():
            return
        shape, drawable = self.shape, is_drawable(self.shape)
        self.drawing.setVisible(drawable)
        self.input.setVisible(drawable)
        self.numbers.setVisible(not drawable)
        self.prediction.set_pictures(drawable)
        if not drawable and not self._takes_numbers:
            self._say_not_drawable(shape)
            return
        self._stack.setCurrentIndex(0)
        self._adapted_to = self.model.network if drawable and self.model else None
        if drawable:
            self.canvas.set_shape(shape)
            self.drawing.centre.setEnabled(shape[2] == 1)
            self.input.set_network(self.model.network if self.model else None)
        else:
            kept = self._showing.project if isinstance(self._showing, KeptModel) else None
            project = kept or self._document.project
            self._feed.adapt(project, self.model, None if kept else self._live.prepared, shape[0])
        self.results.set_model(self.model, self._takes_bytes, busy=self._live.running)
        self._want()
        self.predictor.request()

    def _say_not_drawable(self, shape: Shape) -> None:
        plain = f"{shape_text(shape)} numbers" if len(shape) == 1 else shape_text(shape)
        takes = f"takes {plain}" if shape else "has no input yet"
        self.not_drawable.say(
            "This network doesn't look at pictures",
            f"It {takes}. Drawing needs a network for images, height × width × 1 or × 3, "
            "such as the preset for digits.",
        )
        self._stack.setCurrentIndex(1)

    @property
    def _takes_numbers(self) -> bool:
        """The network looks at so few numbers that a form can hold them."""
        return len(self.shape) == 1 and self.shape[0] <= MOST_FEATURES

    @property
    def _takes_bytes(self) -> bool:
        prepared = self._live.prepared
        return prepared is None or prepared.train.x.dtype == np.uint8

    @property
    def _centre(self) -> bool:
        return self.drawing.centre.isChecked() and not self.canvas.sheet.colour

    def _what_to_predict(self) -> tuple[Model, Drawing] | None:
        model = self.model
        if model is not None and self._takes_numbers:
            values = self.numbers.values
            fits = values.shape == model.network.input_shape
            return (model, Drawing(values, False, False, self._second)) if fits else None
        if model is None or self.canvas.sheet.blank or model.network.input_shape != self.canvas.sheet.shape:
            return None
        return model, Drawing(self.canvas.sheet.values(), self._centre, self._takes_bytes, self._second)

    @property
    def _second(self) -> Model | None:
        kept = self.prediction.second.kept
        return kept.model if kept else None

    def _training_samples(self) -> Part | None:
        prepared = self._live.prepared
        going = self._live.running and not self._live.paused
        return None if prepared is None or going or not is_drawable(prepared.shape) else prepared.train

    def _want(self) -> None:
        method = "integrated" if self._takes_numbers else self.input.method
        self.insights.want(Wanted(method, layers=True))

    def _show_insight(self, insight: Insight) -> None:
        model, index = insight.prediction.model, self.insights.index
        if self._takes_numbers:
            self.numbers.show_effects(insight.saliency)
        else:
            self.input.show_insight(insight)
        self.activations.show_layers(model, insight.layers)
        similar = self.prediction.similar
        if index is not None and insight.similar and same_model(index.model, model):
            similar.show_similar(index, insight.similar, model.classes)
        elif self._live.running:
            similar.say("Shown when the run pauses or ends.")
        elif self._live.prepared is None:
            similar.say("Shown once the training images are loaded: train, or evaluate.")
        else:
            similar.say("Looking through the training images…")
        self._tell_search()

    def _tell_search(self) -> None:
        search, model = self.insights.search, self.model
        index = search.index
        there = index is not None and model is not None and same_model(index.model, model)
        self.prediction.search.show_search(index if there else None, search.searching, search.can_go_on)

    def _show(self, prediction: Prediction | None) -> None:
        self.insights.show(prediction)
        if prediction is None:
            self.input.show_insight(None)
            self.activations.clear()
        if self._takes_numbers:
            if prediction is None:
                self.prediction.show_no_model()
            else:
                self.prediction.show_prediction(prediction)
            return
        if prediction is None:
            values = self.canvas.sheet.values()
            sample = network_input(values, self.canvas.sheet.shape, centre=self._centre)
            self.input.show_sample(sample, None, self._centre)
            self.prediction.own_tests.new_drawing()
            if self.model is None:
                self.prediction.show_no_model()
            else:
                self.prediction.show_no_ink()
            return
        self.input.show_sample(prediction.sample, prediction.scaled, self._centre)
        self.prediction.show_prediction(prediction)

    def _show_results(self) -> None:
        self.results.setVisible(self.results.filled)
        if self.results.filled:
            QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(self.results))
