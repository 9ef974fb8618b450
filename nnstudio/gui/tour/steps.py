"""What the tour shows, in order: where it points, what it says, and what "Next" does for the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from nnstudio.layers import Dense

PRESET = "digits-mlp"

Window = Any
"""A MainWindow, which imports this package."""
Find = Callable[[Window], QWidget | None]
Do = Callable[[Window], object]


def _nothing(_window: Window) -> None:
    pass


@dataclass(frozen=True)
class Step:
    """One stop.

    Attributes:
        title: A few words.
        text: One or two sentences.
        find: The widget to point at; None where it isn't there.
        enter: Brings what is shown to the front.
        leave: What "Next" does first.
        wanted: Whether the step makes sense now.
    """

    title: str
    text: str
    find: Find
    enter: Do = _nothing
    leave: Do = _nothing
    wanted: Callable[[Window], bool] = lambda _window: True


def _page(name: str) -> Do:
    return lambda window: window.show_page(name)


def _at_start(window: Window) -> bool:
    return bool(window.pages.current == "start")


def _first_card(window: Window) -> QWidget | None:
    start: Any = window.pages.existing("start")
    cards = {card.name: card for card in start.cards()} if start else {}
    return cards.get(PRESET)


def _select_dense(window: Window) -> None:
    window.show_page("train")
    dense = [layer.name for layer in window.document.network.walk() if isinstance(layer, Dense)]
    if dense and window.document.selection not in dense:
        window.document.select(dense[0])


def _train(window: Window) -> None:
    if not window.live.running and window.document.report.ok:
        window.start_training()


STEPS = (
    Step(
        "Begin with a preset",
        "Each card opens a complete project: data, network and training. Next opens this one, handwritten "
        "digits that come with NNStudio.",
        _first_card,
        _page("train"),
        lambda window: window.files.open_preset(PRESET),
        _at_start,
    ),
    Step(
        "The network",
        "One card per layer, from the input to the answer. A card shows the shapes that go in and out and "
        "how many numbers there are to learn. Drag cards to move them; Ctrl+Z takes everything back.",
        lambda window: window.stack,
        _page("train"),
    ),
    Step(
        "Layers to add",
        "Drag a layer into the network, or press Ctrl+K, type its name and press Enter. What doesn't fit is "
        "explained on its card, with a fix to click.",
        lambda window: window.layers,
        _page("train"),
    ),
    Step(
        "Settings",
        "What is selected is set here, with the training's own settings below. F1 on a layer or a field "
        "explains it: formula, shapes and when to use it.",
        lambda window: window.inspector,
        _select_dense,
    ),
    Step(
        "The data",
        "Choose what to learn from: built-in digits, MNIST, points of the plane, or files of your own.",
        lambda window: window.toolbar.datasets,
    ),
    Step(
        "Train",
        "Train starts and, later, goes on; Pause, Step, Stop and Reset stand beside it. Press it now, or "
        "let Next do it.",
        lambda window: window.toolbar.training,
        _page("train"),
        _train,
    ),
    Step(
        "Watch it learn",
        "Loss falls and accuracy rises with every epoch. The strong line is smoothed, the thin one is what "
        "was measured. A strip above says when something goes wrong, and what helps.",
        lambda window: window.pages,
        _page("train"),
    ),
    Step(
        "Evaluate",
        "Which classes are mistaken for which, and on which images. Click a cell of the matrix to see them.",
        lambda window: window.pages,
        _page("evaluate"),
    ),
    Step(
        "Predict",
        "Draw a digit with the mouse and see what the network takes it for, while it still trains.",
        lambda window: window.pages,
        _page("predict"),
    ),
    Step(
        "That's all",
        "Save the project with Ctrl+S, the trained network with Ctrl+E. The Help menu has all shortcuts, "
        "and this tour.",
        lambda window: window.menuBar(),
        _page("train"),
    ),
)
