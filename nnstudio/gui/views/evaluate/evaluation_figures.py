"""The pictures of an evaluation for reports: as SVG, on white, with every class. Free of Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nnstudio.engine.analysis import ClassMetrics, Floats, Ints, Mistake, column_shares, row_shares
from nnstudio.engine.confidence import Calibration
from nnstudio.gui.look.tokens import LIGHT, text_on
from nnstudio.gui.views.evaluate.unit_curves import Curve, thinned
from nnstudio.gui.views.shades import change_colour, hit_colour, mistake_colour
from nnstudio.gui.views.svg import GRID, INK, MUTED, Svg, text_width
from nnstudio.gui.widgets import numbers

_CELL = 36
_ROW, _BAR = 24, 180
_SIDE = 320  # of a plot
_LEFT, _BELOW, _TOP = 56, 48, 40
_LONGEST = 24  # letters of a class name


def matrix_svg(
    title: str, confusion: Ints, classes: tuple[str, ...], mode: str = "counts", change: Floats | None = None
) -> str:
    """The confusion matrix; ``mode`` and ``change`` as ``ConfusionModel`` has them."""
    names = [_short(name) for name in classes]
    widest = max((text_width(name) for name in names), default=0)
    left, top, side = widest + 24, widest * 0.75 + 56, _CELL * len(classes)
    sheet = Svg(left + side + max(24, widest * 0.75), top + side + 16, title)
    sheet.text(16, 24, title, size=14, bold=True)
    sheet.text(left - 8, top - 10, "True ↓ Pred →", colour=MUTED, size=11, anchor="end")
    rows, columns = row_shares(confusion), column_shares(confusion)
    for i, name in enumerate(names):
        middle = top + _CELL * i + _CELL / 2 + 4
        sheet.text(left - 8, middle, name, anchor="end")
        sheet.text(left + _CELL * i + _CELL / 2, top - 8, name, angle=-45)
        for j in range(len(names)):
            share = float((columns if mode == "column" else rows)[i, j])
            ground, words = _cell(int(confusion[i, j]), share, i == j, mode, change, (i, j))
            sheet.rect(left + _CELL * j, top + _CELL * i, _CELL - 1, _CELL - 1, ground)
            place = left + _CELL * j + _CELL / 2
            sheet.text(place, middle, words, colour=text_on(ground), size=11, anchor="middle", bold=i == j)
    return sheet.written()


def mistakes_svg(title: str, mistakes: Sequence[Mistake], classes: tuple[str, ...], limit: int = 20) -> str:
    """The most frequent mistakes as bars."""
    shown = mistakes[:limit]
    names = [f"{_short(classes[one.actual])} as {_short(classes[one.predicted])}" for one in shown]
    values = [float(one.count) for one in shown]
    words = [f"{numbers.count(one.count)}, {numbers.percent(one.share)}" for one in shown]
    return _bars(title, names, values, words, LIGHT.line(1), max(values, default=1.0))


def per_class_svg(title: str, metrics: ClassMetrics, classes: tuple[str, ...]) -> str:
    """Each class's F1 as bars."""
    values = [float(value) for value in metrics.f1]
    words = ["–" if math.isnan(value) else numbers.fixed(value) for value in values]
    return _bars(title, [_short(name) for name in classes], values, words, LIGHT.line(0), 1.0)


def reliability_svg(title: str, calibration: Calibration) -> str:
    """Accuracy over confidence, one bar per bin."""
    sheet = _axes(title, "Confidence of the prediction", "Accuracy")
    bins = len(calibration.counts)
    for place in np.flatnonzero(calibration.counts).tolist():
        height = _SIDE * float(calibration.accuracy[place])
        left = _LEFT + _SIDE * place / bins
        sheet.rect(left + 1, _TOP + _SIDE - height, _SIDE / bins - 2, height, LIGHT.line(0))
    sheet.line([(_LEFT, _TOP + _SIDE), (_LEFT + _SIDE, _TOP)], MUTED, dash="5 4")
    return sheet.written()


def curves_svg(title: str, curves: Sequence[Curve], classes: tuple[str, ...], kind: str, chosen: int) -> str:
    """ROC or precision/recall curves, the chosen class's on top with its area."""
    captions = ("False positives", "True positives") if kind == "roc" else ("Recall", "Precision")
    sheet = _axes(title, *captions)
    if kind == "roc":
        sheet.line([(_LEFT, _TOP + _SIDE), (_LEFT + _SIDE, _TOP)], MUTED, dash="5 4")
    for number in [*(n for n in range(len(curves)) if n != chosen), *([chosen] if chosen >= 0 else [])]:
        if math.isnan(curves[number].area):
            continue
        x, y = thinned(curves[number])
        points = [
            (_LEFT + _SIDE * a, _TOP + _SIDE * (1 - b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)
        ]
        front = number == chosen
        sheet.line(points, LIGHT.line(0) if front else LIGHT.earlier, 2 if front else 0.75)
    if chosen >= 0:
        words = f"{_short(classes[chosen])}, area {numbers.fixed(curves[chosen].area)}"
        sheet.text(_LEFT + _SIDE - 8, _TOP + _SIDE - 10, words, anchor="end", bold=True, colour=LIGHT.line(0))
    return sheet.written()


def _cell(
    count: int, share: float, hit: bool, mode: str, change: Floats | None, place: tuple[int, int]
) -> tuple[str, str]:
    """Ground and words of a cell."""
    if mode == "change" and change is not None:
        gain = float(change[place])
        words = numbers.signed(100 * gain, 1) if abs(gain) >= 5e-4 else "0"
        return change_colour(gain if hit else -gain, LIGHT), words
    ground = (hit_colour if hit else mistake_colour)(share, LIGHT)
    if mode in ("row", "column") and count:
        return ground, numbers.percent(share, 0 if share >= 0.095 else 1)[:-1]
    return ground, numbers.count(count)


def _bars(
    title: str, names: list[str], values: list[float], words: list[str], colour: str, largest: float
) -> str:
    left = max((text_width(name) for name in names), default=0) + 24
    after = max((text_width(word) for word in words), default=0) + 24
    sheet = Svg(left + _BAR + after, _TOP + _ROW * len(names) + 16, title)
    sheet.text(16, 24, title, size=14, bold=True)
    for row, (name, value, word) in enumerate(zip(names, values, words, strict=True)):
        top = _TOP + _ROW * row
        sheet.text(left - 8, top + 16, name, anchor="end")
        sheet.rect(left, top + 8, _BAR, 8, GRID)
        share = 0.0 if math.isnan(value) else value / max(largest, 1e-12)
        sheet.rect(left, top + 8, _BAR * share, 8, colour)
        sheet.text(left + _BAR + 8, top + 16, word)
    return sheet.written()


def _axes(title: str, across: str, up: str) -> Svg:
    sheet = Svg(_LEFT + _SIDE + 24, _TOP + _SIDE + _BELOW, title)
    sheet.text(16, 24, title, size=14, bold=True)
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _LEFT + _SIDE * tick, _TOP + _SIDE * (1 - tick)
        sheet.line([(x, _TOP), (x, _TOP + _SIDE)], GRID)
        sheet.line([(_LEFT, y), (_LEFT + _SIDE, y)], GRID)
        sheet.text(x, _TOP + _SIDE + 16, f"{tick:.0%}", colour=MUTED, size=11, anchor="middle")
        sheet.text(_LEFT - 8, y + 4, f"{tick:.0%}", colour=MUTED, size=11, anchor="end")
    sheet.line([(_LEFT, _TOP), (_LEFT, _TOP + _SIDE), (_LEFT + _SIDE, _TOP + _SIDE)], INK)
    sheet.text(_LEFT + _SIDE / 2, _TOP + _SIDE + 36, across, colour=MUTED, size=11, anchor="middle")
    sheet.text(_LEFT + 8, _TOP + 16, up, colour=MUTED, size=11)
    return sheet


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
