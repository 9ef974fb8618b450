"""Runs a program of operations over many steps, on all threads at once.

Every thread runs :func:`run` with the same arguments and its own number (SPMD: single program,
multiple data). A step is cut between them in two ways: gathering, the passes forward and backward and
the loss by *samples*; the weights' gradients and updates by *weights*. So no two threads ever add to
one number, every number comes about in the same way for any number of threads, and two barriers per
step are enough.

Layers whose kernel is too large for a core's own cache are cut by *features* instead, in both passes:
then each thread reads only its part of the kernel, at the price of a barrier per layer.

Operations in a row that work on every sample by itself are carried out for some samples at a time, which
stay in the cache meanwhile: a few images, or as many rows as a dense layer's kernel is worth reading for.

The operations themselves are functions of their own (see :mod:`.operations`), called by address.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnstudio.engine.ops.jit.kernels import codes
from nnstudio.engine.ops.jit.kernels.compiled import barrier, call_operation, entry_point, inlined
from nnstudio.engine.ops.jit.kernels.losses import tally
from nnstudio.engine.ops.jit.kernels.scalars import mix
from nnstudio.engine.ops.jit.kernels.shares import share
from nnstudio.engine.ops.jit.kernels.updates import COEFFICIENTS


@inlined
def _carry_out(op: Any, real: Any, context: Any, thread: int, threads: int) -> None:
    place = (op.ctypes.data, real.ctypes.data, context.ctypes.data, thread, threads)
    call_operation(op[codes.FUNCTION], place)


@inlined
def _begin_step(
    context: Any, step: int, samples: int, batch: int, rows: int, key: Any, coefficients: Any
) -> None:
    """Tells a thread's operations which step it is."""
    context[codes.SAMPLES] = samples
    context[codes.POSITION] = step * batch
    context[codes.ROWS] = rows + 8 * step * batch
    context[codes.KEY] = np.int64(mix(key))
    context[codes.COEFFICIENTS] = coefficients.ctypes.data + 4 * 2 * COEFFICIENTS * step


@inlined
def _tally(op: Any, samples: int, step: int, thread: int, losses: Any, hits: Any) -> bool:
    """Writes down a step's loss and hits; whether the run goes on after such a loss."""
    loss, hit = tally(op[1], op[2], samples)
    if thread == 0:
        losses[step], hits[step] = loss, hit
    goes_on: bool = op[3] == 0 or np.isfinite(loss)
    return goes_on


@inlined
def _in_blocks(
    ops: Any, reals: Any, i: int, context: Any, span: Any, grain: int, thread: int, threads: int
) -> None:
    """Carries out operations from the ``i``-th on for some samples at a time, about as many each time.

    Where parts of a batch belong together (see ``grain``), it is as many as the program says.
    """
    first, last = span
    blocks = (last - first + ops[i, codes.BLOCK] - 1) // ops[i, codes.BLOCK]
    end = first
    for block in range(blocks):
        begin, some = end, (last - end) // (blocks - block)
        end = min(last, end + (some if grain == 1 else ops[i, codes.BLOCK]))
        context[codes.FIRST], context[codes.LAST] = begin, end
        for place in range(i, i + ops[i, codes.RUN]):
            _carry_out(ops[place], reals[place], context, thread, threads)


@entry_point
def run(
    thread: int,
    threads: int,
    counter: int,
    give_way: int,
    ops: Any,
    reals: Any,
    context: Any,
    seed_key: Any,
    first_step: int,
    rows: int,
    size: int,
    batch: int,
    grain: int,
    coefficients: Any,
    losses: Any,
    hits: Any,
) -> None:
    """Runs the program once per batch of ``rows``.

    Args:
        thread: Number of this thread.
        threads: How many there are.
        counter: Address of the barriers' counter, 0 at the start.
        give_way: Address of the system's function that lets other threads run.
        ops: The program's integers.
        reals: Its floats.
        context: ``(codes.CONTEXT,)``, what this thread's operations are told; a step's are filled in here.
        seed_key: Hash of the run's seed, from which those of the steps follow.
        first_step: Number of the first step over the run, from 0.
        rows: Address of the rows of the data to work on.
        size: How many there are.
        batch: Samples per step; the last step may have fewer.
        grain: Threads share them in multiples of this.
        coefficients: Of each step, ``(steps, 2, COEFFICIENTS)``: without and with decay.
        losses: Filled with each step's summed loss, ``(steps,)``. A program that trains takes no step
            behind one that is not finite.
        hits: Filled with each step's hits.
    """
    passed = 0
    for step in range(len(losses)):
        samples = min(batch, size - step * batch)
        key = seed_key ^ np.uint64(first_step + step)
        _begin_step(context, step, samples, batch, rows, key, coefficients)
        first, last = share(samples, thread, threads, grain)
        i = 0
        while i < len(ops):
            op = ops[i]
            if op[0] == codes.BARRIER:
                passed = barrier(counter, threads, passed, give_way)
            elif op[0] == codes.TALLY:
                if not _tally(op, samples, step, thread, losses, hits):
                    return  # all threads see the same, and the weights stay those that made it
            elif op[codes.BLOCK] != 0:
                _in_blocks(ops, reals, i, context, (first, last), grain, thread, threads)
                i += op[codes.RUN] - 1
            else:
                context[codes.FIRST], context[codes.LAST] = first, last
                _carry_out(op, reals[i], context, thread, threads)
            i += 1
