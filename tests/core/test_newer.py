"""Projects of versions to come."""

from __future__ import annotations

from typing import Any

import pytest

from nnstudio.core.newer import is_newer, understood
from nnstudio.core.spec import PROJECT_VERSION, ProjectSpec
from nnstudio.errors import SpecError
from nnstudio.layers import Dense, Input, Residual

NETWORK = {"layers": [Input(shape=(4,)), Residual(layers=(Dense(units=4),)), Dense(units=2)]}


def newer(**changes: Any) -> dict[str, Any]:
    value = ProjectSpec.build({"name": "ahead", "network": NETWORK}).to_json()
    return {**value, "version": PROJECT_VERSION + 1, **changes}


def test_only_a_project_with_a_later_version_is_newer() -> None:
    assert is_newer(newer())
    for other in (
        newer(version=PROJECT_VERSION),
        newer(version="2"),
        newer(version=True),
        [],
        {"version": 9},
    ):
        assert not is_newer(other)


def test_unknown_settings_are_left_out_wherever_they_stand_and_named() -> None:
    value = newer(mood="calm")
    value["train"]["warmth"] = 3
    value["train"]["optimizer"]["spin"] = 0.5
    value["network"]["layers"][1]["layers"][0]["glow"] = True
    value["data"]["augmentation"]["rain"] = {"amount": 1}
    project, left_out = understood(value)
    assert project == ProjectSpec.from_json(newer(version=PROJECT_VERSION))
    assert set(left_out) == {
        "mood",
        "train.warmth",
        "train.optimizer.spin",
        "network.layers[1].layers[0].glow",
        "data.augmentation.rain",
    }


def test_a_project_without_anything_new_loses_nothing() -> None:
    project, left_out = understood(newer())
    assert project.name == "ahead"
    assert left_out == ()


@pytest.mark.parametrize("broken", ["layer", "value"])
def test_what_can_not_be_left_out_is_refused_in_words(broken: str) -> None:
    value = newer()
    if broken == "layer":
        value["network"]["layers"].append({"type": "Telepathy"})
    else:
        value["train"]["epochs"] = "a while"
    with pytest.raises(SpecError, match="from a newer NNStudio") as caught:
        understood(value)
    assert "update NNStudio" in caught.value.fix
