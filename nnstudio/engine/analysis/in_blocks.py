"""Evaluates a part of the data block by block: with progress, and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis.passes import parts
from nnstudio.engine.model import Evaluation, Model

Report = Callable[[str, float | None], None]

BLOCK = 4096
"""Samples per block: a whole number of evaluation batches, so that the figures are those of one pass."""


def evaluate_in_blocks(model: Model, part: Part, report: Report | None = None) -> Evaluation:
    """Mean loss, accuracy and probabilities on a part, of which one block at a time is read.

    Args:
        model: The model; its weights must not change meanwhile.
        part: The samples, raw.
        report: Told what is going on; may raise ``Cancelled``.

    Raises:
        DataError: The samples don't fit the model.
        Cancelled: ``report`` stopped it.
    """
    labels, found = part.labels, []
    for block in parts(len(part), BLOCK):
        if report is not None:
            report("Evaluating", block.start / len(part))
        found.append(model.evaluate(part.samples(block), labels[block]))
    if not found:
        return model.evaluate(part.samples(slice(0, 0)), labels)
    sizes = np.array([len(one.labels) for one in found])
    return Evaluation(
        loss=float(np.average([one.loss for one in found], weights=sizes)),
        accuracy=float(np.average([one.accuracy for one in found], weights=sizes)),
        probabilities=np.concatenate([one.probabilities for one in found]),
        labels=np.concatenate([one.labels for one in found]),
    )
