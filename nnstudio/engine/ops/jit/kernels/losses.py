"""Loss, hits and the logits' gradient of some samples, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels.compiled import Float, compiled, compiled_sums, doubles, floats, integers
from nnstudio.engine.ops.jit.kernels.emitter import FLOAT
from nnstudio.engine.ops.jit.kernels.scalars import ONE, TWO, ZERO, exp, log, sigmoid

F = np.float32
SOFTMAX, SIGMOID = 0, 1

FEW = 64
"""Outputs from which those of a sample fill vector registers by themselves."""


@compiled_sums
def _total(e: Any) -> Float:
    total = ZERO
    for j in range(e.shape[0]):
        total += e[j]
    return total


@compiled
def _exponentials(values: int, size: int) -> None:
    x = floats(values, size)
    for j in range(size):
        x[j] = exp(x[j])


@compiled
def softmax_cross_entropy(
    logits: int,
    gradient: int,
    row: int,
    outputs: int,
    labels: int,
    rows: int,
    first: int,
    last: int,
    smoothing: Float,
    weights: int,
    scale: Float,
    losses: int,
    hits: int,
) -> None:
    """See ``NumpyOps.softmax_cross_entropy`` and ``Targets``, per sample.

    Args:
        logits: Address of the logits.
        gradient: Address of their gradient, or 0.
        row: Stride of both by sample, in bytes.
        outputs: Classes.
        labels: Address of all labels, int64.
        rows: Address of the batch's places among them, int64.
        first: First sample of the batch to work on.
        last: First one not to.
        smoothing: Share of a label that is spread over all classes, in the gradient.
        weights: Address of the class weights in the gradient, or 0.
        scale: Factor of the gradient.
        losses: Address of the losses, float64, by sample of the batch.
        hits: Address of the hits, int64.
    """
    chosen, loss, hit = integers(rows, last), doubles(losses, last), integers(hits, last)
    together = row == FLOAT * outputs and outputs < FEW  # else they are no run of values, or take no help
    for i in range(first, last):  # they lie anywhere: so short a loop waits for many of them at once
        hit[i] = integers(labels, chosen[i] + 1)[chosen[i]]
    for i in range(first, last):
        z, d = floats(logits + i * row, outputs), floats(gradient + i * row, outputs)
        label, best, top = hit[i], 0, z[0]
        for j in range(1, outputs):
            better = z[j] > top
            best, top = j if better else best, z[j] if better else top
        loss[i], hit[i] = top - z[label], 2 * label + (1 if best == label else 0)
        for j in range(outputs):
            d[j] = z[j] - top
        if not together:
            _exponentials(gradient + i * row, outputs)
    if together:
        _exponentials(gradient + first * row, (last - first) * outputs)
    for i in range(first, last):
        d = floats(gradient + i * row, outputs)
        label, hit[i] = hit[i] >> 1, hit[i] & 1  # a hit stood beside it
        total = _total(d)
        loss[i] += log(total) if total == total else total  # NaN must be noticed
        factor = scale * floats(weights, label + 1)[label] if weights != 0 else scale
        share, spread = factor / total, smoothing / F(outputs) * factor
        for j in range(outputs):
            d[j] = d[j] * share - spread
        d[label] -= (ONE - smoothing) * factor


@compiled
def sigmoid_cross_entropy(
    logits: int,
    gradient: int,
    row: int,
    outputs: int,
    labels: int,
    rows: int,
    first: int,
    last: int,
    smoothing: Float,
    weights: int,
    scale: Float,
    losses: int,
    hits: int,
) -> None:
    """See ``NumpyOps.sigmoid_cross_entropy`` and ``Targets``; arguments as for softmax."""
    chosen, loss, hit = integers(rows, last), doubles(losses, last), integers(hits, last)
    for i in range(first, last):
        z, d = floats(logits + i * row, outputs), floats(gradient + i * row, outputs)
        label = integers(labels, chosen[i] + 1)[chosen[i]]
        best = 0
        for j in range(1, outputs):
            best = j if z[j] > z[best] else best
        one = outputs == 1
        hit[i] = 1 if (label == (1 if z[0] > ZERO else 0) if one else best == label) else 0
        factor = scale * floats(weights, label + 1)[label] if weights != 0 else scale
        factor = factor / F(outputs)
        spread = smoothing / TWO
        for j in range(outputs):  # first the loss of a target 0, whose sum needs the logits alone
            size = -z[j] if z[j] < ZERO else z[j]
            d[j] = (z[j] if z[j] > ZERO else z[j] * ZERO) + log(ONE + exp(-size))
        summed = 0.0
        for j in range(outputs):
            summed += np.float64(d[j])
        for j in range(outputs):
            d[j] = (sigmoid(z[j]) - spread) * factor
        positive = label if not one else 0
        if not one or label == 1:
            summed -= np.float64(z[positive])
            d[positive] -= (ONE - smoothing) * factor
        loss[i] = summed / outputs


@compiled
def tally(losses: int, hits: int, samples: int) -> tuple[float, int]:
    """Loss and hits of a batch, added up in the order of its samples whoever computed them."""
    each, right = doubles(losses, samples), integers(hits, samples)
    total, count = 0.0, 0
    for i in range(samples):
        total += each[i]
        count += right[i]
    return total, count
