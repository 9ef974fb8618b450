"""The sweep set-up: which settings of the project vary, over what, and how the combinations are chosen."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from pydantic import field_validator, model_validator

from nnstudio.core.fields import as_value_error, field
from nnstudio.core.spec_base import Spec
from nnstudio.core.train_spec import Monitor
from nnstudio.errors import SpecError

Value = bool | int | float | str | None
"""A value that a setting can take in a sweep; None is "off"."""

MAX_VARIED = 20
MAX_VALUES = 1_000
MAX_TRIALS = 10_000

_SPAN = re.compile(r"^(?P<low>[^.,:]*(?:\.\d[^.,:]*)?)\.\.(?P<high>[^,:]+?)(?::(?P<more>[^:]+))?$")
_WORDS = re.compile(r"^(?P<low>\S+)\s+to\s+(?P<high>[^\s,]+)(?:\s*,\s*(?:step\s+)?(?P<more>\S+))?$")


class Vary(Spec):
    """One setting that varies, over a list of values or over a range."""

    path: str = field(
        ..., help="Dotted path of the setting, such as train.learning_rate.", min_length=1, max_length=300
    )
    kind: Literal["list", "range", "log"] = field(
        "list",
        help="list: exactly these values. range: anything from the lowest to the highest. log: likewise, "
        "but every power of ten counts alike, as suits learning rates.",
    )
    values: tuple[Value, ...] = field(
        (), help="The values to try.", max_length=MAX_VALUES, when={"kind": "list"}
    )
    low: float | None = field(None, label="Lowest", help="Lowest value of the range.")
    high: float | None = field(None, label="Highest", help="Highest value of the range.")
    step: float | None = field(
        None,
        help="Distance of the values that a range holds. Without one a search draws anything in between, "
        "and a grid takes 5 values, evenly spaced.",
        gt=0,
        when={"kind": "range"},
        off="any",
    )

    @field_validator("values", mode="before")
    @classmethod
    def _plain(cls, values: Any) -> Any:
        """Refuses what is no plain value in one sentence, instead of one per type it could be."""
        for value in values if isinstance(values, list | tuple) else ():
            if isinstance(value, Value) and not (isinstance(value, float) and not math.isfinite(value)):
                continue
            raise as_value_error(
                SpecError(
                    "a sweep can't try this value",
                    allowed="finite numbers, words, true, false and off",
                    received=repr(value)[:80],
                    fix="leave it out",
                )
            )
        return values

    @model_validator(mode="after")
    def _check(self) -> Vary:
        problem = self._list_problem() if self.kind == "list" else self._range_problem()
        if problem is not None:
            raise as_value_error(problem)
        return self

    def _list_problem(self) -> SpecError | None:
        seen = [(type(value), value) for value in self.values]
        if not seen:
            return SpecError(
                f"there is nothing to try for {self.path}",
                allowed="values a,b,c or a range lo..hi, lo..hi:log",
                received="an empty list",
                fix="give at least one value",
            )
        twice = next((value for place, (_, value) in enumerate(seen) if seen[place] in seen[:place]), ...)
        if twice is not ...:
            return SpecError(
                f"{self.path} would take {value_text(twice)} twice",
                received=self.text(),
                fix="leave one of them out; for several runs of one combination use more seeds",
            )
        return None

    def _range_problem(self) -> SpecError | None:
        if self.low is None or self.high is None or not self.low < self.high:
            return SpecError(
                f"the range of {self.path} is empty",
                allowed="a lowest value below the highest",
                received=f"{_number(self.low)} to {_number(self.high)}",
                fix="exchange the two, or give a list of values",
            )
        if self.kind == "log" and self.low <= 0:
            return SpecError(
                f"the range of {self.path} can't be logarithmic",
                allowed="a lowest value above 0",
                received=_number(self.low),
                fix="begin above 0, or leave 'log' out",
            )
        if self.step is not None and (self.kind == "log" or self.step > self.high - self.low):
            return SpecError(
                f"the step of {self.path} doesn't fit its range",
                allowed=f"at most {_number(self.high - self.low)}, and none for a logarithmic range",
                received=_number(self.step),
                fix="use a smaller step, or none",
            )
        return None

    def text(self) -> str:
        """What varies as a field shows it and :func:`parse_vary` reads it: ``16, 24, 32``, ``0 to 0.5``."""
        if self.kind == "list":
            return ", ".join(map(value_text, self.values))
        span = f"{_number(self.low)} to {_number(self.high)}"
        return f"{span}, {_number(self.step)}" if self.step is not None else span


class SweepSpec(Spec):
    """A sweep over settings of the project; every combination is a trial."""

    vary: tuple[Vary, ...] = field((), help="What varies.", max_length=MAX_VARIED, hidden=True)
    strategy: Literal["grid", "random", "tpe"] = field(
        "grid",
        help="grid: every combination. random: combinations drawn at random. tpe: drawn where earlier trials "
        "did well (tree-structured Parzen estimator, Bergstra et al., 2011).",
    )
    goal: Monitor = field(
        "val_accuracy",
        help="What makes a trial a good one, measured with the weights it ends with. Without validation data "
        "the training figure is used.",
    )
    trials: int = field(20, help="Combinations to try; a grid tries all of them.", ge=1, le=MAX_TRIALS)
    repeats: int = field(
        1,
        label="Seeds each",
        help="Runs per combination, each with another seed. From 3 on the spread tells what is noise.",
        ge=1,
        le=100,
    )
    prune: int | None = field(
        None,
        label="Pruning",
        help="Stops a run that, after so many epochs or more, is worse than the median of the other trials "
        "at the same epoch.",
        ge=1,
        le=1_000_000,
        unit="epochs",
    )
    workers: int = field(1, help="Runs that train side by side on this machine.", ge=1, le=256)
    seed: int = field(42, label="Search seed", help="Seed of the combinations drawn.", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _check(self) -> SweepSpec:
        paths = [vary.path for vary in self.vary]
        twice = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
        if twice is not None:
            raise as_value_error(
                SpecError(f"{twice} varies twice", fix="put all its values into one list or range")
            )
        return self

    def with_vary(self, place: int, vary: Vary | None) -> SweepSpec:
        """The sweep with one of the varied settings replaced, removed (None), or added at the end."""
        new = () if vary is None else (vary,)
        return self.replace(vary=(*self.vary[:place], *new, *self.vary[place + 1 :]))


def parse_vary(path: str, text: str) -> Vary:
    """Reads ``a,b,c``, ``lo..hi``, ``lo..hi:log`` or ``lo..hi:step``, and what :meth:`Vary.text` writes.

    Raises:
        SpecError: It is none of these, or the range is empty.
    """
    text = text.strip()
    span = _SPAN.match(text) or _WORDS.match(text)
    if span is None:
        parts = [part.strip() for part in text.split(",")]
        return Vary.build({"path": path, "values": [_value(part) for part in parts if part]})
    more = (span["more"] or "").strip()
    kind = "log" if more == "log" else "range"
    fields: dict[str, Any] = {"low": span["low"], "high": span["high"]}
    fields |= {"step": more} if more and kind == "range" else {}
    try:
        numbers = {name: float(number) for name, number in fields.items()}
        if not all(map(math.isfinite, numbers.values())):
            raise ValueError
    except ValueError:
        raise SpecError(
            f"the range of {path} isn't understood",
            allowed="lo..hi, lo..hi:log or lo..hi:step with numbers, such as 1e-4..1e-1:log",
            received=text,
            fix="check the numbers, or give a list a,b,c",
        ) from None
    return Vary.build({"path": path, "kind": kind, **numbers})


def value_text(value: Value) -> str:
    """A value in a few characters, as it names a run: ``0.01``, ``1e-5``, ``Adam``, ``off``."""
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _number(value) if isinstance(value, float) else str(value)


def _value(text: str) -> Value:
    words: dict[str, Value] = {"true": True, "false": False, "off": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text.strip("\"'")


def _number(value: float | None) -> str:
    """``0.01``, ``1e-4``; at most twelve digits."""
    if value is None:
        return "nothing"
    if not value or abs(value) >= 1e-3:
        return f"{value:.12g}"
    digits, _, power = f"{value:.11e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
