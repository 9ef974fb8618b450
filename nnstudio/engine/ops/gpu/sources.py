"""The CUDA source of all kernels: the files in ``kernels/``, and kernels around elementwise formulas."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from string import Template

import numpy as np
from numpy.typing import DTypeLike

from nnstudio.core.activations import ActivationFunction
from nnstudio.engine.ops import activations
from nnstudio.engine.ops.gpu.formulas import Numbers, Recorder
from nnstudio.engine.ops.winograd_matrices import Matrix, matrices
from nnstudio.optim import Optimizer

_TRANSFORMS = {
    "of_input": 0,
    "of_kernel": 1,
    "of_output": 2,
    "of_output_gradient": 3,
    "of_kernel_gradient": 4,
}
"""Functions of Winograd's transforms, and their places among the matrices."""
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

// dys <- dys * f'(z)
extern "C" __global__ void activate_backward(real* dys, const real* ys, const real* zs, int count) {
    EACH(i, count) {
        real dy = dys[i], y = ys[i], z = zs ? zs[i] : y, s0, s1, s2, s3, s4, s5;
        $backward
        dys[i] = dy;
    }
}

// The same for (rows, columns), and part[chunk, column] = sum of the chunk's rows
extern "C" __global__ void activate_backward_and_sum(
    real* dys, const real* ys, const real* zs, real* part, int rows, int columns, int chunk_rows, int width) {
    EACH_ROW(number, STRIPS(rows, columns, chunk_rows, width)) {
        const Strip strip = strip_of(number, rows, columns, chunk_rows, width);
        real sum = 0;
        for (int row = strip.first; row < strip.end; row += strip.step) {
            const size_t at = (size_t)row * columns + strip.column;
            real dy = dys[at], y = ys[at], z = zs ? zs[at] : y, s0, s1, s2, s3, s4, s5;
            $backward
            dys[at] = dy;
            sum += dy;
        }
        sum = block_column_sum(sum, width);
        if (strip.writes) part[(size_t)strip.chunk * columns + strip.column] = sum;
    }
}
""")

_UPDATE = Template("""
// One step of the optimizer over the flat vector of `count` weights. Nothing changes once a loss was not
// finite. `starts` cuts the vector into stretches with penalties and decay of their own; `numbers` holds what
// changes from step to step, for each step of a block.
extern "C" __global__ void update(
    real* ws, const real* gs, $slots const int* alive, const real* clip_factor, const int* starts,
    const real* l1, const real* double_l2, const int* decays, const double* numbers, const long long* clock,
    int segments, double limit, int count) {
    if (!*alive) return;
    numbers += step_of_gradient(clock) * $width;
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
def winograd(outputs: int) -> str:
    """The kernels of Winograd's convolution for tiles of ``outputs × outputs`` outputs."""
    found = matrices(outputs)
    transforms = "\n".join(_transform(name, found[place]) for name, place in _TRANSFORMS.items())
    # the file has no other dollar signs
    return Template(_file("winograd")).substitute(outputs=outputs, transforms=transforms)


def _transform(name: str, matrix: Matrix) -> str:
    """Functions that put ``matrix @ values``, and ``matrix @ square @ matrixᵀ``, in their place."""
    width, height = len(matrix[0]), len(matrix)
    loads = ", ".join(f"v{k} = values[{k} * step]" for k in range(width))
    lines = [f"values[{row} * step] = {_combination(factors)};" for row, factors in enumerate(matrix)]
    columns = [f"{name}(square + {k}, SIDE);" for k in range(width)]
    rows = [f"{name}(square + {k} * SIDE, 1);" for k in range(height)]
    line, square = ("\n    ".join(body) for body in ([f"const real {loads};", *lines], [*columns, *rows]))
    return (
        f"__device__ void {name}(real* values, int step) {{\n    {line}\n}}\n"
        f"__device__ void {name}_square(real* square) {{\n    {square}\n}}\n"
    )


def _combination(factors: tuple[Fraction, ...]) -> str:
    """``Σ factor · v``, as C; zeros and ones cost nothing."""
    terms = [(factor, f"v{k}") for k, factor in enumerate(factors) if factor]
    signs = ["-" if factor < 0 else "+" for factor, _ in terms]
    sizes = [
        value if abs(factor) == 1 else f"(real){float(abs(factor))!r} * {value}" for factor, value in terms
    ]
    return " ".join(f"{sign} {size}" for sign, size in zip(signs, sizes, strict=True)).removeprefix("+ ")


@cache
def activation(function: ActivationFunction, dtype: str) -> str:
    """Kernels around an elementwise activation: see the template."""
    recorder = Recorder(dtype, literals=True)
    z, out, dy, y = (recorder.value(name) for name in ("z", "out", "dy", "y"))
    scratch = [recorder.value(f"s{slot}") for slot in range(6)]
    activations.forward(recorder, function, z, out, scratch.__getitem__)
    forward = recorder.take()
    activations.backward(recorder, function, dy, y, z, scratch.__getitem__)
    return _ACTIVATE.substitute(forward=forward, backward=recorder.take())


@cache
def update(optimizer: Optimizer, dtype: str) -> str:
    """The kernel ``update`` of an optimizer; :func:`update_numbers` gives a line of its table."""
    recorder = Recorder(dtype)
    decay, step = _record(optimizer, recorder)
    slots, numbers = range(len(optimizer.slots)), range(len(recorder.numbers))
    return _UPDATE.substitute(
        slots="".join(f"real* slot{k}s, " for k in slots),
        width=len(numbers),
        numbers=" ".join(f"const real c{k} = (real)numbers[{k}];" for k in numbers),
        load=" ".join(f"real slot{k} = slot{k}s[i];" for k in slots),
        decay=decay,
        step=step,
        store=" ".join(f"slot{k}s[i] = slot{k};" for k in slots),
    )


def update_numbers(optimizer: Optimizer, dtype: str, rate: float, number: int) -> list[float]:
    """What the kernel :func:`update` needs in the step of that number, from 1."""
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
