"""Settings by dotted path."""

from __future__ import annotations

import pytest

from nnstudio.core.settings import list_settings, setting_of, with_value, with_values
from nnstudio.core.spec import MlpSpec, NetworkSpec, ProjectSpec
from nnstudio.errors import SpecError
from nnstudio.layers import Conv2D, Dense, Flatten, Input, Residual


def project() -> ProjectSpec:
    block = Residual(name="block", layers=(Conv2D(name="inner", filters=4, padding="same"),))
    return ProjectSpec(network=NetworkSpec(layers=(Input(), block, Flatten(), Dense(name="out", units=10))))


def test_every_listed_setting_can_be_set_by_its_path():
    settings = list_settings(project())
    assert len(settings) > 40
    for setting in settings:
        changed = with_value(project(), setting.path, setting.value)
        assert setting_of(changed, setting.path).value == setting.value


@pytest.mark.parametrize(
    ("path", "group", "label"),
    [
        ("train.learning_rate", "Training", "Learning rate"),
        ("train.optimizer.beta_1", "Training", "Beta 1"),
        ("network.layers.block.layers.inner.filters", "inner", "Filters"),
        ("data.augmentation.rotation.degrees", "Data, augmentation, rotation", "Degrees"),
    ],
)
def test_a_setting_brings_its_declaration(path: str, group: str, label: str):
    setting = setting_of(project(), path)
    assert (setting.group, setting.row.label) == (group, label)


def test_a_layer_may_be_numbered():
    assert setting_of(project(), "network.layers.3.units").path == "network.layers.out.units"


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("learning_rate", "'train.learning_rate'"),
        ("train.learnin_rate", "'train.learning_rate'"),
        ("filters", "'network.layers.block.layers.inner.filters'"),
        ("network.layers.0.shape", "network.layers"),
        ("nonsense", "check the path"),
        ("train", "single value"),
        ("", "single value"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_one(path: str, suggestion: str):
    with pytest.raises(SpecError, match="no setting called") as refused:
        setting_of(project(), path)
    assert suggestion in str(refused.value)


def test_a_generated_network_follows_its_generator():
    generated = ProjectSpec(generator=MlpSpec(width=32, depth=1))
    wider = with_values(generated, {"generator.width": 64, "train.epochs": 3})
    assert wider.network == MlpSpec(width=64, depth=1).network()
    assert wider.train.epochs == 3
