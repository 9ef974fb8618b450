"""Shape inference: numbers, problems and fixes, without data."""

from __future__ import annotations

import pytest

from nnstudio.core.network_spec import MAX_NESTING
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec, ProjectSpec
from nnstudio.errors import ShapeError, SpecError
from nnstudio.experiments.presets import load_preset
from nnstudio.layers import Activation, Conv2D, Dense, Dropout, Flatten, Input, Residual


def network(*layers) -> NetworkSpec:
    return NetworkSpec(layers=layers)


def test_the_baseline_of_s5_has_25450_parameters():
    report = infer_shapes(load_preset("s5-baseline").network, classes=10, input_shape=(28, 28, 1))
    assert report.ok
    assert report.parameters == 25_450
    assert report.multiply_adds == 784 * 32 + 32 * 10
    assert [row.output_shape for row in report.layers] == [(28, 28, 1), (784,), (32,), (10,)]


def test_a_problem_stays_in_its_layer_and_the_rest_goes_on():
    report = infer_shapes(network(Input(), Dense(units=64), Dropout(), Dense(units=10)), classes=10)
    (problem,) = report.errors
    assert (problem.layer, problem.expected, problem.got) == ("dense", "a flat vector (N)", "28×28×1")
    rows = {row.layer.name: row for row in report.layers}
    assert rows["dense"].parameters is None
    assert rows["dense"].output_shape == (64,)
    assert rows["dense_1"].parameters == 650
    assert report.parameters == 0  # up to the first layer that isn't known


def test_the_first_fix_mends_the_network():
    broken = network(Input(), Dense(units=64), Dense(units=10))
    (problem,) = infer_shapes(broken, classes=10).errors
    mended = problem.fixes[0].apply(broken, problem.layer)
    assert problem.fixes[0].label == "Insert Flatten"
    assert infer_shapes(mended, classes=10).ok


def test_every_layer_with_a_problem_is_reported():
    report = infer_shapes(network(Input(shape=(4, 4, 1)), Dense(), Input(), Dense(units=3)), classes=10)
    assert [problem.layer for problem in report.errors] == ["dense", "input_1", "dense_1"]


def test_a_layer_for_images_behind_the_flat_part_may_move_in_front_of_it():
    stack = network(Input(), Flatten(), Dense(units=64), Conv2D(), Dense(units=10))
    problem = infer_shapes(stack, classes=10).errors[0]
    assert (problem.layer, problem.got) == ("conv2d", "64")
    assert problem.fixes[0].label == "Move before flatten"
    mended = problem.fixes[0].apply(stack, problem.layer)
    assert [layer.name for layer in mended.layers[:3]] == ["input", "conv2d", "flatten"]
    assert infer_shapes(mended, classes=10).ok
    large = stack.replace_layer("conv2d", Conv2D(name="conv2d", kernel_size=40))
    labels = [fix.label for fix in infer_shapes(large, classes=10).errors[0].fixes]
    assert "Move before flatten" not in labels, "it wouldn't fit there either"


@pytest.mark.parametrize("fix", [0, 1])
def test_a_wrong_number_of_outputs_can_be_mended_two_ways(fix: int):
    stack = network(Input(), Flatten(), Dense(units=64))
    (problem,) = infer_shapes(stack, classes=10).errors
    assert [f.label for f in problem.fixes] == ["Set 10 units", "Add Dense 10"]
    assert infer_shapes(problem.fixes[fix].apply(stack, problem.layer), classes=10).ok


def test_an_activation_behind_the_output_doesnt_hide_it():
    stack = network(Input(), Flatten(), Dense(units=64), Activation())
    (problem,) = infer_shapes(stack, classes=10).errors
    assert infer_shapes(problem.fixes[0].apply(stack, problem.layer), classes=10).ok


def test_one_output_is_enough_for_two_classes():
    stack = network(Input(shape=(2,)), Dense(units=1, activation="sigmoid"))
    assert infer_shapes(stack, classes=2).ok
    assert not infer_shapes(stack, classes=3).ok


def test_an_input_that_doesnt_fit_the_data_offers_the_datas_shape():
    stack = network(Input(shape=(2,)), Dense(units=10))
    (problem,) = infer_shapes(stack, classes=10, input_shape=(5,)).errors
    assert infer_shapes(problem.fixes[0].apply(stack, problem.layer), classes=10, input_shape=(5,)).ok


UNFINISHED = [network(), network(Dense()), network(Input()), network(Input(), Flatten())]


@pytest.mark.parametrize("stack", UNFINISHED)
def test_unfinished_networks_are_errors_and_not_crashes(stack: NetworkSpec):
    report = infer_shapes(stack, classes=10)
    assert not report.ok
    with pytest.raises(ShapeError):
        report.require()


def test_an_empty_stack_can_be_finished_by_its_fixes_alone():
    stack = network(Input())
    for _ in range(4):
        report = infer_shapes(stack, classes=10)
        if report.ok:
            break
        problem = report.errors[0]
        stack = problem.fixes[0].apply(stack, problem.layer)
    assert infer_shapes(stack, classes=10).ok
    assert stack.layers[-1].detail() == "10 · softmax"


def test_a_layer_inside_many_blocks_is_worked_out_once_per_block(monkeypatch: pytest.MonkeyPatch):
    calls = 0
    output_shape = Conv2D.output_shape

    def counted(self: Conv2D, shape: tuple[int, ...]) -> tuple[int, ...]:
        nonlocal calls
        calls += 1
        return output_shape(self, shape)

    monkeypatch.setattr(Conv2D, "output_shape", counted)
    layer: Conv2D | Residual = Conv2D(filters=2, padding="same")
    for _ in range(MAX_NESTING):
        layer = Residual(layers=(layer,))
    assert infer_shapes(network(Input(shape=(4, 4, 2)), layer, Flatten(), Dense(units=2))).ok
    assert calls < 4 * MAX_NESTING


def test_blocks_deeper_than_a_project_file_can_hold_are_refused():
    def stack(depth: int) -> NetworkSpec:
        layer = {"type": "Conv2D", "padding": "same"}
        for _ in range(depth):
            layer = {"type": "Residual", "layers": [layer]}
        return NetworkSpec.build({"layers": [{"type": "Input"}, layer]})

    project = ProjectSpec(network=stack(MAX_NESTING))
    assert ProjectSpec.loads(project.dumps()) == project
    with pytest.raises(SpecError, match=f"{MAX_NESTING} deep"):
        stack(MAX_NESTING + 1)
