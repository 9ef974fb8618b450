"""The transforms of Winograd's convolution, as LLVM IR: small matrices from both sides, on channels.

A 3×3 convolution computes ``m × m`` outputs from ``(m + 2) × (m + 2)`` inputs with as many products as
there are inputs, instead of nine per output (Winograd, 1980; Lavin & Gray, "Fast algorithms for
convolutional neural networks", 2016)::

    Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A          d: inputs, g: kernel, Y: outputs

For m = 2 these matrices hold nothing but 0, ±1 and ±½, so that rounding is no worse than without.
The gradients are the adjoint: ``dg = Gᵀ [ (Bᵀ d B) ⊙ (A dY Aᵀ) ] G``. Every transform is a matrix T
applied as ``T X Tᵀ``; written out here, the zeros and ones cost nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, I64, Emitter, Value

OUTPUTS = 2
"""Outputs of a tile along one axis, m."""
INPUTS = OUTPUTS + 2
"""Inputs of a tile along one axis."""
FREQUENCIES = INPUTS * INPUTS
TAPS = 9

_B = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
_G = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
_A = ((1, 1, 1, 0), (0, 1, -1, -1))

INPUT, KERNEL, OUTPUT, OUTPUT_GRADIENT, KERNEL_GRADIENT = range(5)
"""The transforms: ``Bᵀ d B``, ``G g Gᵀ``, ``Aᵀ M A``, ``A dY Aᵀ``, ``Gᵀ dU G``."""

MATRICES: tuple[tuple[tuple[float, ...], ...], ...] = (
    _B,
    _G,
    _A,
    tuple(zip(*_A, strict=True)),
    tuple(zip(*_G, strict=True)),
)

ARGUMENTS = 12


def transform_name(number: int) -> str:
    """Name of a transform's function."""
    return f"winograd_{number}"


def emit_transform(module: ir.Module, number: int, lanes: int) -> str:
    """Writes a transform of a row of tiles.

    The arguments, strides in bytes: address of the first tile's first value; strides by row, by column and
    by tile; the same of the target; tiles; channels, which lie behind each other; address of a bias that
    is added, or 0; whether to cut negative results to 0.

    Args:
        module: Where the function goes.
        number: Which transform.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    name = transform_name(number)
    e = Emitter(module, name, ARGUMENTS, lanes)
    _Transform(e, MATRICES[number]).emit()
    return name


class _Transform:
    """One transform under construction."""

    def __init__(self, emitter: Emitter, matrix: tuple[tuple[float, ...], ...]) -> None:
        self._e, self._matrix = emitter, matrix
        names = "source row column tile target to_row to_column to_tile tiles channels bias rectify"
        self._given: dict[str, Any] = dict(zip(names.split(), emitter.arguments, strict=True))

    def emit(self) -> None:
        """Tile by tile, register by register of channels; the last register may be used in part."""
        e, given = self._e, self._given
        whole = e.builder.sdiv(given["channels"], I64(e.lanes))
        rest = e.builder.srem(given["channels"], I64(e.lanes))
        mask = e.mask(rest)
        source, target = e.variable(given["source"]), e.variable(given["target"])
        with e.repeat(given["tiles"]):
            with e.repeat(whole) as i:
                self._register(e.get(source), e.get(target), e.times(i, FLOAT * e.lanes), None)
            with e.when(e.is_set(rest)):
                shift = e.times(whole, FLOAT * e.lanes)
                self._register(e.get(source), e.get(target), shift, mask)
            e.set(source, e.add(e.get(source), given["tile"]))
            e.set(target, e.add(e.get(target), given["to_tile"]))
        e.finish()

    def _register(self, source: Value, target: Value, shift: Value, mask: Value | None) -> None:
        """``T X Tᵀ`` for as many channels as a register holds: first the columns, then the rows."""
        e, given, matrix = self._e, self._given, self._matrix
        outputs, inputs = len(matrix), len(matrix[0])
        source, target = e.add(source, shift), e.add(target, shift)
        columns = []
        for j in range(inputs):
            place = e.add(source, e.times(given["column"], j))
            values = [e.load(e.add(place, e.times(given["row"], i)), mask) for i in range(inputs)]
            columns.append([self._combined(line, values) for line in matrix])
        bias = e.variable(e.zeros())
        with e.when(e.is_set(given["bias"])):
            e.set(bias, e.load(e.add(given["bias"], shift), mask))
        for i in range(outputs):
            row = [column[i] for column in columns]
            for j, line in enumerate(matrix):
                value = e.variable(e.builder.fadd(self._combined(line, row), e.get(bias)))
                with e.when(e.is_set(given["rectify"])):
                    e.set(value, e.rectified(e.get(value)))
                place = e.add(e.times(given["to_row"], i), e.times(given["to_column"], j))
                e.store(e.get(value), e.add(target, place), mask)

    def _combined(self, factors: tuple[float, ...], values: list[Value]) -> Value:
        """``Σ factor·value``; a factor of ±1 needs no product, and equal ones share it."""
        e = self._e
        total = None
        for size in sorted({abs(factor) for factor in factors} - {0}):
            part = None
            for factor, value in sorted(zip(factors, values, strict=True), key=lambda pair: -pair[0]):
                if factor == size:
                    part = value if part is None else e.builder.fadd(part, value)
                elif factor == -size:
                    part = e.builder.fneg(value) if part is None else e.builder.fsub(part, value)
            if size != 1:
                part = e.builder.fmul(part, ir.Constant(e.vector, [size] * e.lanes))
            total = part if total is None else e.builder.fadd(total, part)
        return total
