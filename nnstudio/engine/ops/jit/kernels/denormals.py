"""Numbers too small for float32's full precision are taken for 0 while the kernels run.

Below 1e-38 a processor computes with *denormal* numbers, a hundred times slower. Training makes many of
them: the momentum of a weight whose gradient has stayed 0 is multiplied by β until it is one, and rounding
then keeps it there for good. Adam's squares of gradients below 1e-19 are such numbers at once.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from nnstudio.engine.ops.jit.kernels.compiled import entry_point, intrinsic

I32 = ir.IntType(32)
_FLUSH = 0x8040
"""Bits of the x86 register MXCSR: denormal results are 0, and so are denormal operands."""


@entry_point
def flush() -> int:
    """From here on denormals are 0 in this thread; returns what :func:`restore` needs."""
    before: int = _control()
    _set_control(before | _FLUSH)
    return before


@entry_point
def restore(before: int) -> None:
    """Numbers are computed with as they were before :func:`flush`."""
    _set_control(before)


@intrinsic
def _control(context: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = builder.alloca(I32)
        builder.call(_function(builder, "llvm.x86.sse.stmxcsr"), [_bytes(builder, place)])
        return builder.zext(builder.load(place), ir.IntType(64))

    return types.int64(), generate


@intrinsic
def _set_control(context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = builder.alloca(I32)
        builder.store(builder.trunc(values[0], I32), place)
        builder.call(_function(builder, "llvm.x86.sse.ldmxcsr"), [_bytes(builder, place)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


def _function(builder: Any, name: str) -> Any:
    pointer = ir.IntType(8).as_pointer()
    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(ir.VoidType(), [pointer]), name)


def _bytes(builder: Any, place: Any) -> Any:
    return builder.bitcast(place, ir.IntType(8).as_pointer())
