"""``nnstudio evaluate``: how good a model is."""

from __future__ import annotations

import argparse
import math
from typing import Any

from nnstudio.cli.output import print_json, progress, table
from nnstudio.cli.specs import find_model
from nnstudio.data.prepare import prepare
from nnstudio.engine.analysis import Analysis, analyse, wilson_interval
from nnstudio.engine.confidence import top_k_accuracy
from nnstudio.errors import DataError
from nnstudio.experiments.runs import evaluate_part

TOP_K = 3


def run(arguments: argparse.Namespace) -> None:
    """Evaluates, and prints figures and confusion matrix."""
    checkpoint = find_model(arguments.model)
    spec = checkpoint.project.data
    if arguments.data:
        spec = spec.of_source(arguments.data, spec.reading)
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
    analysis = analyse(evaluation)
    result: dict[str, Any] = {
        "loss": _known(evaluation.loss),
        "accuracy": evaluation.accuracy,
        "confusion": analysis.confusion.tolist(),
        "classes": list(data.classes),
        "per_class": [
            {"class": name, "precision": _known(p), "recall": _known(r), "f1": _known(f), "support": n}
            for name, p, r, f, n in _rows(analysis, data.classes)
        ],
    }
    if arguments.json:
        print_json(result)
    else:
        print(_report(result, analysis))


def _rows(analysis: Analysis, classes: tuple[str, ...]) -> list[tuple[str, float, float, float, int]]:
    metrics = analysis.metrics
    columns = (metrics.precision, metrics.recall, metrics.f1, metrics.support)
    return list(zip(classes, *(column.tolist() for column in columns), strict=True))


def _known(value: float) -> float | None:
    """A figure for JSON: null for a class that doesn't occur (NaN) and for a loss that overflowed."""
    return value if math.isfinite(value) else None


def _report(result: dict[str, Any], analysis: Analysis) -> str:
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
            *_figures(analysis),
            "",
            table(("class", "precision", "recall", "F1", "support"), per),
            "",
            table(("true \\ predicted", *(name[:8] for name in names)), counts),
        ]
    )


def _figures(analysis: Analysis) -> list[str]:
    low, high = wilson_interval(analysis.samples - analysis.errors, analysis.samples)
    figures = [f"macro F1 {analysis.metrics.macro_f1:.3f}"]
    if len(analysis.confusion) > TOP_K:  # with fewer classes it says little
        top = top_k_accuracy(analysis.probabilities, analysis.labels, TOP_K)
        figures.append(f"top-{TOP_K} accuracy {top:.2%}")
    calibration = analysis.calibration
    if math.isfinite(calibration.error):
        largest = calibration.maximum_error
        figures.append(f"calibration error {calibration.error:.3f} (largest {largest:.3f})")
    noun = "sample" if analysis.samples == 1 else "samples"
    return [
        f"95 % confidence interval of the accuracy {low:.2%} to {high:.2%}, {analysis.samples:,} {noun}",
        ", ".join(figures),
    ]
