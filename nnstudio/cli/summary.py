"""``nnstudio summary``: a network as a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from nnstudio.cli.output import print_json, say, table
from nnstudio.cli.specs import find_project
from nnstudio.core.layer import shape_text
from nnstudio.core.shapes import LayerReport, ShapeReport, infer_shapes


def run(arguments: argparse.Namespace) -> None:
    """Prints layers, output shapes, parameters and multiply-adds."""
    project = find_project(arguments.spec, arguments.set)
    report = infer_shapes(project.network, loss=project.train.loss).require()
    for problem in report.warnings:
        say(f"warning: {problem.sentence()}")
    rows = [
        {
            "name": row.layer.name,
            "type": row.layer.type_name(),
            "output_shape": list(row.output_shape or ()),
            "parameters": row.parameters,
            "multiply_adds": row.multiply_adds,
        }
        for row, _ in _indented(report.layers)
    ]
    totals = {
        "parameters": report.parameters,
        "trainable": report.trainable,
        "multiply_adds": report.multiply_adds,
    }
    if arguments.json:
        print_json({"layers": rows, **totals})
        return
    cells = [
        (
            "  " * depth + row.layer.name,
            " ".join((row.layer.title, row.layer.detail())).strip(),
            shape_text(row.output_shape or ()),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
        )
        for row, depth in _indented(report.layers)
    ]
    print(table(("layer", "type", "output", "parameters", "multiply-adds"), cells, left=2))
    print(f"\n{_parameters(report)}, {report.multiply_adds:,} multiply-adds per sample")


def _parameters(report: ShapeReport) -> str:
    """How many there are; running statistics apart, which Keras counts among them."""
    text = f"{report.parameters:,} parameters"
    if report.trainable != report.parameters:
        text += f" ({report.trainable:,} trainable)"
    statistics = report.running_statistics
    return f"{text} + {statistics:,} running statistics" if statistics else text


def _indented(rows: Iterable[LayerReport], depth: int = 0) -> Iterator[tuple[LayerReport, int]]:
    """The rows, a block's layers behind it and one level deeper; the block's figures include theirs."""
    for row in rows:
        yield row, depth
        for inside in row.branches.values():
            yield from _indented(inside, depth + 1)
