"""Optimizers against plain loops of their formulas, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from nnstudio.core.spec import OPTIMIZERS, NetworkSpec, TrainSpec
from nnstudio.engine.network import Network
from nnstudio.engine.update import CHUNK, Update
from nnstudio.layers import Dense, Input
from nnstudio.optim.losses import CategoricalCrossentropy

SIZE, STEPS, RATE = 1_000, 12, 0.05


def gradients() -> list[np.ndarray]:
    random = np.random.default_rng(3)
    return [random.normal(0, 10.0 ** random.integers(-3, 2, SIZE)) for _ in range(STEPS)]


def ours(name: str, **fields: object) -> np.ndarray:
    """The weights after all gradients."""
    optimizer = OPTIMIZERS.create(name, **fields)
    w = np.linspace(-1, 1, SIZE)
    slots = [np.full_like(w, optimizer.initial_slot(slot)) for slot in optimizer.slots]
    for step, g in enumerate(gradients(), 1):
        optimizer.decay(np, w, RATE)
        optimizer.update(np, w, g.copy(), slots, np.empty_like(w), RATE, step)
    return w


def test_sgd():
    np.testing.assert_allclose(ours("SGD"), np.linspace(-1, 1, SIZE) - RATE * sum(gradients()), rtol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9])
def test_momentum(gamma: float):
    w, v = np.linspace(-1, 1, SIZE), np.zeros(SIZE)
    for g in gradients():
        v = gamma * v + g
        w = w - RATE * v
    np.testing.assert_allclose(ours("Momentum", momentum=gamma), w, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9])
def test_damped_momentum_is_an_average_of_gradients(gamma: float):
    w, v = np.linspace(-1, 1, SIZE), np.zeros(SIZE)
    for g in gradients():
        v = gamma * v + (1 - gamma) * RATE * g  # v = γv + (1−γ)α∂E/∂w
        w = w - v
    np.testing.assert_allclose(ours("Momentum", momentum=gamma, damped=True), w, rtol=1e-10, atol=1e-12)


def test_damped_steps_are_shorter_by_one_minus_gamma():
    plain, damped = (ours("Momentum", momentum=0.9, damped=damped) for damped in (False, True))
    start = np.linspace(-1, 1, SIZE)
    np.testing.assert_allclose(damped - start, (plain - start) * 0.1, rtol=1e-9, atol=1e-12)


def test_nesterov_looks_ahead():
    """Sutskever's form: the gradient at ``w + γv``. Ours keeps that point as its weights."""
    gamma = 0.9
    bowl = np.linspace(0.5, 3, SIZE)  # f(w) = Σ bowl·w²/2, gradient bowl·w
    w, v = np.linspace(-1, 1, SIZE), np.zeros(SIZE)
    point, slot = w.copy(), [np.zeros(SIZE)]
    optimizer = OPTIMIZERS.create("Nesterov", momentum=gamma)
    for step in range(1, 20):
        v = gamma * v - RATE * bowl * (w + gamma * v)
        w = w + v
        optimizer.update(np, point, bowl * point, slot, np.empty(SIZE), RATE, step)
        np.testing.assert_allclose(point, w + gamma * v, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("epsilon", [1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.5)])
def test_adam(betas: tuple[float, float], epsilon: float):
    one, two = betas
    w, m, v = np.linspace(-1, 1, SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for t, g in enumerate(gradients(), 1):
        m = one * m + (1 - one) * g
        v = two * v + (1 - two) * g**2
        w = w - RATE * (m / (1 - one**t)) / (np.sqrt(v / (1 - two**t)) + epsilon)
    np.testing.assert_allclose(ours("Adam", beta_1=one, beta_2=two, epsilon=epsilon), w, rtol=1e-9)


def test_amsgrad_never_forgets_a_large_gradient():
    w, m, v, top = np.linspace(-1, 1, SIZE), np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for t, g in enumerate(gradients(), 1):
        m = 0.9 * m + 0.1 * g
        v = 0.5 * v + 0.5 * g**2
        top = np.maximum(top, v)
        w = w - RATE * (m / (1 - 0.9**t)) / (np.sqrt(top / (1 - 0.5**t)) + 1e-3)
    np.testing.assert_allclose(ours("Adam", beta_2=0.5, epsilon=1e-3, amsgrad=True), w, rtol=1e-9)


def test_adamw_shrinks_the_weights_before_adams_step():
    w, m, v = np.linspace(-1, 1, SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for t, g in enumerate(gradients(), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - RATE * 0.3 * w
        w = w - RATE * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
    np.testing.assert_allclose(ours("AdamW", weight_decay=0.3), w, rtol=1e-9)


@pytest.mark.parametrize("start", [0.0, 0.1, 2.0])
def test_adagrad(start: float):
    w, total = np.linspace(-1, 1, SIZE), np.full(SIZE, start)
    for g in gradients():
        total = total + g**2
        w = w - RATE * g / (np.sqrt(total) + 1e-5)
    np.testing.assert_allclose(
        ours("Adagrad", initial_accumulator_value=start, epsilon=1e-5), w, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop(momentum: float, centered: bool):
    w, v, m, b = np.linspace(-1, 1, SIZE), np.zeros(SIZE), np.zeros(SIZE), np.zeros(SIZE)
    for g in gradients():
        v = 0.8 * v + 0.2 * g**2
        m = 0.8 * m + 0.2 * g
        b = momentum * b + g / (np.sqrt(v - m**2 * centered) + 1e-4)
        w = w - RATE * b
    settings = {"rho": 0.8, "momentum": momentum, "centered": centered, "epsilon": 1e-4}
    np.testing.assert_allclose(ours("RMSProp", **settings), w, rtol=1e-8, atol=1e-10)


def test_rmsprop_keeps_only_what_it_needs():
    assert OPTIMIZERS.create("RMSProp").slots == ("v",)
    assert OPTIMIZERS.create("RMSProp", centered=True, momentum=0.5).slots == ("v", "m", "velocity")


def test_a_constant_gradient_leaves_centred_rmsprop_finite():
    """Its variance is 0, and rounding may make it less."""
    optimizer = OPTIMIZERS.create("RMSProp", centered=True, rho=0.5)
    w = np.zeros(100, np.float32)
    slots = [np.zeros_like(w) for _ in optimizer.slots]
    constant = np.linspace(0.1, 3, 100, dtype=np.float32)
    for step in range(1, 60):
        optimizer.update(np, w, constant.copy(), slots, np.empty_like(w), 0.01, step)
    assert np.isfinite(w).all()


def test_adams_first_step_is_the_learning_rate():
    optimizer = OPTIMIZERS.create("Adam")
    w = np.zeros(3, np.float32)
    slots = [np.zeros_like(w), np.zeros_like(w)]
    optimizer.update(np, w, np.array([1e-3, -5, 1e4], np.float32), slots, np.empty_like(w), 0.01, 1)
    np.testing.assert_allclose(w, [-0.01, 0.01, -0.01], rtol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_no_gradient_no_step(name: str):
    optimizer = OPTIMIZERS.create(name)
    w = np.ones(4, np.float32)
    slots = [np.full_like(w, optimizer.initial_slot(slot)) for slot in optimizer.slots]
    optimizer.update(np, w, np.zeros_like(w), slots, np.empty_like(w), 0.1, 1)
    assert (w == 1).all()


EVERY_SLOT = {"RMSProp": {"centered": True, "momentum": 0.5}, "Adam": {"amsgrad": True}}


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_chunks_change_nothing(name: str):
    """The trainer updates chunk by chunk; one pass over the whole vector gives the same bits."""
    network = Network(NetworkSpec(layers=(Input(shape=(600,)), Dense(units=450))), CategoricalCrossentropy())
    assert network.size > 2 * CHUNK
    optimizer = OPTIMIZERS.create(name, **EVERY_SLOT.get(name, {}))
    update, weights = Update(network, TrainSpec(optimizer=optimizer)), network.initial_weights(0)
    slots = update.fresh_slots()
    whole, kept = weights.copy(), [slots[slot].copy() for slot in optimizer.slots]
    random = np.random.default_rng(0)
    for step in (1, 2, 3):
        g = random.standard_normal(network.size, dtype=np.float32)
        update.apply(weights, g.copy(), slots, step, RATE)
        optimizer.decay(np, whole, RATE)
        optimizer.update(np, whole, g, kept, np.empty_like(whole), RATE, step)
    np.testing.assert_array_equal(weights, whole)
