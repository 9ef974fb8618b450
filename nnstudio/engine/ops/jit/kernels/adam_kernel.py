"""Adam's step for a run of weights in one loop over registers, as LLVM IR.

It is the one optimizer whose arithmetic takes as long as memory does: a division and a root for every weight
keep the processor's only divider busy. AVX-512 has approximations of 1/x and 1/√x, right to 14 bits; a step
of Newton's method makes them right to a unit in the last place, out of multiply-adds::

    r ≈ 1/√v     s = v·r     √v ≈ s + ½r·(v − s²)
    q ≈ 1/d                  1/d ≈ q + q·(1 − d·q)

AVX2 approximates to 12 bits, too few for that, and divides.

The weights and what Adam keeps of them may begin anywhere, all at the same distance from a cache line. So the
first values up to a line are worked on by themselves, and no register is spread over two lines.
"""

from __future__ import annotations

from llvmlite import ir

from nnstudio.engine.ops.jit.kernels.emitter import FLOAT, Emitter, Value

ARGUMENTS = 7
NAME = "adam"
LEAST = 1e-37
"""Below it, and above 0, a variance counts as this where its reciprocal is taken."""


def emit_adam(module: ir.Module, lanes: int) -> str:
    """Writes the kernel.

    Its arguments: addresses of the weights, their gradients, their means and variances; how many; addresses
    of the step's coefficients and of the run's constants, as :mod:`.updates` has them.

    Args:
        module: Where the function goes.
        lanes: Floats of a register.

    Returns:
        The function's name.
    """
    e = Emitter(module, NAME, ARGUMENTS, lanes)
    *vectors, size, coefficients, constants = e.arguments
    rate, root, decay = (e.broadcast(e.add(coefficients, FLOAT * i)) for i in range(3))
    b1, a1, b2, a2, epsilon = (e.broadcast(e.add(constants, FLOAT * i)) for i in range(5))

    def step(place: Value, mask: Value | None) -> None:
        addresses = [e.add(vector, place) for vector in vectors]
        w, g, m, v = (e.load(address, mask) for address in addresses)
        m = e.multiply_add(m, b1, e.builder.fmul(g, a1))
        v = e.multiply_add(v, b2, e.builder.fmul(e.builder.fmul(g, g), a2))
        length = e.multiply_add(_root(e, v), root, epsilon)
        move = e.builder.fmul(_quotient(e, m, length), rate)
        w = e.builder.fsub(e.builder.fmul(w, decay), move)
        for value, address in zip((w, m, v), (addresses[0], *addresses[2:]), strict=True):
            e.store(value, address, mask)

    floats = e.builder.and_(e.builder.ashr(e.minus(vectors[0]), e.integer(2)), e.integer(lanes - 1))
    first = e.builder.select(e.builder.icmp_signed("<", floats, size), floats, size)
    with e.when(e.is_set(first)):
        step(e.integer(0), e.mask(first))
    start = e.times(first, FLOAT)
    e.by_registers(e.builder.sub(size, first), lambda place, mask: step(e.add(place, start), mask))
    e.finish()
    return NAME


def _root(e: Emitter, v: Value) -> Value:
    """``√v`` of what isn't negative; NaN stays NaN."""
    if e.lanes < 16:
        return e.square_root(v)
    r = e.approximate("rsqrt14", e.at_least(v, e.constant(LEAST)))
    s = e.builder.fmul(v, r)
    return e.multiply_add(e.builder.fmul(r, e.constant(0.5)), e.multiply_add(e.builder.fneg(s), s, v), s)


def _quotient(e: Emitter, m: Value, d: Value) -> Value:
    """``m / d`` for a positive d."""
    if e.lanes < 16:
        return e.builder.fdiv(m, d)
    q = e.approximate("rcp14", d)
    q = e.multiply_add(q, e.multiply_add(e.builder.fneg(d), q, e.constant(1.0)), q)
    return e.builder.fmul(m, q)
