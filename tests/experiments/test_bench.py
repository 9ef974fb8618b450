"""The measured networks, and that PyTorch trains the same ones."""

from __future__ import annotations

import pytest

from nnstudio.core.spec import NetworkSpec
from nnstudio.experiments.bench import Case, case_of, measure, standard_cases
from nnstudio.experiments.presets import load_preset
from nnstudio.layers import Dense, Input

CASES = {case.name: case for case in standard_cases()}


def test_multiply_adds_are_those_of_the_products_in_a_step():
    project = CASES["M5"].project
    layers = (Input(shape=(7,)), Dense(units=5), Dense(units=3))
    case = Case("small", project.replace(network=NetworkSpec(layers=layers)))
    assert case.multiply_adds == 2 * 7 * 5 + 3 * 5 * 3  # no gradient of the network's own input


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


@pytest.mark.bench
@pytest.mark.parametrize("name", CASES)
def test_pytorch_has_the_same_gradients(name: str):
    torch = pytest.importorskip("torch")
    from nnstudio.experiments.bench.torch_peer import check_gradients

    case = CASES[name]
    check_gradients(torch, case, case.data(100))
