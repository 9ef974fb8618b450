"""The presets' index."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from nnstudio.core.shapes import infer_shapes
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import prepare_dataset
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import SpecError
from nnstudio.experiments.presets import list_presets, load_preset


def test_every_preset_has_a_card_of_its_own():
    presets = list_presets()
    assert len({preset.title for preset in presets}) == len(presets)
    assert all(preset.summary.endswith(".") for preset in presets)
    assert presets[0].name == "digits-mlp"
    assert presets[0].featured


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(SpecError, match="did you mean 's1-a8'") as caught:
        load_preset("s1-a88")
    assert all(preset.name in caught.value.allowed for preset in list_presets())


@pytest.mark.parametrize("name", ["index", "../presets/s1-a1", ""])
def test_only_listed_names_load(name: str):
    with pytest.raises(SpecError, match="there is no preset"):
        load_preset(name)


PROMISED = {
    *("digits-mlp", "digits-cnn", "spiral-mlp"),
    *(f"s1-a{number}" for number in range(1, 9)),
    *("s2-tanh", "s2-sigmoid", "s2-relu", "s2-25", "s2-100", "s2-47-47"),
    *("s3-mlp", "s4-linear"),
    "overfit",
    *("s5-baseline", "s5-cnn1", "s5-cnn2", "s5-cnn2-leaky", "s5-cnn2-dropout", "s5-cnn2-l2"),
    *("lenet5", "vgg-small", "resnet18"),
}


def test_all_promised_presets_exist():
    assert {preset.name for preset in list_presets()} == PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_preset_takes_a_step_that_changes_every_weight_array(name: str):
    project = load_preset(name)
    shape = project.network.input_shape
    assert shape is not None
    random = np.random.default_rng(0)
    classes = 2 if name == "spiral-mlp" else 10
    labels = np.arange(2 * classes) % classes
    x = random.integers(0, 256, (len(labels), *shape)).astype(np.uint8)
    part = Part(x, labels)
    names = tuple(str(number) for number in range(classes))
    dataset = Dataset(project.data.source, "Noise", part, part, names)
    data = project.data.replace(fraction=1.0, validation=0.0)
    few = project.train.replace(batch_size=4, epochs=1, validate_every=1)
    trainer = Trainer(project.replace(data=data, train=few), prepare_dataset(dataset, data))
    before = trainer.state.weights.copy()
    trainer.block_steps = 1
    with closing(trainer.run()) as events:
        block = next(events)
    assert np.isfinite(block.losses).all()
    unchanged = [
        (view.layer, view.spec.name)
        for view in trainer.network.index
        if np.array_equal(before[view.start : view.stop], trainer.state.weights[view.start : view.stop])
    ]
    assert unchanged == []


def test_lenet_and_the_small_published_networks_have_their_published_sizes():
    sizes = {"lenet5": 61_706, "s5-baseline": 25_450, "s1-a8": 575_050, "s4-linear": 7_850}
    found = {name: infer_shapes(load_preset(name).network).parameters for name in sizes}
    assert found == sizes
