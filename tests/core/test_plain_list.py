"""The plain list form of dense networks."""

from __future__ import annotations

import pytest

from nnstudio.core.plain_list import is_plain_list, network_from_plain_list, network_to_plain_list
from nnstudio.core.shapes import infer_shapes
from nnstudio.errors import SpecError

A1 = [
    {"input_nodes": 784, "activation": "relu"},
    {"input_nodes": 64, "activation": "relu"},
    {"input_nodes": 10, "activation": "softmax"},
]


def test_the_last_entry_names_the_outputs():
    report = infer_shapes(network_from_plain_list(A1), classes=10)
    assert report.ok
    assert report.parameters == 784 * 64 + 64 + 64 * 10 + 10
    assert [row.layer.detail() for row in report.layers][2:] == ["64 · relu", "10 · softmax"]


def test_output_nodes_may_be_given():
    network = network_from_plain_list([{"input_nodes": 2, "output_nodes": 3, "activation": "tanh"}])
    assert infer_shapes(network).output_shape == (3,)


def test_what_is_written_reads_back_to_the_same_shapes():
    network = network_from_plain_list(A1)
    again = network_from_plain_list(network_to_plain_list(network))
    assert infer_shapes(again).parameters == infer_shapes(network).parameters


@pytest.mark.parametrize(
    "bad",
    [
        [{"input_nodes": 5}],
        [{"input_nodes": 5, "output_nodes": 4}, {"input_nodes": 3, "output_nodes": 2}],
        [{"input_nodes": 5, "output_nodes": 4, "colour": "red"}],
        [{"input_nodes": 5, "output_nodes": 0}],
        [{"input_nodes": "x", "output_nodes": 2}],
        [{"input_nodes": 5, "output_nodes": 2, "activation": "rleu"}],
    ],
)
def test_bad_lists_are_refused(bad: list[dict[str, object]]):
    with pytest.raises(SpecError):
        network_from_plain_list(bad)


def test_other_json_is_not_a_plain_list():
    assert is_plain_list(A1)
    assert not any(is_plain_list(value) for value in ([], {}, [1], [{"type": "Dense"}], None))
