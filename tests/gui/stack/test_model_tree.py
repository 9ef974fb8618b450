"""The tree of rows follows any edit of a network with blocks, and Qt's own tester has nothing to say."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError
from nnstudio.gui.stack import edits
from nnstudio.gui.stack.edits import Place
from nnstudio.gui.stack.model import StackModel
from tests.gui.stack.conftest import block_layers, layer


def rows(model: StackModel, parent: QModelIndex | None = None) -> list[tuple[str, list]]:
    """Names in the model's tree."""
    where = parent or QModelIndex()
    found = []
    for position in range(model.rowCount(where)):
        index = model.index(position, 0, where)
        assert model.parent(index) == where
        found.append((model.report(index).layer.name, rows(model, index)))
    return found


def names(layers: tuple) -> list[tuple[str, list]]:
    return [(one.name, names(one.children)) for one in layers]


def edited(network: NetworkSpec, chance: random.Random) -> NetworkSpec:
    """One edit that a user could make, or the same network where it isn't possible."""
    known = [one.name for one in network.walk()][1:]
    chosen = chance.sample(known, min(len(known), chance.randint(1, 3))) if known else []
    blocks = ["", *(one.name for one in network.walk() if edits.is_block(one))]
    into = chance.choice(blocks)
    place = edits.allowed(network, Place(chance.randint(0, 6), into))
    kind = chance.choice(["insert", "remove", "move", "group", "ungroup", "flag", "rename"])
    if kind == "insert" or not chosen:
        new = chance.choice([layer("BatchNorm"), block_layers()[2]])
        return network.insert(place.position, new, into=place.into)
    if kind == "remove":
        return network.remove(*chosen)
    if kind == "move":
        return edits.moved(network, chosen, place)
    if kind == "group":
        return edits.grouped(network, chosen)[0]
    if kind == "ungroup":
        return edits.ungrouped(network, chosen[0])
    if kind == "flag":
        return edits.flagged(network, chosen, "disabled", chance.random() < 0.5)
    return network.replace_layer(chosen[0], network.layer(chosen[0]).replace(name=f"n{chance.random()}"))


@pytest.mark.parametrize("seed", range(6))
def test_the_rows_are_those_of_the_network_after_any_edits(qapp, seed):
    chance = random.Random(seed)
    model = StackModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    network = NetworkSpec(layers=block_layers())
    model.show_report(infer_shapes(network, classes=10))
    for _ in range(25):
        try:
            network = edited(network, chance)
        except SpecError:  # a block into itself, a gap in a group
            continue
        model.show_report(infer_shapes(network, classes=10))
        assert rows(model) == names(network.layers)
    del tester
