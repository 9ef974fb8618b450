"""What the lowering of a layer is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.spec import TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.instructions import gradients, pointwise, samples
from nnstudio.engine.ops.jit.kernels.elementwise import FUNCTIONS
from nnstudio.engine.ops.jit.operands import Matrix, Weights
from nnstudio.engine.ops.jit.program import Program
from nnstudio.engine.plan import Step
from nnstudio.engine.update import Penalty, penalties
from nnstudio.optim.targets import Targets

Vector = NDArray[np.float32]

Backward = Callable[[Matrix], Matrix | None]
"""Adds a layer's backward pass. Takes the gradient of its output, which may be overwritten, and gives that
of its input, or None where nobody needs it."""
Lowered = tuple[Matrix, Backward]
"""A layer's output and its backward pass."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What training needs besides the network.

    Attributes:
        spec: The training recipe.
        targets: Label smoothing and class weights, or None.
        gradients: The flat gradient vector, used where the whole gradient is needed first.
        decayed: Ranges of the flat vector that the optimizer shrinks.
    """

    spec: TrainSpec
    targets: Targets | None
    gradients: Vector
    decayed: list[tuple[int, int]]


class Writer:
    """Writes a network's program.

    Args:
        network: The network; there is a lowering for all its layers.
        weights: The flat weight vector.
        batch: Most samples of a step.
        recipe: What it is trained with; None to evaluate.

    Attributes:
        program: The program so far.
        training: Layers that differ between training and evaluation train.
        packed: Kernels that are given as panels as well, by their layer (see ``instructions.dense.pack``).
    """

    def __init__(self, network: Network, weights: Vector, batch: int, recipe: Recipe | None = None) -> None:
        self.network, self.recipe = network, recipe
        self.program = Program(batch)
        self.training = recipe is not None
        self.packed: dict[str, Vector] = {}
        self._arrays = network.views(weights)
        self._trained = {} if recipe is None else _trained_weights(network, weights, recipe)
        self._late: list[Callable[[], None]] = []
        self._tally: Callable[[], None] | None = None

    @property
    def clipped(self) -> bool:
        """Whole gradients are needed before the first update."""
        return self.recipe is not None and self.recipe.spec.clip_norm is not None

    @property
    def trained(self) -> list[Weights]:
        """All weight arrays that training changes."""
        return list(self._trained.values())

    def arrays(self, step: Step) -> dict[str, Vector]:
        """A layer's weights, by name."""
        return self._arrays[step.layer.name]

    def weights(self, step: Step, name: str) -> Weights | None:
        """One of them with what its update needs; None if it doesn't train or isn't there."""
        return self._trained.get((step.layer.name, name))

    def matrix(self, width: int) -> Matrix:
        """A new matrix for the program's batches."""
        return self.program.matrix(width)

    def tally_before_updates(self, tally: Callable[[], None]) -> None:
        """Has the losses added up before the first weight changes: none does where they are not finite."""
        self._tally = tally

    def begin_updates(self) -> None:
        """Whatever is written next may change weights; all threads have met behind the loss."""
        if self._tally:
            self._tally()
        self._tally = None

    def later(self, write: Callable[[], None]) -> None:
        """Has something written behind the barrier that all threads pass with their backward passes done.

        Gradients of weights and their updates belong there. What they read must not be changed meanwhile.
        """
        self._late.append(write)

    def write_late(self) -> None:
        """Writes what was put off."""
        self.begin_updates()
        for write in self._late:
            write()

    def sum_later(self, step: Step, name: str, each: Matrix) -> None:
        """The gradient of a weight array is the sum over all samples; then it is updated."""
        if weights := self.weights(step, name):
            self.later(lambda: gradients.bias_gradient(self.program, each, weights, self.limit))

    @property
    def limit(self) -> float:
        """Where single gradients are cut, or 0."""
        return (self.recipe.spec.clip_value if self.recipe else None) or 0.0

    def activation(
        self, function: ActivationFunction, values: Matrix, *, size: int, done: bool = False
    ) -> Callable[[Matrix], None]:
        """Applies an activation in place.

        Args:
            function: The activation.
            values: Becomes the output.
            size: Values of a run along the last axis, which softmax works over.
            done: It has been applied already.

        Returns:
            Adds the backward pass, in place of the gradient it is given.
        """
        program, name = self.program, function.name
        values.changeable = name in ("linear", "relu")  # whose gradients are 0, or don't care, where it is 0
        values.rectified = name == "relu"
        if function == LINEAR:
            return lambda dy: None
        if name == "softmax":
            program.share(by_features=False)
            samples.softmax(program, values, size)
            return lambda dy: self._softmax_backward(dy, values, size)
        number, z = FUNCTIONS.index(name), None
        if function.needs_z and self.training:
            z = self.matrix(values.width)
            pointwise.copy(program, values, z)
        if not done:
            pointwise.activate(program, number, function.alpha, values)

        def backward(dy: Matrix) -> None:
            if not dy.undone:
                pointwise.activate_backward(program, number, function.alpha, dy, values, z)
            dy.undone = dy.scaled = False

        return backward

    def _softmax_backward(self, dy: Matrix, y: Matrix, size: int) -> None:
        self.program.share(by_features=False)
        samples.softmax_backward(self.program, dy, y, size)


def _trained_weights(network: Network, weights: Vector, recipe: Recipe) -> dict[tuple[str, str], Weights]:
    penalty = {found.start: found for found in penalties(network, recipe.spec)}
    whole, none = recipe.spec.clip_norm is not None, Penalty(0, 0, 0.0, 0.0)
    found = {}
    for view in network.index:
        if view.trainable:
            part, own = slice(view.start, view.stop), penalty.get(view.start, none)
            decayed = any(start <= view.start < stop for start, stop in recipe.decayed)
            sums = recipe.gradients[part]
            gradient = sums if whole else None
            place = (view.layer, view.spec.name)
            found[place] = Weights(weights[part], gradient, view.start, decayed, own.l1, own.l2, sums)
    return found
