"""What an evaluation can be taken away as: each of its pictures and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnstudio.gui.views.evaluate import evaluation_figures as figures
from nnstudio.gui.views.evaluate.evaluation import Evaluated
from nnstudio.gui.views.evaluate.unit_curves import Curve
from nnstudio.gui.views.tables import Cell, Table


@dataclass(frozen=True)
class Exhibit:
    """One thing to copy or save.

    Attributes:
        name: What the menu calls it.
        file_name: Suggested name of its files, without ending.
        table: Its figures.
        svg: Draws it.
    """

    name: str
    file_name: str
    table: Table
    svg: Callable[[], str]


def exhibits(
    result: Evaluated, title: str, mode: str, chosen: int, curves: Callable[[str], tuple[Curve, ...]]
) -> tuple[Exhibit, ...]:
    """Everything that an evaluation shows.

    Args:
        result: The evaluation.
        title: What was evaluated, for the captions.
        mode: What the matrix shows.
        chosen: Class whose curves are in front, or −1.
        curves: Gives the curves of all classes, "roc" or "precision".
    """
    analysis, classes = result.analysis, result.classes
    change = result.comparison.difference if result.comparison else None
    found = [
        Exhibit(
            "Confusion matrix",
            "confusion",
            _matrix_table(result, f"Confusion matrix, {title}", mode),
            lambda: figures.matrix_svg(
                f"Confusion matrix, {title}", analysis.confusion, classes, mode, change
            ),
        ),
        Exhibit(
            "Most frequent mistakes",
            "mistakes",
            _mistakes_table(result, f"Most frequent mistakes, {title}"),
            lambda: figures.mistakes_svg(f"Most frequent mistakes, {title}", analysis.mistakes, classes),
        ),
        Exhibit(
            "Per class",
            "per-class",
            _class_table(result, f"Per class, {title}"),
            lambda: figures.per_class_svg(f"F1 per class, {title}", analysis.metrics, classes),
        ),
        Exhibit(
            "Calibration",
            "calibration",
            _calibration_table(result, f"Calibration, {title}"),
            lambda: figures.reliability_svg(f"Calibration, {title}", analysis.calibration),
        ),
    ]
    for kind, name in (("roc", "ROC"), ("precision", "Precision/recall")):
        found.append(_curves(kind, name, f"{name}, {title}", classes, chosen, curves))
    return tuple(found)


def _curves(
    kind: str,
    name: str,
    title: str,
    classes: tuple[str, ...],
    chosen: int,
    curves: Callable[[str], tuple[Curve, ...]],
) -> Exhibit:
    rows = tuple((one, curve.area) for one, curve in zip(classes, curves(kind), strict=True))
    table = Table(title, ("Class", "Area"), rows)
    return Exhibit(name, kind, table, lambda: figures.curves_svg(title, curves(kind), classes, kind, chosen))


def _matrix_table(result: Evaluated, title: str, mode: str) -> Table:
    confusion = result.analysis.confusion
    values: np.ndarray = confusion
    if mode == "change" and result.comparison is not None:
        values = result.comparison.difference
    elif mode in ("row", "column"):
        axis = 1 if mode == "row" else 0
        values = confusion / np.maximum(confusion.sum(axis=axis, keepdims=True), 1)
    rows: list[tuple[Cell, ...]] = [
        (name, *line) for name, line in zip(result.classes, values.tolist(), strict=True)
    ]
    return Table(title, ("True \\ predicted", *result.classes), tuple(rows))


def _mistakes_table(result: Evaluated, title: str) -> Table:
    rows = tuple(
        (result.classes[one.actual], result.classes[one.predicted], one.count, one.share)
        for one in result.analysis.mistakes
    )
    return Table(title, ("True", "Predicted", "Count", "Share of the class"), rows)


def _class_table(result: Evaluated, title: str) -> Table:
    metrics, comparison = result.analysis.metrics, result.comparison
    header = ["Class", "Precision", "Recall", "F1", "Support"]
    columns = [metrics.precision.tolist(), metrics.recall.tolist(), metrics.f1.tolist()]
    columns.append(metrics.support.tolist())
    ends: list[Cell] = [metrics.macro_precision, metrics.macro_recall, metrics.macro_f1]
    ends.append(result.analysis.samples)
    if comparison is not None and result.other is not None:
        header.append("Change of F1")
        columns.append(comparison.f1.tolist())
        ends.append(metrics.macro_f1 - result.other.metrics.macro_f1)
    rows: list[tuple[Cell, ...]] = [
        (name, *cells) for name, cells in zip(result.classes, zip(*columns, strict=True), strict=True)
    ]
    return Table(title, tuple(header), (*rows, ("Macro average", *ends)))


def _calibration_table(result: Evaluated, title: str) -> Table:
    bins = result.analysis.calibration
    rows = tuple(
        (
            n / len(bins.counts),
            (n + 1) / len(bins.counts),
            int(bins.counts[n]),
            float(bins.confidence[n]),
            float(bins.accuracy[n]),
        )
        for n in range(len(bins.counts))
    )
    return Table(title, ("From", "To", "Predictions", "Mean confidence", "Accuracy"), rows)
