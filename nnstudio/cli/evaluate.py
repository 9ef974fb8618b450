"""``nnstudio evaluate``: how good a model is."""

from __future__ import annotations

import argparse
import math
from typing import Any

from nnstudio.cli.output import print_json, progress, table
from nnstudio.cli.specs import find_model
from nnstudio.data.prepare import prepare
from nnstudio.engine.analysis import class_metrics, confusion_matrix
from nnstudio.errors import DataError
from nnstudio.experiments.runs import evaluate_part


def run(arguments: argparse.Namespace) -> None:
    """Evaluates, and prints figures and confusion matrix."""
    checkpoint = find_model(arguments.model)
    spec = checkpoint.project.data
    if arguments.data:
        spec = spec.replace(source=arguments.data)
    with progress() as display:
        data = prepare(spec, display.update)
        model = checkpoint.model()
        if len(data.classes) != len(model.classes):
            raise DataError(
                "the data have other classes than the model",
                allowed=f"{len(model.classes)} classes",
                received=f"{len(data.classes)} in {spec.source}",
                fix="evaluate on the kind of data the model was trained on",
            )
        display.update("Evaluating", None)
        evaluation = evaluate_part(model, data, arguments.split)
    if evaluation is None:
        raise DataError(
            f"there are no {arguments.split} samples", fix="choose another --split, such as --split test"
        )
    matrix = confusion_matrix(evaluation.labels, evaluation.predictions, len(data.classes))
    result: dict[str, Any] = {
        "loss": _known(evaluation.loss),
        "accuracy": evaluation.accuracy,
        "confusion": matrix.tolist(),
        "classes": list(data.classes),
        "per_class": [
            {"class": name, "precision": _known(p), "recall": _known(r), "f1": _known(f), "support": n}
            for name, p, r, f, n in _rows(matrix, data.classes)
        ],
    }
    if arguments.json:
        print_json(result)
    else:
        print(_report(result))


def _rows(matrix: Any, classes: tuple[str, ...]) -> list[tuple[str, float, float, float, int]]:
    metrics = class_metrics(matrix)
    columns = (metrics.precision, metrics.recall, metrics.f1, metrics.support)
    return list(zip(classes, *(column.tolist() for column in columns), strict=True))


def _known(value: float) -> float | None:
    """A figure for JSON: null for a class that doesn't occur (NaN) and for a loss that overflowed."""
    return value if math.isfinite(value) else None


def _report(result: dict[str, Any]) -> str:
    names, loss = result["classes"], result["loss"]
    per = [
        (
            row["class"],
            *("–" if row[key] is None else f"{row[key]:.3f}" for key in ("precision", "recall", "f1")),
            f"{row['support']:,}",
        )
        for row in result["per_class"]
    ]
    counts = [(name, *map(str, row)) for name, row in zip(names, result["confusion"], strict=True)]
    return "\n".join(
        [
            f"loss {'infinite' if loss is None else f'{loss:.4f}'}, accuracy {result['accuracy']:.2%}",
            "",
            table(("class", "precision", "recall", "F1", "support"), per),
            "",
            table(("true \\ predicted", *(name[:8] for name in names)), counts),
        ]
    )
