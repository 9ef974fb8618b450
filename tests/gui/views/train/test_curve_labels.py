"""The words on the curves: values at the line ends and the best epoch, clear of the lines and each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from nnstudio.engine.state import EpochRecord
from nnstudio.gui.views.train.curve_data import Best
from nnstudio.gui.views.train.curves import CurvesPanel
from tests.gui.views.train.curve_runs import drawn, plot, run_events, shown_panel


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[CurvesPanel]:
    with shown_panel(qtbot) as made:
        yield made


def test_the_values_at_the_line_ends_do_not_overlap(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    same = EpochRecord(1, 0.5, 0.8, 0.5001, 0.8001, 0.001, 1.0, 1.0)
    panel.append([same])
    drawn(panel)
    for metric in ("loss", "accuracy"):
        first, second = plot(panel, metric).overlay.end_labels()
        assert not first.area.intersects(second.area.adjusted(0, 0.01, 0, -0.01))
        assert first.text.endswith("train")
        assert second.text.endswith("val")


@pytest.mark.parametrize("epochs", [3, 22, 40])
def test_all_labels_stay_inside_the_plot(panel: CurvesPanel, epochs: int) -> None:
    panel.begin(1, 40)
    panel.append(run_events(40, 0.2))
    panel.begin(2, 40)
    panel.append(run_events(epochs))
    panel.set_best(Best(epochs, "val loss 0.300", "val"))
    drawn(panel)
    for metric in ("loss", "accuracy"):
        overlay = plot(panel, metric).overlay
        areas = [label.area for label in overlay.end_labels()]
        assert len(areas) == 3
        best = overlay.best_label()
        areas += [best[1]] if best else []
        assert all(plot(panel, metric).area.adjusted(-1, -1, 1, 1).contains(area) for area in areas)
    best = plot(panel).overlay.best_label()
    assert best is not None
    assert best[0] == f"Best: epoch {epochs}, val loss 0.300"
    assert plot(panel, "accuracy").overlay.best_label() is None


@pytest.mark.parametrize("epochs", [1, 2, 4])
def test_the_best_epochs_name_stands_clear_of_the_values(panel: CurvesPanel, epochs: int) -> None:
    panel.begin(1, 5)
    panel.append(run_events(epochs))
    panel.set_best(Best(epochs, "val loss 0.300", "val"))
    drawn(panel)
    overlay = plot(panel).overlay
    best = overlay.best_label()
    assert best is not None
    assert not any(best[1].intersects(label.area) for label in overlay.end_labels())


def test_where_a_zoom_leaves_no_room_the_values_stand_clear_of_the_line_ends(panel: CurvesPanel) -> None:
    panel.begin(1, 30)
    panel.append(run_events(30))
    drawn(panel)
    plot(panel).view.setRange(xRange=(20, 30), padding=0)
    for metric in ("loss", "accuracy"):
        chosen = plot(panel, metric)
        ends = [chosen.to_pixel(30, chosen.raw[split].getData()[1][-1]).y() for split in ("train", "val")]
        labels = chosen.overlay.end_labels()
        assert len(labels) == 2
        for label in labels:
            assert label.area.right() <= chosen.area.right()
            assert not any(label.area.top() <= end <= label.area.bottom() for end in ends)


def test_at_the_end_of_a_run_the_values_stand_beside_their_lines(panel: CurvesPanel) -> None:
    panel.begin(1, 30)
    panel.append(run_events(30))
    drawn(panel)
    ranges = [plot(panel, metric).view.viewRange()[0] for metric in ("loss", "accuracy")]
    assert ranges[0] == ranges[1]
    for metric in ("loss", "accuracy"):
        chosen = plot(panel, metric)
        end = chosen.to_pixel(30, 1).x()
        labels = chosen.overlay.end_labels()
        assert len(labels) == 2
        assert all(end < label.area.left() and label.area.right() <= chosen.area.right() for label in labels)
        assert max(chosen.x_axis.ticks) == 30, "nothing is planned beyond the last epoch"


@pytest.mark.parametrize("level", [0.0, 0.4, 0.8])
def test_no_line_runs_through_the_name_of_the_best_epoch(panel: CurvesPanel, level: float) -> None:
    panel.begin(1, 40)
    epochs = range(1, 31)
    losses = [1 - level + (2 * level - 1) * epoch / 40 for epoch in epochs]  # rising and falling
    panel.append(
        [EpochRecord(n, v, 0.5, v, 0.5, 0.001, 1.0, 1.0) for n, v in zip(epochs, losses, strict=True)]
    )
    panel.set_best(Best(20, "val loss 0.300", "val"))
    drawn(panel)
    chosen = plot(panel)
    best = chosen.overlay.best_label()
    assert best is not None
    at = np.linspace(best[1].left(), best[1].right(), 50)
    heights = [chosen.to_pixel(0, np.interp(chosen.to_x(x), list(epochs), losses)).y() for x in at]
    ends = [chosen.to_x(x) for x in at]
    inside = [
        best[1].top() < y < best[1].bottom() for x, y in zip(ends, heights, strict=True) if 1 <= x <= 30
    ]
    assert not any(inside)


@pytest.mark.parametrize("level", [-0.1, -0.05, 0.0, 0.05, 0.1])
@pytest.mark.parametrize("epochs", [12, 40])
def test_no_line_and_no_value_is_hidden_by_the_name_of_the_run_before(
    panel: CurvesPanel, level: float, epochs: int
) -> None:
    panel.begin(1, 40)
    panel.append(run_events(40, level))
    panel.begin(2, 40)
    panel.append(run_events(epochs))
    drawn(panel)
    for metric in ("loss", "accuracy"):
        chosen = plot(panel, metric)
        *values, name = chosen.overlay.end_labels()
        assert name.text == "Run 1 val"
        assert not any(name.area.intersects(value.area) for value in values)
        for curve in (*chosen.strong.values(), *chosen.raw.values(), chosen.ghost):
            x, y = chosen.to_pixels(*curve.getData())
            at = np.linspace(name.area.left(), name.area.right(), 50)
            heights = np.interp(at[(at >= x[0]) & (at <= x[-1])], x, y)
            assert not ((heights > name.area.top()) & (heights < name.area.bottom())).any()


def test_small_plots_show_lines_and_marks_alone(qtbot: QtBot) -> None:
    with shown_panel(qtbot, 600, 180) as small:
        small.set_wide(True)
        small.begin(1, 30)
        small.append(run_events(20))
        small.set_best(Best(20, "val loss 0.300", "val"))
        drawn(small)
        chosen = plot(small)
        assert chosen.overlay.end_labels() == []
        assert chosen.overlay.best_label() is None
        assert not len(chosen.batch.xData) if chosen.batch.xData is not None else True
        assert len(chosen.raw["val"].xData) == 20
        small.window().resize(1400, 400)
        drawn(small)
        assert len(chosen.overlay.end_labels()) == 2
        assert len(chosen.batch.xData) == 400
