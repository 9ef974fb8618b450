"""What a trained network does and how well: figures of an evaluation, and looks inside.

Figures of an evaluation (``confusion``, ``class_metrics``, ``curves``, ``significance``, gathered in
``evaluation``) are computed from labels, predictions and probabilities in whole-array operations, so
that 10,000 samples cost milliseconds.

Looks inside a model take raw samples and leave the model as it is: gradients with respect to the input
(``saliency``, ``integrated``), where a convolutional network looks (``grad_cam``), what every layer
computes (``forward_pass``), what a network for points answers all over the plane (``plane``), which
training samples are nearest (``similar``), and how to show it (``pictures``).
"""

from nnstudio.engine.analysis.class_metrics import ClassMetrics, class_metrics
from nnstudio.engine.analysis.comparison import Comparison, compare
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
from nnstudio.engine.analysis.explain import METHODS, Method, explain, methods_for
from nnstudio.engine.analysis.features import feature_layer
from nnstudio.engine.analysis.forward_pass import LayerPass, layer_passes, worked_pass
from nnstudio.engine.analysis.grad_cam import grad_cam, grad_cam_layer
from nnstudio.engine.analysis.integrated import Attribution, integrated_gradients
from nnstudio.engine.analysis.pictures import channel_maps, filter_images, normalised, tiles
from nnstudio.engine.analysis.plane import decision_surface, plane_grid, unit_lines, unit_responses
from nnstudio.engine.analysis.saliency import input_gradients, saliency_map, smooth_gradients
from nnstudio.engine.analysis.significance import PairedTest, mcnemar_test, wilson_interval
from nnstudio.engine.analysis.similar import FeatureIndex, Neighbour, feature_index

__all__ = [
    "METHODS",
    "Analysis",
    "Attribution",
    "ClassMetrics",
    "Comparison",
    "FeatureIndex",
    "Floats",
    "Ints",
    "LayerPass",
    "Method",
    "Mistake",
    "Neighbour",
    "PairedTest",
    "PrecisionRecallCurve",
    "RocCurve",
    "accuracy",
    "analyse",
    "channel_maps",
    "class_metrics",
    "column_shares",
    "compare",
    "confusion_difference",
    "confusion_matrix",
    "decision_surface",
    "explain",
    "feature_index",
    "feature_layer",
    "filter_images",
    "frequent_mistakes",
    "grad_cam",
    "grad_cam_layer",
    "input_gradients",
    "integrated_gradients",
    "layer_passes",
    "mcnemar_test",
    "methods_for",
    "normalised",
    "plane_grid",
    "precision_recall_curve",
    "precision_recall_curves",
    "roc_curve",
    "roc_curves",
    "row_shares",
    "saliency_map",
    "smooth_gradients",
    "tiles",
    "unit_lines",
    "unit_responses",
    "wilson_interval",
    "worked_pass",
]
