"""What the start page says of its presets beyond their recipes: times and accuracies measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.core.spec import ProjectSpec
from nnstudio.data.catalog import DatasetInfo, list_datasets, points_info
from nnstudio.data.points2d import SETS
from nnstudio.data.prepare import part_sizes
from nnstudio.experiments.estimate import training_seconds
from nnstudio.experiments.listing import best_accuracies
from nnstudio.experiments.presets import load_preset
from nnstudio.gui.background import run_in_background

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow
    from nnstudio.gui.views.start import StartPage


def tell_facts(window: MainWindow, page: StartPage, names: list[str]) -> None:
    """Measures the presets on show, one after the other, and looks their best runs up."""
    projects = {name: load_preset(name) for name in names}

    def timed(name: str, speed: Any) -> None:
        counts = _counts(projects[name])
        if counts is not None:
            page.set_measured(name, training_seconds(projects[name], counts[0], counts[1], speed))

    def reached(accuracies: dict[str, float]) -> None:
        for name, accuracy in accuracies.items():
            page.set_measured(name, accuracy=accuracy)

    window.estimating.measure(projects, timed)
    run_in_background(lambda: best_accuracies(projects), reached, lambda _error: None, page)


def _counts(project: ProjectSpec) -> tuple[int, int, int] | None:
    source = project.data.source
    if source in SETS:
        info: DatasetInfo | None = points_info(source, project.data.points)
    else:
        info = next((info for info in list_datasets() if info.name == source), None)
    return part_sizes(info.train, info.test, project.data) if info is not None else None
