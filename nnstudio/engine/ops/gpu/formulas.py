"""Elementwise formulas as CUDA source, taken from the very Python that NumPy computes them with.

Activations and optimizers are written once, in place and against ``xp`` (see ``ops.activations`` and
``nnstudio.optim``). A :class:`Recorder` stands in for ``xp`` and for the arrays: it computes nothing but
writes down a statement of C for every call, so that many passes over arrays become one kernel that
keeps its values in registers::

    recorder = Recorder("float32")
    w, g, t = (recorder.value(name) for name in "wgt")
    SGD().update(recorder, w, g, (), t, rate=0.1, step=1)
    recorder.take()  # the lines "t = g * c0;" and "w = w - t;"
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

_BINARY = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_FUNCTIONS = {
    "abs": "fabs",
    "exp": "exp",
    "expm1": "expm1",
    "log1p": "log1p",
    "sqrt": "sqrt",
    "tanh": "tanh",
    "maximum": "larger",
    "minimum": "smaller",
    "sign": "sign_of",
}


class Value:
    """Stands for one element of an array: a local variable of the kernel.

    Attributes:
        name: The variable's name.
        dtype: Type of the values, as an array's.
    """

    def __init__(self, recorder: Recorder | Numbers, name: str) -> None:
        self._recorder = recorder
        self.name = name
        self.dtype = recorder.dtype

    def __setitem__(self, key: Any, value: Any) -> None:
        """``x[...] = value``."""
        if key is not Ellipsis:
            raise TypeError("only whole arrays can be assigned in an elementwise formula")
        self._recorder.copyto(self, value)


class Recorder:
    """An ``xp`` that writes down what it is asked for.

    Args:
        dtype: float32 or float64.
        literals: Write numbers into the source. Otherwise they become the variables ``c0``, ``c1``, ...,
            whose values may change from step to step, while the source stays the same.

    Attributes:
        numbers: The values of these variables, in order.
    """

    def __init__(self, dtype: DTypeLike, *, literals: bool = False) -> None:
        self.dtype = np.dtype(dtype)
        self.numbers: list[float] = []
        self._literals = literals
        self._statements: list[str] = []

    def take(self) -> str:
        """The statements since the last call, one a line."""
        taken, self._statements = self._statements, []
        return "".join(f"{statement};\n" for statement in taken)

    def value(self, name: str) -> Value:
        """A variable of that name, which the kernel declares."""
        return Value(self, name)

    def copyto(self, out: Value, x: Any) -> None:
        """``out = x``."""
        self._write(out, self._operand(x))

    def negative(self, x: Any, out: Value) -> Value:
        """``out = −x``."""
        return self._write(out, f"-{self._operand(x)}")

    def reciprocal(self, x: Any, out: Value) -> Value:
        """``out = 1 / x``."""
        return self._write(out, f"(real)1 / {self._operand(x)}")

    def greater(self, a: Any, b: Any, out: Value) -> Value:
        """``out = 1`` where a > b, else 0."""
        return self._write(out, f"{self._operand(a)} > {self._operand(b)} ? (real)1 : (real)0")

    def __getattr__(self, name: str) -> Any:
        """Every other operation that has a place in an elementwise formula.

        Raises:
            AttributeError: It has none.
        """
        if name in _BINARY:
            return lambda a, b, out: self._write(out, f" {_BINARY[name]} ".join(map(self._operand, (a, b))))
        if name in _FUNCTIONS:
            return lambda *x, out: self._write(out, f"{_FUNCTIONS[name]}({', '.join(map(self._operand, x))})")
        raise AttributeError(f"{name} can't be part of an elementwise formula")

    def _write(self, out: Value, expression: str) -> Value:
        self._statements.append(f"{out.name} = {expression}")
        return out

    def _operand(self, x: Any) -> str:
        if isinstance(x, Value):
            return x.name
        number = float(self.dtype.type(x))  # as NumPy rounds it
        if self._literals:
            return f"(real){number!r}" if number >= 0 else f"((real){number!r})"
        self.numbers.append(number)
        return f"c{len(self.numbers) - 1}"


class Numbers:
    """An ``xp`` that only takes down the numbers of a :class:`Recorder`, in a tenth of its time.

    Attributes:
        dtype: float32 or float64.
        numbers: The numbers, in order.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self.numbers: list[float] = []

    def value(self) -> Value:
        """Stands for an array."""
        return Value(self, "")

    def __getattr__(self, name: str) -> Any:
        """Any operation."""
        return self._take_down

    def _take_down(self, *operands: Any, out: Any = None) -> Any:
        self.numbers += [float(x) for x in operands if not isinstance(x, Value)]
        return out
