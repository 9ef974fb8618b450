"""Training steps on both paths, from the same state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.batches import epoch_order
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import Prepared, prepare_dataset
from nnstudio.engine.ops.jit.kernels.objects import Kernels
from nnstudio.engine.ops.jit.lowering.programs import training_program
from nnstudio.engine.ops.jit.lowering.writer import Recipe
from nnstudio.engine.ops.jit.program import Program
from nnstudio.engine.ops.jit.rules import rule_for
from nnstudio.engine.ops.jit.runner import Runner
from nnstudio.engine.ops.jit.stepper import JitStepper
from nnstudio.engine.ops.jit.team import Team
from nnstudio.engine.state import TrainerState
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Input
from nnstudio.optim.optimizers import SGD


def noise_data(samples: int, shape: tuple[int, ...], classes: int, *, floats: bool = False) -> Dataset:
    """Random samples whose class shows in their brightness."""
    random = np.random.default_rng(5)
    labels = np.arange(samples) % classes
    x = random.integers(0, 200, (samples, *shape)) + labels.reshape(-1, *[1] * len(shape)) % 50
    part = Part(x.astype(np.float32) / 250 if floats else x.astype(np.uint8), labels)
    return Dataset("noise", "Noise", part, part.none(), tuple(f"c{k}" for k in range(classes)))


def project_of(
    layers: tuple, shape: tuple[int, ...], *, scaling: str = "unit", **train: object
) -> ProjectSpec:
    """A project on noise; ``train`` changes its recipe."""
    recipe = {"optimizer": "SGD", "batch_size": 16, "learning_rate": 0.02, "epochs": 1, **train}
    data = DataSpec(source="noise", validation=0.0, test=0.1, scaling=scaling)
    network = NetworkSpec(layers=(Input(shape=shape), *layers))
    return ProjectSpec(name="noise", network=network, data=data, train=TrainSpec.build(recipe))


def operations_of(project: ProjectSpec, data: Prepared, batch: int) -> list[int]:
    """The operations of a step."""
    trainer = Trainer(project, data)
    recipe = Recipe(project.train, None, np.zeros(trainer.network.trainable, np.float32), [])
    program = training_program(trainer.network, trainer.state.weights, batch, data.scaling, 1, recipe)
    codes: list[int] = program.tables()[0][:, 0].tolist()
    return codes


def run_once(program: Program, kernels: Kernels, samples: int, *, threads: int = 1) -> None:
    """Runs a program for one batch, as a step of plain gradient descent with rate 1."""
    rule = rule_for(SGD())
    runner = Runner(program, kernels, Team(threads), rule)
    runner._scratch[:] = np.nan  # nothing may depend on what was there
    runner.run(None, np.arange(samples), rule.coefficients([1.0], 1), threads=threads)


@dataclass
class Steps:
    """What some steps led to."""

    state: TrainerState
    losses: list[float]
    hits: list[int]


def jit_steps(
    project: ProjectSpec, data: Prepared, kernels: Kernels, *, steps: int, threads: int = 1, by: int = 0
) -> Steps:
    """Steps on the compiled path, ``by`` at a time (all at once by default)."""
    trainer = Trainer(project, data)
    stepper = JitStepper(
        trainer.network,
        project,
        data,
        trainer.state,
        trainer._update,
        trainer.batch_size,
        kernels,
        threads=threads,
    )
    stepper.configure(project.train, trainer._targets)
    order, done = epoch_order(len(data.train), project.train.seed, 1), Steps(trainer.state, [], [])
    while len(done.losses) < steps:
        here = len(done.losses)
        stepper._seconds_per_step = 1e-9  # all that it is given
        most = min(by or steps, steps - here)
        rows = order[here * trainer.batch_size : (here + most) * trainer.batch_size]
        losses, hits = stepper.steps(rows, [project.train.learning_rate] * most, 1, 1.0)
        done.losses += losses
        done.hits += hits
        trainer.state.step += len(losses)
        if not np.isfinite(losses[-1]):
            break
    return done


def numpy_steps(project: ProjectSpec, data: Prepared, *, steps: int) -> Steps:
    """The same steps in NumPy."""
    trainer = Trainer(project, data)
    order, done = epoch_order(len(data.train), project.train.seed, 1), Steps(trainer.state, [], [])
    for number in range(steps):
        rows = order[number * trainer.batch_size : (number + 1) * trainer.batch_size]
        loss, hits = trainer.step(rows, project.train.learning_rate)
        done.losses.append(loss)
        done.hits.append(hits)
        trainer.state.step += 1
    return done


def assert_same_steps(
    project: ProjectSpec, dataset: Dataset, kernels: Kernels, *, steps: int = 4, tolerance: float = 2e-5
) -> None:
    """Both paths take the same steps but for rounding; one and two threads to the last bit."""
    data = prepare_dataset(dataset, project.data)
    start = Trainer(project, data).state.weights
    expected = numpy_steps(project, data, steps=steps)
    one = jit_steps(project, data, kernels, steps=steps)
    two = jit_steps(project, data, kernels, steps=steps, threads=2)
    three = jit_steps(project, data, kernels, steps=steps, threads=3, by=1)
    weights = one.state.weights
    moved = np.abs(expected.state.weights - start).max()
    assert moved > 0
    np.testing.assert_allclose(
        one.state.weights, expected.state.weights, rtol=tolerance, atol=tolerance * moved
    )
    for name, slot in expected.state.slots.items():
        scale = np.abs(slot).max()
        np.testing.assert_allclose(one.state.slots[name], slot, rtol=1e-3, atol=10 * tolerance * scale)
    np.testing.assert_allclose(one.losses, expected.losses, rtol=1e-5)
    assert one.hits == expected.hits
    for other in (two, three):
        np.testing.assert_array_equal(other.state.weights, weights)
        assert (other.losses, other.hits) == (one.losses, one.hits)
