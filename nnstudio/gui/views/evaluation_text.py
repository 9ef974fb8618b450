"""An evaluation as text: for the clipboard and for spreadsheets. Free of Qt."""

from __future__ import annotations

import csv
import io
import math

from nnstudio.engine.analysis import Analysis


def as_text(analysis: Analysis, classes: tuple[str, ...], title: str) -> str:
    """Figures, confusion matrix and per-class table, in columns separated by tabs."""
    return _written(analysis, classes, title, delimiter="\t")


def as_csv(analysis: Analysis, classes: tuple[str, ...], title: str) -> str:
    """The same, separated by commas and quoted where needed (RFC 4180)."""
    return _written(analysis, classes, title, delimiter=",")


def _written(analysis: Analysis, classes: tuple[str, ...], title: str, delimiter: str) -> str:
    stream = io.StringIO()
    rows = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    metrics = analysis.metrics
    rows.writerow([title])
    rows.writerow(["Accuracy", _exact(analysis.accuracy)])
    rows.writerow(["Macro F1", _exact(metrics.macro_f1)])
    rows.writerow(["Loss", _exact(analysis.loss)])
    rows.writerow(["Calibration error", _exact(analysis.calibration.error)])
    rows.writerow(["Errors", analysis.errors, "of", analysis.samples])
    rows.writerow([])
    rows.writerow(["True \\ predicted", *map(_plain, classes)])
    for name, line in zip(classes, analysis.confusion.tolist(), strict=True):
        rows.writerow([_plain(name), *line])
    rows.writerow([])
    rows.writerow(["Class", "Precision", "Recall", "F1", "Support"])
    figures = zip(metrics.precision, metrics.recall, metrics.f1, metrics.support.tolist(), strict=True)
    for name, (precision, recall, f1, support) in zip(classes, figures, strict=True):
        rows.writerow([_plain(name), _exact(precision), _exact(recall), _exact(f1), support])
    macro = (metrics.macro_precision, metrics.macro_recall, metrics.macro_f1)
    rows.writerow(["Macro average", *map(_exact, macro), analysis.samples])
    return stream.getvalue()


def _exact(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _plain(name: str) -> str:
    """A class name that no spreadsheet takes for a formula."""
    return "'" + name if name[:1] in ("=", "+", "-", "@") and not name[1:].isdigit() else name
