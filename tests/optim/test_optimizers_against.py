"""The optimizers beside PyTorch's and Keras's: equal gradients give equal weights, whatever the settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.spec import OPTIMIZERS

pytestmark = pytest.mark.bench

SIZE, STEPS = 64, 5
SETTINGS = {"deadline": None, "derandomize": True, "max_examples": 30}

rates = st.floats(1e-4, 0.3)
memories = st.floats(0.0, 0.99)
epsilons = st.sampled_from([1e-8, 1e-7, 1e-3, 0.05])
seeds = st.integers(0, 10_000)

SPECS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SGD": {},
    "Momentum": {"momentum": memories, "damped": st.booleans()},
    "Nesterov": {"momentum": memories},
    "Adagrad": {"initial_accumulator_value": st.floats(0, 2), "epsilon": epsilons},
    # with a short memory the variance of centred gradients is all rounding
    "RMSProp": {
        "rho": st.floats(0.5, 0.99),
        "momentum": memories,
        "centered": st.booleans(),
        "epsilon": epsilons,
    },
    "Adam": {"beta_1": memories, "beta_2": memories, "epsilon": epsilons, "amsgrad": st.booleans()},
}
SPECS["AdamW"] = SPECS["Adam"] | {"weight_decay": st.floats(0, 1)}
"""Every setting of every optimizer, and what to draw for it."""


def test_every_setting_is_drawn():
    for cls in OPTIMIZERS:
        assert set(cls.model_fields) - {"exclude_biases"} == set(SPECS[cls.type_name()])


def fields_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(SPECS[name])


def gradients(seed: int) -> list[np.ndarray]:
    """Noise of different sizes in the different places, never close to 0."""
    random = np.random.default_rng(seed)
    sizes = 10.0 ** random.uniform(-1, 1, SIZE)
    signs = random.choice([-1, 1], (STEPS, SIZE))
    return list((signs * sizes * random.uniform(0.5, 1.5, (STEPS, SIZE))).astype(np.float32))


def start() -> np.ndarray:
    return np.linspace(-1, 1, SIZE, dtype=np.float32)


def ours(name: str, fields: Callable[[int], dict[str, Any]], seed: int, rates: list[float]) -> np.ndarray:
    """Weights after the steps; ``fields`` gives the settings of each one."""
    w = start()
    first = OPTIMIZERS.create(name, **fields(1))
    slots = [np.full_like(w, first.initial_slot(slot)) for slot in first.slots]
    for step, (g, rate) in enumerate(zip(gradients(seed), rates, strict=True), 1):
        optimizer = OPTIMIZERS.create(name, **fields(step))
        optimizer.decay(np, w, rate)
        optimizer.update(np, w, g.copy(), slots, np.empty_like(w), rate, step)
    return w


def falling(rate: float) -> list[float]:
    """A schedule: the rate of each step."""
    return [rate * 0.8**step for step in range(STEPS)]


def close(left: np.ndarray, right: np.ndarray) -> None:
    """To float32 accuracy of the way the weights went."""
    way = np.abs(right - start()).max() + 1
    np.testing.assert_allclose(left, right, rtol=2e-5, atol=2e-6 * way)


class TestTorch:
    @staticmethod
    def theirs(name: str, fields: dict[str, Any], seed: int, rates: list[float]) -> np.ndarray:
        torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")
        w = torch.tensor(start(), requires_grad=True)
        optimizer = torch_optimizer(torch.optim, name, fields, [w])
        for g, rate in zip(gradients(seed), rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate
            w.grad = torch.from_numpy(g)
            optimizer.step()
        return w.detach().numpy()

    @pytest.mark.parametrize("name", [name for name in SPECS if name != "Momentum"])
    @given(data=st.data(), rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_steps_are_equal(self, name: str, data: st.DataObject, rate: float, seed: int):
        fields = data.draw(fields_of(name))
        close(
            ours(name, lambda _: fields, seed, falling(rate)), self.theirs(name, fields, seed, falling(rate))
        )

    @given(momentum=memories, rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_steps_with_momentum_are_equal(self, momentum: float, rate: float, seed: int):
        plain = self.theirs("Momentum", {"momentum": momentum}, seed, falling(rate))
        close(ours("Momentum", lambda _: {"momentum": momentum}, seed, falling(rate)), plain)
        # v = γv + (1−γ)αg is (1−γ) times as long at a constant rate; PyTorch has no such form
        shorter = self.theirs("Momentum", {"momentum": momentum}, seed, [rate * (1 - momentum)] * STEPS)
        damped = {"momentum": momentum, "damped": True}
        close(ours("Momentum", lambda _: damped, seed, [rate] * STEPS), shorter)


def torch_optimizer(optim: Any, name: str, fields: dict[str, Any], weights: list[Any]) -> Any:
    match name:
        case "SGD":
            return optim.SGD(weights)
        case "Momentum" | "Nesterov":
            nesterov = name == "Nesterov" and fields["momentum"] > 0
            return optim.SGD(weights, momentum=fields["momentum"], nesterov=nesterov)
        case "Adagrad":
            value = fields["initial_accumulator_value"]
            return optim.Adagrad(weights, initial_accumulator_value=value, eps=fields["epsilon"])
        case "RMSProp":
            same = {"momentum": fields["momentum"], "centered": fields["centered"], "eps": fields["epsilon"]}
            return optim.RMSprop(weights, alpha=fields["rho"], **same)
    betas = (fields["beta_1"], fields["beta_2"])
    same = {key: fields[key] for key in ("weight_decay", "amsgrad") if key in fields}
    return getattr(optim, name)(weights, betas=betas, eps=fields["epsilon"], **same)


class TestKeras:
    @staticmethod
    def theirs(name: str, fields: dict[str, Any], seed: int, rates: list[float]) -> np.ndarray:
        os.environ.setdefault("KERAS_BACKEND", "jax")
        if not (find_spec("keras") and find_spec("jax")):
            pytest.skip("the bench extra (Keras on JAX) is not installed")
        import keras

        variable = keras.Variable(start())
        names = {"Momentum": "SGD", "Nesterov": "SGD", "RMSProp": "RMSprop"}
        optimizer = getattr(keras.optimizers, names.get(name, name))(rates[0], **fields)
        optimizer.build([variable])
        for g, rate in zip(gradients(seed), rates, strict=True):
            optimizer.learning_rate = rate
            optimizer.apply([keras.ops.convert_to_tensor(g)])
        return np.asarray(variable.value)

    @pytest.mark.parametrize("name", ["Momentum", "Nesterov"])
    @given(momentum=memories, rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_steps_with_momentum_are_equal(self, name: str, momentum: float, rate: float, seed: int):
        # Keras keeps v = γv − αg, so that an old gradient keeps its old rate; at one rate it is the same
        constant = [rate] * STEPS
        theirs = self.theirs(name, {"momentum": momentum, "nesterov": name == "Nesterov"}, seed, constant)
        close(ours(name, lambda _: {"momentum": momentum}, seed, constant), theirs)

    @given(rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_plain_steps_are_equal(self, rate: float, seed: int):
        close(ours("SGD", lambda _: {}, seed, falling(rate)), self.theirs("SGD", {}, seed, falling(rate)))

    @pytest.mark.parametrize("name", ["Adagrad", "RMSProp"])
    @given(data=st.data(), rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_steps_divided_by_a_root_are_equal(self, name: str, data: st.DataObject, rate: float, seed: int):
        # Keras adds ε below the root: with gradients far above it, that makes no difference
        fields = data.draw(fields_of(name)) | {"epsilon": 1e-10}
        constant = [rate] * STEPS
        close(ours(name, lambda _: fields, seed, constant), self.theirs(name, fields, seed, constant))

    @pytest.mark.parametrize("name", ["Adam", "AdamW"])
    @given(data=st.data(), rate=rates, seed=seeds)
    @settings(**SETTINGS)
    def test_steps_of_adam_are_equal(self, name: str, data: st.DataObject, rate: float, seed: int):
        # Keras adds ε to √v, the paper and we to √v̂ = √v / √(1−β₂ᵗ): the same with another ε each step
        fields = data.draw(fields_of(name))

        def matched(step: int) -> dict[str, Any]:
            return fields | {"epsilon": fields["epsilon"] / (1 - fields["beta_2"] ** step) ** 0.5}

        close(ours(name, matched, seed, falling(rate)), self.theirs(name, fields, seed, falling(rate)))
