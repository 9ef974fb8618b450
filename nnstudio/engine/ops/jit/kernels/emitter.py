"""A small vocabulary on top of llvmlite's IR builder: addresses, vectors, loops.

Values that change live in variables (stack slots); LLVM's SROA pass turns them into registers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir

I1, I8, I32, I64, F32 = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
FLOAT = 4
"""Bytes of a float32."""

Value = Any


class Emitter:
    """Writes one function that takes 64-bit integers and returns nothing.

    Args:
        module: Where the function goes.
        name: Its name.
        arguments: How many integers it takes.
        lanes: Floats of one vector register.
    """

    def __init__(self, module: ir.Module, name: str, arguments: int, lanes: int) -> None:
        self._module, self.lanes = module, lanes
        self.vector = ir.VectorType(F32, lanes)
        self._function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * arguments), name)
        self.arguments = self._function.args
        self.builder = ir.IRBuilder(self._function.append_basic_block("entry"))

    def finish(self) -> None:
        """Ends the function."""
        self.builder.ret_void()

    # Integers

    def add(self, a: Value, b: Value | int) -> Value:
        """``a + b``."""
        return self.builder.add(a, I64(b) if isinstance(b, int) else b)

    def times(self, a: Value, b: int) -> Value:
        """``a · b``."""
        return self.builder.mul(a, I64(b))

    def opaque(self, a: Value) -> Value:
        """The same integer, which the compiler takes for a new one each time."""
        return self.builder.asm(ir.FunctionType(I64, [I64]), "", "=r,0", [a], side_effect=False)

    def integer(self, a: int) -> Value:
        """A number that is known now."""
        return I64(a)

    def minus(self, a: Value) -> Value:
        """``−a``."""
        return self.builder.neg(a)

    def is_set(self, a: Value) -> Value:
        """Whether an integer is not 0."""
        return self.builder.icmp_signed("!=", a, I64(0))

    def load_integer(self, address: Value) -> Value:
        """The 64-bit integer at an address."""
        return self.builder.load(self._pointer(address), typ=I64, align=8)

    # Variables and control flow

    def variable(self, start: Value) -> Value:
        """A variable with a first value."""
        with self.builder.goto_entry_block():
            slot = self.builder.alloca(start.type)
        self.set(slot, start)
        return slot

    def get(self, slot: Value) -> Value:
        """A variable's value."""
        return self.builder.load(slot)

    def set(self, slot: Value, value: Value) -> None:
        """Changes a variable."""
        self.builder.store(value, slot)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """What is written inside runs only where the condition holds."""
        with self.builder.if_then(condition):
            yield

    @contextmanager
    def repeat(self, times: Value) -> Iterator[Value]:
        """A loop; gives the counter's value inside. It may run no time at all."""
        counter = self.variable(I64(0))
        head, body, tail = (self._function.append_basic_block(name) for name in ("head", "body", "tail"))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        self.builder.cbranch(self.builder.icmp_signed("<", self.get(counter), times), body, tail)
        self.builder.position_at_end(body)
        yield self.get(counter)
        self.set(counter, self.add(self.get(counter), 1))
        self.builder.branch(head)
        self.builder.position_at_end(tail)

    def by_registers(self, count: Value, body: Callable[[Value, Value | None], None]) -> None:
        """Runs through contiguous floats, a register of them at a time; the last one may be used in part.

        Args:
            count: How many floats.
            body: Writes what is done to a register. Gets its place in bytes, and the mask of the last one.
        """
        whole = self.builder.sdiv(count, I64(self.lanes))
        rest = self.builder.srem(count, I64(self.lanes))
        mask = self.mask(rest)
        with self.repeat(whole) as i:
            body(self.times(i, FLOAT * self.lanes), None)
        with self.when(self.is_set(rest)):
            body(self.times(whole, FLOAT * self.lanes), mask)

    # Vectors of floats

    def zeros(self) -> Value:
        """A vector of zeros."""
        return ir.Constant(self.vector, [0.0] * self.lanes)

    def constant(self, number: float) -> Value:
        """A vector of one number."""
        return ir.Constant(self.vector, [float(np.float32(number))] * self.lanes)

    def mask(self, count: Value) -> Value:
        """The mask of the first ``count`` lanes."""
        return self.builder.icmp_signed("<", self.counted(), self.spread_integer(count))

    def counted(self) -> Value:
        """The vector of the 32-bit integers from 0 on."""
        return ir.Constant(ir.VectorType(I32, self.lanes), list(range(self.lanes)))

    def spread_integer(self, a: Value) -> Value:
        """A vector that repeats the lower 32 bits of an integer."""
        return self._spread(self.builder.trunc(a, I32), I32)

    def load(self, address: Value, mask: Value | None = None) -> Value:
        """The vector at an address; lanes outside the mask are 0 and not read."""
        if mask is None:
            return self.builder.load(self._pointer(address), typ=self.vector, align=FLOAT)
        types = [ir.PointerType(), I32, ir.VectorType(I1, self.lanes), self.vector]
        function = self._intrinsic(f"llvm.masked.load.v{self.lanes}f32.p0", self.vector, types)
        return self.builder.call(function, [self._pointer(address), I32(FLOAT), mask, self.zeros()])

    def load_octets(self, address: Value, mask: Value | None = None) -> Value:
        """The unsigned bytes at an address, as floats; lanes outside the mask are 0 and not read."""
        octets = ir.VectorType(I8, self.lanes)
        if mask is None:
            raw = self.builder.load(self._pointer(address), typ=octets, align=1)
        else:
            types = [ir.PointerType(), I32, ir.VectorType(I1, self.lanes), octets]
            function = self._intrinsic(f"llvm.masked.load.v{self.lanes}i8.p0", octets, types)
            nothing = ir.Constant(octets, [0] * self.lanes)
            raw = self.builder.call(function, [self._pointer(address), I32(1), mask, nothing])
        return self.builder.sitofp(self.builder.zext(raw, ir.VectorType(I32, self.lanes)), self.vector)

    def store(self, value: Value, address: Value, mask: Value | None = None) -> None:
        """Writes a vector, only its lanes inside the mask."""
        if mask is None:
            self.builder.store(value, self._pointer(address), align=FLOAT)
            return
        types = [self.vector, ir.PointerType(), I32, ir.VectorType(I1, self.lanes)]
        function = self._intrinsic(f"llvm.masked.store.v{self.lanes}f32.p0", ir.VoidType(), types)
        self.builder.call(function, [value, self._pointer(address), I32(FLOAT), mask])

    def prefetch(self, address: Value) -> None:
        """Has the cache line at an address fetched into the second-level cache meanwhile."""
        types = [ir.PointerType(), I32, I32, I32]
        function = self._intrinsic("llvm.prefetch.p0", ir.VoidType(), types)
        self.builder.call(function, [self._pointer(address), I32(0), I32(2), I32(1)])

    def broadcast(self, address: Value) -> Value:
        """A vector that repeats the float at an address."""
        return self._spread(self.builder.load(self._pointer(address), typ=F32, align=FLOAT), F32)

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """``a·b + c``, rounded once."""
        function = self._intrinsic(f"llvm.fma.v{self.lanes}f32", self.vector, [self.vector] * 3)
        return self.builder.call(function, [a, b, c])

    def square_root(self, value: Value) -> Value:
        """``√value``, rounded once."""
        function = self._intrinsic(f"llvm.sqrt.v{self.lanes}f32", self.vector, [self.vector])
        return self.builder.call(function, [value])

    def approximate(self, name: str, value: Value) -> Value:
        """What AVX-512 has for ``1/value`` ("rcp14") and ``1/√value`` ("rsqrt14"), right to 14 bits."""
        bits = ir.IntType(16)
        types = [self.vector, self.vector, bits]
        function = self._intrinsic(f"llvm.x86.avx512.{name}.ps.512", self.vector, types)
        return self.builder.call(function, [value, self.zeros(), bits(-1)])

    def rectified(self, value: Value) -> Value:
        """``max(value, 0)``; NaN stays NaN, so that it is noticed."""
        return self.at_least(value, self.zeros())

    def passed(self, gradient: Value, output: Value) -> Value:
        """A gradient behind a ReLU: 0 where its output is not positive."""
        positive = self.builder.fcmp_ordered(">", output, self.zeros())
        return self.builder.select(positive, gradient, self.zeros())

    def at_least(self, value: Value, floor: Value) -> Value:
        """``max(value, floor)``; NaN stays NaN."""
        return self.builder.select(self.builder.fcmp_ordered("<", value, floor), floor, value)

    def floor(self, rectify: Value) -> Value:
        """For :meth:`at_least`: zeros where a ReLU is asked for, else what every number reaches."""
        zero, least = ir.Constant(F32, 0.0), ir.Constant(F32, float("-inf"))
        return self._spread(self.builder.select(rectify, zero, least), F32)

    def shuffled(self, a: Value, b: Value, lanes: list[int]) -> Value:
        """Chosen lanes of two vectors; those of ``b`` count on from those of ``a``."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(I32, self.lanes), lanes))

    def lanes_sum(self, value: Value) -> Value:
        """The sum of a vector's lanes, in its first one: halves are added, halves of those, and so on."""
        half = self.lanes // 2
        while half:
            moved = [(lane + half) % self.lanes for lane in range(self.lanes)]
            value, half = self.builder.fadd(value, self.shuffled(value, value, moved)), half // 2
        return value

    def placed(self, value: Value, among: Value, lane: int) -> Value:
        """A vector with the first lane of another one in one of its lanes."""
        return self.builder.insert_element(among, self.builder.extract_element(value, I32(0)), I32(lane))

    def _spread(self, scalar: Value, kind: Any) -> Value:
        vector = ir.VectorType(kind, self.lanes)
        first = self.builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, I32(0))
        everywhere = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), everywhere)

    def _pointer(self, address: Value) -> Value:
        return self.builder.inttoptr(address, ir.PointerType())

    def _intrinsic(self, name: str, result: Any, types: list[Any]) -> Any:
        known = self._module.globals.get(name)
        return known or ir.Function(self._module, ir.FunctionType(result, types), name)
