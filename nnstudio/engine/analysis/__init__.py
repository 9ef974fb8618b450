"""What a trained network does and how well: figures of an evaluation, and looks inside.

Figures of an evaluation (``confusion``, ``class_metrics``, ``curves``, ``significance``, gathered in
``evaluation``) are computed from labels, predictions and probabilities in whole-array operations, so
that 10,000 samples cost milliseconds.
"""

from nnstudio.engine.analysis.class_metrics import ClassMetrics, class_metrics
from nnstudio.engine.analysis.confusion import (
    Floats,
    Ints,
    Mistake,
    accuracy,
    column_shares,
    confusion_difference,
    confusion_matrix,
    frequent_mistakes,
    row_shares,
)
from nnstudio.engine.analysis.curves import (
    PrecisionRecallCurve,
    RocCurve,
    precision_recall_curve,
    precision_recall_curves,
    roc_curve,
    roc_curves,
)
from nnstudio.engine.analysis.evaluation import Analysis, analyse
from nnstudio.engine.analysis.significance import PairedTest, mcnemar_test, wilson_interval

__all__ = [
    "Analysis",
    "ClassMetrics",
    "Floats",
    "Ints",
    "Mistake",
    "PairedTest",
    "PrecisionRecallCurve",
    "RocCurve",
    "accuracy",
    "analyse",
    "class_metrics",
    "column_shares",
    "confusion_difference",
    "confusion_matrix",
    "frequent_mistakes",
    "mcnemar_test",
    "precision_recall_curve",
    "precision_recall_curves",
    "roc_curve",
    "roc_curves",
    "row_shares",
    "wilson_interval",
]
