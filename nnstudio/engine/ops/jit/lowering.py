"""From a network's steps to the program of one training step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.activations import LINEAR, ActivationFunction
from nnstudio.core.spec import TrainSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Part
from nnstudio.engine.network import Network
from nnstudio.engine.ops.jit.kernels.elementwise import FUNCTIONS
from nnstudio.engine.ops.jit.kernels.gemm import panel_size
from nnstudio.engine.ops.jit.kernels.interpreter import TILE, TILE_ROWS
from nnstudio.engine.ops.jit.kernels.losses import SIGMOID, SOFTMAX
from nnstudio.engine.ops.jit.kernels.updates import NORM_RUN
from nnstudio.engine.ops.jit.machine import Target
from nnstudio.engine.ops.jit.program import Matrix, Program, Weights
from nnstudio.engine.ops.jit.support import VIEWS
from nnstudio.engine.plan import Step
from nnstudio.engine.update import Penalty, penalties
from nnstudio.layers import Dense, Dropout
from nnstudio.optim.targets import Targets

Vector = NDArray[np.float32]
OWN_CACHE = 1 << 20
"""Bytes of a kernel that a core's own cache holds besides everything else."""
LOSSES = {"softmax": SOFTMAX, "sigmoid": SIGMOID}


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a program is made from, besides the network.

    Attributes:
        spec: The training recipe.
        part: The training samples.
        scaling: How they become the network's input.
        targets: Label smoothing and class weights, or None.
        weights: The flat weight vector.
        gradients: The flat gradient vector, used where the whole gradient is needed first.
        batch: Samples of a step.
        decayed: Ranges of the flat vector that the optimizer shrinks.
    """

    spec: TrainSpec
    part: Part
    scaling: Scaling
    targets: Targets | None
    weights: Vector
    gradients: Vector
    batch: int
    decayed: list[tuple[int, int]]


class Lowering:
    """Writes a network's program, layer by layer.

    Args:
        network: The network; there are kernels for all its layers (see :mod:`.support`).
        recipe: What it is trained with.
    """

    def __init__(self, network: Network, recipe: Recipe) -> None:
        self._network, self._recipe = network, recipe
        self._program = Program(recipe.batch)
        self._arrays = network.views(recipe.weights)
        self._whole = recipe.spec.clip_norm is not None
        self._limit = recipe.spec.clip_value or 0.0
        self._weights = {(view.layer, view.spec.name): weights for view, weights in self._trained_weights()}
        self._backward: list[Callable[[Matrix, bool], Matrix]] = []
        self._late: list[Callable[[], None]] = []
        self._needs: list[bool] = []
        self._function = LINEAR

    def program(self) -> Program:
        """The step: gather, forward, loss, backward; then gradients and updates."""
        program, recipe = self._program, self._recipe
        raw = recipe.part.x.reshape(len(recipe.part.x), -1)
        x = program.matrix(raw.shape[1])
        features = x.width
        program.gather(raw, _each(recipe.scaling.offset, features), _each(recipe.scaling.scale, features), x)
        steps = [step for step in self._network.steps if not step.skip and not isinstance(step.layer, VIEWS)]
        trained = False
        for step in steps:
            x = self._forward(step, x)
            self._needs.append(trained)
            trained = trained or step.trainable
        self._share(by_features=False)
        self._loss(x)
        self._run_backward(steps)
        program.by_features = False
        program.barrier()
        program.tally()
        for write in self._late:
            write()
        if self._whole:
            self._clipped_update()
        program.barrier()
        return program

    def scratch_size(self, target: Target) -> int:
        """Floats of scratch that a thread needs."""
        widest = max((step.output[-1] for step in self._network.steps if step.output), default=1)
        panel = panel_size(widest, target.lanes, max(target.blocks))
        return max(panel, TILE, (TILE_ROWS + 1) * widest) + 64

    def _trained_weights(self) -> list[tuple[Any, Weights]]:
        recipe, network = self._recipe, self._network
        penalty = {found.start: found for found in penalties(network, recipe.spec)}
        none = Penalty(0, 0, 0.0, 0.0)
        found = []
        for view in network.index:
            if view.trainable:
                own = penalty.get(view.start, none)
                decayed = any(start <= view.start < stop for start, stop in recipe.decayed)
                values = recipe.weights[view.start : view.stop]
                whole = recipe.gradients[view.start : view.stop] if self._whole else None
                found.append((view, Weights(values, whole, view.start, decayed, own.l1, own.l2)))
        return found

    def _forward(self, step: Step, x: Matrix) -> Matrix:
        layer = step.layer
        if isinstance(layer, Dense):
            return self._dense(step, x)
        if isinstance(layer, Dropout):
            return self._dropout(layer.rate, step.number, x)
        out = self._program.matrix(x.width)
        self._program.copy(x, out)
        self._activate(step.activation, out)
        self._backward.append(lambda dy, _: self._activate_backward(step.activation, dy, out, x))
        return out

    def _dense(self, step: Step, x: Matrix) -> Matrix:
        program, name, function = self._program, step.layer.name, step.activation
        arrays = self._arrays[name]
        kernel = arrays["kernel"]
        out = program.matrix(kernel.shape[1])
        wide = kernel.nbytes > OWN_CACHE
        self._share(by_features=wide)
        program.affine(x, kernel, arrays.get("bias"), out, rectify=function.name == "relu")
        z = None
        if function.needs_z:
            z = program.matrix(out.width)
            program.copy(out, z)
        self._function = function
        if function.name != "relu":
            self._activate(function, out)

        def backward(dy: Matrix, needs_dx: bool) -> Matrix:
            dz = self._activate_backward(function, dy, out, z)
            self._late.append(lambda: self._gradients(name, x, dz))
            if not needs_dx:
                return dz
            dx = program.matrix(x.width)
            self._share(by_features=wide)
            program.affine_input(dz, kernel, dx)
            return dx

        self._backward.append(backward)
        return out

    def _gradients(self, name: str, x: Matrix, dz: Matrix) -> None:
        if kernel := self._weights.get((name, "kernel")):
            self._program.kernel_gradient(x, dz, kernel, self._limit)
        if bias := self._weights.get((name, "bias")):
            self._program.bias_gradient(dz, bias, self._limit)

    def _dropout(self, rate: float, number: int, x: Matrix) -> Matrix:
        if rate == 0:
            self._backward.append(lambda dy, _: dy)
            return x
        out = x
        if self._function.name not in ("linear", "relu"):  # others' gradients need the output as it was
            out = self._program.matrix(x.width)
            self._program.copy(x, out)
        self._program.dropout(out, rate, number)

        def backward(dy: Matrix, _: bool) -> Matrix:
            self._program.dropout(dy, rate, number)
            return dy

        self._backward.append(backward)
        return out

    def _share(self, *, by_features: bool) -> None:
        """How threads share what follows. Unless it was and stays by samples, they must have met."""
        if by_features or self._program.by_features:
            self._program.barrier()
        self._program.by_features = by_features

    def _activate(self, function: ActivationFunction, values: Matrix) -> None:
        self._function = function
        if function.name == "softmax":
            self._share(by_features=False)
            self._program.softmax(values)
        elif function != LINEAR:
            self._program.activate(FUNCTIONS.index(function.name), function.alpha, values)

    def _activate_backward(
        self, function: ActivationFunction, dy: Matrix, y: Matrix, z: Matrix | None
    ) -> Matrix:
        if function.name == "softmax":
            self._share(by_features=False)
            self._program.softmax_backward(dy, y)
        elif function != LINEAR:
            number = FUNCTIONS.index(function.name)
            self._program.activate_backward(number, function.alpha, dy, y, z)
        return dy

    def _loss(self, logits: Matrix) -> None:
        recipe = self._recipe
        self._gradient = self._program.matrix(logits.width)
        targets = recipe.targets or Targets()
        self._program.loss(
            LOSSES[self._network.loss.link],
            logits,
            self._gradient,
            recipe.part.y,
            targets.weights,
            targets.smoothing,
            mean=recipe.spec.gradient == "mean",
        )

    def _run_backward(self, steps: list[Step]) -> None:
        dy = self._gradient
        for step, needs_dx, backward in zip(
            reversed(steps), reversed(self._needs), reversed(self._backward), strict=True
        ):
            if not needs_dx and not step.trainable:
                return
            dy = backward(dy, needs_dx)

    def _clipped_update(self) -> None:
        """Whole gradients first, then their norm, then the update."""
        program, limit = self._program, self._recipe.spec.clip_norm
        assert limit is not None
        program.barrier()
        program.norm(self._recipe.gradients, NORM_RUN)
        program.barrier()
        for weights in self._weights.values():
            program.update(weights, self._recipe.gradients, limit)


def _each(numbers: float | tuple[float, ...], features: int) -> float | Vector:
    """One number, or one per feature."""
    if not isinstance(numbers, tuple):
        return numbers
    return np.tile(np.array(numbers, np.float32), features // len(numbers))
