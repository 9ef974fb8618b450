"""The rows of a report as a tree of nodes that outlive it, for an item model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nnstudio.core.layer import LayerSpec
from nnstudio.core.shapes import LayerReport


@dataclass(eq=False)
class Node:
    """One row and the rows inside it.

    Attributes:
        key: Number that an index carries.
        report: What is known of the layer.
        parent: The block around it; None for the root alone.
        children: The layers inside.
    """

    key: int
    report: LayerReport | None = None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the layer; "" for the root."""
        return self.report.layer.name if self.report else ""

    @property
    def position(self) -> int:
        """Place among the layers of its block."""
        return self.parent.children.index(self) if self.parent else 0

    def inside(self) -> Iterator[Node]:
        """Every node inside, each before what it holds."""
        for child in self.children:
            yield child
            yield from child.inside()

    @property
    def chain(self) -> list[Node]:
        """The node and the blocks around it, innermost first."""
        chain: list[Node] = []
        node: Node | None = self
        while node is not None and node.report is not None:
            chain.append(node)
            node = node.parent
        return chain


def inner_reports(report: LayerReport) -> tuple[LayerReport, ...]:
    """The rows of the layers that the user put into a block, also where nothing is known of them."""
    known = {row.layer.name: row for rows in report.branches.values() for row in rows}
    return tuple(known.get(child.name) or _unknown(child) for child in report.layer.children)


def _unknown(layer: LayerSpec) -> LayerReport:
    return LayerReport(layer, None, None, None, None)


def kept_ends(old: list[LayerReport], new: list[LayerReport]) -> tuple[int, int]:
    """How many rows at the beginning and at the end of two lists stand for the same layers.

    A layer that was only renamed is the same one: it has the place and the type of the old one.
    """
    names, wanted = [row.layer.name for row in old], [row.layer.name for row in new]
    head = _common(names, wanted)
    tail = _common(names[head:][::-1], wanted[head:][::-1])
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    renamed = len(gone) == len(come) == 1 and type(gone[0].layer) is type(come[0].layer)
    return (head + 1, tail) if renamed else (head, tail)


def _common(first: list[str], second: list[str]) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))
