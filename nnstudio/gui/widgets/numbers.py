"""Numbers as the interface writes them: three significant digits, thousands commas, a real minus sign."""

from __future__ import annotations

import math
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"


def number(value: float, digits: int = 3) -> str:
    """``0.171``, ``2,850``, ``4.1e-4``: ``digits`` significant digits, scientific below 0.001 and from 1e7.

    Whole parts are never rounded away: 2,851 keeps its four digits.
    """
    if not math.isfinite(value):
        return _unfinite(value)
    size = abs(value)
    if value == 0:
        return "0"
    if size < 1e-3 or size >= 1e7:
        return scientific(value, digits - 1)
    places = max(0, digits - 1 - math.floor(math.log10(size)))
    rounded = f"{value:,.{places}f}"
    if places and abs(float(rounded.replace(",", ""))) >= 10 ** (digits - places):
        rounded = f"{value:,.{places - 1}f}"  # 9.999 has become 10.00
    return _minus(rounded)


def scientific(value: float, digits: int = 2) -> str:
    """``4.1e-4`` and ``1e-4``: at most ``digits`` significant digits, a short exponent, no padding."""
    if not math.isfinite(value):
        return _unfinite(value)
    mantissa, _, exponent = f"{value:.{max(0, digits - 1)}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return _minus(mantissa) + f"e{int(exponent)}"


def fixed(value: float, places: int = 3) -> str:
    """``0.033``: a fixed number of decimals, for columns that must line up."""
    return _minus(f"{value:,.{places}f}") if math.isfinite(value) else _unfinite(value)


def signed(value: float, places: int = 3) -> str:
    """``+0.014``, ``−0.003`` and ``0.000``: a change, always with its sign."""
    text = fixed(value, places)
    nothing = not any(digit in "123456789" for digit in text)
    return text.lstrip(MINUS) if nothing else text if value < 0 else f"+{text}"


def count(value: int) -> str:
    """``4,896``."""
    return _minus(f"{value:,d}")


def compact(value: float) -> str:
    """``640``, ``12.5 k``, ``62 k``, ``3.76 M``: a large count in three significant digits."""
    if not math.isfinite(value):
        return _unfinite(value)
    if abs(value) < 1000:
        return _minus(f"{value:.3g}")
    for factor, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        scaled = float(f"{value / factor:.3g}")
        if abs(scaled) < 1000 or unit == "T":
            return _minus(f"{scaled:g}") + f" {unit}"
    raise AssertionError("the last unit always returns")


def percent(fraction: float, places: int = 1) -> str:
    """``89.8%`` from 0.898; a value short of the whole never reads 100%, nor one above nothing 0%."""
    if not math.isfinite(fraction):
        return _unfinite(fraction)
    text = f"{100 * fraction:.{places}f}"
    step = 10.0**-places
    if fraction < 1 and float(text) == 100:
        text = f"{100 - step:.{places}f}"
    return _minus(text) + "%"


def duration(seconds: float) -> str:
    """``0:15``, ``1:07``, ``1:02:03``: minutes and seconds, and hours when there are any."""
    if not math.isfinite(seconds):
        return "?"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def elapsed(seconds: float) -> str:
    """``0.8 ms``, ``12 ms``, ``1.9 s``, ``2:40``: how long something took."""
    if not math.isfinite(seconds):
        return "?"
    if seconds >= 60:
        return duration(seconds)
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milliseconds = 1000 * seconds
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def size(n_bytes: float) -> str:
    """``340 B``, ``34 MB``, ``1.1 GB``, in powers of 1,000."""
    amount, unit = float(n_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if amount < 9.95 and unit != "B" else f"{amount:.0f} {unit}"


def shape(sizes: Iterable[int | None]) -> str:
    """``28×28×1``; an unknown size is ``?``."""
    return TIMES.join("?" if size is None else str(size) for size in sizes)


def field_text(value: float) -> str:
    """The shortest text for a field that reads back as ``value``: ``0.001``, ``1e-4``, ``4.1e-4``.

    A value that needs more than six significant digits is shown with three; the field keeps it exactly.
    """
    if value == 0:
        return "0"
    digits = next((d for d in range(1, 7) if float(f"{value:.{d}g}") == value), 3)
    if abs(value) < 1e-3 or abs(value) >= 1e6:
        return scientific(value, digits)
    shown = float(f"{value:.{digits}g}")
    return _minus(f"{shown:.10f}".rstrip("0").rstrip("."))


def _minus(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def _unfinite(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{MINUS}∞" if value < 0 else "∞"
