"""From a network's report to the steps that its passes run: what is fused, skipped, and where weights lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count, pairwise
from typing import cast

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.layer import Shape, WeightSpec
from nnstudio.core.shapes import LayerReport
from nnstudio.layers.base import BufferSpec, Layer
from nnstudio.optim import Loss


@dataclass(frozen=True)
class Step:
    """One layer in its place, as the passes run it.

    Attributes:
        layer: The layer.
        shape: Shape of its input sample.
        output: Shape of its output sample.
        number: Its place in the whole tree, which its random numbers depend on.
        activation: Activation computed with it.
        skip: Nothing to compute: its work is done elsewhere (fused) or by the loss, or it is disabled.
        branches: The steps of the chains inside a container.
    """

    layer: Layer
    shape: Shape
    output: Shape
    number: int = 0
    activation: ActivationFunction = LINEAR
    skip: bool = False
    branches: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    def tree(self) -> Iterator[Step]:
        """The step and all inside it, outermost first."""
        yield self
        for steps in self.branches.values():
            for step in steps:
                yield from step.tree()

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """The layer's own weight arrays."""
        return () if self.layer.disabled else self.layer.weights(self.shape)

    def arrays(self) -> Iterable[BufferSpec]:
        """The arrays that the layer itself needs during a pass."""
        return () if self.skip else self.layer.buffers(self.shape, self.activation).values()

    @cached_property
    def trainable(self) -> bool:
        """Training changes a weight of the layer or of one inside it."""
        own = not self.layer.frozen and any(weight.trainable for weight in self.weights)
        return own or any(step.trainable for steps in self.branches.values() for step in steps)


@dataclass(frozen=True)
class WeightView:
    """Where one weight array lies in the flat vectors."""

    layer: str
    spec: WeightSpec
    start: int
    trainable: bool = True

    @property
    def stop(self) -> int:
        """First position behind it."""
        return self.start + self.spec.size


def plan(rows: Iterable[LayerReport], loss: Loss, *, fuse: bool = True) -> tuple[Step, ...]:
    """The steps of a network.

    Args:
        rows: The rows of a report without errors.
        loss: The loss, which applies its own link.
        fuse: Compute an activation together with the layer in front of it where that layer can.
    """
    steps = _leave_link_to_loss(_steps(rows, count()), loss)
    return _fused(steps) if fuse else steps


def weight_index(steps: Iterable[Step]) -> tuple[list[WeightView], int]:
    """Where each weight array lies, in the order of the layers, and how many values training changes.

    In the flat vector all that training changes comes first; frozen weights and running statistics
    follow. So gradients, optimizers and clipping work on one piece without gaps.
    """
    arrays = [
        (step.layer.name, weight, weight.trainable and not step.layer.frozen)
        for outer in steps
        for step in outer.tree()
        for weight in step.weights
    ]
    trainable = sum(weight.size for _, weight, trains in arrays if trains)
    next_start = {True: 0, False: trainable}
    index = []
    for name, weight, trains in arrays:
        index.append(WeightView(name, weight, next_start[trains], trains))
        next_start[trains] += weight.size
    return index, trainable


def _steps(rows: Iterable[LayerReport], numbers: Iterator[int], frozen: bool = False) -> tuple[Step, ...]:
    """The rows as steps; what stands inside a frozen container is frozen, too."""
    steps = []
    for row in rows:
        layer = cast(Layer, row.layer.replace(frozen=True) if frozen else row.layer)
        number = next(numbers)
        branches = {name: _steps(inside, numbers, layer.frozen) for name, inside in row.branches.items()}
        steps.append(
            Step(
                layer,
                row.input_shape or (),
                row.output_shape or (),
                number,
                layer.activation_function(),
                skip=layer.disabled,
                branches=branches,
            )
        )
    return tuple(steps)


def _leave_link_to_loss(steps: tuple[Step, ...], loss: Loss) -> tuple[Step, ...]:
    """The steps without a final softmax (or sigmoid): the loss works on logits and applies it itself."""
    last = max((place for place, step in enumerate(steps) if not step.skip), default=0)
    step = steps[last]
    if step.activation.name != loss.link:
        return steps
    bare = replace(step, activation=LINEAR, skip=not step.layer.fuses_activation)
    return (*steps[:last], bare, *steps[last + 1 :])


def _fused(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with every lone activation computed by the linear layer in front of it, if that can."""
    fused = [
        replace(step, branches={name: _fused(inside) for name, inside in step.branches.items()})
        if step.branches
        else step
        for step in steps
    ]
    running = [place for place, step in enumerate(fused) if not step.skip]
    for place, following in pairwise(running):
        here, behind = fused[place], fused[following]
        alone = not behind.layer.fuses_activation and behind.activation != LINEAR
        if here.layer.fuses_activation and here.activation == LINEAR and alone:
            fused[place] = replace(here, activation=behind.activation)
            fused[following] = replace(behind, skip=True)
    return tuple(fused)
