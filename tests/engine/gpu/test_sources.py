"""The kernels are valid CUDA: NVRTC, which needs no GPU, compiles them all."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from nnstudio.core.activations import ActivationName, activation_function
from nnstudio.core.spec import OPTIMIZERS
from nnstudio.engine.ops.gpu import sources
from nnstudio.engine.ops.gpu.formulas import Recorder
from nnstudio.optim.adaptive import Adam, RMSProp
from nnstudio.optim.optimizers import SGD

FUNCTIONS = [name for name in get_args(ActivationName) if name != "softmax"]
OPTIONS = (
    "-arch=compute_75",
    "-std=c++17",
    "--fmad=false",
    "-ftz=true",  # this and the next are CuPy's own
    "--device-as-default-execution-space",
)
VARIANTS = [*(cls() for cls in OPTIMIZERS), Adam(amsgrad=True), RMSProp(centered=True, momentum=0.5)]


@pytest.fixture(scope="module")
def compile_cuda():
    """Compiles a source to PTX for a GPU of 2018 or later."""
    pytest.importorskip("cupy", reason="CuPy is not installed, so there is no NVRTC")
    from cupy_backends.cuda.libs import nvrtc

    def compile_cuda(source: str) -> str:
        program = nvrtc.createProgram(source, "kernels.cu", (), ())
        try:
            nvrtc.compileProgram(program, OPTIONS)
        except nvrtc.NVRTCError:
            pytest.fail(nvrtc.getProgramLog(program))
        return nvrtc.getPTX(program).decode()

    try:
        nvrtc.getVersion()
    except RuntimeError as error:
        pytest.skip(f"NVRTC can't be loaded: {error}")
    return compile_cuda


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_library(compile_cuda, dtype):
    ptx = compile_cuda(sources.whole(dtype, sources.library()))
    for name in ("im2col", "col2im", "max_pool_input", "batch_statistics", "softmax_loss", "gather_bytes"):
        assert f".entry {name}(" in ptx


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_activation(compile_cuda, name):
    ptx = compile_cuda(sources.whole("float32", sources.activation(activation_function(name), "float32")))
    assert ".entry activate_backward(" in ptx
    assert ".f64" not in ptx.split(".entry batch_norm(")[0].split(".entry activate(")[-1]  # no slow doubles


@pytest.mark.parametrize("optimizer", VARIANTS, ids=lambda o: f"{o.type_name()}-{hash(o) % 1000}")
def test_every_optimizer(compile_cuda, optimizer):
    assert ".entry update(" in compile_cuda(sources.whole("float32", sources.update(optimizer, "float32")))


def test_a_formula_becomes_statements_that_keep_its_numbers():
    recorder = Recorder("float32")
    w, g, t = (recorder.value(name) for name in "wgt")
    SGD().update(recorder, w, g, (), t, 0.1, 1)
    assert recorder.take() == "t = g * c0;\nw = w - t;\n"
    assert recorder.numbers == [float(np.float32(0.1))]


@pytest.mark.parametrize("optimizer", VARIANTS, ids=lambda o: f"{o.type_name()}-{hash(o) % 1000}")
def test_the_numbers_of_a_step_are_those_of_its_statements(optimizer):
    recorder = Recorder("float32")
    w, g, t = (recorder.value(name) for name in "wgt")
    slots = [recorder.value(f"slot{k}") for k in range(len(optimizer.slots))]
    optimizer.decay(recorder, w, 0.03)
    optimizer.update(recorder, w, g, slots, t, 0.03, 7)
    assert sources.update_numbers(optimizer, "float32", 0.03, 7) == recorder.numbers
    source = sources.update(optimizer, "float32")
    assert f"(real)numbers[{len(recorder.numbers) - 1}];" in source
    assert f"step_of_gradient(clock) * {len(recorder.numbers)};" in source


def test_what_is_not_elementwise_is_refused():
    with pytest.raises(AttributeError, match="cumsum"):
        _ = Recorder("float32").cumsum
    recorder = Recorder("float32")
    with pytest.raises(TypeError, match="whole arrays"):
        recorder.value("x")[1:] = 0
