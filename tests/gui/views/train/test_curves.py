from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from nnstudio.engine.state import Block, EpochRecord
from nnstudio.gui.theme import theme
from nnstudio.gui.views.train.curve_data import Best
from nnstudio.gui.views.train.curves import CurvesPanel, smoothing_weight
from tests.gui.acting import double_click, pick, roll
from tests.gui.views.train.curve_runs import BATCHES, drawn, plot, run_events, shown_panel


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[CurvesPanel]:
    with shown_panel(qtbot) as made:
        yield made


def spot(panel: CurvesPanel, x: float, metric: str = "loss") -> QPoint:
    """Pixel of the chart in the middle of a plot's height, at an epoch."""
    chosen = plot(panel, metric)
    inside = QPointF(chosen.to_pixel(x, 1).x(), chosen.area.center().y())
    pixel: QPoint = panel.chart.mapFromScene(chosen.mapToScene(inside))
    return pixel


def colours_in(panel: CurvesPanel) -> set[str]:
    image = panel.chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    found = np.unique(np.frombuffer(image.constBits(), np.uint32))
    return {f"#{colour & 0xFFFFFF:06X}" for colour in found.tolist()}


def test_a_run_is_drawn_with_both_axes_linked(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    panel.append(run_events(22))
    drawn(panel)
    for metric in ("loss", "accuracy"):
        assert plot(panel, metric).view.viewRange()[0] == [0, 40]
    x, y = plot(panel).raw["val"].getData()
    assert len(x) == 22
    assert y[0] == pytest.approx(0.3 + math.exp(-1 / 3))
    strong = plot(panel).strong["train"].getData()[1]
    assert strong[0] == pytest.approx(0.2 + math.exp(-1 / 4))
    assert strong[5] > plot(panel).raw["train"].getData()[1][5]  # the average lags behind a falling line
    assert {theme().tokens.line(0), theme().tokens.line(1)} <= colours_in(panel)


def test_points_that_come_quickly_are_drawn_together_and_none_is_lost(
    panel: CurvesPanel, qtbot: QtBot
) -> None:
    panel.begin(1, 40)
    events = run_events(30)
    for event in events:
        panel.append([event])
    qtbot.waitUntil(lambda: len(plot(panel).raw["val"].getData()[0]) == 30)
    assert len(plot(panel).batch.getData()[0]) == 30 * BATCHES


def test_smoothing_to_nothing_makes_the_strong_line_the_raw_one(panel: CurvesPanel) -> None:
    panel.begin(1, 20)
    panel.append(run_events(20))
    drawn(panel)
    panel.smooth.setFocus()
    QTest.keyClick(panel.smooth, Qt.Key.Key_Home)
    drawn(panel)
    assert smoothing_weight(panel.smooth.value()) == 0
    for split in ("train", "val"):
        assert plot(panel).strong[split].getData()[1].tolist() == plot(panel).raw[split].getData()[1].tolist()
    assert "off" in panel.smooth.accessibleDescription()


def test_raw_off_leaves_only_the_strong_lines(panel: CurvesPanel) -> None:
    panel.begin(1, 20)
    panel.append(run_events(10))
    drawn(panel)
    QTest.mouseClick(panel.raw, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.raw.height() // 2))
    drawn(panel)
    assert not panel.raw.isChecked()
    assert plot(panel).batch.getData()[0] is None or not len(plot(panel).batch.getData()[0])
    assert len(plot(panel).strong["val"].getData()[0]) == 10


def test_log_switches_the_loss_axis_only(panel: CurvesPanel) -> None:
    panel.begin(1, 20)
    panel.append(run_events(20))
    drawn(panel)
    accuracy = plot(panel, "accuracy").view.viewRange()
    linear = plot(panel).strong["train"].getData()[1]
    QTest.mouseClick(panel.log, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.log.height() // 2))
    drawn(panel)
    assert plot(panel).strong["train"].getData()[1] == pytest.approx(np.log10(linear))
    assert plot(panel, "accuracy").view.viewRange() == accuracy
    low, high = plot(panel).view.viewRange()[1]
    assert low < math.log10(0.3) < high
    assert 0.5 in plot(panel).axis.ticks


def test_values_that_are_no_numbers_leave_gaps(panel: CurvesPanel) -> None:
    panel.begin(1, 5)
    panel.append(run_events(2))
    bad = (math.nan, math.inf, 0.5)
    panel.append([Block(3, 41, 3, BATCHES, bad, (0.5, 0.5, 0.5))])
    panel.append([EpochRecord(3, math.nan, 0.5, math.inf, 0.5, 0.001, 3.0, 1.0)])
    drawn(panel)
    assert [label.text for label in plot(panel).overlay.end_labels()] == ["0.807 train", "0.813 val"]
    low, high = plot(panel).view.viewRange()[1]
    assert math.isfinite(low)
    assert high < 3


def test_the_best_epoch_survives_thinning(panel: CurvesPanel) -> None:
    panel.begin(1, 20_000)
    figures = 0.5 + 0.01 * np.random.default_rng(0).normal(size=20_000)
    figures[12_344] = 0.1
    panel.append(
        [EpochRecord(n + 1, 0.6, 0.7, float(v), 0.7, 0.001, 1.0, 1.0) for n, v in enumerate(figures)]
    )
    panel.set_best(Best(12_345, "val loss 0.100", "val"))
    drawn(panel)
    assert len(plot(panel).strong["val"].getData()[0]) < 2000  # wider pens are slow beyond that
    assert plot(panel).raw["val"].getData()[1].min() == pytest.approx(0.1)
    line = plot(panel).to_pixel(12_345, 0.1)
    assert plot(panel).area.contains(line)
    image = panel.chart.grab().toImage()
    place = panel.chart.mapFromScene(plot(panel).mapToScene(line))
    assert QColor(image.pixel(place)).name().upper() == theme().tokens.line(1)


def test_two_hundred_thousand_batches_become_a_few_points_per_pixel(panel: CurvesPanel) -> None:
    panel.begin(1, 500)
    losses = np.random.default_rng(0).uniform(0.4, 0.6, 200_000)
    losses[77_777] = 0.9
    for epoch in range(500):
        part = tuple(losses[400 * epoch : 400 * (epoch + 1)].tolist())
        panel.append([Block(epoch + 1, 400 * epoch + 1, 400, 400, part, part)])
    drawn(panel)
    y = plot(panel).batch.getData()[1]
    assert len(y) < 3 * plot(panel).area.width()
    assert y.max() == np.float32(0.9)


def test_the_next_run_is_compared_with_the_one_before(panel: CurvesPanel) -> None:
    assert panel.ghost_choice.isHidden()
    panel.begin(1, 10)
    panel.append(run_events(10, 0.1))
    panel.begin(2, 10)
    panel.append(run_events(4))
    drawn(panel)
    assert panel.ghost is not None
    assert panel.ghost.name == "Run 1"
    assert len(plot(panel).ghost.getData()[0]) == 10
    assert "Run 1 val" in [label.text for label in plot(panel).overlay.end_labels()]
    pick(panel.ghost_choice, "None")
    drawn(panel)
    assert panel.ghost is None
    assert not len(plot(panel).ghost.getData()[0])


def test_a_run_that_goes_on_keeps_its_curves_up_to_there(panel: CurvesPanel) -> None:
    panel.begin(1, 3)
    panel.append(run_events(3))
    panel.append([Block(4, 61, 2, BATCHES, (0.5, math.nan), (0.5, 0.5))])
    panel.begin(1, 6, continued_at=3.0)
    assert panel.run is not None
    assert panel.run.end == 3.0
    assert panel.ghost is None
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == [0, 6]


def test_without_validation_the_train_line_is_named_and_compared(panel: CurvesPanel) -> None:
    panel.begin(1, 5)
    panel.append(run_events(5, 0.1, validated=False))
    panel.begin(2, 5)
    panel.append(run_events(2, validated=False))
    drawn(panel)
    assert [label.text for label in plot(panel).overlay.end_labels()] == ["0.807 train", "Run 1 train"]


def test_wheel_zooms_and_a_double_click_goes_back(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    panel.append(run_events(30))
    drawn(panel)
    view = panel.chart.viewport()
    for _ in range(3):
        roll(view, 120, spot(panel, 10))
    low, high = plot(panel).view.viewRange()[0]
    assert 0 < low < 10 < high < 40
    assert plot(panel, "accuracy").view.viewRange()[0] == pytest.approx([low, high])
    assert panel.view_button.accessibleName() == "Show the whole run"
    panel.append(run_events(30)[-1:])
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == pytest.approx([low, high])  # what is looked at stays
    double_click(view, spot(panel, (low + high) / 2))
    assert plot(panel).view.viewRange()[0] == [0, 40]
    assert panel.view_button.accessibleName() == "Full screen"


def test_dragging_pans(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    panel.append(run_events(30))
    drawn(panel)
    view, start = panel.chart.viewport(), spot(panel, 20)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 11):
        QTest.mouseMove(view, start + QPoint(-10 * step, 0))
        QTest.qWait(2)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(-100, 0))
    low, high = plot(panel).view.viewRange()[0]
    assert low > 1
    assert high - low == pytest.approx(40)
    QTest.mouseClick(panel.view_button, Qt.MouseButton.LeftButton)
    assert plot(panel).view.viewRange()[0] == [0, 40]


def test_the_cross_hair_reads_exact_values(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    panel.append(run_events(30))
    drawn(panel)
    QTest.mouseMove(panel.chart.viewport(), spot(panel, 12.2))
    texts = [text for text, _ in plot(panel).overlay.readings()]
    loss = 0.2 + math.exp(-12 / 4)
    assert texts == ["Epoch 12", f"train {loss:.4f}", f"val {0.3 + math.exp(-4):.4f}"]
    accuracy = [text for text, _ in plot(panel, "accuracy").overlay.readings()]
    assert accuracy[1] == f"train {100 * (0.95 - 0.3 * loss):.2f}%"


def test_the_full_screen_window_gives_the_panel_back(panel: CurvesPanel, qtbot: QtBot) -> None:
    panel.begin(1, 10)
    panel.append(run_events(5))
    page = panel.window()
    QTest.mouseClick(panel.view_button, Qt.MouseButton.LeftButton)
    assert panel.window() is not page
    assert panel.window().isFullScreen()
    assert panel.isVisible()
    QTest.keyClick(panel.window(), Qt.Key.Key_Escape)
    assert panel.window() is page
    assert panel.isVisible()
    layout = page.layout()
    assert layout is not None
    assert layout.indexOf(panel) == 0


def test_colours_follow_the_theme(panel: CurvesPanel) -> None:
    panel.begin(1, 10)
    panel.append(run_events(8))
    drawn(panel)
    theme().mode = "dark"
    drawn(panel)
    seen = colours_in(panel)
    assert {theme().tokens.plot, theme().tokens.line(0), theme().tokens.line(1)} <= seen
    assert "#FFFFFF" not in seen


def test_nothing_is_drawn_while_hidden_and_everything_afterwards(panel: CurvesPanel) -> None:
    panel.begin(1, 10)
    panel.hide()
    panel.append(run_events(8))
    panel.flush()
    assert not len(
        plot(panel).strong["val"].getData()[0] if plot(panel).strong["val"].xData is not None else []
    )
    panel.show()
    drawn(panel)
    assert len(plot(panel).strong["val"].getData()[0]) == 8


def test_a_long_plan_is_shown_in_growing_parts(panel: CurvesPanel) -> None:
    panel.begin(1, 5000)
    panel.append(run_events(10))
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == [0, 100]
    panel.append([EpochRecord(n, 0.3, 0.9, 0.4, 0.9, 0.001, 1.0, 1.0) for n in range(11, 131)])
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == [0, 200]


def test_the_axis_of_a_run_that_ended_early_ends_with_it(panel: CurvesPanel) -> None:
    panel.begin(1, 60)
    panel.append(run_events(8))
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == [0, 60], "the plan, while more may come"
    panel.set_plan(60, ended=True)
    drawn(panel)
    low, high = plot(panel).view.viewRange()[0]
    assert low == 0
    assert 8 <= high < 11, "room for the values beside the line ends"
    assert max(plot(panel).x_axis.ticks) == 8
    panel.begin(1, 60, continued_at=8)
    drawn(panel)
    assert plot(panel).view.viewRange()[0] == [0, 60], "it goes on"


def test_a_long_plan_given_up_leaves_no_empty_axis(panel: CurvesPanel) -> None:
    panel.begin(1, 5000)
    panel.append(run_events(30))
    panel.set_plan(5000, ended=True)
    drawn(panel)
    assert max(plot(panel).x_axis.ticks) == 30


@pytest.mark.parametrize("earlier", [False, True])
def test_batches_of_a_run_that_ended_in_its_first_epoch_fill_the_plot(
    panel: CurvesPanel, earlier: bool
) -> None:
    if earlier:
        panel.begin(1, 60)
        panel.append(run_events(60))
    panel.begin(2, 60)
    panel.append([Block(1, 1, 30, 1000, tuple(np.linspace(2.3, 1.1, 30)), tuple([0.5] * 30))])
    panel.set_plan(60, ended=True)
    drawn(panel)
    x, _ = plot(panel).batch.getData()
    assert plot(panel).to_pixel(x[-1], 1).x() == pytest.approx(plot(panel).area.right())
    assert len(plot(panel).x_axis.ticks) >= 3, "parts of an epoch"
    assert (panel.ghost is not None) == earlier


def test_a_longer_earlier_run_is_still_seen_whole(panel: CurvesPanel) -> None:
    panel.begin(1, 60)
    panel.append(run_events(60))
    panel.begin(2, 60)
    panel.append(run_events(7))
    panel.set_plan(60, ended=True)
    drawn(panel)
    assert max(plot(panel).x_axis.ticks) == 60


def test_the_table_lists_the_epochs(panel: CurvesPanel) -> None:
    panel.begin(1, 5)
    panel.append(run_events(2, validated=False))
    header, first, second = panel.table()
    assert header[0] == "epoch"
    assert first[0] == "1"
    assert second[3:] == ["", ""]


def test_tick_labels_do_not_touch(panel: CurvesPanel) -> None:
    panel.begin(1, 40)
    panel.append(run_events(30))
    drawn(panel)
    for metric in ("loss", "accuracy"):
        chosen = plot(panel, metric)
        rows = [chosen.to_pixel(0, tick).y() for tick in chosen.axis.ticks]
        assert all(upper - lower >= 15 for lower, upper in zip(rows[1:], rows, strict=False))
        assert QRectF(0, -1, 640, 700).contains(QPointF(1, min(rows)))


def test_errors_can_be_shown_in_place_of_accuracies(panel: CurvesPanel) -> None:
    panel.begin(1, 20)
    panel.append(run_events(20))
    drawn(panel)
    panel.menu.error.trigger()
    drawn(panel)
    shown = plot(panel, "accuracy")
    assert shown.title == "Error"
    train = 1 - (0.95 - 0.3 * (0.2 + math.exp(-20 / 4)))
    assert shown.raw["train"].yData[-1] == pytest.approx(train)
    assert f"{100 * train:.1f}% train" in [label.text for label in shown.overlay.end_labels()]
    low, high = shown.view.viewRange()[1]
    assert 0 <= low < train < high <= 1
    panel.menu.error.trigger()
    drawn(panel)
    assert plot(panel, "accuracy").title == "Accuracy"


def test_the_menu_opens_by_a_click_and_copies_picture_and_data(panel: CurvesPanel) -> None:
    panel.begin(1, 5)
    panel.append(run_events(5))
    drawn(panel)
    QTest.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    assert panel.menu.isVisible()
    panel.menu.close()
    panel.menu.copy_picture()
    image = QApplication.clipboard().image()
    assert image.size() == 2 * panel.chart.size()
    found = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(image.height())}
    assert theme().tokens.line(0).lower() in found
    panel.menu.copy_data()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:2] == ["epoch", "train_loss"]
    assert len(lines) == 6


def test_curves_are_saved_as_png_svg_and_csv(panel: CurvesPanel, tmp_path: Path) -> None:
    panel.begin(1, 5)
    panel.append(run_events(5))
    drawn(panel)
    for kind in ("png", "svg", "csv"):
        panel.menu.save(kind, str(tmp_path / f"curves.{kind}"))
    assert QImage(str(tmp_path / "curves.png")).size() == 2 * panel.chart.size()
    svg = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert "<svg" in svg
    assert "Loss" in svg
    assert svg.count("<polyline") + svg.count("<path") > 5
    rows = (tmp_path / "curves.csv").read_text(encoding="utf-8").splitlines()
    assert [len(row.split(",")) for row in rows] == [5] * 6


def test_a_file_that_cannot_be_written_is_told(panel: CurvesPanel, tmp_path: Path, qtbot: QtBot) -> None:
    panel.begin(1, 5)
    panel.append(run_events(5))
    drawn(panel)
    panel.menu.save("svg", str(tmp_path / "missing" / "curves.svg"))
    qtbot.waitUntil(lambda: "can't be written" in QToolTip.text())
    QToolTip.hideText()
