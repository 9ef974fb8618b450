"""``nnstudio``: opens the application, or runs a subcommand without ever importing Qt."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLE = "digits-mlp"


def main(argv: Sequence[str] | None = None) -> int:
    """Opens the application (no arguments, or one file or run folder), or runs a subcommand.

    Args:
        argv: Arguments without the program's name; ``sys.argv`` by default.

    Returns:
        The exit code: see the command line's contract.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not _is_for_the_app(arguments):
        from nnstudio.cli import main as command_line

        return command_line(arguments)
    return _open_app(Path(arguments[0]) if arguments else None)


def _is_for_the_app(arguments: list[str]) -> bool:
    """Whether the one argument names a file or a run folder rather than a subcommand or an option."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return False
    path = Path(arguments[0])
    return bool(path.suffix) or len(path.parts) > 1 or (path / "project.json").is_file()


def _open_app(file: Path | None) -> int:
    from nnstudio.gui import qt_libraries

    if file is not None and not file.exists():
        return _say(f"error: there is no file {file}; fix: check the name and the folder", 2)
    if not qt_libraries.display_available():
        return _without_display(file)
    problem = qt_libraries.problem()
    if problem:
        return _say(problem, 1)
    try:
        from nnstudio.gui.app import run
    except ImportError as error:
        if not qt_libraries.is_missing(str(error)):
            raise
        return _say(qt_libraries.explain(str(error)), 1)
    return run(file)


def _without_display(file: Path | None) -> int:
    if file is not None:
        message = (
            f"There is no display to open {file} on. In the terminal, `nnstudio summary {file}` describes it "
            f"and `nnstudio --help` lists what else can be done."
        )
        return _say(message, 1)
    _say(f"There is no display, so NNStudio trains its example here: nnstudio train {EXAMPLE}", 0)
    from nnstudio.cli import main as command_line

    return command_line(["train", EXAMPLE])


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
