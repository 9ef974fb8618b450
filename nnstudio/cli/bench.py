"""``nnstudio bench``: how fast networks train on this machine."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nnstudio.cli.output import print_json, progress, say, table
from nnstudio.cli.specs import find_project
from nnstudio.engine.ops.gpu.detect import require_gpu
from nnstudio.errors import SpecError
from nnstudio.experiments.bench import Case, Row, case_of, machine, measure, standard_cases

PATHS = ("numpy", "jit")


def run(arguments: argparse.Namespace) -> None:
    """Prints samples per second of each network and path."""
    if arguments.warm:
        _warm()
        return
    if not (0 < arguments.seconds <= 3600 and 1 <= arguments.rounds <= 1000):
        raise SpecError(
            "the turns can't be measured",
            allowed="--seconds above 0 up to 3,600, --rounds from 1 to 1,000",
            received=f"--seconds {arguments.seconds:g} --rounds {arguments.rounds}",
            fix="leave them out",
        )
    cases = _cases(arguments.spec)
    paths = (arguments.path,) if arguments.path else PATHS
    if arguments.path == "gpu":
        require_gpu()
    rows: list[Row] = []
    with progress() as shown:
        for case in cases:
            found = measure(
                case,
                paths,
                task="evaluate" if arguments.evaluate else "train",
                peer=arguments.vs or "",
                seconds=arguments.seconds,
                rounds=arguments.rounds,
                progress=shown.update,
            )
            rows += found
            for row in found:
                shown.line("  ".join(_cells(row)))
    if arguments.json:
        print_json({"machine": machine(), "rows": [_json(row) for row in rows]})
        return
    say(machine())
    header = ("network", "path", "samples/s", "spread", "of the limit", "peer", "its samples/s", "ratio")
    print(table(header, [_cells(row) for row in rows], left=2))


def _cases(names: list[str]) -> list[Case]:
    """The standard networks of these names, presets and projects; all standard ones for none."""
    known = {case.name: case for case in standard_cases()}
    cases = []
    for name in names or list(known):
        try:
            cases.append(known.get(name) or case_of(name, find_project(name)))
        except SpecError as error:
            raise SpecError(
                error.what, allowed=f"{', '.join(known)}, or what train takes", received=name, fix=error.fix
            ) from error
    return cases


def _cells(row: Row) -> tuple[str, ...]:
    peer = (row.peer, f"{row.peer_samples_per_second:,.0f}", f"{row.ratio:.2f}") if row.peer else ("", "", "")
    speed = f"{row.samples_per_second:,.0f}"
    return (row.name, row.path, speed, f"±{row.spread:.0%}", f"{row.of_limit:.0%}", *peer)


def _json(row: Row) -> dict[str, object]:
    """The row; what the peer did only where there was one."""
    fields = asdict(row)
    return fields if row.peer else {k: v for k, v in fields.items() if "peer" not in k and k != "ratio"}


def _warm() -> None:
    """Compiles the kernels if there are none yet, so that the first run has them."""
    from nnstudio.engine.ops.jit import build

    if not build.ready():
        say("Compiling the kernels")
    kernels = build.load(wait=True)
    assert kernels is not None
    print(f"The {kernels.target.instructions} kernels are ready")
