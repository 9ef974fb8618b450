"""The presets' index."""

from __future__ import annotations

import pytest

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
