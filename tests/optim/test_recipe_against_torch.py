"""A whole run of the trainer beside the same run in PyTorch: every part of the recipe at once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.batches import Gather, epoch_order
from nnstudio.engine.trainer import Trainer
from nnstudio.layers import Dense, Flatten, Input
from nnstudio.optim.schedules import WARM_UP_START
from tests.helpers import small_data

torch: Any = pytest.importorskip("torch", reason="the bench extra (PyTorch) is not installed")

pytestmark = pytest.mark.bench

EPOCHS, BATCH, RATE, SEED = 4, 32, 0.02, 5


def project(**recipe: object) -> ProjectSpec:
    layers = (Input(shape=(6, 6, 1)), Flatten(), Dense(units=12, activation="tanh"), Dense(units=3))
    plan = {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE, "seed": SEED, **recipe}
    data = DataSpec(source="clouds", validation=0.2)
    return ProjectSpec(network=NetworkSpec(layers=layers), data=data, train=TrainSpec.build(plan))


@pytest.mark.parametrize("batch", [BATCH, 7])
def test_a_run_with_every_rule_ends_with_the_same_weights(batch: int):
    """AdamW with decay, warm-up over a cosine, L1, L2, both clippings, smoothing and class weights."""
    optimizer = {"type": "AdamW", "weight_decay": 0.1, "epsilon": 1e-3}
    rules = {"warmup": 1.5, "schedule": "Cosine", "l1": 1e-3, "l2": 3e-3, "label_smoothing": 0.1}
    clips = {"clip_value": 0.1, "clip_norm": 0.3}
    plan = project(optimizer=optimizer, batch_size=batch, class_weights=(1, 2, 0.5), **rules, **clips)
    trainer = Trainer(plan, small_data(plan))
    parameters = as_torch(trainer)
    total = trainer.batches * EPOCHS
    twin = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.1, eps=1e-3)
    schedules = torch.optim.lr_scheduler
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LinearLR steps once before the optimizer when it is made
        line = schedules.LinearLR(twin, WARM_UP_START, total_iters=int(1.5 * trainer.batches))
        rate = schedules.ChainedScheduler([line, schedules.CosineAnnealingLR(twin, total)])
    weights = torch.tensor([1, 2, 0.5])
    for epoch in range(1, EPOCHS + 1):
        for x, labels in batches(trainer, epoch):
            twin.zero_grad()
            each = torch.nn.functional.cross_entropy(
                logits(parameters, x), labels, label_smoothing=0.1, reduction="none"
            )
            kernels = parameters[0], parameters[2]
            penalty = sum(1e-3 * kernel.abs().sum() + 3e-3 * (kernel**2).sum() for kernel in kernels)
            ((weights[labels] * each).mean() + penalty).backward()
            torch.nn.utils.clip_grad_value_(parameters, 0.1)
            torch.nn.utils.clip_grad_norm_(parameters, 0.3)
            twin.step()
            rate.step()
    run(trainer)
    flat = np.concatenate([parameter.detach().numpy().ravel() for parameter in parameters])
    np.testing.assert_allclose(trainer.state.weights, flat, rtol=1e-4, atol=1e-5)
    assert trainer.state.history[-1].train_accuracy > 0.9


def test_the_losses_of_a_run_are_the_plain_ones():
    """Smoothing, weights and penalties steer the run; what is reported can be compared with other runs."""
    plan = project(label_smoothing=0.3, class_weights="balanced", l2=0.01)
    trainer = Trainer(plan, small_data(plan))
    run(trainer)
    validation = trainer.data.validation
    assert validation is not None
    x = torch.from_numpy(
        Gather(validation, trainer.data.scaling, len(validation)).x(np.arange(len(validation)))
    )
    loss = torch.nn.functional.cross_entropy(
        logits(as_torch(trainer), x), torch.from_numpy(validation.labels)
    )
    assert trainer.state.history[-1].val_loss == pytest.approx(loss.item(), rel=1e-5)


def as_torch(trainer: Trainer) -> list[Any]:
    network, weights = trainer.network, trainer.state.weights
    return [
        torch.tensor(weights[view.start : view.stop].reshape(view.spec.shape), requires_grad=True)
        for view in network.index
    ]


def logits(parameters: list[Any], x: Any) -> Any:
    w1, b1, w2, b2 = parameters
    return torch.tanh(x.flatten(1) @ w1 + b1) @ w2 + b2


def batches(trainer: Trainer, epoch: int) -> list[tuple[Any, Any]]:
    train = trainer.data.train
    gather = Gather(train, trainer.data.scaling, trainer.batch_size)
    order = epoch_order(len(train), SEED, epoch)
    parts = [order[start : start + trainer.batch_size] for start in range(0, len(order), trainer.batch_size)]
    return [(torch.from_numpy(gather.x(p).copy()), torch.from_numpy(gather.labels(p).copy())) for p in parts]


def run(trainer: Trainer) -> None:
    for _ in trainer.run():
        pass
