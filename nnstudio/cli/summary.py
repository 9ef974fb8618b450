"""``nnstudio summary``: a network as a table."""

from __future__ import annotations

import argparse

from nnstudio.cli.output import print_json, table
from nnstudio.cli.specs import find_project
from nnstudio.core.layer import shape_text
from nnstudio.core.shapes import infer_shapes


def run(arguments: argparse.Namespace) -> None:
    """Prints layers, output shapes, parameters and multiply-adds."""
    report = infer_shapes(find_project(arguments.spec, arguments.set).network).require()
    rows = [
        {
            "name": row.layer.name,
            "type": row.layer.type_name(),
            "output_shape": list(row.output_shape or ()),
            "parameters": row.parameters,
            "multiply_adds": row.multiply_adds,
        }
        for row in report.layers
    ]
    totals = {
        "parameters": report.parameters,
        "trainable": report.parameters,
        "multiply_adds": report.multiply_adds,
    }
    if arguments.json:
        print_json({"layers": rows, **totals})
        return
    cells = [
        (
            row.layer.name,
            " ".join((row.layer.title, row.layer.detail())).strip(),
            shape_text(row.output_shape or ()),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
        )
        for row in report.layers
    ]
    print(table(("layer", "type", "output", "parameters", "multiply-adds"), cells, left=2))
    print(f"\n{report.parameters:,} parameters, {report.multiply_adds:,} multiply-adds per sample")
