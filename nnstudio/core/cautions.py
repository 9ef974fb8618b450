"""Networks that train, but seldom as meant: what learners commonly get wrong, as warnings with fixes.

One function per mistake; each looks at the layers of one stack, skipped ones left out. A layer that has
a problem already is left alone, and none gets more than one warning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnstudio.core.activations import TITLES
from nnstudio.core.fixes import Fix, InsertBefore, NormaliseFirst, Remove, SetFields
from nnstudio.core.layer import LayerSpec
from nnstudio.core.problem import Problem
from nnstudio.core.spec import LossSpec

if TYPE_CHECKING:
    from nnstudio.core.shapes import LayerReport

MANY = 1_000_000
"""Parameters of one layer from which on it is asked whether the network needs them."""
MOST = 0.95
"""Share of all parameters that makes one layer the whole network."""
POOLED = 4
"""Height and width from which on pooling before Flatten leaves an image."""
DROPPED = 0.8
"""Rate of dropout that was probably meant as the share to keep."""
_EQUAL = frozenset({"Zeros", "Ones", "Constant"})


@dataclass(frozen=True)
class Stack:
    """One stack of layers.

    Attributes:
        rows: What is known of each, first to last.
        whole: It is the network itself, not the inside of a block.
        parameters: Those of the whole network.
        classes: Number of classes, if the output fits them.
        loss: The loss, if known.
    """

    rows: Sequence[LayerReport]
    whole: bool
    parameters: int
    classes: int | None
    loss: LossSpec | None

    @cached_property
    def output(self) -> int:
        """Place of the last layer that computes weighted sums; -1 without one."""
        return max((place for place, row in enumerate(self.rows) if _weighs(row.layer)), default=-1)


def cautions(
    rows: Sequence[LayerReport], problems: Collection[Problem], classes: int | None, loss: LossSpec | None
) -> list[Problem]:
    """Warnings about a network, first layer to last.

    Args:
        rows: What is known of its layers.
        problems: What is wrong with it; nothing is said about an output that isn't right yet.
        classes: Number of classes of the data, if known.
        loss: The loss, if known.
    """
    taken = {problem.layer for problem in problems}
    fitting = classes if not problems else None
    found: list[Problem] = []
    for whole, stack in _stacks(rows):
        seen = Stack(stack, whole, sum(row.parameters or 0 for row in rows), fitting, loss)
        for check in CHECKS:
            for problem in check(seen):
                if problem.layer not in taken:
                    taken.add(problem.layer)
                    found.append(problem)
    order = [row.layer.name for outer in rows for row in outer.tree()]
    return sorted(found, key=lambda problem: order.index(problem.layer))


def _stacks(rows: Sequence[LayerReport], whole: bool = True) -> Iterator[tuple[bool, Sequence[LayerReport]]]:
    active = [row for row in rows if not row.layer.disabled]
    yield whole, active
    for row in active:
        if row.layer.children:
            yield from _stacks(row.branches.get("layers", ()), whole=False)


def softmax_inside(stack: Stack) -> Iterator[Problem]:
    """Softmax in front of further layers: its values add up to 1, and little of the gradient comes back."""
    for place, row in enumerate(stack.rows):
        behind = stack.rows[place + 1 :]
        later = any(other.parameters and other.layer.category != "normalisation" for other in behind)
        if _function(row.layer) == "softmax" and (later or not stack.whole):
            what = "softmax belongs at the end; in the middle it holds back learning"
            usual = _usual(stack)
            yield _warning(row.layer, what, _activate(f"Use {_word(usual)}", row.layer, usual))


def activation_twice(stack: Stack) -> Iterator[Problem]:
    """An Activation behind a layer that applies one already."""
    for before, row in zip(stack.rows, stack.rows[1:], strict=False):
        first, second = _function(before.layer), _function(row.layer)
        if row.layer.category == "activation" and "linear" not in (first, second):
            what = f"{before.layer.name} has an activation already ({_word(first)})"
            yield _warning(row.layer, what, Remove())


def no_activation_between(stack: Stack) -> Iterator[Problem]:
    """Two weighted sums with nothing curved between them are one weighted sum."""
    for place, row in enumerate(stack.rows):
        if not _weighs(row.layer) or _function(row.layer) != "linear":
            continue
        between = stack.rows[place + 1 :]
        after = next((other for other in between if not _passes_on(other.layer)), None)
        if after is None or not _weighs(after.layer):
            continue
        function = _usual(stack)
        fix: Fix = _activate(f"Use {_word(function)}", row.layer, function)
        if between[0].layer.type_name() == "BatchNorm":
            second = between[1].layer.name
            fix = InsertBefore("Activation", {"function": function}, f"Add {_word(function)}", second)
        what = f"without an activation, it and {after.layer.name} act as one layer"
        yield _warning(row.layer, what, fix)


def output_activation(stack: Stack) -> Iterator[Problem]:
    """A function on the output that the loss doesn't reckon with, such as ReLU."""
    if not stack.whole or stack.classes is None or stack.output < 0:
        return
    ends = [row.layer for row in stack.rows[stack.output :] if _function(row.layer) != "linear"]
    fitting = {"softmax", "sigmoid"} if stack.loss is None else {stack.loss.link}
    if ends and _function(ends[-1]) not in fitting:
        link = stack.loss.link if stack.loss is not None else "softmax"
        wrong = _word(_function(ends[-1]))
        what = f"{wrong} on the output doesn't go with this loss; {_word(link)} does"
        yield _warning(ends[-1], what, _activate(f"Use {_word(link)}", ends[-1], link))


def behind_the_output(stack: Stack) -> Iterator[Problem]:
    """Dropout, noise or normalisation of the network's own answers."""
    if not stack.whole or stack.classes is None or stack.output < 0:
        return
    for row in stack.rows[stack.output + 1 :]:
        if row.layer.category in ("regularisation", "normalisation"):
            yield _warning(row.layer, "behind the output it spoils the answers", Remove())


def much_dropout(stack: Stack) -> Iterator[Problem]:
    """A rate that was probably meant as the share to keep."""
    for row in stack.rows:
        rate = _setting(row.layer, "rate") or 0.0
        if row.layer.category == "regularisation" and rate >= DROPPED:
            what = f"drops {100 * rate:.0f}% of the values; 20% to 50% is usual"
            yield _warning(row.layer, what, SetFields("Rate 0.5", {"rate": 0.5}))


def one_layer_is_all(stack: Stack) -> Iterator[Problem]:
    """A Dense with nearly all weights of the network, mostly behind Flatten."""
    for place, row in enumerate(stack.rows):
        own, units = row.parameters or 0, _setting(row.layer, "units")
        if not units or row.input_shape is None or own < max(MANY, MOST * stack.parameters):
            continue
        fewer = 8
        while 2 * fewer * row.input_shape[0] <= MANY // 4:
            fewer *= 2
        if fewer >= units:
            continue
        fix: Fix = SetFields(f"Use {fewer} units", {"units": fewer})
        before = stack.rows[place - 1]
        image = before.input_shape if before.layer.type_name() == "Flatten" else None
        if image is not None and len(image) == 3 and min(image[:2]) >= POOLED and place > 2:
            fix = InsertBefore("MaxPool", text="Pool first", name=before.layer.name)
        elif place == stack.output:
            continue  # the classes say how many units it has
        yield _warning(row.layer, f"holds {100 * own / stack.parameters:.0f}% of all weights", fix)


def normalised_too_late(stack: Stack) -> Iterator[Problem]:
    """BatchNorm behind sigmoid or tanh: it is there to keep their inputs where they are steep."""
    for before, row in zip(stack.rows, stack.rows[1:], strict=False):
        function = _function(before.layer)
        if row.layer.type_name() == "BatchNorm" and function in ("sigmoid", "tanh"):
            what = f"BatchNorm helps {function} only in front of it"
            yield _warning(row.layer, what, NormaliseFirst(before.layer.name, f"Put before {function}"))


def equal_beginning(stack: Stack) -> Iterator[Problem]:
    """Hidden units that begin alike get the same gradient, and stay alike."""
    for place, row in enumerate(stack.rows):
        start = _setting(row.layer, "kernel_initializer")
        if start is not None and start.type_name() in _EQUAL and (place < stack.output or not stack.whole):
            what = "units that begin alike stay alike"
            yield _warning(row.layer, what, SetFields("Use He normal", {"kernel_initializer": "HeNormal"}))


def left_out_pixels(stack: Stack) -> Iterator[Problem]:
    """Strides wider than the kernel (a 1×1 kernel is meant to thin out)."""
    for row in stack.rows:
        size, strides = (_setting(row.layer, name) for name in ("kernel_size", "strides"))
        if size is None or strides is None or max(size) == 1:
            continue
        if any(step > side for step, side in zip(strides, size, strict=True)):
            fix = SetFields("Strides as kernel", {"strides": size})
            yield _warning(row.layer, "strides wider than the kernel leave out pixels", fix)


def nothing_trains(stack: Stack) -> Iterator[Problem]:
    """Every layer with weights is frozen."""
    held = [row for row in stack.rows if row.parameters]
    if stack.whole and held and not any(row.trainable for row in held):
        last = held[-1].layer
        yield _warning(last, "every layer is frozen; nothing can train", SetFields("Thaw", {"frozen": False}))


CHECKS: tuple[Callable[[Stack], Iterator[Problem]], ...] = (
    softmax_inside,
    activation_twice,
    no_activation_between,
    output_activation,
    behind_the_output,
    nothing_trains,
    equal_beginning,
    much_dropout,
    left_out_pixels,
    normalised_too_late,
    one_layer_is_all,
)
"""The gravest first: a layer gets one warning."""


def _warning(layer: LayerSpec, what: str, fix: Fix) -> Problem:
    return Problem(layer.name, what, fixes=(fix,), severity="warning")


def _setting(layer: LayerSpec, name: str) -> Any:
    """One of a layer's settings, or None where it has none of that name."""
    return vars(layer).get(name)  # getattr takes its time over a name that isn't there


def _function(layer: LayerSpec) -> str:
    """The activation that a layer applies last, "linear" for none."""
    return str(_setting(layer, "activation") or _setting(layer, "function") or "linear")


def _usual(stack: Stack) -> str:
    """The activation that the layers of a stack have, where they agree; else relu."""
    used = {_function(row.layer) for row in stack.rows[: stack.output]} - {"linear", "softmax"}
    return used.pop() if len(used) == 1 else "relu"


def _word(function: str) -> str:
    """A function inside a sentence: ReLU, tanh."""
    title = TITLES[function]
    return title if title[1:] != title[1:].lower() else title.lower()


def _activate(text: str, layer: LayerSpec, function: str) -> SetFields:
    return SetFields(text, {"function" if layer.category == "activation" else "activation": function})


def _weighs(layer: LayerSpec) -> bool:
    """The layer computes weighted sums of all that reaches it: Dense and Conv2D."""
    return bool(_setting(layer, "units") or _setting(layer, "filters"))


def _passes_on(layer: LayerSpec) -> bool:
    """What goes through the layer stays a weighted sum."""
    return (
        layer.category in ("shape", "regularisation")
        or layer.type_name() == "BatchNorm"
        or (layer.category == "activation" and _function(layer) == "linear")
    )
