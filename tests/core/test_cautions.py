"""What trains but is seldom meant: each mistake is warned about, and its one fix mends it."""

from __future__ import annotations

import pytest

from nnstudio.core.layer import LayerSpec
from nnstudio.core.problem import Problem
from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.experiments.presets import list_presets, load_preset
from nnstudio.layers import (
    Activation,
    AvgPool,
    BatchNorm,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Input,
    LayerNorm,
    MaxPool,
    Residual,
    SpatialDropout,
)
from nnstudio.optim.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss

IMAGE, FLAT = (Input(), Flatten()), Input(shape=(784,))
OUT = Dense(units=10, activation="softmax")
CROSS, BINARY = CategoricalCrossentropy(), BinaryCrossentropy()


def dense(activation: str = "relu", **fields: object) -> Dense:
    return Dense(units=64, activation=activation, **fields)


def conv(activation: str = "relu", **fields: object) -> Conv2D:
    return Conv2D(filters=8, padding="same", activation=activation, **fields)


def warned(network: NetworkSpec, loss: Loss = CROSS, classes: int | None = 10) -> tuple[Problem, ...]:
    report = infer_shapes(network, classes=classes, loss=loss)
    assert report.ok
    return report.warnings


MISTAKES: list[tuple[str, tuple[LayerSpec, ...], str, str, str]] = [
    ("two softmax", (FLAT, dense("softmax"), OUT), "dense", "softmax belongs at the end", "Use ReLU"),
    (
        "softmax card",
        (FLAT, Dense(), Activation(function="softmax"), OUT),
        "softmax",
        "softmax belongs",
        "Use ReLU",
    ),
    ("softmax in front of BatchNorm", (FLAT, dense("softmax"), BatchNorm(), OUT), "dense", "softmax", "Use"),
    (
        "softmax in a block",
        (*IMAGE[:1], conv(), Residual(layers=(conv("softmax"),)), Flatten(), OUT),
        "conv2d_1",
        "softmax",
        "Use ReLU",
    ),
    (
        "softmax twice",
        (FLAT, OUT, Activation(function="softmax")),
        "softmax",
        "dense has an activation",
        "Remove it",
    ),
    ("ReLU twice", (FLAT, dense(), Activation(), OUT), "relu", "dense has an activation", "Remove it"),
    ("linear", (FLAT, Dense(), OUT), "dense", "it and dense_1 act as one layer", "Use ReLU"),
    ("linear among tanh", (FLAT, dense("tanh"), Dense(), OUT), "dense_1", "as one layer", "Use tanh"),
    ("linear, dropout", (FLAT, Dense(), Dropout(), OUT), "dense", "as one layer", "Use ReLU"),
    ("linear, BatchNorm", (FLAT, Dense(), BatchNorm(), OUT), "dense", "as one layer", "Add ReLU"),
    ("linear convolution", (*IMAGE[:1], conv("linear"), Flatten(), OUT), "conv2d", "as one", "Use ReLU"),
    ("ReLU out", (FLAT, Dense(units=10, activation="relu")), "dense", "ReLU on the output", "Use softmax"),
    (
        "sigmoid out",
        (FLAT, Dense(units=10), Activation(function="sigmoid")),
        "sigmoid",
        "sigmoid on the output",
        "Use softmax",
    ),
    ("dropout out", (FLAT, OUT, Dropout()), "dropout", "spoils the answers", "Remove it"),
    ("BatchNorm out", (FLAT, OUT, BatchNorm()), "batch_norm", "spoils the answers", "Remove it"),
    ("much dropout", (FLAT, dense(), Dropout(rate=0.8), OUT), "dropout", "drops 80%", "Rate 0.5"),
    (
        "channels",
        (*IMAGE[:1], conv(), SpatialDropout(rate=0.9), Flatten(), OUT),
        "spatial_dropout",
        "90%",
        "",
    ),
    (
        "huge image",
        (Input(shape=(1024, 1024, 1)), Flatten(), dense(), OUT),
        "dense",
        "holds 100% of all",
        "Use 8 units",
    ),
    ("huge", (FLAT, Dense(units=2048, activation="relu"), OUT), "dense", "holds 99% of all", "Use 256 units"),
    (
        "huge behind Flatten",
        (*IMAGE[:1], conv(), Flatten(), Dense(units=512, activation="relu"), OUT),
        "dense",
        "holds 100% of all weights",
        "Pool first",
    ),
    (
        "BatchNorm late",
        (FLAT, Dense(), Activation(function="tanh"), BatchNorm(), OUT),
        "batch_norm",
        "only in front of it",
        "Put before tanh",
    ),
    ("BatchNorm behind sigmoid", (FLAT, dense("sigmoid"), BatchNorm(), OUT), "batch_norm", "sigmoid", "Put"),
    ("zeros", (FLAT, dense(kernel_initializer="Zeros"), OUT), "dense", "stay alike", "Use He normal"),
    ("strides", (*IMAGE[:1], conv(strides=4), Flatten(), OUT), "conv2d", "leave out pixels", "Strides as"),
    (
        "frozen",
        (FLAT, dense(frozen=True), OUT.replace(frozen=True)),
        "dense_1",
        "nothing can train",
        "Thaw",
    ),
]


@pytest.mark.parametrize(
    ("layers", "name", "what", "label"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES]
)
def test_a_mistake_is_warned_about_and_its_fix_mends_it(
    layers: tuple[LayerSpec, ...], name: str, what: str, label: str
) -> None:
    network = NetworkSpec(layers=layers)
    (problem,) = warned(network)
    assert problem.layer == name
    assert what in problem.message
    (fix,) = problem.fixes
    assert fix.label.startswith(label)
    assert what not in " ".join(one.message for one in warned(fix.apply(network, problem.layer)))


RIGHT: list[tuple[LayerSpec, ...]] = [
    (FLAT, Dense(units=10)),
    (FLAT, dense(), Dropout(rate=0.5), OUT),
    (FLAT, Dense(), Activation(function="tanh"), OUT),
    (FLAT, Dense(), LayerNorm(), OUT),
    (FLAT, dense(), BatchNorm(), OUT),
    (FLAT, dense("softmax", disabled=True), OUT),
    (FLAT, Dense(units=10, kernel_initializer="Zeros", activation="softmax")),
    (
        Input(),
        DepthwiseConv2D(),
        conv(),
        conv("linear"),
        MaxPool(),
        conv(kernel_size=1, strides=2),
        Flatten(),
        OUT,
    ),
    (
        Input(),
        conv(),
        Residual(layers=(conv("linear"), BatchNorm())),
        conv("linear"),
        AvgPool(),
        Flatten(),
        OUT,
    ),
    (Input(), conv(), Conv2D(filters=10), GlobalAvgPool(), Activation(function="softmax")),
]


@pytest.mark.parametrize("layers", RIGHT)
def test_nothing_is_said_about_what_is_right(layers: tuple[LayerSpec, ...]) -> None:
    assert warned(NetworkSpec(layers=layers)) == ()


def test_a_finished_preset_is_only_warned_about_its_weights() -> None:
    said = {}
    for preset in list_presets():
        project = load_preset(preset.name)
        outputs = infer_shapes(project.network).output_shape or (0,)
        said[preset.name] = [one.message for one in warned(project.network, project.train.loss, outputs[0])]
    assert {name: what for name, what in said.items() if what} == {"s5-cnn1": ["holds 99% of all weights"]}


def test_the_output_has_to_suit_the_loss() -> None:
    sigmoid = NetworkSpec(layers=(FLAT, Dense(units=1, activation="sigmoid")))
    assert warned(sigmoid, BINARY, 2) == ()
    (problem,) = infer_shapes(sigmoid, classes=2, loss=CROSS).errors
    mended = problem.fixes[0].apply(sigmoid, problem.layer)
    (problem,) = warned(mended, CROSS, 2)
    assert warned(problem.fixes[0].apply(mended, problem.layer), CROSS, 2) == ()
    (problem,) = warned(NetworkSpec(layers=(FLAT, OUT)), BINARY)
    assert problem.fixes[0].label == "Use sigmoid"


def test_nothing_is_said_of_an_output_that_is_not_there_yet() -> None:
    unfinished = NetworkSpec(layers=(FLAT, dense(), Dropout()))
    report = infer_shapes(unfinished, classes=10, loss=CROSS)
    assert report.errors
    assert report.warnings == ()
    assert infer_shapes(unfinished).problems == ()


def test_what_stands_inside_a_block_carries_its_warning_there() -> None:
    block = Residual(layers=(conv("linear"), conv("linear")))
    report = infer_shapes(NetworkSpec(layers=(Input(), conv(), block, Flatten(), OUT)), classes=10)
    row = report.row("conv2d_1")
    assert row is not None
    assert row.problems == report.warnings
    assert "conv2d_2" in row.problems[0].message
