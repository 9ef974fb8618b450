"""Makes each page and connects its signals with the window; a page is imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


def makers(window: MainWindow) -> dict[str, Callable[[], QWidget]]:
    """One maker per page name."""
    return {
        "start": lambda: _start(window),
        "train": lambda: _train(window),
        "evaluate": lambda: _evaluate(window),
        "predict": lambda: _predict(window),
        "data": lambda: _data(window),
        "experiments": lambda: _experiments(window),
    }


def _start(window: MainWindow) -> QWidget:
    from nnstudio.gui.run.preset_facts import tell_facts
    from nnstudio.gui.tour.offer import offer_tour
    from nnstudio.gui.views.start import StartPage

    page = StartPage()
    page.preset_chosen.connect(window.files.open_preset)
    page.training_chosen.connect(lambda name: _train_preset(window, name))
    page.open_requested.connect(window.files.open)
    page.recent_chosen.connect(lambda path: window.files.open_path(Path(path)))
    window.inspector.offer.taken.connect(window.actions_["tour"].trigger)
    page.turned_to.connect(lambda at_start: offer_tour(window, at_start))
    page.presets_shown.connect(lambda names: tell_facts(window, page, names))
    page.set_recent(window.settings.recent.projects())
    return page


def _train_preset(window: MainWindow, name: str) -> None:
    if window.files.open_preset(name):
        window.start_training()


def _train(window: MainWindow) -> QWidget:
    from nnstudio.gui.views.train.page import TrainView

    page = TrainView(window.document, window.live)
    page.playground.looked.connect(lambda seen: window.stack.view.tiles.show(seen.units))
    return page


def _evaluate(window: MainWindow) -> QWidget:
    from nnstudio.gui.views.evaluate.page import EvaluateView

    page = EvaluateView(window.document, window.live)
    page.open_in_predict.connect(lambda sample: _open_sample(window, sample))
    return _connected(window, page)


def _predict(window: MainWindow) -> QWidget:
    from nnstudio.gui.views.predict.page import PredictView

    return _connected(window, PredictView(window.document, window.live))


def _data(window: MainWindow) -> QWidget:
    from nnstudio.gui.data.page import DataView

    page = DataView(window.document, window.data.source)
    page.samples.set_model(lambda: window.run.model)
    page.status.connect(window.status.say)
    window.data.follow(page)
    return page


def _experiments(window: MainWindow) -> QWidget:
    from nnstudio.gui.experiments.page import ExperimentsView

    page = ExperimentsView(window.document, window.experiments.runner)
    window.experiments.follow(page)
    return page


def _connected(window: MainWindow, page: Any) -> QWidget:
    """A page that shows the run's model: it reports, asks for training, and follows Showing."""
    page.status.connect(window.status.say)
    page.train_requested.connect(window.start_training)
    page.set_showing(window.run.showing)
    window.run.showing_changed.connect(page.set_showing)
    widget: QWidget = page
    return widget


def _open_sample(window: MainWindow, sample: object) -> None:
    window.show_page("predict")
    page: Any = window.pages.page("predict")
    page.intake.open_sample(sample)
