"""The primitives of both paths can stand in for each other: same names, same parameters."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from nnstudio.engine.network import NetworkOps
from nnstudio.engine.ops import NumpyOps
from nnstudio.engine.ops.gpu.device import Device
from nnstudio.engine.ops.gpu.ops import GpuOps
from nnstudio.engine.ops.gpu.stepper import GpuStepper
from nnstudio.engine.stepper import NumpyStepper, Stepper
from tests.engine.gpu.host_device import HostDevice


def declared(protocol: type) -> list[str]:
    """Names of a protocol's methods, also of those it is made of."""
    return sorted(
        name
        for name, member in inspect.getmembers(protocol)
        if inspect.isfunction(member) and not name.startswith("_")
    )


def shape_of(owner: Any, name: str) -> list[tuple[str, Any, Any]]:
    """A method's parameters: names, kinds, defaults."""
    parameters = inspect.signature(getattr(owner, name)).parameters.values()
    return [(p.name, p.kind, p.default) for p in parameters]


@pytest.mark.parametrize("name", declared(NetworkOps))
def test_primitives_of_the_gpu_and_of_numpy(name):
    assert shape_of(GpuOps, name) == shape_of(NumpyOps, name) == shape_of(NetworkOps, name)


@pytest.mark.parametrize("name", declared(Stepper))
def test_steppers(name):
    assert shape_of(GpuStepper, name) == shape_of(NumpyStepper, name) == shape_of(Stepper, name)


@pytest.mark.parametrize("name", declared(Device))
def test_the_stand_in_for_a_gpu(name):
    assert shape_of(HostDevice, name) == shape_of(Device, name)
    cuda = pytest.importorskip("nnstudio.engine.ops.gpu.cuda", reason="CuPy is not installed")
    assert shape_of(cuda.CudaDevice, name) == shape_of(Device, name)
