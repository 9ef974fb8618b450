"""The rules in words that the Why? view shows."""

from __future__ import annotations

from typing import get_args

from nnstudio.engine.doctor.finding import Kind
from nnstudio.engine.doctor.overfitting import EPOCHS, RISE
from nnstudio.engine.doctor.rules import RULES


def test_every_kind_of_finding_has_a_rule():
    assert set(RULES) == set(get_args(Kind))


def test_a_rule_names_the_thresholds_in_force():
    assert f"{RISE:g} × best val loss for {EPOCHS} epochs" in RULES["overfitting"]
