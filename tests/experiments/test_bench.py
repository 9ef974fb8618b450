"""The measured networks, and that PyTorch trains the same ones."""

from __future__ import annotations

import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import DataError
from nnstudio.experiments.bench import Case, case_of, measure, standard_cases
from nnstudio.experiments.bench.peers import peer_named
from nnstudio.experiments.presets import load_preset
from nnstudio.layers import Conv2D, Dense, GlobalAvgPool, Input, MaxPool, Residual

CASES = {case.name: case for case in standard_cases()}


def test_multiply_adds_are_those_of_the_products_in_a_step():
    project = CASES["M5"].project
    layers = (Input(shape=(7,)), Dense(units=5), Dense(units=3))
    case = Case("small", project.replace(network=NetworkSpec(layers=layers)))
    assert case.multiply_adds_of("train") == 2 * 7 * 5 + 3 * 5 * 3  # no gradient of the network's own input


def test_any_preset_is_a_case_on_data_of_its_shape():
    case = case_of("spiral", load_preset("spiral-mlp"))
    data = case.data(200)
    assert data.shape == case.project.network.input_shape
    assert len(data.train) == 200


def test_a_row_tells_what_computed_and_how_fast():
    project = CASES["M5"].project
    layers = (Input(shape=(7,)), Dense(units=3))
    case = Case("small", project.replace(network=NetworkSpec(layers=layers)))
    (row,) = measure(case, ("numpy",), seconds=0.01, rounds=2)
    assert (row.name, row.path, row.peer) == ("small", "CPU · NumPy", "")
    assert row.samples_per_second > 0
    assert row.of_limit > 0


def test_evaluation_is_measured_forward_only():
    project = CASES["M5"].project
    layers = (Input(shape=(7,)), Dense(units=3))
    case = Case("small", project.replace(network=NetworkSpec(layers=layers)))
    (row,) = measure(case, ("numpy",), task="evaluate", seconds=0.01, rounds=1)
    assert (row.task, case.multiply_adds_of("evaluate")) == ("evaluate", 21)
    assert row.samples_per_second > 0


def _with_blocks() -> Case:
    """A residual block with a projection, one without, and a strided "same" convolution."""
    block = Residual.palette()[0]
    start = Conv2D(filters=8, kernel_size=4, strides=2, padding="same", activation="relu")
    layers = (Input(shape=(12, 11, 3)), start, block, block, MaxPool(), GlobalAvgPool(), Dense(units=4))
    return case_of("blocks", CASES["C1"].project.replace(network=NetworkSpec(layers=layers)))


COMPARED = {**{name: CASES[name] for name in ("M3", "M4", "M5", "M6", "C2", "C3")}, "blocks": _with_blocks()}
"""The others have layers of the same kinds."""


@pytest.mark.bench
@pytest.mark.parametrize("name", COMPARED)
def test_pytorch_has_the_same_gradients(name: str):
    torch = pytest.importorskip("torch")
    from nnstudio.experiments.bench.peers.torch_peer import check_gradients

    case = COMPARED[name]
    check_gradients(torch, case, case.data(100))


@pytest.mark.bench
@pytest.mark.parametrize("name", COMPARED)
def test_jax_has_the_same_gradients(name: str):
    jax = pytest.importorskip("jax")
    from nnstudio.experiments.bench.peers.jax_peer import check_gradients

    case = COMPARED[name]
    check_gradients(jax, case, case.data(100))


@pytest.mark.bench
@pytest.mark.parametrize(("library", "package"), [("torch", "torch"), ("jax", "jax")])
def test_a_peer_trains_and_evaluates(library: str, package: str):
    pytest.importorskip(package)
    case = CASES["C3"]
    peer = peer_named(library, case, case.data(1000), 1)
    assert peer.train(0.1) > 0
    assert peer.evaluate(200) > 0


def test_a_library_that_is_unknown_is_named():
    with pytest.raises(DataError, match="theano"):
        peer_named("theano", CASES["M5"], CASES["M5"].data(100), 1)
