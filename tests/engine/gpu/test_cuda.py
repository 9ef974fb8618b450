"""The way from a run to CuPy and back, with a module that stands in for CuPy."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

import nnstudio.engine.ops.gpu as package
from nnstudio.core.spec import DataSpec, NetworkSpec, ProjectSpec, TrainSpec
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.ops.gpu.detect import Gpu, find_gpu
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import TrainingError
from nnstudio.experiments.bench import case_of, measure
from nnstudio.layers import Conv2D, Dense, Flatten, Input
from tests.engine.gpu.fake_cupy import Failure, fake_cupy
from tests.engine.gpu.host_device import COMPILER
from tests.engine.jit.helpers import noise_data

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler to run the kernels on the host")

PROJECT = ProjectSpec(
    name="noise",
    network=NetworkSpec(
        layers=(Input(shape=(6, 5, 2)), Conv2D(4, 3, groups=2, activation="relu"), Flatten(), Dense(3))
    ),
    data=DataSpec(source="noise", validation=0.2, test=0.1),
    train=TrainSpec.build({"epochs": 2, "optimizer": "Adam", "batch_size": 16}),
)


@pytest.fixture
def cupy(monkeypatch, kernel_folder):
    """CuPy's stand-in, as if it were installed beside a GPU."""
    module = fake_cupy(kernel_folder)
    monkeypatch.setitem(sys.modules, "cupy", module)
    monkeypatch.delitem(sys.modules, "nnstudio.engine.ops.gpu.cuda", raising=False)
    monkeypatch.delattr(package, "cuda", raising=False)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: object() if n == "cupy" else found(n))
    monkeypatch.delenv("NNSTUDIO_PATH", raising=False)
    find_gpu.cache_clear()
    yield module
    find_gpu.cache_clear()
    sys.modules.pop("nnstudio.engine.ops.gpu.cuda", None)
    vars(package).pop("cuda", None)


@pytest.fixture
def data():
    return data_of(PROJECT)


def data_of(project):
    return prepare_dataset(noise_data(60, (6, 5, 2), 3), project.data)


def test_a_run_goes_to_the_gpu_by_itself_and_gives_the_same_as_the_processor(cupy, data):
    assert find_gpu() == Gpu("NVIDIA Fake", 1 << 30)
    gpu, cpu = Trainer(PROJECT, data), Trainer(PROJECT, data, device="cpu")
    list(gpu.run())
    assert (gpu.path, gpu.state.path, gpu.no_gpu) == ("GPU · NVIDIA Fake", "gpu", "")
    list(cpu.run())
    assert cpu.path.startswith("CPU")
    np.testing.assert_allclose(gpu.state.weights, cpu.state.weights, atol=1e-5)
    for one, other in zip(gpu.state.history, cpu.state.history, strict=True):
        assert one.val_loss == pytest.approx(other.val_loss, rel=1e-4)


def test_the_pool_leaves_some_memory_to_others(cupy):
    assert find_gpu().found
    assert cupy.pool.limit == int(0.9 * (1 << 30))


def test_a_run_that_began_on_the_processor_stays_there(cupy, data):
    begun = Trainer(PROJECT, data, device="cpu")
    next(begun.run())
    resumed = Trainer(PROJECT, data, begun.state.copy())
    list(resumed.run())
    assert resumed.state.path != "gpu"
    assert resumed.no_gpu == "the run began on the processor"


def test_a_gpu_that_is_full_says_what_to_reduce_and_lets_the_processor_go_on(cupy, data):
    assert find_gpu().found
    cupy.pool.limit = 500
    with pytest.raises(TrainingError, match="memory is too small") as raised:
        list(Trainer(PROJECT, data, device="gpu").run())
    assert "a batch of 16" in raised.value.received
    assert raised.value.fix == "set a batch size of 4, or train on the CPU"
    assert cupy.pool.freed
    trainer = Trainer(PROJECT, data)
    list(trainer.run())
    assert trainer.no_gpu == "the GPU's memory is too small for this run"
    assert trainer.reason == "finished"


def test_a_gpu_that_fails_in_a_run_ends_it_with_a_word(cupy, data, monkeypatch):
    trainer = Trainer(PROJECT, data, device="gpu")
    trainer.block_steps = 1
    events = trainer.run()
    next(events)

    def fail(self, *, out):
        raise Failure("cudaErrorIllegalAddress: an illegal memory access\nmore")

    monkeypatch.setattr("tests.engine.gpu.fake_cupy.ndarray.get", fail)
    with pytest.raises(TrainingError, match="cudaErrorIllegalAddress: an illegal memory access"):
        next(events)


def test_a_gpu_that_computes_wrong_is_not_used(cupy, monkeypatch):
    monkeypatch.setattr(cupy, "matmul", lambda a, b, out: None)
    assert find_gpu().reason == "The GPU does not work (it computes something else than it should)"


def test_large_evaluations_of_what_was_trained_there_go_there(cupy, data, monkeypatch):
    trainer = Trainer(PROJECT, data)
    next(trainer.run())
    model, part = trainer.model, data.train
    x, y = part.samples(slice(None)), part.labels
    expected = model.evaluate(x, y), model.predict(x[:7])  # small: on the processor
    monkeypatch.setattr("nnstudio.engine.fast_path.GPU_WORK", 1)
    found = model.evaluate(x, y), model.predict(x[:7])
    assert type(model._local.gpu).__name__ == "GpuEvaluator"
    assert found[0].loss == pytest.approx(expected[0].loss, rel=1e-5)
    assert found[0].accuracy == expected[0].accuracy
    np.testing.assert_allclose(found[0].probabilities, expected[0].probabilities, atol=1e-6)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-6)
    other = Trainer(PROJECT, data, device="cpu").model
    other.evaluate(x, y)
    assert not hasattr(other._local, "gpu")


def test_bench_measures_the_gpu(cupy, monkeypatch):
    monkeypatch.setattr(importlib.import_module("nnstudio.experiments.bench.machine"), "SIZE", 8)
    case = case_of("noise", PROJECT.replace(train=PROJECT.train.replace(epochs=1000)))
    monkeypatch.setattr(type(case), "data", lambda self: data_of(self.project))
    (row,) = measure(case, ("gpu",), seconds=0.01, rounds=1)
    assert row.path == "GPU · NVIDIA Fake"
    assert row.samples_per_second > 0
    assert row.of_limit > 0


def test_the_real_cupy_has_what_the_stand_in_has():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    for name in ("empty", "zeros", "ones", "asarray", "ascontiguousarray", "copyto", "matmul", "RawModule"):
        assert callable(getattr(cupy, name))
    assert callable(cupy.cuda.runtime.getDeviceProperties)
    assert callable(cupy.cuda.cublas.getVersion)
    assert callable(cupy.cuda.device.get_cublas_handle)
    for name in ("begin_capture", "end_capture"):
        assert callable(getattr(cupy.cuda.Stream, name))
    assert callable(cupy.get_default_memory_pool().set_limit)
    assert issubclass(cupy.cuda.memory.OutOfMemoryError, MemoryError)
    assert importlib.import_module("nnstudio.engine.ops.gpu.cuda").CudaDevice.failures
