"""What the compiled functions are made with: a decorator, raw memory, kernel calls, a barrier.

Compiled functions are plain Python that Numba turns into machine code. They take addresses, because
one function serves every layer of every network; only :mod:`.program` makes those addresses, and it
checks each against the array it lies in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.core import cgutils, config
from numba.extending import intrinsic as numba_intrinsic

from nnstudio.engine.ops.jit.kernels.adam_kernel import ARGUMENTS as ADAM_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.conversion import ARGUMENTS as CONVERSION_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.depthwise_kernels import ARGUMENTS as DEPTHWISE_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.dots import ARGUMENTS as DOTS_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.dropout_kernel import ARGUMENTS as DROPOUT_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.locator import ContentLocator
from nnstudio.engine.ops.jit.kernels.microkernel import ARGUMENTS as GEMM_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.panels import ARGUMENTS as COPY_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.pooled_norm_kernels import ARGUMENTS as POOLED_NORM_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.transposition import ARGUMENTS as TRANSPOSE_ARGUMENTS
from nnstudio.engine.ops.jit.kernels.winograd_transforms import ARGUMENTS as TRANSFORM_ARGUMENTS

F = TypeVar("F", bound=Callable[..., Any])

Float = Any
"""A float32 inside compiled code."""
Array = Any

SPINS = 2_000
"""Looks at the barrier before a waiting thread offers its core to others."""

OPERATION_ARGUMENTS = 5

_LOCATOR = f"{ContentLocator.__module__}.{ContentLocator.__qualname__}"

I64 = ir.IntType(64)


def compiled(function: F) -> F:
    """Compiles a function for others that are compiled.

    Division by zero follows IEEE, and nothing is allowed to change a result, not even by rounding a
    product and a sum together: vector code and the code for the last few values would do that in
    different ways, and then the number of threads would show in the weights.
    """
    return _compiled(function)


def compiled_sums(function: F) -> F:
    """As :func:`compiled`, with sums in an order of their own: the same one for the same length."""
    return _compiled(function, fastmath={"contract", "reassoc"})


def inlined(function: F) -> F:
    """Compiles a function into those that call it, so that loops around it become vector code."""
    return _compiled(function, forceinline=True)


def entry_point(function: F) -> F:
    """Compiles a function that Python calls, and keeps its machine code on disk."""
    with _kept_by_content():
        return _compiled(function, cache=True)


def operation(function: F) -> F:
    """Compiles the function of a family of operations, for the interpreter to call; kept on disk, too.

    Its arguments: addresses of the operation's integers and floats and of the thread's context; number of
    the thread; how many there are.
    """
    signature = types.void(*[types.int64] * OPERATION_ARGUMENTS)
    with _kept_by_content():
        return cast(F, numba.cfunc(signature, nopython=True, cache=True, error_model="numpy")(function))


@contextmanager
def _kept_by_content() -> Iterator[None]:
    """Numba looks for the place of its cache while it decorates a function."""
    before, config.CACHE_LOCATOR_CLASSES = config.CACHE_LOCATOR_CLASSES, _LOCATOR
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = before


def _compiled(function: F, **options: Any) -> F:
    return cast(F, numba.njit(nogil=True, error_model="numpy", **options)(function))


def intrinsic(function: Callable[..., Any]) -> Any:
    """Declares a function whose machine instructions are written out."""
    return numba_intrinsic(function)


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@inlined
def floats(address: int, size: int) -> Any:
    """The float32 values at an address, as an array."""
    return carray(_pointer(address), size, np.float32)


@inlined
def doubles(address: int, size: int) -> Any:
    """The float64 values at an address, as an array."""
    return carray(_pointer(address), size, np.float64)


@inlined
def integers(address: int, size: int) -> Any:
    """The int64 values at an address, as an array."""
    return carray(_pointer(address), size, np.int64)


def _caller(arguments: int, spare: int = 0) -> Any:
    """An intrinsic that calls the machine code at an address with a tuple of integers.

    Args:
        arguments: How many the code takes.
        spare: How many of the last ones the tuple lacks: the first one is repeated, then come zeros.
    """

    def call(context: Any, address: Any, values: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            kind = ir.FunctionType(ir.VoidType(), [I64] * arguments)
            target = builder.inttoptr(given[0], kind.as_pointer())
            numbers = list(cgutils.unpack_tuple(builder, given[1], arguments - spare))
            builder.call(target, [*numbers, *[numbers[0], *[I64(0)] * spare][:spare]])
            return context.get_dummy_value()

        return types.void(types.int64, types.UniTuple(types.int64, arguments - spare)), generate

    return intrinsic(call)


# the line that call_gemm has fetched is the first one of A, which is needed anyway
call_gemm = _caller(GEMM_ARGUMENTS, spare=4)
call_gemm_ahead = _caller(GEMM_ARGUMENTS)
call_gemm_copying = _caller(GEMM_ARGUMENTS + 1)
call_transpose = _caller(TRANSPOSE_ARGUMENTS)
call_copy = _caller(COPY_ARGUMENTS)
call_convert = _caller(CONVERSION_ARGUMENTS)
call_dots = _caller(DOTS_ARGUMENTS)
call_depthwise = _caller(DEPTHWISE_ARGUMENTS)
call_operation = _caller(OPERATION_ARGUMENTS)
call_transform = _caller(TRANSFORM_ARGUMENTS)
call_adam = _caller(ADAM_ARGUMENTS)
call_dropout = _caller(DROPOUT_ARGUMENTS)
call_pooled_norm = _caller(POOLED_NORM_ARGUMENTS)


@intrinsic
def multiply_add(context: Any, a: Any, b: Any, c: Any) -> Any:
    """``a·b + c`` in float32, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.fma(*values)

    return types.float32(types.float32, types.float32, types.float32), generate


@intrinsic
def half_power_of_two(context: Any, exponent: Any) -> Any:
    """``2ⁿ⁻¹`` as float32 for -125 ≤ n ≤ 128, by writing the exponent's bits."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        biased = builder.add(values[0], ir.IntType(32)(126))
        return builder.bitcast(builder.shl(biased, ir.IntType(32)(23)), ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def exponent(context: Any, value: Any) -> Any:
    """``n`` of a positive normal float32 ``m·2ⁿ`` with m in [½, 1), as int32."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits = builder.bitcast(values[0], ir.IntType(32))
        return builder.sub(builder.lshr(bits, ir.IntType(32)(23)), ir.IntType(32)(126))

    return types.int32(types.float32), generate


@intrinsic
def mantissa(context: Any, value: Any) -> Any:
    """``m`` of a positive normal float32 ``m·2ⁿ`` with m in [½, 1)."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        bits = builder.bitcast(values[0], ir.IntType(32))
        fraction = builder.and_(bits, ir.IntType(32)(0x007FFFFF))
        return builder.bitcast(builder.or_(fraction, ir.IntType(32)(0x3F000000)), ir.FloatType())

    return types.float32(types.float32), generate


@intrinsic
def _atomic_add(context: Any, address: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = builder.inttoptr(values[0], I64.as_pointer())
        return builder.atomic_rmw("add", place, values[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def _atomic_load(context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(values[0], I64.as_pointer()), "seq_cst", 8)

    return types.int64(types.int64), generate


@intrinsic
def _pause(context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _call_system(context: Any, address: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), [])

    return types.int32(types.int64), generate


@compiled
def barrier(counter: int, threads: int, passed: int, give_way: int) -> int:
    """Waits until all threads are here.

    Args:
        counter: Address of an integer that all threads share, 0 before the first barrier.
        threads: How many there are.
        passed: Barriers that this thread has passed so far.
        give_way: Address of the system's function that lets other threads run.

    Returns:
        Barriers passed now.
    """
    if threads > 1:
        _atomic_add(counter, 1)
        spins = 0
        while _atomic_load(counter) < threads * (passed + 1):
            _pause()
            spins += 1
            if spins > SPINS:
                _call_system(give_way)
    return passed + 1
