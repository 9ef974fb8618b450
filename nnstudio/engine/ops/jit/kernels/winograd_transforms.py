"""The transforms of Winograd's convolution, as LLVM IR: small matrices from both sides, on channels.

See ``ops.winograd_matrices``. Every transform is a matrix T applied as ``T X Tᵀ``; written out here, zeros
and ones cost nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import Emitter, Value
from nnstudio.engine.ops.winograd_matrices import Matrix, matrices

TAPS = 9

INPUT, KERNEL, OUTPUT, OUTPUT_GRADIENT, KERNEL_GRADIENT, INPUT_GRADIENT, TRANSFORMS_OF_A_SIZE = range(7)
"""The transforms: ``Bᵀ d B``, ``G g Gᵀ``, ``Aᵀ M A``, ``A dY Aᵀ``, ``Gᵀ dU G``, ``B dV Bᵀ``; and how many."""

OVERLAP = 2
"""Rows and columns that the inputs of neighbouring tiles share."""

ARGUMENTS = 12


def transform_name(outputs: int, number: int) -> str:
    """Name of a transform's function."""
    return f"winograd_{outputs}_{number}"


def emit_transform(module: ir.Module, outputs: int, number: int, lanes: int) -> str:
    """Writes a transform of a row of tiles.

    The arguments, strides in bytes: address of the first tile's first value; strides by row, by column and
    by tile; the same of the target; tiles; channels, which lie behind each other; and two more that
    belong to the transforms of outputs and of their gradients: address of a bias that is added to outputs,
    or of sums to which all of ``dY`` is added, or 0; whether to cut negative outputs to 0.

    Input gradients are added to what the tiles above and to the left have left in the rows and columns
    that they share.

    Args:
        module: Where the function goes.
        outputs: Outputs of a tile along one axis.
        number: Which transform.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    name = transform_name(outputs, number)
    kind = {OUTPUT: _Outputs, OUTPUT_GRADIENT: _OutputGradients, INPUT_GRADIENT: _InputGradients}
    made: type[_Transform] = kind.get(number, _Transform)
    made(Emitter(module, name, ARGUMENTS, lanes), matrices(outputs)[number]).emit()
    return name


class _Transform:
    """One transform under construction."""

    def __init__(self, emitter: Emitter, matrix: Matrix) -> None:
        self._e, self._matrix = emitter, matrix
        names = "source row column tile target to_row to_column to_tile tiles channels vector rectify"
        self._given: dict[str, Any] = dict(zip(names.split(), emitter.arguments, strict=True))

    def emit(self) -> None:
        """Tile by tile, register by register of channels; the last register may be used in part."""
        e, given = self._e, self._given
        source, target = e.variable(given["source"]), e.variable(given["target"])
        self._begin()
        with e.repeat(given["tiles"]):
            e.by_registers(
                given["channels"],
                lambda shift, mask: self._register(e.get(source), e.get(target), shift, mask),
            )
            e.set(source, e.add(e.get(source), given["tile"]))
            e.set(target, e.add(e.get(target), given["to_tile"]))
        e.finish()

    def _register(self, source: Value, target: Value, shift: Value, mask: Value | None) -> None:
        """``T X Tᵀ`` for as many channels as a register holds: first the columns, then the rows."""
        e, given, matrix = self._e, self._given, self._matrix
        source, target = e.add(source, shift), e.add(target, shift)
        columns, inputs = [], range(len(matrix[0]))
        for j in inputs:
            place = e.add(source, e.times(given["column"], j))
            values = [e.load(e.add(place, e.times(given["row"], i)), mask) for i in inputs]
            self._loaded(values)
            columns.append([self._combined(line, values) for line in matrix])
        self._middle(shift, mask)
        for i in range(len(matrix)):
            row = [column[i] for column in columns]
            for j, line in enumerate(matrix):
                place = e.add(e.times(given["to_row"], i), e.times(given["to_column"], j))
                there = e.add(target, place)
                e.store(self._finished(self._combined(line, row), i, j, there, mask), there, mask)

    def _begin(self) -> None:
        """In front of all tiles."""

    def _loaded(self, values: list[Value]) -> None:
        """What is read of a column."""

    def _middle(self, shift: Value, mask: Value | None) -> None:
        """When all is read, and nothing written yet."""

    def _finished(self, value: Value, row: int, column: int, place: Value, mask: Value | None) -> Value:
        """What is written of a value."""
        return value

    def _combined(self, factors: tuple[Fraction, ...], values: list[Value]) -> Value:
        """``Σ factor·value``; a factor of ±1 needs no product, and those of equal size share it."""
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
                constant = ir.Constant(e.vector, [float(size)] * e.lanes)
                total = e.multiply_add(part, constant, e.zeros() if total is None else total)
            else:
                total = part if total is None else e.builder.fadd(total, part)
        return total


class _Outputs(_Transform):
    """Outputs get a bias, and may be cut at 0."""

    def _begin(self) -> None:
        self._floor = self._e.floor(self._e.is_set(self._given["rectify"]))

    def _middle(self, shift: Value, mask: Value | None) -> None:
        e, bias = self._e, self._given["vector"]
        found = e.variable(e.zeros())
        with e.when(e.is_set(bias)):
            e.set(found, e.load(e.add(bias, shift), mask))
        self._bias = e.get(found)

    def _finished(self, value: Value, row: int, column: int, place: Value, mask: Value | None) -> Value:
        return self._e.at_least(self._e.builder.fadd(value, self._bias), self._floor)


class _OutputGradients(_Transform):
    """The gradients of the outputs are summed up, which gives that of the bias."""

    def _register(self, source: Value, target: Value, shift: Value, mask: Value | None) -> None:
        self._sum = self._e.zeros()
        super()._register(source, target, shift, mask)

    def _loaded(self, values: list[Value]) -> None:
        for value in values:
            self._sum = self._e.builder.fadd(self._sum, value)

    def _middle(self, shift: Value, mask: Value | None) -> None:
        e, sums = self._e, self._given["vector"]
        with e.when(e.is_set(sums)):
            place = e.add(sums, shift)
            e.store(e.builder.fadd(e.load(place, mask), self._sum), place, mask)


class _InputGradients(_Transform):
    """Where tiles overlap, the gradients of their inputs are added up."""

    def _finished(self, value: Value, row: int, column: int, place: Value, mask: Value | None) -> Value:
        if min(row, column) >= OVERLAP:
            return value
        return self._e.builder.fadd(value, self._e.load(place, mask))
