"""Edits of what a sweep varies: the first values of a setting, another kind of values, values typed anew."""

from __future__ import annotations

import math
from typing import Literal

from nnstudio.core.settings import Setting
from nnstudio.core.sweep_spec import Value, Vary, parse_vary

Kind = Literal["list", "range", "log"]


def first_vary(setting: Setting) -> Vary:
    """Something sensible to try for a setting that begins to vary, around its present value.

    Rates vary over two powers of ten, other numbers by halves and doubles, words over all their choices.
    """
    row, value = setting.row, setting.value
    if not setting.numeric:
        choices = (True, False) if row.kind == "bool" else row.choices or (value,)
        return Vary(path=setting.path, values=tuple(choices))
    present = float(value) if value else _some(setting)
    if row.log:
        low, high = _inside(setting, present / 10), _inside(setting, present * 10)
        if 0 < low < high:
            return Vary(path=setting.path, kind="log", low=low, high=high)
    around = [_inside(setting, present * factor) for factor in (0.5, 1, 2)]
    numbers: list[Value] = [round(x) if row.kind == "int" else float(f"{x:.6g}") for x in around]
    off: list[Value] = [None] if row.optional and value is None else [0] if value == 0 else []
    return Vary(path=setting.path, values=tuple(dict.fromkeys([*off, *numbers])))


def as_kind(vary: Vary, setting: Setting, kind: Kind) -> Vary:
    """The same setting over another kind of values, from the lowest to the highest of those before.

    Raises:
        SpecError: There is no such range, for example a logarithmic one down to 0.
    """
    if kind == vary.kind:
        return vary
    if kind == "list":
        values = [vary.low, vary.high] if vary.kind != "list" else list(vary.values)
        whole = setting.row.kind == "int"
        return Vary.build({"path": vary.path, "values": [round(v) if whole and v else v for v in values]})  # type: ignore[arg-type]
    if vary.kind != "list":
        low, high = vary.low, vary.high
    else:
        numbers = [float(v) for v in vary.values if isinstance(v, int | float) and not isinstance(v, bool)]
        numbers = [number for number in numbers if number > 0 or kind == "range"]
        low, high = (min(numbers), max(numbers)) if numbers else (None, None)
        if low is not None and low == high:
            high = _inside(setting, low * 10)
    return Vary.build({"path": vary.path, "kind": kind, "low": low, "high": high})


def retyped(vary: Vary, text: str) -> Vary:
    """What varies after its values were typed anew; a range stays logarithmic.

    Raises:
        SpecError: The text means nothing.
    """
    typed = parse_vary(vary.path, text)
    if typed.kind == "range" and vary.kind == "log" and typed.step is None:
        return typed.replace(kind="log")
    return typed


def _some(setting: Setting) -> float:
    """A first number for a setting that is off or 0."""
    row = setting.row
    if row.kind == "int":
        return max(4.0, row.minimum or 0)
    return row.step * 2 if row.step else 1.0 if row.optional else 1e-3


def _inside(setting: Setting, value: float) -> float:
    """A value kept within what the setting allows."""
    row = setting.row
    if row.kind == "int":
        value = round(value)
    if row.maximum is not None and value >= row.maximum:
        value = row.maximum if not row.exclusive_maximum else row.maximum * 0.9
    if row.minimum is not None and value <= row.minimum:
        value = row.minimum if not row.exclusive_minimum else max(value, math.nextafter(row.minimum, 1))
    return value
