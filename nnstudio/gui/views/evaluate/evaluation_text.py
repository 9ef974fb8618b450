"""An evaluation as text: for the clipboard and for spreadsheets. Free of Qt."""

from __future__ import annotations

import csv
import io

from nnstudio.engine.analysis import Analysis
from nnstudio.gui.views.tables import exact, plain


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
    rows.writerow(["Accuracy", exact(analysis.accuracy)])
    rows.writerow(["Macro F1", exact(metrics.macro_f1)])
    rows.writerow(["Loss", exact(analysis.loss)])
    rows.writerow(["Calibration error", exact(analysis.calibration.error)])
    rows.writerow(["Errors", analysis.errors, "of", analysis.samples])
    rows.writerow([])
    rows.writerow(["True \\ predicted", *map(plain, classes)])
    for name, line in zip(classes, analysis.confusion.tolist(), strict=True):
        rows.writerow([plain(name), *line])
    rows.writerow([])
    rows.writerow(["Class", "Precision", "Recall", "F1", "Support"])
    figures = zip(metrics.precision, metrics.recall, metrics.f1, metrics.support.tolist(), strict=True)
    for name, (precision, recall, f1, support) in zip(classes, figures, strict=True):
        rows.writerow([plain(name), exact(precision), exact(recall), exact(f1), support])
    macro = (metrics.macro_precision, metrics.macro_recall, metrics.macro_f1)
    rows.writerow(["Macro average", *map(exact, macro), analysis.samples])
    return stream.getvalue()
