"""The CUDA source of all kernels: the files in ``kernels/``, and kernels around elementwise formulas."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import DTypeLike

from nnstudio.core.activations import ActivationFunction
from nnstudio.engine.ops import activations
from nnstudio.engine.ops.gpu.formulas import Numbers, Recorder
from nnstudio.optim import Optimizer

FILES = (
    "columns",
    "convolution",
    "depthwise",
    "pooling",
    "normalisation",
    "losses",
    "elementwise",
    "feed",
    "gradients",
)
"""Behind ``common``, in the order in which they need each other."""

_ACTIVATE = Template("""
// z = zs + bias (kept where `kept` is given) and outs = f(z)
extern "C" __global__ void activate(
    const real* zs, const real* bias, real* kept, real* outs, int count, int columns) {
    EACH(i, count) {
        real z = zs[i], out, s0, s1, s2, s3, s4, s5;
        if (bias) z = z + bias[i % columns];
        if (kept) kept[i] = z;
        $forward
        outs[i] = out;
    }
}

// z = gamma * (x - mean) * inverse + beta (kept where `kept` is given) and outs = f(z)
extern "C" __global__ void batch_norm(
    const real* xs, const double* mean, const double* inverse, const real* gamma, const real* beta,
    real* kept, real* outs, int count, int columns) {
    EACH(i, count) {
        const int c = i % columns;
        const real near = (real)mean[c];
        const double factor = gamma ? inverse[c] * gamma[c] : inverse[c];
        const double shift = (near - mean[c]) * factor + (beta ? beta[c] : 0.0);
        real z = (xs[i] - near) * (real)factor + (real)shift, out, s0, s1, s2, s3, s4, s5;
        if (kept) kept[i] = z;
        $forward
        outs[i] = out;
    }
}

// dys <- dys * f'(z) for (rows, columns), and sums down the columns of each chunk, if wanted
extern "C" __global__ void activate_backward(
    real* dys, const real* ys, const real* zs, real* part, int rows, int columns, int chunk_rows) {
    const int chunks = (rows + chunk_rows - 1) / chunk_rows;
    EACH(i, chunks * columns) {
        const int column = i % columns, first = i / columns * chunk_rows;
        const int end = min(rows, first + chunk_rows);
        real sum = 0;
        for (int row = first; row < end; row++) {
            const size_t at = (size_t)row * columns + column;
            real dy = dys[at], y = ys[at], z = zs ? zs[at] : y, s0, s1, s2, s3, s4, s5;
            $backward
            dys[at] = dy;
            sum += dy;
        }
        if (part) part[i] = sum;
    }
}
""")

_UPDATE = Template("""
// One step of the optimizer over the flat vector of `count` weights. Nothing changes once a loss was not
// finite. `starts` cuts the vector into stretches with penalties and decay of their own.
extern "C" __global__ void update(
    real* ws, const real* gs, $slots const int* alive, const real* clip_factor, const int* starts,
    const real* l1, const real* double_l2, const int* decays, int segments, double limit, int count
    $parameters) {
    if (!*alive) return;
    $numbers
    EACH(i, count) {
        real w = ws[i], g = gs[i], t;
        $load
        const int s = starts ? segment_of(i, starts, segments) : 0;
        if (clip_factor) g = g * *clip_factor;
        else if (starts) g = penalised(g, w, l1[s], double_l2[s], (real)limit);
        if (starts && decays[s]) {
            $decay
        }
        $step
        ws[i] = w;
        $store
    }
}
""")


def whole(dtype: DTypeLike, kernels: str) -> str:
    """A source that can be compiled: kernels for float32 or float64, behind what they need."""
    real = "float" if np.dtype(dtype).itemsize == 4 else "double"
    return f"typedef {real} real;\n{_file('common')}\n{kernels}"


@cache
def library() -> str:
    """The kernels of all files."""
    return "\n".join(map(_file, FILES))


def _file(name: str) -> str:
    return (Path(__file__).parent / "kernels" / f"{name}.cu").read_text(encoding="utf-8")


@cache
def activation(function: ActivationFunction, dtype: str) -> str:
    """Kernels with an elementwise activation: ``activate``, ``batch_norm`` and ``activate_backward``."""
    recorder = Recorder(dtype, literals=True)
    z, out, dy, y = (recorder.value(name) for name in ("z", "out", "dy", "y"))
    scratch = [recorder.value(f"s{slot}") for slot in range(6)]
    activations.forward(recorder, function, z, out, scratch.__getitem__)
    forward = recorder.take()
    activations.backward(recorder, function, dy, y, z, scratch.__getitem__)
    return _ACTIVATE.substitute(forward=forward, backward=recorder.take())


@cache
def update(optimizer: Optimizer, dtype: str) -> str:
    """The kernel ``update`` of an optimizer; :func:`update_numbers` gives its last parameters."""
    recorder = Recorder(dtype)
    decay, step = _record(optimizer, recorder)
    slots, numbers = range(len(optimizer.slots)), range(len(recorder.numbers))
    return _UPDATE.substitute(
        slots="".join(f"real* slot{k}s, " for k in slots),
        parameters="".join(f", double p{k}" for k in numbers),
        numbers=" ".join(f"const real c{k} = (real)p{k};" for k in numbers),
        load=" ".join(f"real slot{k} = slot{k}s[i];" for k in slots),
        decay=decay,
        step=step,
        store=" ".join(f"slot{k}s[i] = slot{k};" for k in slots),
    )


def update_numbers(optimizer: Optimizer, dtype: str, rate: float, number: int) -> list[float]:
    """The last parameters of the kernel :func:`update` for the step of that number, from 1."""
    taken = Numbers(dtype)
    value = taken.value()
    optimizer.decay(taken, value, rate)
    optimizer.update(taken, value, value, [value] * len(optimizer.slots), value, rate, number)
    return taken.numbers


def _record(optimizer: Optimizer, recorder: Recorder) -> tuple[str, str]:
    """The statements of the decay and of the step."""
    w, g, t = (recorder.value(name) for name in "wgt")
    slots = [recorder.value(f"slot{k}") for k in range(len(optimizer.slots))]
    optimizer.decay(recorder, w, 1.0)
    decay = recorder.take()
    optimizer.update(recorder, w, g, slots, t, 1.0, 1)
    return decay, recorder.take()
