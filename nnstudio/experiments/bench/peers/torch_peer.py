"""The same network in PyTorch.

All data is a float tensor in memory, a batch is an ``index_select``, the optimizer is the fused one,
and images lie channels last.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from nnstudio.core.spec import NetworkSpec
from nnstudio.data.batches import Gather
from nnstudio.data.prepare import Prepared
from nnstudio.errors import DataError
from nnstudio.experiments.bench.cases import Case
from nnstudio.experiments.bench.peers.gradients import our_step, require_same, without_dropout
from nnstudio.experiments.bench.peers.torch_layers import module_of
from nnstudio.experiments.bench.peers.unknown import unknown
from nnstudio.optim.adaptive import Adam
from nnstudio.optim.optimizers import SGD, Momentum, Nesterov

EVALUATION_BATCH = 1000


class TorchPeer:
    """A network in PyTorch; see ``peer_named``."""

    def __init__(self, case: Case, data: Prepared, threads: int, *, gpu: bool = False) -> None:
        self._torch = _torch()
        if gpu and not self._torch.cuda.is_available():
            raise DataError("PyTorch finds no GPU", fix="install a PyTorch with CUDA, or leave --vs out")
        device = self._device = "cuda" if gpu else "cpu"
        if gpu:  # products in the precision of ours, in which CuPy's variable decides
            shorter = os.environ.get("CUPY_TF32", "0") == "1"
            self._torch.backends.cuda.matmul.allow_tf32 = self._torch.backends.cudnn.allow_tf32 = shorter
        self._torch.set_num_threads(threads)
        self._batch = case.project.train.batch_size
        self._module = module_of(self._torch, case.project.network)
        self._module.to(device, memory_format=self._torch.channels_last)
        check_gradients(self._torch, case, data)
        gather = Gather(data.train, data.scaling, len(data.train))
        x = self._torch.from_numpy(gather.x(slice(None)).copy()).to(device)
        images = x.dim() == 4
        self._x = x.permute(0, 3, 1, 2) if images else x  # NHWC in memory is channels last
        self._y = self._torch.from_numpy(data.train.labels.copy()).to(device)
        self._optimizer = _optimizer(self._torch, self._module, case)
        self._loss = self._torch.nn.CrossEntropyLoss()
        self._order = self._torch.randperm(len(self._y), device=device)
        self._at = 0

    def train(self, seconds: float) -> float:
        """Trains for some seconds; samples per second."""
        self._module.train()
        started, samples = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - started) < seconds:
            samples += self._step()
        if self._device == "cuda":  # steps are only queued up to here
            self._torch.cuda.synchronize()
            elapsed = time.perf_counter() - started
        return samples / elapsed

    def evaluate(self, samples: int) -> float:
        """Loss and accuracy on the first training samples, once; samples per second."""
        self._module.eval()
        started, loss, hits = time.perf_counter(), 0.0, 0
        with self._torch.inference_mode():
            for x, y in zip(
                self._x[:samples].split(EVALUATION_BATCH),
                self._y[:samples].split(EVALUATION_BATCH),
                strict=True,
            ):
                logits = self._module(x)
                loss += float(self._loss(logits, y)) * len(y)
                hits += int((logits.argmax(1) == y).sum())
        return samples / (time.perf_counter() - started)

    def _step(self) -> int:
        if self._at >= len(self._order):
            self._order, self._at = self._torch.randperm(len(self._y), device=self._device), 0
        rows = self._order[self._at : self._at + self._batch]
        self._at += self._batch
        loss = self._loss(self._module(self._x.index_select(0, rows)), self._y.index_select(0, rows))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return len(rows)


def check_gradients(torch: Any, case: Case, data: Prepared) -> None:
    """One step's gradients here and there, from the same weights, without dropout.

    Raises:
        DataError: They differ.
    """
    network: NetworkSpec = without_dropout(case.project.network)
    step = our_step(network, data)
    module = module_of(torch, network).double().train()
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), step.weights, strict=True):
            parameter.copy_(torch.from_numpy(_as_torch(array).copy()))
    images = torch.from_numpy(step.x)
    images = images.permute(0, 3, 1, 2) if images.dim() == 4 else images
    torch.nn.CrossEntropyLoss()(module(images), torch.from_numpy(step.labels)).backward()
    found = [parameter.grad.numpy() for parameter in module.parameters()]
    require_same(case, "PyTorch", [_as_torch(array) for array in step.gradients], found)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise DataError("PyTorch is not installed", fix="pip install torch, or leave --vs out") from error
    return torch


def _optimizer(torch: Any, module: Any, case: Case) -> Any:
    spec = case.project.train
    rate, optimizer = spec.learning_rate, spec.optimizer
    if type(optimizer) is SGD:
        return torch.optim.SGD(module.parameters(), rate, fused=True)
    if type(optimizer) is Nesterov or (type(optimizer) is Momentum and not optimizer.damped):
        ahead = type(optimizer) is Nesterov
        return torch.optim.SGD(
            module.parameters(), rate, momentum=optimizer.momentum, nesterov=ahead, fused=True
        )
    if type(optimizer) is Adam:
        betas = (optimizer.beta_1, optimizer.beta_2)
        return torch.optim.Adam(module.parameters(), rate, betas, optimizer.epsilon, fused=True)
    raise unknown("PyTorch", optimizer)


def _as_torch(array: Any) -> Any:
    """A dense kernel (N, U) as (U, N), a convolution's HWIO as OIHW."""
    axes = {2: (1, 0), 4: (3, 2, 0, 1)}.get(array.ndim)
    return array if axes is None else np.ascontiguousarray(array.transpose(axes))
