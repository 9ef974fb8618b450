"""Evaluates a part of the data block by block: with progress, and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnstudio.data.dataset import Part
from nnstudio.engine.analysis.passes import parts
from nnstudio.engine.model import Evaluation, Model

Report = Callable[[str, float | None], None]

BLOCK, LEAST = 4096, 64
"""Samples per block: a whole number of evaluation batches, so that the figures are those of one pass."""
WORK = 20e9
"""Multiply-adds per block at most, where that leaves ``LEAST``: about half a second between two reports."""


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
    labels, found, size = part.labels, [], BLOCK
    while size > LEAST and size * model.network.report.multiply_adds > WORK:
        size //= 2
    for block in parts(len(part), size):
        if report is not None:
            report(f"{block.start:,} of {len(part):,} samples", block.start / len(part))
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
