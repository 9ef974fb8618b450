"""Layers in a row, ready for passes over batches: the arrays they work with, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import DTypeLike

from nnstudio.engine.plan import Step
from nnstudio.layers.base import BufferSpec, Frame, Layer, NoiseSource, Ops

Array = Any
Views = Mapping[str, Mapping[str, Array]]
"""Arrays by layer and weight name."""


@dataclass(frozen=True)
class Bench:
    """What all chains of one workspace share.

    Attributes:
        ops: The compute primitives.
        weights: Views into the flat weight vector.
        gradients: Views into the flat gradient vector; empty where none are wanted.
        batch: Largest number of samples.
        dtype: Type of all values.
        backward: Backward passes are run, too.
        watched: Under the names of these layers, backward passes leave the gradients of their outputs.
    """

    ops: Ops
    weights: Views
    gradients: Views
    batch: int
    dtype: DTypeLike
    backward: bool
    watched: dict[str, Array]


class Chain:
    """Some layers in a row with the arrays of one pass at a time.

    Allocated once for the largest batch; smaller batches use the front of each array.

    Args:
        steps: The layers; those that have nothing to compute are left out.
        bench: What it shares with the other chains.
        needs_dx: Somebody needs the gradient with respect to the chain's input.
    """

    def __init__(self, steps: tuple[Step, ...], bench: Bench, *, needs_dx: bool) -> None:
        self._bench = bench
        self._needs_dx = needs_dx
        self._links = list(_links(steps, bench, needs_dx))
        self._frames: dict[int, list[Frame]] = {}
        self._trail: list[tuple[Frame, Array, Array]] = []

    def forward(self, x: Array, noise: NoiseSource | None = None) -> Array:
        """The output of the last layer for a batch ``(n, *shape)``; overwritten by the next pass.

        Args:
            x: The chain's input.
            noise: Random numbers of the training step; None evaluates.
        """
        trail = []
        frames = self._frames_for(x.shape[0])
        for frame, link in zip(frames, self._links, strict=True):
            layer = link.step.layer
            frame.source = noise
            frame.training = noise is not None
            frame.learning = frame.training and not layer.frozen
            if noise is not None and layer.noisy:
                frame.noise = noise.key(link.step.number)
                layer.begin(frame)
        for frame, link in zip(frames, self._links, strict=True):
            y = link.step.layer.forward(frame, x)
            trail.append((frame, x, y))
            x = y
        self._trail = trail
        return x

    def repeat(self, name: str) -> Array:
        """The last forward pass again, from the layer called ``name`` (or around it) to the end.

        For a change of that layer's weights: what lies in front of it is not computed anew.
        """
        holders = [any(step.layer.name == name for step in link.step.tree()) for link in self._links]
        start = holders.index(True)
        x = self._trail[start][1]
        for place in range(start, len(self._links)):
            frame = self._trail[place][0]
            y = self._links[place].step.layer.forward(frame, x)
            self._trail[place] = (frame, x, y)
            x = y
        return x

    def backward(self, dy: Array) -> Array | None:
        """Fills the gradients from the gradient of the last forward pass's output.

        Args:
            dy: ``(n, *output)``; may be overwritten.

        Returns:
            The gradient with respect to the chain's input, or None where nobody needs it.
        """
        gradient: Array | None = dy
        for link, (frame, x, y) in zip(reversed(self._links), reversed(self._trail), strict=True):
            if not link.needs_dx and not link.step.trainable:
                return None
            if gradient is not None and link.step.layer.name in self._bench.watched:
                self._bench.watched[link.step.layer.name] = gradient.copy()  # the layer may overwrite it
            gradient = link.step.layer.backward(frame, x, y, gradient)
        return gradient if self._needs_dx else None

    def passes(self) -> Iterator[tuple[Step, Array, Array]]:
        """Every computed layer with its input and output in the last forward pass, inner ones first."""
        for link, (_, x, y) in zip(self._links, self._trail, strict=True):
            for chain in link.chains.values():
                yield from chain.passes()
            yield link.step, x, y

    def outputs(self) -> Iterator[tuple[Step, Array]]:
        """Every computed layer with its output in the last forward pass, inner ones first."""
        return ((step, y) for step, _, y in self.passes())

    def frames(self, n: int) -> dict[str, tuple[Layer, Frame]]:
        """The layers with their frames for batches of ``n`` samples, by name."""
        pairs = zip(self._links, self._frames_for(n), strict=True)
        return {link.step.layer.name: (link.step.layer, frame) for link, frame in pairs}

    def _frames_for(self, n: int) -> list[Frame]:
        frames = self._frames.get(n)
        if frames is None:
            frames = self._frames[n] = [link.frame(self._bench, n) for link in self._links]
        return frames


@dataclass(frozen=True)
class _Link:
    """One layer of a chain with its arrays for the largest batch."""

    step: Step
    arrays: Mapping[str, tuple[BufferSpec, Array]]
    chains: Mapping[str, Chain]
    needs_dx: bool

    def frame(self, bench: Bench, n: int) -> Frame:
        """The layer's frame for ``n`` samples."""
        return Frame(
            ops=bench.ops,
            weights=bench.weights.get(self.step.layer.name, {}),
            gradients=bench.gradients.get(self.step.layer.name, {}),
            buffers={
                name: array if spec.per_batch else array[:n] for name, (spec, array) in self.arrays.items()
            },
            activation=self.step.activation,
            needs_dx=self.needs_dx,
            chains=self.chains,
        )


def _links(steps: tuple[Step, ...], bench: Bench, needs_dx: bool) -> Iterator[_Link]:
    for step in steps:
        if step.skip:
            continue
        chains = {name: Chain(inside, bench, needs_dx=needs_dx) for name, inside in step.branches.items()}
        yield _Link(step, _arrays(step, bench), chains, needs_dx)
        needs_dx = needs_dx or step.trainable


def _arrays(step: Step, bench: Bench) -> dict[str, tuple[BufferSpec, Array]]:
    empty = bench.ops.xp.empty
    return {
        name: (
            spec,
            empty(spec.shape if spec.per_batch else (bench.batch, *spec.shape), spec.dtype or bench.dtype),
        )
        for name, spec in step.layer.buffers(step.shape, step.activation).items()
        if bench.backward or not spec.backward
    }
