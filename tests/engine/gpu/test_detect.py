"""Whether there is a GPU, and why not, is said in plain words; nothing is imported before it is asked."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types

import pytest

from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.engine.ops.gpu import detect
from nnstudio.engine.ops.gpu.detect import Gpu, find_gpu, require_gpu
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import TrainingError
from nnstudio.layers import Dense, Input
from tests.engine.jit.helpers import noise_data

PROJECT = ProjectSpec(
    name="noise",
    network=NetworkSpec(layers=(Input(shape=(4,)), Dense(2))),
    data=DataSpec(source="noise", validation=0.0, test=0.1),
    train=TrainSpec.build({"epochs": 1, "optimizer": "SGD"}),
)


@pytest.fixture
def fresh(monkeypatch):
    """Detection as if it had not been done, on a machine that has CuPy; gives the stand-in for ``cuda``."""
    cuda = types.ModuleType("nnstudio.engine.ops.gpu.cuda")
    monkeypatch.setitem(sys.modules, cuda.__name__, cuda)
    monkeypatch.setattr("nnstudio.engine.ops.gpu.cuda", cuda, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(sys, "platform", "linux")
    find_gpu.cache_clear()
    yield cuda
    find_gpu.cache_clear()


def test_without_cupy_it_says_what_to_install(fresh, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not find_gpu().found
    assert "not installed" in find_gpu().reason
    assert "nnstudio[cuda12]" in find_gpu().fix


def test_a_mac_has_none(fresh, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find_gpu().words == "The GPU path needs an NVIDIA GPU, which Macs don't have"


def test_cupy_without_a_gpu(fresh):
    fresh.available = lambda: False
    assert "no NVIDIA GPU" in find_gpu().words
    assert "nvidia-smi" in find_gpu().words


def test_a_gpu_that_refuses_the_first_allocation(fresh):
    def fail():
        raise RuntimeError("cudaErrorMemoryAllocation: out of memory\nmore")

    fresh.available, fresh.cuda_device = lambda: True, fail
    assert find_gpu().reason == "The GPU does not work (cudaErrorMemoryAllocation: out of memory)"
    with pytest.raises(TrainingError, match="no GPU to train on: The GPU does not work"):
        require_gpu()


def test_a_gpu_that_works(fresh, monkeypatch):
    monkeypatch.setattr(detect, "_try_out", lambda device: None)
    device = types.SimpleNamespace(name="NVIDIA Test", memory=8 << 30)
    fresh.available, fresh.cuda_device = lambda: True, lambda: device
    assert find_gpu() == Gpu("NVIDIA Test", 8 << 30)
    assert find_gpu().words == "NVIDIA Test with 8 GB can be used"
    assert require_gpu().found


def test_a_run_that_has_to_be_on_the_gpu_is_refused_without_one(monkeypatch):
    monkeypatch.setattr(detect, "find_gpu", lambda: Gpu(reason="There is none", fix="buy one"))
    trainer = Trainer(PROJECT, prepared(), device="gpu")
    with pytest.raises(TrainingError, match=r"There is none.*buy one"):
        list(trainer.run())


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_other_runs_go_on_without_one(monkeypatch, device):
    monkeypatch.setattr(detect, "find_gpu", lambda: Gpu(reason="There is none"))
    monkeypatch.delenv("NNSTUDIO_PATH")
    trainer = Trainer(PROJECT, prepared(), device=device)
    list(trainer.run())
    assert trainer.path.startswith("CPU")
    assert trainer.state.path != "gpu"


def prepared():
    from nnstudio.data.prepare import prepare_dataset

    return prepare_dataset(noise_data(40, (4,), 2), PROJECT.data)


def test_training_on_the_processor_imports_nothing_of_this():
    code = (
        "import sys, numpy as np, nnstudio as nn\n"
        "x, y = np.random.default_rng(0).random((40, 4)), np.arange(40) % 2\n"
        "nn.train(nn.Network([nn.layers.Dense(2)], (4,)), (x, y), epochs=1)\n"
        "print([m for m in sys.modules if m.startswith('cupy') or '.gpu' in m])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
