"""From LLVM IR to machine code in memory, by way of an object file that can be kept on disk."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numpy.typing import NDArray

from nnstudio.engine.ops.jit.kernels import pooled_norm_kernels
from nnstudio.engine.ops.jit.kernels.adam_kernel import NAME as ADAM
from nnstudio.engine.ops.jit.kernels.adam_kernel import emit_adam
from nnstudio.engine.ops.jit.kernels.conversion import FROM_FLOATS, FROM_OCTETS, emit_conversion
from nnstudio.engine.ops.jit.kernels.depthwise_kernels import (
    MOST_SUMS,
    emit_pixels,
    emit_taps,
    pixels_name,
    taps_name,
)
from nnstudio.engine.ops.jit.kernels.dots import dots_name, emit_dots, most_columns
from nnstudio.engine.ops.jit.kernels.dropout_kernel import NAME as DROPOUT
from nnstudio.engine.ops.jit.kernels.dropout_kernel import emit_dropout
from nnstudio.engine.ops.jit.kernels.microkernel import emit_gemm, kernel_name
from nnstudio.engine.ops.jit.kernels.panels import NAME as COPY
from nnstudio.engine.ops.jit.kernels.panels import PANEL, emit_copy
from nnstudio.engine.ops.jit.kernels.transposition import NAME as TRANSPOSE
from nnstudio.engine.ops.jit.kernels.transposition import emit_transposition
from nnstudio.engine.ops.jit.kernels.winograd_transforms import (
    TRANSFORMS_OF_A_SIZE,
    emit_transform,
    transform_name,
)
from nnstudio.engine.ops.jit.machine import Target
from nnstudio.engine.ops.winograd_matrices import OUTPUTS

MAX_ROWS = 16
"""Most rows of any block."""
LANES, MOST_VECTORS, MOST_ROWS = 0, 1, 2
ADDRESS_OF_COPY, ADDRESS_OF_TRANSPOSE, ZERO, TRANSFORMS = 7, 8, 9, 10
DEPTHWISE = TRANSFORMS + len(OUTPUTS) * TRANSFORMS_OF_A_SIZE - 1  # no function has 0 sums
DEPTHWISE_GRADIENT = DEPTHWISE + MOST_SUMS
POOLED_NORM = DEPTHWISE_GRADIENT + MOST_SUMS + 1
POOLED_NORM_BACKWARD = POOLED_NORM + 1
ADDRESS_OF_ADAM = POOLED_NORM_BACKWARD + 1
ADDRESS_OF_DROPOUT = ADDRESS_OF_ADAM + 1
CONVERSIONS = ADDRESS_OF_DROPOUT + 1
DOTS = CONVERSIONS + 1  # no function has 0 columns
COPYING = DOTS + 5
ADDRESSES = COPYING + (MAX_ROWS + 1) * (PANEL + 1)
"""Where a kernel table holds what; see :class:`Kernels`."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """Machine code, ready to be called.

    Attributes:
        target: What it was compiled for.
        table: Integers, as compiled functions read them: floats per register; most registers per row;
            at ``MOST_ROWS + v`` the most rows of a block with v of them; addresses of the copy and the
            transposition; a 0; at
            ``TRANSFORMS`` the addresses of Winograd's transforms, size by size; at ``DEPTHWISE + n`` and
            ``DEPTHWISE_GRADIENT + n`` those of n sums; at ``POOLED_NORM`` and
            ``POOLED_NORM_BACKWARD`` what they say; those of Adam's step and of dropout; at ``CONVERSIONS``
            those of bytes and of floats; at ``DOTS + n`` those of n last columns, or 0; at
            ``ADDRESSES + 17·v + rows`` a block's kernel, and at ``COPYING + 17·v + rows`` one that copies.
        engine: Keeps the code in memory.
    """

    target: Target
    table: NDArray[np.int64]
    engine: Any


def compile_object(target: Target) -> bytes:
    """Compiles all kernels into one object file (about a second)."""
    _initialise()
    module = ir.Module("kernels")
    module.triple = binding.get_default_triple()
    for vectors, most in target.blocks.items():
        for rows in range(1, most + 1):
            emit_gemm(module, rows, vectors, target.lanes)
            if vectors <= PANEL:
                emit_gemm(module, rows, vectors, target.lanes, copying=True)
    emit_transposition(module, target.lanes)
    emit_copy(module, target.lanes)
    emit_adam(module, target.lanes)
    emit_dropout(module, target.lanes)
    for outputs, number in product(OUTPUTS, range(TRANSFORMS_OF_A_SIZE)):
        emit_transform(module, outputs, number, target.lanes)
    for sums in range(1, MOST_SUMS + 1):
        emit_pixels(module, sums, target.lanes)
        emit_taps(module, sums, target.lanes)
    pooled_norm_kernels.emit_forward(module, target.lanes)
    pooled_norm_kernels.emit_backward(module, target.lanes)
    for columns in range(1, most_columns(target.lanes) + 1):
        emit_dots(module, columns, target.lanes)
    for name in (FROM_OCTETS, FROM_FLOATS):
        emit_conversion(module, target.lanes, name)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    machine = _machine(target)
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=3))
    passes = binding.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.run(parsed, builder)
    return bytes(machine.emit_object(parsed))


def load_object(target: Target, code: bytes) -> Kernels:
    """Makes an object file's kernels callable (about a millisecond).

    Raises:
        RuntimeError: It is no object file, or it lacks a kernel.
    """
    _initialise()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine(target))
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    table = np.zeros(ADDRESSES + (MAX_ROWS + 1) * (1 + max(target.blocks)), np.int64)
    table[LANES], table[MOST_VECTORS] = target.lanes, max(target.blocks)
    table[ADDRESS_OF_COPY] = _address(engine, COPY)
    table[ADDRESS_OF_TRANSPOSE] = _address(engine, TRANSPOSE)
    for place, transform in enumerate(product(OUTPUTS, range(TRANSFORMS_OF_A_SIZE))):
        table[TRANSFORMS + place] = _address(engine, transform_name(*transform))
    for sums in range(1, MOST_SUMS + 1):
        table[DEPTHWISE + sums] = _address(engine, pixels_name(sums))
        table[DEPTHWISE_GRADIENT + sums] = _address(engine, taps_name(sums))
    table[POOLED_NORM] = _address(engine, pooled_norm_kernels.FORWARD)
    table[POOLED_NORM_BACKWARD] = _address(engine, pooled_norm_kernels.BACKWARD)
    table[ADDRESS_OF_ADAM] = _address(engine, ADAM)
    table[ADDRESS_OF_DROPOUT] = _address(engine, DROPOUT)
    for columns in range(1, most_columns(target.lanes) + 1):
        table[DOTS + columns] = _address(engine, dots_name(columns))
    for place, name in enumerate((FROM_OCTETS, FROM_FLOATS)):
        table[CONVERSIONS + place] = _address(engine, name)
    for vectors, most in target.blocks.items():
        table[MOST_ROWS + vectors] = most
        for rows in range(1, most + 1):
            place = (MAX_ROWS + 1) * vectors + rows
            table[ADDRESSES + place] = _address(engine, kernel_name(rows, vectors))
            if vectors <= PANEL:
                table[COPYING + place] = _address(engine, kernel_name(rows, vectors, copying=True))
    return Kernels(target, table, engine)


def _address(engine: Any, name: str) -> int:
    address = int(engine.get_function_address(name))
    if not address:
        raise RuntimeError(f"the object file has no {name}")
    return address


def _machine(target: Target) -> Any:
    triple = binding.Target.from_triple(binding.get_default_triple())
    return triple.create_target_machine(cpu=target.cpu, features=target.features, opt=3)


def _initialise() -> None:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
