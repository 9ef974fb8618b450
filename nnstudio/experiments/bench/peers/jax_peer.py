"""The same network in JAX.

All data is an array in memory, a step is one compiled function, batches are taken inside it, and weights
are handed over rather than copied. Steps of dense networks run :data:`CHUNK` at a time inside one
``scan``, which saves the calls; a convolution is slower inside a ``scan`` on the CPU (XLA gives up its
threaded kernels in loops), so that those run step by step.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nnstudio.data.batches import Gather
from nnstudio.data.prepare import Prepared
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case
from nnstudio.experiments.bench.peers.gradients import our_step, require_same, without_dropout
from nnstudio.experiments.bench.peers.jax_layers import Function, Pass, first_moving, function_of
from nnstudio.experiments.bench.peers.unknown import unknown
from nnstudio.layers import Conv2D
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.optimizers import SGD, Momentum, Nesterov

CHUNK = 50
"""Steps of a dense network that one call takes."""
EVALUATION_BATCH = 1000

Update = Callable[[Any, Any, Any, Any], tuple[Any, Any]]
"""``(weights, slots, gradients, step from 1) -> (weights, slots)``."""


class JaxPeer:
    """A network in JAX; see ``peer_named``."""

    def __init__(self, case: Case, data: Prepared, threads: int) -> None:
        self._jax = jax = _jax(threads)
        check_gradients(jax, case, data)
        network = case.project.network
        drawn = our_step(without_dropout(network), data).weights
        weights = [jax.numpy.asarray(array, np.float32) for array in drawn]
        slots, update = _optimizer(jax, case, weights)
        gather = Gather(data.train, data.scaling, len(data.train))
        self._x = jax.numpy.asarray(gather.x(slice(None)))
        self._y = jax.numpy.asarray(data.train.labels.astype(np.int32))
        forward = function_of(jax, network)
        self._moving = first_moving(jax, network)
        self._evaluate = _evaluation(jax, forward)
        self._state = (weights, slots, self._moving, jax.numpy.float32(1), jax.random.PRNGKey(0))
        convolves = any(isinstance(layer, Conv2D) for layer in network.walk())
        self._chunk = 1 if convolves else CHUNK
        self._train = _training(jax, forward, update, self._x, self._y)
        self._batch, self._random = case.project.train.batch_size, np.random.default_rng(0)
        self._order = self._random.permutation(len(self._y)).astype(np.int32)
        self._at = 0

    def train(self, seconds: float) -> float:
        """Trains for some seconds; samples per second."""
        started, samples = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < seconds:
            rows = self._rows()
            *state, loss = self._train(*self._state, rows)
            self._state = tuple(state)
            float(loss)  # steps are queued: wait for this one
            samples += rows.size
        return samples / elapsed

    def evaluate(self, samples: int) -> float:
        """Loss and accuracy on the first training samples, once; samples per second."""
        weights, _, moving, *_ = self._state
        started = time.perf_counter()
        found = []
        for start in range(0, samples, EVALUATION_BATCH):
            part = slice(start, start + EVALUATION_BATCH)
            found.append(self._evaluate(weights, moving, self._x[part], self._y[part]))
        for loss, hits in found:
            float(loss), int(hits)
        return samples / (time.perf_counter() - started)

    def _rows(self) -> Any:
        """Sample numbers of the next steps, ``(steps, batch)``."""
        wanted = self._chunk * self._batch
        if self._at + wanted > len(self._order):
            self._order, self._at = self._random.permutation(len(self._y)).astype(np.int32), 0
        rows = self._order[self._at : self._at + wanted]
        self._at += wanted
        return rows[: len(rows) // self._batch * self._batch].reshape(-1, self._batch)


def check_gradients(jax: Any, case: Case, data: Prepared) -> None:
    """One step's gradients here and there, from the same weights, without dropout.

    Raises:
        DataError: They differ.
    """
    network = without_dropout(case.project.network)
    step = our_step(network, data)
    loss = _loss(jax, function_of(jax, network))
    key, labels = jax.random.PRNGKey(0), step.labels.astype(np.int32)
    with jax.enable_x64(True):
        gradients, _ = jax.jit(jax.grad(loss, has_aux=True))(
            step.weights, first_moving(jax, network), key, step.x, labels
        )
    require_same(case, "JAX", step.gradients, gradients)


def _loss(jax: Any, forward: Function) -> Callable[..., Any]:
    """Mean cross-entropy of a batch, and the moving statistics behind it."""

    def loss(weights: Any, moving: Any, key: Any, x: Any, y: Any) -> Any:
        state = Pass(iter(weights), iter(moving), key)
        chances = jax.nn.log_softmax(forward(state, x))
        return -jax.numpy.take_along_axis(chances, y[:, None], 1).mean(), state.moved

    return loss


def _training(jax: Any, forward: Function, update: Update, x: Any, y: Any) -> Callable[..., Any]:
    """Some steps as one compiled function of the state and the sample numbers."""
    slope = jax.value_and_grad(_loss(jax, forward), has_aux=True)

    def step(state: Any, rows: Any) -> Any:
        weights, slots, moving, number, key = state
        key, noise = jax.random.split(key)
        taken = jax.numpy.take(x, rows, axis=0), jax.numpy.take(y, rows)
        (loss, moving), gradients = slope(weights, moving, noise, *taken)
        weights, slots = update(weights, slots, gradients, number)
        return (weights, slots, moving, number + 1, key), loss

    def steps(weights: Any, slots: Any, moving: Any, number: Any, key: Any, rows: Any) -> Any:
        state = (weights, slots, moving, number, key)
        if len(rows) == 1:
            state, loss = step(state, rows[0])
            return (*state, loss)
        state, losses = jax.lax.scan(step, state, rows)
        return (*state, losses.mean())

    return jax.jit(steps, donate_argnums=(0, 1))  # type: ignore[no-any-return]


def _evaluation(jax: Any, forward: Function) -> Callable[..., Any]:
    def evaluate(weights: Any, moving: Any, x: Any, y: Any) -> Any:
        logits = forward(Pass(iter(weights), iter(moving)), x)
        chances = jax.nn.log_softmax(logits)
        loss = -jax.numpy.take_along_axis(chances, y[:, None], 1).sum()
        return loss, (logits.argmax(1) == y).sum()

    return jax.jit(evaluate)  # type: ignore[no-any-return]


def _jax(threads: int) -> Any:
    if threads == 1:  # XLA reads it once, where it starts
        one = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ.setdefault("XLA_FLAGS", one)
    try:
        import jax
    except ImportError as error:
        raise DataError("JAX is not installed", fix="pip install jax, or leave --vs out") from error
    return jax


def _optimizer(jax: Any, case: Case, weights: list[Any]) -> tuple[Any, Update]:
    """First slots and the update, over the list of arrays."""
    rate, optimizer = case.project.train.learning_rate, case.project.train.optimizer
    each, zeros = jax.tree.map, jax.tree.map(jax.numpy.zeros_like, weights)
    if type(optimizer) is SGD:
        return (), lambda w, s, g, t: (each(lambda a, b: a - rate * b, w, g), s)
    if type(optimizer) is Nesterov or (type(optimizer) is Momentum and not optimizer.damped):
        memory, ahead = optimizer.momentum, type(optimizer) is Nesterov

        def momentum(w: Any, v: Any, g: Any, _: Any) -> Any:
            v = each(lambda a, b: memory * a + b, v, g)
            direction = each(lambda a, b: memory * a + b, v, g) if ahead else v
            return each(lambda a, b: a - rate * b, w, direction), v

        return zeros, momentum
    if type(optimizer) is Adam and not optimizer.amsgrad:
        return (zeros, each(jax.numpy.copy, zeros)), _adam(jax, optimizer, rate)
    raise unknown("JAX", optimizer)


def _adam(jax: Any, optimizer: Adam, rate: float) -> Update:
    each, (beta_1, beta_2, epsilon) = jax.tree.map, (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon)

    def update(w: Any, slots: Any, g: Any, t: Any) -> Any:
        m = each(lambda a, b: beta_1 * a + (1 - beta_1) * b, slots[0], g)
        v = each(lambda a, b: beta_2 * a + (1 - beta_2) * b * b, slots[1], g)
        first, second = 1 / (1 - beta_1**t), 1 / (1 - beta_2**t)
        change = each(lambda a, b: a * first / (jax.numpy.sqrt(b * second) + epsilon), m, v)
        return each(lambda a, b: a - rate * b, w, change), (m, v)

    return update
